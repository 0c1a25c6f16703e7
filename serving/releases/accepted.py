"""The statistics of the last data that was accepted, where there is no metadata store to ask."""

from pathlib import Path
from typing import Final

from serving.releases.errors import ReleaseError
from serving.releases.folder import versions
from serving.releases.manifest import OWN_FOLDER, read_manifest

STATISTICS_FOLDER: Final = f"{OWN_FOLDER}/statistics"
"""Inside a version, laid out as the artifact: `Split-<name>/FeatureStats.pb`."""


def accepted_statistics(base: Path, *, other_than: str | None = None) -> Path | None:
    """Find the statistics that the newest version carries.

    The newest, not the one that serves: a rollback judges a model, not its data.

    Args:
        base: folder of the versions.
        other_than: digest of the data that is to be compared, which shall not find itself.

    Returns:
        A folder with `Split-<name>/FeatureStats.pb`; None before the first release.
    """
    for version in reversed(versions(base)):
        folder = base / str(version) / STATISTICS_FOLDER
        if folder.is_dir() and _data_digest(base, version) != (other_than or ""):
            return folder
    return None


def _data_digest(base: Path, version: int) -> str | None:
    """Read the digest of a version's data; None where the manifest cannot tell."""
    try:
        return read_manifest(base, version).provenance.data_digest or None
    except ReleaseError:
        return None
