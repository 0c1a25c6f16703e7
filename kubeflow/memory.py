"""What the pushed releases remember: the model that serves."""

from pathlib import Path
from typing import Final

from serving.releases.folder import versions
from serving.releases.manifest import OWN_FOLDER
from serving.releases.state import served

MODEL: Final = "model"
"""The output that holds it."""

KEPT: Final = OWN_FOLDER
"""Folder within a version with what TensorFlow Serving does not read."""


def served_version(models: Path) -> Path | None:
    """Find the version that serves, or None before the first push."""
    version = served(models)
    return models / str(version) if version in versions(models) else None
