"""Artifact types of our own, named by their import path: so TFX finds the class again."""

from collections.abc import Iterator, Mapping
from typing import Final

from kubeflow.spec import Spec, UnsupportedSpecError

_TITLE: Final = "title: "
_TFX: Final = "tfx."
_GENERIC: Final = "tfx.Artifact"


def name_by_import_path(spec: Spec, paths: Mapping[str, str]) -> None:
    """Replace the titles of our types by import paths.

    Raises:
        UnsupportedSpecError: a type is neither TFX's nor known.
    """
    for kind in _types(spec):
        schema = kind["instanceSchema"]
        title = schema.partition("\n")[0].removeprefix(_TITLE)
        if title in paths:
            kind["instanceSchema"] = schema.replace(title, paths[title], 1)
        elif not title.startswith(_TFX) or title == _GENERIC:
            raise UnsupportedSpecError(
                f"artifact type {title}: expected one of TFX's or of {', '.join(sorted(paths))}"
            )


def _types(spec: Spec) -> Iterator[Spec]:
    for component in spec["components"].values():
        for side in ("inputDefinitions", "outputDefinitions"):
            for artifact in component.get(side, {}).get("artifacts", {}).values():
                yield artifact["artifactType"]
