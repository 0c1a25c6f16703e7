"""Which version serves, and how it came to be: `releases.json`, the one truth of a folder."""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from serving.releases.durable import replace_file
from serving.releases.errors import ReleaseError
from serving.releases.folder import versions
from serving.releases.lock import now, who

STATE_FILE: Final = "releases.json"
STABLE: Final = "stable"
CANARY: Final = "canary"


@dataclass(frozen=True, kw_only=True)
class Activation:
    """One change of what serves.

    Attributes:
        version: the version that got the label.
        label: `stable` or `canary`.
        action: `push`, `rollback`, `pin` or `unpin`.
        at: UTC, ISO 8601.
        by: user and machine.
        reason: in the words of whoever did it; may be empty.
    """

    version: int
    label: str
    action: str
    at: str
    by: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class State:
    """What serves now, and all that led to it, the oldest first."""

    stable: int | None = None
    canary: int | None = None
    pinned: int | None = None
    history: tuple[Activation, ...] = ()

    @property
    def labels(self) -> dict[str, int]:
        """The versions by label; a label without a version is left out."""
        found = {STABLE: self.stable, CANARY: self.canary}
        return {label: version for label, version in found.items() if version is not None}

    def before(self, there: Collection[int]) -> int | None:
        """The version that a rollback goes back to: the last stable one older than the stable.

        Only one that is still there: `release.keep` may have let go of those further back.

        Looked for before the stable version was first made so: a second rollback goes further
        back and not to the version that the first one left.
        """
        stable = [entry.version for entry in self.history if entry.label == STABLE]
        if self.stable is None or self.stable not in stable:
            return None
        earlier = stable[: stable.index(self.stable)]
        return next((v for v in reversed(earlier) if v < self.stable and v in there), None)

    def loaded(self, there: Collection[int]) -> frozenset[int]:
        """The versions that servers hold: those with a label, and the way back, warm."""
        held = (self.stable, self.canary, self.before(there))
        return frozenset(version for version in held if version is not None)

    def roles(self, version: int) -> list[str]:
        """Name what a version is at present."""
        held = {STABLE: self.stable, CANARY: self.canary, "pinned": self.pinned}
        return [role for role, holder in held.items() if holder == version]

    def after_push(self, version: int) -> "State":
        """Make a new version stable; while one is pinned, the canary."""
        if self.pinned is not None:
            entry = _entry(version, label=CANARY, action="push", reason="")
            return replace(self, canary=version, history=(*self.history, entry))
        return replace(self._with_stable(version, action="push", reason=""), canary=None)

    def after_rollback(self, version: int, *, reason: str = "") -> "State":
        """Make another version stable."""
        return self._with_stable(version, action="rollback", reason=reason)

    def after_pin(self, version: int, *, reason: str = "") -> "State":
        """Make a version stable until it is unpinned."""
        return replace(self._with_stable(version, action="pin", reason=reason), pinned=version)

    def after_unpin(self, *, reason: str = "") -> "State":
        """Let the next push be stable again; what serves stays."""
        if self.pinned is None:
            return self
        entry = _entry(self.pinned, label=STABLE, action="unpin", reason=reason)
        return replace(self, pinned=None, history=(*self.history, entry))

    def _with_stable(self, version: int, *, action: str, reason: str) -> "State":
        entry = _entry(version, label=STABLE, action=action, reason=reason)
        return replace(
            self,
            stable=version,
            canary=None if self.canary == version else self.canary,
            history=(*self.history, entry),
        )


def read_state(base: Path) -> State:
    """Read what serves; of a folder without `releases.json`, nothing is known.

    Raises:
        ReleaseError: the file cannot be read.
    """
    file = base / STATE_FILE
    try:
        return _state(json.loads(file.read_bytes()))
    except FileNotFoundError:
        return State()
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ReleaseError(
            f"{file} cannot be read: {error}; put back a copy, or move it away: the newest version "
            "then counts as the served one, and the history begins anew"
        ) from error


def write_state(base: Path, state: State) -> None:
    """Write what serves: the moment at which a change takes place."""
    replace_file(base / STATE_FILE, (json.dumps(asdict(state), indent=2) + "\n").encode())


def served(base: Path) -> int | None:
    """Tell the stable version; in a folder without `releases.json` the newest, if there is one."""
    found: Mapping[str, int] = read_state(base).labels
    return found.get(STABLE) or next(reversed(versions(base)), None)


def history(base: Path) -> list[Activation]:
    """List every change of what serves, the oldest first."""
    return list(read_state(base).history)


def _state(tree: dict[str, Any]) -> State:
    history = tuple(Activation(**entry) for entry in tree.pop("history"))
    held = (version for version in tree.values() if version is not None)
    for version in (*held, *(entry.version for entry in history)):
        if type(version) is not int:
            raise TypeError(f"expected a version's number, found {version!r}")
    return State(**tree, history=history)


def _entry(version: int, *, label: str, action: str, reason: str) -> Activation:
    return Activation(
        version=version, label=label, action=action, at=now(), by=who(), reason=reason
    )
