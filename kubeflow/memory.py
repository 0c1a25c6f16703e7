"""What the pushed releases remember: the model that serves, the statistics it was accepted with."""

from pathlib import Path
from typing import Final

from serving.releases.accepted import accepted_statistics
from serving.releases.folder import versions
from serving.releases.manifest import OWN_FOLDER
from serving.releases.state import served

__all__ = ["KEPT", "MODEL", "STATISTICS", "accepted_statistics", "served_version"]

MODEL: Final = "model"
STATISTICS: Final = "statistics"

KEPT: Final = OWN_FOLDER
"""Folder within a version with what TensorFlow Serving does not read."""


def served_version(models: Path) -> Path | None:
    """Find the version that serves, or None before the first push."""
    version = served(models)
    return models / str(version) if version in versions(models) else None
