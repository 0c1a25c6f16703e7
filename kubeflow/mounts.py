"""Paths on a volume, told apart from what only sounds like its mount path."""

import re


def on_volume(mount_path: str) -> re.Pattern[str]:
    """Return a pattern that finds a mount path where a path on its volume begins.

    `/malmoi` is found in `"/malmoi/models"`, but neither in `s3://malmoi/runs` nor in
    `/s3/malmoi/runs`.
    """
    return re.compile(rf"(?<![\w/:.-]){re.escape(mount_path)}(?=/)")
