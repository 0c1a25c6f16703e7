"""pipeline.yaml: the pipeline and, where there are volumes, the platform, as two documents."""

from pathlib import Path
from typing import Any, Final

import yaml

from kubeflow.spec import Spec, all_tasks, executor, upstream
from serving.go_yaml import PlainDumper
from serving.releases.durable import replace_file

_WIDTH: Final = 100


class NotAPipelineError(Exception):
    """A file that holds no compiled pipeline."""


def to_yaml(pipeline: Spec, platform: Spec) -> str:
    """Write the documents, keys in order, so that the same pipeline is the same text."""
    documents = [pipeline, platform] if platform else [pipeline]
    return yaml.dump_all(
        documents, Dumper=PlainDumper, sort_keys=True, allow_unicode=True, width=_WIDTH
    )


def write(path: Path, pipeline: Spec, platform: Spec) -> None:
    """Write a file, whole or not at all: one cut short may lack volumes and still be a pipeline.

    Raises:
        OSError: the file cannot be written.
    """
    text = to_yaml(pipeline, platform)
    if path.exists() and not path.is_file():  # /dev/stdout, say
        path.write_text(text, "utf-8")
    else:
        replace_file(path.resolve(), text.encode())


def read(path: Path) -> tuple[Spec, Spec]:
    """Read the pipeline and the platform; the latter is empty where there is none.

    Raises:
        NotAPipelineError: the file cannot be read or holds something else.
    """
    try:
        documents = list(yaml.safe_load_all(path.read_text("utf-8")))
    except (OSError, ValueError, yaml.YAMLError) as error:  # ValueError: of bad UTF-8 or dates
        raise NotAPipelineError(f"{path} cannot be read: {error}") from error
    pipeline, *rest = documents or [None]
    platform = rest[0] or {} if rest else {}
    if len(rest) > 1 or not isinstance(platform, dict) or not _is_compiled(pipeline):
        raise NotAPipelineError(
            f"{path} holds no pipeline that `malmoi kubeflow compile` has written"
        )
    return pipeline, platform


def _is_compiled(pipeline: Any) -> bool:
    """Tell whether a pipeline is built as ours are: no task but the guarded one is a pipeline."""
    try:
        for name, task in all_tasks(pipeline).items():
            executor(pipeline, name)
            upstream(task)
        return isinstance(pipeline["pipelineInfo"]["name"], str)
    except (AttributeError, KeyError, TypeError):
        return False
