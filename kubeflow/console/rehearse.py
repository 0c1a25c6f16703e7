"""`malmoi kubeflow rehearse`: the compiled pipeline, run here as the backend would run it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from kubeflow.console.parameters import Parameters, values_of
from kubeflow.flags import WEBHOOK
from pipeline.console.arguments import DONE, FAULT, REFUSED, AsJson
from pipeline.console.output import tell
from pipeline.console.talk import complain

if TYPE_CHECKING:
    from kubeflow.rehearse.result import TaskResult
    from kubeflow.rehearse.room import Isolation
    from kubeflow.spec import Spec

PipelineFile = Annotated[
    Path, typer.Argument(metavar="PIPELINE", help="What `malmoi kubeflow compile` has written.")
]
Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="FOLDER",
        help="Folder here that stands for the bucket folder of the rows; none: as last time.",
        exists=True,
        file_okay=False,
    ),
]
Folder = Annotated[
    Path,
    typer.Option("--folder", metavar="FOLDER", help="What stays: buckets, volumes, logs."),
]
Podman = Annotated[
    str | None,
    typer.Option("--podman", metavar="IMAGE", help="Run the steps in containers of this image."),
]

_MARKS: Final = {"ran": "+", "cached": "=", "failed": "!", "not run": "-"}
_TASK_WIDTH: Final = 17


def rehearse(
    pipeline: PipelineFile,
    data: Data = None,
    folder: Folder = Path("rehearsal"),
    parameters: Parameters = None,
    podman: Podman = None,
    as_json: AsJson = False,
) -> None:
    """Run the compiled pipeline step by step, here.

    It takes neither Kubernetes nor a network. Every step is a process of its own that sees only
    what the launcher would download.
    Exit status: 0 pushed, 1 a fault, 2 refused by a gate.

    Example: malmoi kubeflow rehearse pipeline.yaml --data data/
    """
    from kubeflow.document import NotAPipelineError, read
    from kubeflow.rehearse.run import Rehearsal, RejectedError
    from kubeflow.rehearse.store import NoProviderError
    from pipeline.locking import BusyError, locked

    values = values_of(parameters or [])
    isolation = _isolation(podman)
    rehearsal = Rehearsal(folder, isolation)
    talk = _Talk(silent=as_json)
    try:
        spec, platform = read(pipeline)
        with locked(rehearsal.folder, own="--folder FOLDER"):
            _bring(rehearsal, spec, data, values)
            if WEBHOOK in _declared(spec):
                values.setdefault(WEBHOOK, "")  # a step has no network here
            talk.say(f"{spec['pipelineInfo']['name']}: steps kept apart by {isolation.name}")
            results = rehearsal.run(spec, platform, listener=talk, parameters=values)
    except RejectedError as error:
        complain(f"The backend would reject {pipeline}:\n{error}")
        raise typer.Exit(FAULT) from None
    except (NotAPipelineError, NoProviderError, BusyError, OSError) as error:
        complain(str(error))
        raise typer.Exit(FAULT) from None
    status = status_of(spec, results)
    if as_json:
        tell(_json(results))
    talk.say(_CLOSING[status])
    raise typer.Exit(status)


_CLOSING: Final = {
    DONE: "Every step ended well.",
    FAULT: "A step failed; what waits for it did not run.",
    REFUSED: "A gate refused; nothing was pushed.",
}


def status_of(spec: "Spec", results: "dict[str, TaskResult]") -> int:
    """Return the exit status: a gate refuses where a step fails on a verdict that says so."""
    failed = [name for name, result in results.items() if result.state == "failed"]
    if not all(_halted(spec, name, results) for name in failed):
        return FAULT
    properties = [p for result in results.values() for p in result.metadata.values()]
    not_pushed = any(found.get("pushed") == 0 for found in properties)
    return REFUSED if failed or not_pushed else DONE


def _halted(spec: "Spec", task: str, results: "dict[str, TaskResult]") -> bool:
    """Tell whether a task that failed only acts on verdicts, and one of them did not pass."""
    from kubeflow.spec import all_tasks, component, producers

    if component(spec, task).get("outputDefinitions"):
        return False
    verdicts = producers(all_tasks(spec)[task]).values()
    return any(results[judge].metadata.get(key, {}).get("passed") == 0 for judge, key in verdicts)


class _Talk:
    """A line for each task, in the manner of `malmoi run`."""

    def __init__(self, *, silent: bool) -> None:
        self._silent = silent

    def say(self, text: str) -> None:
        """Write a line; once nobody can hear it the rest is left unsaid, and the work goes on."""
        if self._silent:
            return
        try:
            tell(text)
        except typer.Exit:
            self._silent = True

    def task_ended(self, result: "TaskResult") -> None:
        took = f"{result.seconds:.1f} s" if result.state in ("ran", "failed") else result.state
        files = f"{result.downloaded} files in, {result.uploaded} out"
        detail = result.why or (files if result.state == "ran" else "")
        self.say(
            f"{_MARKS[result.state]} {result.task:<{_TASK_WIDTH}} {took:>8}  {detail}".rstrip()
        )


def _bring(rehearsal: Any, spec: "Spec", data: Path | None, values: dict[str, str]) -> None:
    """Put the rows where the pipeline expects them, or tell that none are there."""
    from kubeflow.adapt.hooks import DATA_PARAMETER

    declared = _declared(spec)
    if DATA_PARAMETER not in declared:
        return
    uri = values.get(DATA_PARAMETER, declared[DATA_PARAMETER]["defaultValue"])
    if data is not None:
        rehearsal.store.mirror(data, uri)
    elif not rehearsal.store.place(uri).exists():
        complain(f"{uri} is empty here: name the folder that stands for it with --data FOLDER")
        raise typer.Exit(FAULT)


def _declared(spec: "Spec") -> dict[str, Any]:
    return spec["root"].get("inputDefinitions", {}).get("parameters", {})


def _isolation(image: str | None) -> "Isolation":
    """Return how steps are kept apart: in containers if an image is named."""
    from kubeflow.rehearse import podman
    from kubeflow.rehearse.isolation import choose

    if image is None:
        return choose()
    if not podman.available():
        complain("--podman needs podman, which is not installed (Debian: apt install podman runc)")
        raise typer.Exit(FAULT)
    return podman.Podman(image)


def _json(results: "dict[str, TaskResult]") -> str:
    import json
    from dataclasses import asdict

    told = {name: asdict(result) for name, result in results.items()}
    return json.dumps(told, ensure_ascii=False, default=str)
