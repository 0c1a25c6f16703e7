"""Where the launcher puts what lies in a bucket: `s3://b/k` under `/s3/b/k`, and back."""

import os
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

FOLDERS: Final[Mapping[str, str]] = {"gs://": "gcs", "minio://": "minio", "s3://": "s3"}
"""The launcher's folder for each kind of bucket (v2/component/launcher_v2.go, LocalPathForURI)."""

ROOT_VARIABLE: Final = "MALMOI_LAUNCHER_ROOT"
"""Folder that holds the launcher's folders, for a rehearsal without a file system of its own."""


class MadeBy(NamedTuple):
    """The pipeline and the run that an output is of."""

    pipeline: str
    run: str


def made_by(uri: str) -> MadeBy:
    """Take an output's URI apart: <root>/<pipeline>/<run>/<task>/<id>/<output>[?<query>]."""
    pipeline, run = uri.partition("?")[0].split("/")[-5:-3]
    return MadeBy(pipeline, run)


def is_plain(path: str) -> bool:
    """Tell whether a path in a bucket is one on a disk too: no part is empty, `.` or `..`."""
    return not {"", ".", ".."} & set(path.split("/"))


def local_path(uri: str) -> str:
    """Return the place of a bucket's URI in the container; anything else stays as it is."""
    for scheme, folder in FOLDERS.items():
        if uri.startswith(scheme):
            return f"{_root()}/{folder}/{uri.removeprefix(scheme)}"
    return uri


def bucket_uri(path: str) -> str:
    """Return the URI that a place in the container stands for; anything else stays as it is."""
    for scheme, folder in FOLDERS.items():
        prefix = f"{_root()}/{folder}/"
        if path.startswith(prefix):
            return f"{scheme}{path.removeprefix(prefix)}"
    return path


def localized(value: Any) -> Any:
    """Map every text of a JSON value to its place in the container."""
    return _mapped(value, local_path)


def delocalized(value: Any) -> Any:
    """Map every text of a JSON value to the URI it stands for."""
    return _mapped(value, bucket_uri)


def _mapped(value: Any, change: Any) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_mapped(below, change) for below in value]
    if isinstance(value, dict):
        return {key: _mapped(below, change) for key, below in value.items()}
    return value


def _root() -> str:
    return os.environ.get(ROOT_VARIABLE, "")
