"""Which versions may go."""

from collections.abc import Sequence
from pathlib import Path

from serving.releases.folder import remove_version, versions
from serving.releases.manifest import MANIFEST_FILE
from serving.releases.state import State


def surplus(found: Sequence[int], state: State, *, keep: int) -> list[int]:
    """List the versions that need not stay, the oldest first.

    Args:
        found: the versions that there are, the newest last.
        state: what serves, served before, is tried or pinned: these stay.
        keep: newest versions that stay too.
    """
    staying = {*found[-keep:], *state.loaded(found), state.pinned}
    return [version for version in found if version not in staying]


def remove_surplus(base: Path, state: State, *, keep: int) -> list[int]:
    """Remove what need not stay; the caller holds the folder's lock.

    A version without a manifest is not ours and stays.

    Returns:
        The versions that went.
    """
    ours = [v for v in versions(base) if (base / str(v) / MANIFEST_FILE).is_file()]
    leaving = surplus(ours, state, keep=keep)
    return [version for version in leaving if remove_version(base, version)]
