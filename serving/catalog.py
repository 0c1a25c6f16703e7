"""All models of a server: applies plans, looks at the folders, finds the version for a request."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Generic

from serving.errors import Code, ServingError
from serving.following import PlanFollower
from serving.plans import ModelPlan
from serving.settings import RetryPolicy
from serving.states import VersionStatus
from serving.versions import ModelVersions, S


class Catalog(Generic[S]):
    """The models by name. Requests read it from many threads; one thread at a time changes it."""

    def __init__(self, *, load: Callable[[Path, int], S], retry: RetryPolicy) -> None:
        self._load = load
        self._retry = retry
        self._models: dict[str, PlanFollower[S]] = {}
        self._changing = threading.Lock()

    def apply(self, plans: Sequence[ModelPlan]) -> None:
        """Makes the plans true: loads, then moves the labels, then unloads.

        Raises:
            ServingError: FAILED_PRECONDITION for labels on versions that did not load; all else is
                changed, and such a label keeps the version that it has.
        """
        with self._changing:
            before, after = self._models, {plan.name: self._planned(plan) for plan in plans}
            self._models = {**after, **before}  # what serves now serves until the new is loaded
            faults = [fault for model in after.values() for fault in model.follow()]
            self._models = after
            for name, model in before.items():
                if after.get(name) is not model:
                    model.versions.unload()
        if faults:
            raise ServingError(Code.FAILED_PRECONDITION, "; ".join(faults))

    def poll(self) -> None:
        """Looks at the folders once: loads what is new or due again, unloads what is replaced."""
        with self._changing:
            for model in self._models.values():
                model.follow()

    def close(self) -> None:
        """Unloads everything that no request uses any more."""
        with self._changing:
            for model in self._models.values():
                model.versions.unload()

    @contextmanager
    def lease(
        self, name: str, *, version: int | None = None, label: str | None = None
    ) -> Iterator[tuple[int, S]]:
        """The loaded version that a request asks for, kept until the block ends.

        Raises:
            ServingError: NOT_FOUND for an unknown model or a version that is not loaded,
                INVALID_ARGUMENT for an unknown label.
        """
        with self._versions(name).lease(version=version, label=label) as leased:
            yield leased

    def statuses(
        self, name: str, *, version: int | None = None, label: str | None = None
    ) -> list[VersionStatus]:
        """The states of one version, or of all versions of a model, newest first.

        Raises:
            ServingError: NOT_FOUND for an unknown model or version, INVALID_ARGUMENT for an
                unknown label.
        """
        return self._versions(name).statuses(version=version, label=label)

    def _versions(self, name: str) -> ModelVersions[S]:
        if not name:
            raise ServingError(Code.INVALID_ARGUMENT, "the request names no model")
        model = self._models.get(name)
        if model is None:
            raise ServingError(
                Code.NOT_FOUND, f'no model "{name}" is served, there are {sorted(self._models)}'
            )
        return model.versions

    def _planned(self, plan: ModelPlan) -> PlanFollower[S]:
        model = self._models.get(plan.name)
        if model is None or model.plan.base_path != plan.base_path:
            return PlanFollower(plan, load=self._load, retry=self._retry)
        model.plan = plan
        return model
