"""Puts a finished model among the versions, in one step."""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from serving.releases.changes import make, settle
from serving.releases.durable import sync_folder, sync_tree
from serving.releases.errors import BusyError, RefusedError, ReleaseError
from serving.releases.folder import UNFINISHED, versions
from serving.releases.lock import locked, now
from serving.releases.manifest import (
    Manifest,
    Provenance,
    file_digests,
    read_manifest,
    write_manifest,
)
from serving.releases.retention import remove_surplus
from serving.releases.state import State
from serving.releases.verify import verify


@dataclass(frozen=True)
class Pushed:
    """A push that is done: the version's folder, what serves now, which versions went."""

    folder: Path
    state: State
    removed: list[int]

    @property
    def version(self) -> int:
        """The new version's number."""
        return int(self.folder.name)


def nothing(_folder: Path) -> None:
    """Prepare a version in no way."""


def push(
    model: Path,
    base: Path,
    *,
    provenance: Provenance,
    keep: int,
    handover_s: float = 0.0,
    prepare: Callable[[Path], None] = nothing,
) -> Pushed:
    """Copy a model beside the versions, rename it into place, and make it serve.

    Whatever happens on the way, `base` holds whole versions only, and what served goes on serving
    until the new version takes over. A run whose model is the newest version already gets that
    version, and no copy of it: a step that fails after its push is tried again.

    Args:
        model: folder of a SavedModel.
        base: folder of the versions, named as the model; made if it is not there.
        provenance: for the manifest.
        keep: newest versions that stay.
        handover_s: see `changes.make`.
        prepare: adds files to the copy and tries it; what it raises ends the push.

    Raises:
        BusyError: another process changes the folder.
        RefusedError: the copy differs from the model.
        OSError: the model cannot be read or the copy not be written.
    """
    with locked(base, "push"):
        state = settle(base)
        earlier = _pushed_before(base, state, provenance)
        if earlier is not None:
            return Pushed(base / str(earlier), state, [])
        version = _next_version(base, state)
        folder = _place(model, base / str(version), provenance=provenance, prepare=prepare)
        changed = make(base, state, state.after_push(version), handover_s=handover_s)
        removed = remove_surplus(base, changed.after, keep=keep)
    return Pushed(folder, changed.after, removed)


def recover(base: Path) -> None:
    """Finish what a killed push left undone; one that is still at work is left alone."""
    if not base.is_dir():
        return
    try:
        with locked(base, "recovery"):
            settle(base)
    except BusyError:
        return


def _pushed_before(base: Path, state: State, provenance: Provenance) -> int | None:
    """Find the newest version, if this very run has pushed this very model as it.

    A second copy would be what a rollback goes back to.
    """
    newest = next(reversed(versions(base)), None)
    if newest is None or newest not in {entry.version for entry in state.history}:
        return None  # there is none, or its push was killed before it took over
    try:
        origin = read_manifest(base, newest).provenance
    except ReleaseError:  # whatever it is, no push need fail for it
        return None
    same = (origin.run_id, origin.model_uri) == (provenance.run_id, provenance.model_uri)
    return newest if same and provenance.run_id else None


def _next_version(base: Path, state: State) -> int:
    """Give the Unix time, or one more than any version that there ever was."""
    known = (*versions(base), *(entry.version for entry in state.history))
    return max([int(time.time()), *(version + 1 for version in known)])


def _place(
    model: Path, target: Path, *, provenance: Provenance, prepare: Callable[[Path], None]
) -> Path:
    """Copy, prepare, digest, compare and rename; nothing stays of a copy that fails."""
    unfinished = target.with_name(f"{UNFINISHED}{target.name}")
    try:
        digests = file_digests(model)
        shutil.copytree(model, unfinished)
        prepare(unfinished)
        manifest = Manifest(
            model=target.parent.absolute().name,
            version=int(target.name),
            created_at=now(),
            provenance=provenance,
            files={**file_digests(unfinished), **digests},
        )
        write_manifest(unfinished, manifest)
        sync_tree(unfinished)
        _require_equal(unfinished, int(target.name))
        unfinished.rename(target)
    except BaseException:  # half a model would go on filling the disk that is perhaps full
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    sync_folder(target.parent)
    return target


def _require_equal(unfinished: Path, version: int) -> None:
    changes = verify(unfinished, version=version)
    if changes:
        listed = "\n".join(f"  {change.in_words()}" for change in changes)
        raise RefusedError(
            f"{unfinished} is no true copy of the model, which was perhaps written to meanwhile:\n"
            f"{listed}\nNothing was pushed; run again, and check the disk if it happens again"
        )
