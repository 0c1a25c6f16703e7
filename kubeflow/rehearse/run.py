"""Runs a compiled pipeline from its first task to its last, or to the first that fails."""

import graphlib
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from kubeflow.admission import objections
from kubeflow.rehearse import handover
from kubeflow.rehearse.ledger import Ledger, Outputs
from kubeflow.rehearse.outputs import RefusedOutputError
from kubeflow.rehearse.result import Listener, State, TaskResult
from kubeflow.rehearse.room import Isolation, Room
from kubeflow.rehearse.step import Launcher, StepFailedError
from kubeflow.rehearse.store import NoProviderError, Store, below
from kubeflow.spec import GUARDED, Spec, all_tasks, component, executor, exit_tasks, tasks, upstream

DEFAULT_ROOT: Final = "minio://mlpipeline/v2/artifacts"
"""The backend's own, where neither the pipeline nor the run names one (v2/config/env.go)."""


class RejectedError(Exception):
    """A pipeline that the backend would not take; the message has its reasons, a line each."""


class Rehearsal:
    """Stands for the cluster: buckets, volumes and metadata in a folder, kept from run to run.

    Args:
        folder: what stays; made if it is not there.
        isolation: how steps are kept apart from this machine.
    """

    def __init__(self, folder: Path, isolation: Isolation) -> None:
        self.folder = folder.resolve()
        self.store = Store(self.folder / "buckets")
        self._isolation = isolation

    def run(
        self,
        pipeline: Spec,
        platform: Spec,
        *,
        listener: Listener,
        parameters: Mapping[str, Any],
    ) -> dict[str, TaskResult]:
        """Run every task whose upstream tasks have ended well, then the exit handler.

        Args:
            pipeline: the pipeline spec.
            platform: the platform spec; empty if there are no volumes.
            listener: told of every task.
            parameters: values of the pipeline's parameters; the defaults stand for the rest.

        Returns:
            The results by task, in their order.

        Raises:
            RejectedError: the backend would not take the pipeline.
        """
        if reasons := objections(pipeline, parameters):
            raise RejectedError("\n".join(reasons))
        run = _Run(
            pipeline=pipeline,
            platform=platform,
            parameters={**_defaults(pipeline), **parameters},
            ledger=Ledger.open(self.folder / "ledger.json"),
            rehearsal=self,
            isolation=self._isolation,
        )
        for task in order(pipeline):
            run.results[task] = result = run.perform(task)
            listener.task_ended(result)
        for task in sorted(exit_tasks(pipeline)):
            run.results[task] = result = run.perform_at_exit(task)
            listener.task_ended(result)
        run.ledger.save()
        return run.results


def order(spec: Spec) -> list[str]:
    """Return the tasks, each after those that it waits for; the rest by name."""
    sorter = graphlib.TopologicalSorter({name: upstream(t) for name, t in tasks(spec).items()})
    sorter.prepare()
    found: list[str] = []
    while ready := sorted(sorter.get_ready()):
        found += ready
        sorter.done(*ready)
    return found


