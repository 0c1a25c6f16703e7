"""The versions of one model: where each stands, and the loan of the loaded ones to requests."""

import logging
import threading
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from serving.errors import Code, ServingError
from serving.states import State, VersionStatus

_LOG = logging.getLogger(__name__)


class Closable(Protocol):
    """What a loader gives back."""

    def close(self) -> None:
        """Frees what the version holds."""


S = TypeVar("S", bound=Closable)


@dataclass(eq=False)
class _Loaded(Generic[S]):
    """A version in memory, and how many requests use it."""

    servable: S
    in_flight: int = 0


class ModelVersions(Generic[S]):
    """One model's versions and labels. Safe for many threads.

    Args:
        name: the model's, for messages.
        base_path: its folder, for messages.
    """

    def __init__(self, name: str, base_path: Path) -> None:
        self._name = name
        self._base_path = base_path
        self._lock = threading.Lock()
        self._statuses: dict[int, VersionStatus] = {}
        self._loaded: dict[int, _Loaded[S]] = {}  # those that are AVAILABLE or UNLOADING
        self._labels: Mapping[str, int] = {}

    @contextmanager
    def lease(
        self, *, version: int | None = None, label: str | None = None
    ) -> Iterator[tuple[int, S]]:
        """A loaded version, the newest by default, that stays loaded until the block ends.

        Raises:
            ServingError: NOT_FOUND when it is not loaded, INVALID_ARGUMENT for an unknown label.
        """
        with self._lock:  # held from the label to the count, else a label moves in between
            version = self._resolve(version, label)
            available = self._available()
            chosen = max(available, default=None) if version is None else version
            if chosen is None or chosen not in available:
                wanted = "any version" if version is None else f"version {version}"
                raise ServingError(
                    Code.NOT_FOUND,
                    f'{wanted} of model "{self._name}" is not available, '
                    f"loaded are {sorted(available)}",
                )
            loaded = self._loaded[chosen]
            loaded.in_flight += 1
        try:
            yield chosen, loaded.servable
        finally:
            with self._lock:
                loaded.in_flight -= 1
            self._end_if_idle(chosen)

    def statuses(
        self, *, version: int | None = None, label: str | None = None
    ) -> list[VersionStatus]:
        """The states of one version, or of every version that was ever wanted, newest first.

        Raises:
            ServingError: NOT_FOUND for an unknown version, INVALID_ARGUMENT for an unknown label.
        """
        with self._lock:
            wanted = self._resolve(version, label)
            newest_first = sorted(self._statuses, reverse=True)
            found = [self._statuses[v] for v in newest_first if wanted in (None, v)]
        if not found:
            what = "any versions" if wanted is None else f"version {wanted}"
            raise ServingError(
                Code.NOT_FOUND,
                f'Could not find {what} of model "{self._name}" under {self._base_path}',
            )
        return found

    def available(self) -> frozenset[int]:
        """The versions that a request may have."""
        with self._lock:
            return self._available()

    def labelled(self) -> frozenset[int]:
        """The versions that a label names."""
        with self._lock:
            return frozenset(self._labels.values())

    def note(self, status: VersionStatus) -> None:
        """Keeps where a version stands that is not loaded."""
        with self._lock:
            self._statuses[status.version] = status

    def forget(self, version: int) -> None:
        """Takes a version that is not loaded out of the statuses."""
        with self._lock:
            del self._statuses[version]

    def add(self, version: int, servable: S) -> None:
        """Makes a version that has just been loaded available."""
        with self._lock:
            self._loaded[version] = _Loaded(servable)
            self._set_state(version, State.AVAILABLE)

    def take_back(self, wanted: AbstractSet[int]) -> None:
        """Makes available again what is wanted before its last request is done."""
        with self._lock:
            for version in self._loaded.keys() & wanted:
                self._set_state(version, State.AVAILABLE)

    def move_labels(self, planned: Mapping[str, int]) -> list[str]:
        """Moves each label to its version, or leaves it where it is while that is not available.

        Returns:
            the labels that could not move.
        """
        with self._lock:
            available = self._available()
            moved = {label: version for label, version in planned.items() if version in available}
            kept = {label: v for label, v in self._labels.items() if label in planned}
            self._labels = {**kept, **moved}
        return sorted(planned.keys() - moved)

    def unload(self, *, keep: AbstractSet[int] = frozenset()) -> None:
        """Unloads every other version, each as soon as no request uses it any more."""
        with self._lock:
            leaving = sorted(self._available() - keep)
            for version in leaving:
                self._set_state(version, State.UNLOADING)
        for version in leaving:
            self._end_if_idle(version)

    def _end_if_idle(self, version: int) -> None:
        with self._lock:
            loaded = self._loaded.get(version)
            if loaded is None or loaded.in_flight:
                return
            if self._statuses[version].state is not State.UNLOADING:
                return
            del self._loaded[version]
            self._set_state(version, State.END)
        loaded.servable.close()
        _LOG.info("model %s version %d is unloaded", self._name, version)

    # The rest is called with the lock held.

    def _resolve(self, version: int | None, label: str | None) -> int | None:
        """The version that a request names by number or label; None where it names neither."""
        if label is None:
            return version
        if label not in self._labels:
            raise ServingError(
                Code.INVALID_ARGUMENT,
                f'model "{self._name}" has no version label "{label}", '
                f"it has {sorted(self._labels)}",
            )
        return self._labels[label]

    def _available(self) -> frozenset[int]:
        found = self._statuses.values()
        return frozenset(one.version for one in found if one.state is State.AVAILABLE)

    def _set_state(self, version: int, state: State) -> None:
        self._statuses[version] = VersionStatus(version, state)
