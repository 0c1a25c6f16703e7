"""pipeline.yaml: the pipeline and, where there are volumes, the platform, as two documents."""

from pathlib import Path
from typing import Any, Final

import yaml

from kubeflow.spec import Spec

_WIDTH: Final = 100


class NotAPipelineError(Exception):
    """A file that holds no compiled pipeline."""


class _PlainDumper(yaml.SafeDumper):
    """Writes every value where it stands: the backend's readers need not know YAML's aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


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
    if not isinstance(pipeline, dict) or "pipelineInfo" not in pipeline or len(rest) > 1:
        raise NotAPipelineError(
            f"{path} holds no compiled pipeline; `malmoi kubeflow compile` writes one"
        )
    return pipeline, rest[0] if rest else {}
