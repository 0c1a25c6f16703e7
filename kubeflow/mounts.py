"""Folders of a container: which it has already, and which paths lie on a volume."""

import posixpath
import re
from typing import Final

APP: Final = "/app"
"""Folder of the image that holds this project (kubeflow/image/Dockerfile)."""

TAKEN: Final = (APP, "/.cache", "/.config", "/.local", "/gcs", "/kfp-launcher", "/minio", "/s3")
"""Folders that every container has: ours, and those that the backend mounts
(v2/compiler/argocompiler/container.go)."""


NEEDED: Final = (
    *("/bin", "/dev", "/etc", "/lib", "/lib64", "/opt/malmoi", "/proc", "/sys"),
    *("/usr/bin", "/usr/lib", "/usr/lib64", "/usr/local"),
)
"""Folders of the image, Python's and ours among them, that a volume there or above would hide."""


def is_taken(mount_path: str) -> bool:
    """Tell whether a mount path is, or lies in, a folder that every container has."""
    first = posixpath.normpath(mount_path).split("/")[1]
    return f"/{first}" in TAKEN


def hides(mount_path: str) -> list[str]:
    """List the folders of the image that a volume would hide."""
    path = posixpath.normpath(mount_path).rstrip("/")
    return [folder for folder in NEEDED if f"{folder}/".startswith(f"{path}/")]


def on_volume(mount_path: str) -> re.Pattern[str]:
    """Return a pattern that finds a mount path where a path on its volume begins.

    `/malmoi` is found in `"/malmoi/models"`, but neither in `s3://malmoi/runs` nor in
    `/s3/malmoi/runs`.
    """
    return re.compile(rf"(?<![\w/:.-]){re.escape(mount_path)}(?=/)")
