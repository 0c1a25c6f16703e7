"""Makes a plan true for one model: which versions to load, when to try again, what to unload."""

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Generic

from serving.errors import Code, ServingError
from serving.plans import ModelPlan, find_versions
from serving.settings import RetryPolicy
from serving.states import State, VersionStatus
from serving.versions import ModelVersions, S
from serving.watching import LastingFaults

_LOG = logging.getLogger(__name__)


@dataclass(eq=False)
class _Failure:
    """What is known of a version that could not be loaded so far."""

    attempts: int = 0
    next_attempt_at: float = math.inf


class PlanFollower(Generic[S]):
    """Loads and unloads one model's versions; for one thread at a time.

    Attributes:
        plan: what to make true; it may be replaced by another one of the same folder.
        versions: what came of it, for the requests of many threads.
    """

    def __init__(
        self, plan: ModelPlan, *, load: Callable[[Path, int], S], retry: RetryPolicy
    ) -> None:
        self.plan = plan
        self.versions: ModelVersions[S] = ModelVersions(plan.name, plan.base_path)
        self._load = load
        self._retry = retry
        self._wanted: frozenset[int] = frozenset()
        self._failures: dict[int, _Failure] = {}
        self._listing_faults = LastingFaults()
        self._label_faults = LastingFaults()

    def follow(self) -> list[str]:
        """Loads what the plan wants, then moves the labels, then unloads.

        In this order a label can move from a version that goes to one that comes, and no request
        falls between them.

        Returns:
            which labels could not move, and why, as the log tells too; they stay where they were.
        """
        self._load_wanted()
        faults = self._move_labels()
        self._unload_unwanted()
        return faults

    def _load_wanted(self) -> None:
        """Looks at the folder and loads what the plan wants; a failure is kept in the status.

        A folder that cannot be listed changes nothing: a network drive's bad moment is no order to
        unload.
        """
        found = self._find()
        if found is None:
            return
        self._wanted = self.plan.policy.choose(found)
        self.versions.take_back(self._wanted)
        self._forget_failures()
        for version in sorted(self._wanted - self.versions.available()):
            failure = self._failures.get(version)
            if failure is None or monotonic() >= failure.next_attempt_at:
                self._attempt(version, found[version])

    def _move_labels(self) -> list[str]:
        faults = [
            f'label "{label}" names version {self.plan.labels[label]} of model '
            f'"{self.plan.name}", which is not available'
            for label in self.versions.move_labels(self.plan.labels)
        ]
        for fault in self._label_faults.new(faults):
            _LOG.error("%s", fault)
        return faults

    def _unload_unwanted(self) -> None:
        """Unloads what neither the plan nor a label names, once a wanted version can answer."""
        if not self._wanted or self._wanted & self.versions.available():
            self.versions.unload(keep=self._wanted | self.versions.labelled())

    def _find(self) -> dict[int, Path] | None:
        try:
            found = find_versions(self.plan.base_path)
        except OSError as error:
            for fault in self._listing_faults.new([str(error)]):
                _LOG.warning("model %s: cannot list the versions: %s", self.plan.name, fault)
            return None
        self._listing_faults.new([])
        return found

    def _forget_failures(self) -> None:
        """A failed version that is wanted no more gets fresh attempts when it comes back."""
        for version in self._failures.keys() - self._wanted:
            del self._failures[version]
            self.versions.forget(version)

    def _attempt(self, version: int, path: Path) -> None:
        if version not in self._failures:  # else its last fault stays to be seen
            self.versions.note(VersionStatus(version, State.LOADING))
        try:
            servable = self._load(path, version)
        except Exception as error:  # noqa: BLE001 - any fault of a model is its status, never ours
            self._note_failure(version, error)
            return
        self._failures.pop(version, None)
        self.versions.add(version, servable)
        _LOG.info("model %s version %d is available", self.plan.name, version)

    def _note_failure(self, version: int, error: Exception) -> None:
        failure = self._failures.setdefault(version, _Failure())
        failure.attempts += 1
        left = self._retry.max_num_load_retries + 1 - failure.attempts
        failure.next_attempt_at = monotonic() + self._retry.pause_s if left else math.inf
        state = State.LOADING if left else State.END
        code = error.code if isinstance(error, ServingError) else Code.INTERNAL
        self.versions.note(VersionStatus(version, state, code, str(error)))
        _LOG.error(
            "model %s version %d cannot be loaded (attempts left: %d): %s",
            *(self.plan.name, version, left, error),
        )
