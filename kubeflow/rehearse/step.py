"""One step: what the launcher downloads, the command, what the launcher uploads."""

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from components.canary.tether import tethered
from kubeflow.rehearse import outputs
from kubeflow.rehearse.handover import LOGS
from kubeflow.rehearse.room import Isolation, Room
from kubeflow.rehearse.store import Store, launcher_path
from kubeflow.spec import Spec

LOG_FILE: Final = "log.txt"
_LAST_LINES: Final = 12


class StepFailedError(Exception):
    """A step that ended badly, with its last words."""


@dataclass(frozen=True, kw_only=True)
class Done:
    """What came of a step.

    Attributes:
        artifacts: `uri` and `metadata` of each output.
        downloaded: files that were handed over.
        uploaded: files that were kept.
    """

    artifacts: Mapping[str, Spec]
    downloaded: int
    uploaded: int


@dataclass(frozen=True, kw_only=True)
class Launcher:
    """Runs containers as the backend's launcher does.

    Attributes:
        store: the buckets.
        isolation: how a step is kept apart.
        run_root: URI below which everything of this run must lie.
    """

    store: Store
    isolation: Isolation
    run_root: str

    def launch(self, command: list[str], handed: Spec, room: Room) -> Done:
        """Run a container's command in a room; the room is empty afterwards, but for the log.

        Raises:
            StepFailedError: the command ended with another status than 0.
            RefusedOutputError: the backend would not take what the step has written.
        """
        room.prepare()
        try:
            downloaded = self._download(handed, room)
            self._make_parents(handed, room)
            self._run(command, handed, room)
            written = outputs.read(_inside(room, handed["outputs"]["outputFile"]))
            merged = outputs.artifacts(written, handed["outputs"]["artifacts"], root=self.run_root)
            uploaded = self._upload(merged, room)
        finally:
            for path in room.folder.iterdir():
                if path.is_dir():
                    shutil.rmtree(path)
        return Done(artifacts=merged, downloaded=downloaded, uploaded=uploaded)

    def _download(self, handed: Spec, room: Room) -> int:
        given = handed["inputs"].get("artifacts", {}).values()
        uris = [artifact["uri"] for lists in given for artifact in lists["artifacts"]]
        return sum(self.store.download(uri, _inside(room, launcher_path(uri))) for uri in uris)

    def _make_parents(self, handed: Spec, room: Room) -> None:
        """Make the folders above the outputs, and no more: so does the launcher."""
        for lists in handed["outputs"]["artifacts"].values():
            for artifact in lists["artifacts"]:
                place = _inside(room, launcher_path(artifact["uri"]))
                place.parent.mkdir(parents=True, exist_ok=True)
        _inside(room, handed["outputs"]["outputFile"]).parent.mkdir(parents=True, exist_ok=True)

    def _upload(self, merged: Mapping[str, Spec], room: Room) -> int:
        """Keep the files of every output; an output without files is no failure."""
        uris = [artifact["uri"] for artifact in merged.values()]
        return sum(self.store.upload(_inside(room, launcher_path(uri)), uri) for uri in uris)

    def _run(self, command: list[str], handed: Spec, room: Room) -> None:
        prepared = self.isolation.prepare(command, room)
        log = room.folder / LOG_FILE
        with log.open("wb") as file:
            done = subprocess.run(
                tethered(prepared.argv),
                env=dict(prepared.environment),
                cwd=prepared.folder,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                check=False,
            )
        (logs,) = handed["outputs"]["artifacts"][LOGS]["artifacts"]
        self.store.upload(log, logs["uri"])
        if done.returncode:
            raise StepFailedError(f"exit status {done.returncode}; log {log}\n{_last_lines(log)}")


def _inside(room: Room, path: Path | str) -> Path:
    return room.folder / Path(path).relative_to("/")


def _last_lines(log: Path) -> str:
    lines = log.read_text("utf-8", errors="replace").splitlines()
    return "\n".join(f"  {line}" for line in lines[-_LAST_LINES:])