class _Run:
    """One run: what has been produced so far, and how the next task comes by its inputs."""

    def __init__(
        self,
        *,
        pipeline: Spec,
        platform: Spec,
        parameters: dict[str, Any],
        ledger: Ledger,
        rehearsal: Rehearsal,
        isolation: Isolation,
    ) -> None:
        self.ledger = ledger
        self.results: dict[str, TaskResult] = {}
        self._spec = pipeline
        self._platform = platform
        self._parameters = parameters
        self._rehearsal = rehearsal
        self._produced: dict[str, Outputs] = {}
        run_id = time.strftime("%Y%m%d-%H%M%S-") + uuid.uuid4().hex[:6]
        self._rooms = rehearsal.folder / "runs" / run_id
        pipeline_root = pipeline.get("defaultPipelineRoot", DEFAULT_ROOT)
        self._root = below(pipeline_root, pipeline["pipelineInfo"]["name"], run_id)
        self._launcher = Launcher(store=rehearsal.store, isolation=isolation, run_root=self._root)

    def perform(self, task: str) -> TaskResult:
        """Run a task, or tell why not."""
        waited_for = upstream(tasks(self._spec)[task])
        missing = sorted(t for t in waited_for if self.results[t].state in ("failed", "not run"))
        if missing:
            return TaskResult(task=task, state="not run", why=f"waits for {', '.join(missing)}")
        return self._attempt(task)

    def perform_at_exit(self, task: str) -> TaskResult:
        """Run an exit handler, told how the tasks before it have ended."""
        bad = any(result.state == "failed" for result in self.results.values())
        # The names of the metadata store's states; no error comes with them (v2/driver/resolve.go).
        status = {"state": "FAILED" if bad else "COMPLETE", "pipelineTaskName": GUARDED}
        self._parameters[GUARDED] = status
        return self._attempt(task)

    def _attempt(self, task: str) -> TaskResult:
        started = time.monotonic()
        try:
            return self._perform(task)
        except (
            StepFailedError,
            RefusedOutputError,
            NoProviderError,
            handover.UnresolvedError,
        ) as error:
            seconds = time.monotonic() - started
            return TaskResult(task=task, state="failed", seconds=seconds, why=str(error))

    def _perform(self, task: str) -> TaskResult:
        if "importer" in executor(self._spec, task):
            return self._import(task)
        root = below(self._root, task, uuid.uuid4().hex[:8])
        handed = handover.executor_input(
            self._spec, task, produced=self._produced, parameters=self._parameters, root=root
        )
        key = handover.cache_key(self._spec, task, handed, produced=self._produced)
        may_cache = all_tasks(self._spec)[task].get("cachingOptions", {}).get("enableCache", False)
        if may_cache and key in self.ledger.by_key:
            self._produced[task] = self.ledger.by_key[key]
            return self._told(task, "cached")
        started = time.monotonic()
        room = Room(folder=self._rooms / task, volumes=self._volumes(task))
        done = self._launcher.launch(handover.command(self._spec, task, handed), handed, room)
        self._produced[task] = {
            name: self.ledger.record(artifact["uri"], artifact["metadata"])
            for name, artifact in done.artifacts.items()
        }
        if may_cache:
            self.ledger.by_key[key] = self._produced[task]
        return self._told(
            task,
            "ran",
            seconds=time.monotonic() - started,
            downloaded=done.downloaded,
            uploaded=done.uploaded,
        )

    def _import(self, task: str) -> TaskResult:
        source = executor(self._spec, task)["importer"]["artifactUri"]
        values = handover.parameter_values(self._spec, task, self._parameters)
        uri = source.get("constant") or values[source["runtimeParameter"]]
        self._rehearsal.store.place(uri)  # refuses what names no bucket, as the backend does
        self._produced[task] = {"artifact": self.ledger.imports(uri)}
        return self._told(task, "ran")

    def _volumes(self, task: str) -> dict[str, Path]:
        label = component(self._spec, task)["executorLabel"]
        executors = (
            self._platform.get("platforms", {})
            .get("kubernetes", {})
            .get("deploymentSpec", {})
            .get("executors", {})
        )
        mounts = executors.get(label, {}).get("pvcMount", [])
        claims = self._rehearsal.folder / "volumes"
        return {mount["mountPath"]: claims / mount["constant"] for mount in mounts}

    def _told(self, task: str, state: State, **figures: Any) -> TaskResult:
        outputs = self._produced[task]
        return TaskResult(
            task=task,
            state=state,
            artifacts={n: self._rehearsal.store.place(o.uri) for n, o in outputs.items()},
            metadata={n: o.metadata for n, o in outputs.items()},
            **figures,
        )


def _defaults(spec: Spec) -> dict[str, Any]:
    parameters = spec["root"].get("inputDefinitions", {}).get("parameters", {})
    return {n: p["defaultValue"] for n, p in parameters.items() if "defaultValue" in p}
