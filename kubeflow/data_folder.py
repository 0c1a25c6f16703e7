"""The rows' paths, taken apart: a folder that the launcher downloads, and paths within it."""

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from components.text_example_gen.source import TextSource
from kubeflow.step.places import is_plain

_PATTERN: Final = re.compile(r"[*?\[{]")
"""Where a path begins to be a pattern or a placeholder."""

_SCHEMES: Final = ("gs", "s3", "minio")


class DataFolderError(Exception):
    """Rows that the launcher could not bring to a step."""


def split_off(source: TextSource, bucket: str | None) -> tuple[TextSource, str]:
    """Make the paths of a source relative to the folder that holds them all.

    Args:
        source: where the rows lie, here or in a bucket.
        bucket: bucket folder that holds what the common folder holds here; None: the paths lie
            in a bucket themselves.

    Returns:
        The source with relative paths, and the bucket folder they start from.

    Raises:
        DataFolderError: there is no such folder, or a path is not a plain one.
    """
    paths = list(_paths(source))
    bucket = bucket and bucket.rstrip("/")
    _refuse_unclean([*paths, bucket] if bucket else paths)
    folder = _common_folder(paths)
    uri = bucket or folder
    if "://" not in uri:
        raise DataFolderError(
            f"kubeflow.data: is missing; expected the bucket folder with a copy of {folder}, such "
            "as s3://bucket/rows, for steps on a cluster do not see this machine's files"
        )
    scheme, _, place = uri.partition("://")
    if scheme not in _SCHEMES:
        raise DataFolderError(f"data: the launcher reads {', '.join(_SCHEMES)}, not {uri}")
    if "/" not in place:  # v2/objectstore/config.go: "has empty key given prefixed bucket"
        raise DataFolderError(
            f"data: the launcher downloads no whole bucket; expected a folder in {uri}, such as "
            f"{uri}/rows"
        )
    return _relative(source, folder), uri


def _paths(source: TextSource) -> Iterator[str]:
    parts = [source.unlabelled, source.served]
    yield from (path for path in (source.train, source.eval) if path)
    for part in parts:
        if part:
            yield from (part.path, *part.exclude)


def _refuse_unclean(paths: list[str]) -> None:
    """Refuse what a path on a disk may have and a bucket takes for a name."""
    keys = {path: path.partition("://")[2] or path.lstrip("/") for path in paths}
    if unclean := [path for path, key in keys.items() if not is_plain(key)]:
        raise DataFolderError(
            f"data: expected paths without `//`, `.`, `..` or a `/` at the end, "
            f"got {', '.join(unclean)}"
        )


def _common_folder(paths: list[str]) -> str:
    folders = [_fixed_folder(path) for path in paths]
    roots = {path.partition("://")[0] if "://" in path else "" for path in folders}
    if len(roots) > 1:
        raise DataFolderError(f"data: expected all paths in one place, got {', '.join(paths)}")
    (root,) = roots
    common = posixpath.commonpath([folder.partition("://")[2] or folder for folder in folders])
    if common in ("", "/"):
        raise DataFolderError(f"data: expected all paths in one folder, got {', '.join(paths)}")
    return f"{root}://{common}" if root else common


def _fixed_folder(path: str) -> str:
    """Return the folder above the first pattern or placeholder."""
    return posixpath.dirname(_PATTERN.split(path, maxsplit=1)[0])


def _relative(source: TextSource, folder: str) -> TextSource:
    def cut(path: str) -> str:
        return path[len(folder) :].lstrip("/")

    changes: dict[str, object] = {"train": cut(source.train)}
    if source.eval:
        changes["eval"] = cut(source.eval)
    for name in ("unlabelled", "served"):
        part = getattr(source, name)
        if part:
            changes[name] = part.model_copy(
                update={"path": cut(part.path), "exclude": tuple(map(cut, part.exclude))}
            )
    return source.model_copy(update=changes)
