"""The versions of one model: what is loaded, what is loading, what failed and why."""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Generic, Protocol, TypeVar

from serving.errors import Code, ServingError
from serving.plans import ModelPlan, find_versions
from serving.settings import RetryPolicy
from serving.states import State, VersionStatus
from serving.watching import LastingFaults

_LOG = logging.getLogger(__name__)


class Closable(Protocol):
    """What a loader gives back."""

    def close(self) -> None:
        """Frees what the version holds."""


S = TypeVar("S", bound=Closable)


@dataclass(eq=False)
class _Record(Generic[S]):
    """A version's mutable entry; `servable` is set while it can answer."""

    status: VersionStatus
    servable: S | None = None
    in_flight: int = 0
    attempts: int = 0
    next_attempt_at: float = 0.0


class ModelVersions(Generic[S]):
    """Loads and unloads one model's versions; hands them out to requests.

    `follow_plan` and `unload_all` belong to one thread at a time; all else is safe for many.
    """

    def __init__(
        self, plan: ModelPlan, *, load: Callable[[Path, int], S], retry: RetryPolicy
    ) -> None:
        self.plan = plan
        self._labels: Mapping[str, int] = {}
        self._load = load
        self._retry = retry
        self._lock = threading.Lock()
        self._records: dict[int, _Record[S]] = {}
        self._wanted: frozenset[int] = frozenset()
        self._listing_faults = LastingFaults()
        self._label_faults = LastingFaults()

    def follow_plan(self) -> list[str]:
        """Loads what the plan wants, then moves the labels, then unloads.

        In this order a label can move from a version that goes to one that comes, and no request
        falls between them.

        Returns:
            which labels could not move, and why, as the log tells too; they stay where they were.
        """
        self._load_wanted()
        faults = self._move_labels()
        for fault in self._label_faults.new(faults):
            _LOG.error("%s", fault)
        self._unload_unwanted()
        return faults

    def unload_all(self) -> None:
        """Unloads every version, each as soon as no request uses it any more."""
        self._unload(keep=frozenset())

    def _load_wanted(self) -> None:
        """Looks at the folder and loads what the plan wants; a failure is kept in the status.

        A folder that cannot be listed changes nothing: a network drive's bad moment is no order to
        unload.
        """
        found = self._find()
        if found is None:
            return
        self._wanted = self.plan.policy.choose(found)
        self._reconsider()
        for version in sorted(self._wanted):
            if self._is_due(version):
                self._attempt(version, found[version])

    def _move_labels(self) -> list[str]:
        """Moves each label to its version, or leaves it where it is while that is not loaded."""
        planned = self.plan.labels
        with self._lock:
            moved = {label: v for label, v in planned.items() if self._is_available(v)}
            kept = {label: v for label, v in self._labels.items() if label in planned}
            self._labels = {**kept, **moved}
        return [
            f'label "{label}" names version {version} of model "{self.plan.name}", '
            "which is not available"
            for label, version in sorted(planned.items())
            if label not in moved
        ]

    def _unload_unwanted(self) -> None:
        """Unloads what neither the plan nor a label names, once a wanted version can answer."""
        with self._lock:
            if self._wanted and not any(self._is_available(version) for version in self._wanted):
                return
        self._unload(keep=self._wanted.union(self._labels.values()))

    def _unload(self, *, keep: frozenset[int]) -> None:
        with self._lock:
            leaving = [v for v in self._records if self._is_available(v) and v not in keep]
            for version in leaving:
                self._set_state(version, State.UNLOADING)
        for version in leaving:
            self._end_if_idle(version)

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
            available = [v for v in self._records if self._is_available(v)]
            chosen = max(available, default=None) if version is None else version
            record = self._records.get(chosen) if chosen in available else None
            if chosen is None or record is None or record.servable is None:
                wanted = "any version" if version is None else f"version {version}"
                raise ServingError(
                    Code.NOT_FOUND,
                    f'{wanted} of model "{self.plan.name}" is not available, '
                    f"loaded are {sorted(available)}",
                )
            record.in_flight += 1
            servable = record.servable
        try:
            yield chosen, servable
        finally:
            with self._lock:
                record.in_flight -= 1
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
            newest_first = sorted(self._records, reverse=True)
            found = [self._records[v].status for v in newest_first if wanted in (None, v)]
        if not found:
            what = "any versions" if wanted is None else f"version {wanted}"
            raise ServingError(
                Code.NOT_FOUND,
                f'Could not find {what} of model "{self.plan.name}" under {self.plan.base_path}',
            )
        return found

    def _resolve(self, version: int | None, label: str | None) -> int | None:
        """The version that a request names by number or label; None where it names neither."""
        if label is None:
            return version
        if label not in self._labels:
            raise ServingError(
                Code.INVALID_ARGUMENT,
                f'model "{self.plan.name}" has no version label "{label}", '
                f"it has {sorted(self._labels)}",
            )
        return self._labels[label]

    def _find(self) -> dict[int, Path] | None:
        try:
            found = find_versions(self.plan.base_path)
        except OSError as error:
            for fault in self._listing_faults.new([str(error)]):
                _LOG.warning("model %s: cannot list the versions: %s", self.plan.name, fault)
            return None
        self._listing_faults.new([])
        return found

    def _reconsider(self) -> None:
        """Takes back what is wanted again before its last request is done; forgets failures.

        A failed version that is wanted no more gets fresh attempts when it comes back.
        """
        with self._lock:
            for version, record in list(self._records.items()):
                if version not in self._wanted and record.attempts:
                    del self._records[version]
                elif version in self._wanted and record.status.state is State.UNLOADING:
                    self._set_state(version, State.AVAILABLE)

    def _is_due(self, version: int) -> bool:
        record = self._records.get(version)
        if record is None:
            return True
        if record.status.state is State.LOADING:
            return monotonic() >= record.next_attempt_at
        return record.status.state is State.END and not record.attempts

    def _attempt(self, version: int, path: Path) -> None:
        with self._lock:
            record = self._records.get(version)
            if record is None or not record.attempts:
                record = _Record(VersionStatus(version, State.LOADING))
                self._records[version] = record
        try:
            servable = self._load(path, version)
        except Exception as error:  # noqa: BLE001 - any fault of a model is its status, never ours
            self._note_failure(record, error)
            return
        with self._lock:
            record.servable, record.attempts = servable, 0
            record.status = VersionStatus(version, State.AVAILABLE)
        _LOG.info("model %s version %d is available", self.plan.name, version)

    def _note_failure(self, record: "_Record[S]", error: Exception) -> None:
        record.attempts += 1
        record.next_attempt_at = monotonic() + self._retry.pause_s
        left = self._retry.max_num_load_retries + 1 - record.attempts
        code = error.code if isinstance(error, ServingError) else Code.INTERNAL
        status = VersionStatus(
            record.status.version, State.LOADING if left else State.END, code, str(error)
        )
        with self._lock:
            record.status = status
        _LOG.error(
            "model %s version %d cannot be loaded (attempts left: %d): %s",
            *(self.plan.name, status.version, left, error),
        )

    def _is_available(self, version: int) -> bool:
        record = self._records.get(version)
        return record is not None and record.status.state is State.AVAILABLE

    def _set_state(self, version: int, state: State) -> None:
        self._records[version].status = VersionStatus(version, state)

    def _end_if_idle(self, version: int) -> None:
        with self._lock:
            record = self._records[version]
            if record.status.state is not State.UNLOADING or record.in_flight:
                return
            servable, record.servable = record.servable, None
            self._set_state(version, State.END)
        if servable is not None:
            servable.close()
            _LOG.info("model %s version %d is unloaded", self.plan.name, version)
