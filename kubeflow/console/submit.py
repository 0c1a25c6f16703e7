"""`malmoi kubeflow submit`: the compiled pipeline, handed to a cluster."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kubeflow.console.parameters import Parameters, values_of
from kubeflow.console.rehearse import PipelineFile
from kubeflow.flags import WEBHOOK
from pipeline.console.arguments import FAULT, AsJson
from pipeline.console.output import tell
from pipeline.console.talk import complain

if TYPE_CHECKING:
    from kubeflow.spec import Spec
    from kubeflow.submission.request import Receipt, Request

Host = Annotated[
    str,
    typer.Option(
        "--host",
        envvar="MALMOI_KUBEFLOW_HOST",
        metavar="URL",
        help="The API of Kubeflow Pipelines, such as http://localhost:8080.",
    ),
]
Version = Annotated[
    str | None,
    typer.Option("--version", metavar="NAME", help="Upload as a version; start nothing."),
]
Cron = Annotated[
    str | None,
    typer.Option("--cron", metavar="WHEN", help="Start a recurring run, such as '0 3 * * 1'."),
]
Name = Annotated[
    str | None, typer.Option("--name", help="Of the run; the pipeline's name where left out.")
]
Namespace = Annotated[
    str | None, typer.Option("--namespace", help="Yours, where the installation has several users.")
]


def submit(
    pipeline: PipelineFile,
    host: Host,
    *,
    version: Version = None,
    cron: Cron = None,
    name: Name = None,
    parameters: Parameters = None,
    namespace: Namespace = None,
    as_json: AsJson = False,
) -> None:
    """Start a run on a cluster, one that recurs, or upload a version.

    Variables: MALMOI_KUBEFLOW_TOKEN, where the server asks for one, and MALMOI_KUBEFLOW_CA, a
    file with the authority that signed its certificate.
    Exit status: 0 the server took it, 1 a fault.

    Example: malmoi kubeflow submit pipeline.yaml --host http://localhost:8080 --cron '0 3 * * 1'
    """
    from kubeflow.document import NotAPipelineError, read
    from kubeflow.submission.request import NotSubmittedError, Request, send, six_fields

    given = values_of(parameters or [])
    try:
        spec, _ = read(pipeline)
        _refuse(spec, given, host=host, version=version, cron=cron)
        own = str(spec["pipelineInfo"]["name"])
        request = Request(
            host=host,
            action="version" if version else "run" if cron is None else "recurring",
            pipeline=str(pipeline.resolve()),
            name=name or (own if cron else f"{own} {time.strftime('%Y-%m-%d %H:%M:%S')}"),
            experiment=own,
            parameters=given,
            pipeline_root=spec.get("defaultPipelineRoot"),
            version=version,
            cron=None if cron is None else six_fields(cron),
            namespace=namespace,
        )
        receipt = send(request)
    except (NotAPipelineError, NotSubmittedError, ValueError) as error:
        complain(str(error))
        raise typer.Exit(FAULT) from None
    tell(_json(receipt) if as_json else _told(request, receipt))


def _refuse(
    spec: "Spec", parameters: dict[str, Any], *, host: str, version: str | None, cron: str | None
) -> None:
    """Find before the server does what is wrong with what was asked."""
    from kubeflow.admission import objections

    if not host.startswith(("http://", "https://")):  # without, the SDK takes kubectl's
        raise ValueError(f"--host takes an address such as http://localhost:8080, not {host!r}")
    if version == "":  # of a variable that is not set, say: it would start a run
        raise ValueError("--version takes a name, got an empty one")
    if version and cron:
        raise ValueError("--version only uploads and --cron starts: expected one of them")
    if version and parameters:
        raise ValueError("--version only uploads: expected no --parameter with it")
    if faults := [*objections(spec, parameters), *_unusable(parameters)]:
        raise ValueError("\n".join(["The backend would reject the pipeline:", *faults]))


def _unusable(parameters: dict[str, Any]) -> Iterator[str]:
    """Yield what would end a run that has begun, and every one of a recurring run."""
    from kubeflow.adapt.hooks import DATA_PARAMETER
    from kubeflow.post_verdict import ADDRESS, NO_ADDRESS
    from kubeflow.rehearse.store import NoProviderError, launcher_path

    try:
        if DATA_PARAMETER in parameters:
            launcher_path(parameters[DATA_PARAMETER])
    except NoProviderError as error:
        yield f"--parameter {DATA_PARAMETER}: {error}"
    if (url := parameters.get(WEBHOOK)) and not ADDRESS.fullmatch(url):
        yield f"--parameter {WEBHOOK}: {NO_ADDRESS}"


def _told(request: "Request", receipt: "Receipt") -> str:
    lines = {
        "run": f"Run {request.name} is started: {receipt.url}",
        "version": f"Version {request.version} of {request.experiment} is uploaded: {receipt.url}",
        "recurring": f"{request.name} runs at {request.cron}: {receipt.url}",
    }
    stopped = [f"It takes the place of {old}, which is disabled now." for old in receipt.disabled]
    return "\n".join([lines[request.action], *stopped])


def _json(receipt: "Receipt") -> str:
    import json
    from dataclasses import asdict

    return json.dumps(asdict(receipt))
