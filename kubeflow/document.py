"""pipeline.yaml: the pipeline and, where there are volumes, the platform, as two documents."""

import re
from pathlib import Path
from typing import Any, Final

import yaml

from kubeflow.spec import Spec, all_tasks, executor, upstream

_WIDTH: Final = 100

_OTHERS_READ: Final = re.compile(
    r"""([yYnN]
    |\d{4}-\d\d?-\d\d?
    |[-+]?0[bBoOxX][\da-fA-F_]+
    |[-+]?(\.\d+|\d[\d_]*(\.\d*)?)([eE][-+]?\d+)?
    )\Z""",
    re.VERBOSE,
)
"""Texts that the backend's readers take for a number, a date or a truth value, and Python's for
what they are (gopkg.in/yaml.v3; sigs.k8s.io/yaml)."""


class NotAPipelineError(Exception):
    """A file that holds no compiled pipeline."""


class _PlainDumper(yaml.SafeDumper):
    """Writes every value where it stands: the backend's readers need not know YAML's aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


# Its own tag is never written: a text that would be read as another tag's is quoted.
_PlainDumper.add_implicit_resolver("!not-text", _OTHERS_READ, list("yYnN0123456789+-."))


def to_yaml(pipeline: Spec, platform: Spec) -> str:
    """Write the documents, keys in order, so that the same pipeline is the same text."""
    documents = [pipeline, platform] if platform else [pipeline]
    return yaml.dump_all(
        documents, Dumper=_PlainDumper, sort_keys=True, allow_unicode=True, width=_WIDTH
    )


def read(path: Path) -> tuple[Spec, Spec]:
    """Read the pipeline and the platform; the latter is empty where there is none.

    Raises:
        NotAPipelineError: the file cannot be read or holds something else.
    """
    try:
        documents = list(yaml.safe_load_all(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
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
