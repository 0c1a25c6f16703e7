"""What is asked of a cluster, and the way to the program that asks it."""

import json
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

from pipeline.digests import ROOT

PYTHON: Final = ROOT / ".venv" / "kubeflow" / "bin" / "python"
"""The environment with Kubeflow's SDK, whose protobuf TFX refuses beside itself."""

TIMEOUT_S: Final = 180
"""An upload of some 100 kB and a handful of small requests; a server that hangs is told."""

Action = Literal["run", "version", "recurring"]

_CLIENT: Final = Path(__file__).with_name("client.py")
_CRON_FIELDS: Final = ("minute", "hour", "day of month", "month", "day of week")


class NotSubmittedError(Exception):
    """A pipeline that the cluster did not take; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is asked of the cluster.

    Attributes:
        host: address of the API, such as http://localhost:8080.
        action: start a run, upload a version, or start a recurring run.
        pipeline: the compiled file.
        name: of the run or the recurring run.
        experiment: where runs are listed; also the name of the pipeline.
        parameters: values of the pipeline's parameters.
        pipeline_root: bucket folder of the artifacts; None: the cluster's. The backend takes it
            from the run alone, and passes over the one that stands in the pipeline.
        version: name of the version, for an upload.
        cron: when, for a recurring run, in six fields.
        namespace: of the user, where the installation has several.
    """

    host: str
    action: Action
    pipeline: str
    name: str
    experiment: str
    parameters: dict[str, Any]
    pipeline_root: str | None = None
    version: str | None = None
    cron: str | None = None
    namespace: str | None = None


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What the server has made.

    Attributes:
        id: its identity.
        url: of its page.
        disabled: identities of the recurring runs whose place it takes.
    """

    id: str
    url: str
    disabled: tuple[str, ...]


def send(request: Request, *, python: Path = PYTHON) -> Receipt:
    """Send a request from the environment that has Kubeflow's SDK.

    Raises:
        NotSubmittedError: there is no such environment, or the server did not take it.
    """
    if not python.exists():
        raise NotSubmittedError(
            f"{python} is not there: Kubeflow's SDK lives in an environment of its own; "
            "type: make kubeflow-env"
        )
    # -I: no variable and no folder of this process changes what is imported there;
    # -X utf8: the SDK opens the file in the locale's encoding.
    try:
        done = subprocess.run(
            [str(python), "-I", "-X", "utf8", str(_CLIENT)],
            input=json.dumps(asdict(request)).encode(),
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NotSubmittedError(f"{request.host} has not answered in {TIMEOUT_S} s") from None
    if done.returncode:
        raise NotSubmittedError(done.stderr.decode(errors="replace").strip())
    answer = json.loads(done.stdout)
    if "fault" in answer:
        raise NotSubmittedError(f"{request.host}: {answer['fault']}")
    return Receipt(
        id=answer["id"],
        url=f"{request.host.rstrip('/')}/#/{answer['page']}",
        disabled=tuple(answer.get("disabled", ())),
    )


def six_fields(cron: str) -> str:
    """Write a cron expression as the backend reads it, which counts from the seconds.

    Args:
        cron: five fields as in crontab(5), or six with the second first.

    Raises:
        ValueError: there are more or fewer.
    """
    fields = cron.split()
    if len(fields) == len(_CRON_FIELDS):
        fields = ["0", *fields]
    if len(fields) != len(_CRON_FIELDS) + 1:
        raise ValueError(
            f"--cron takes five fields ({', '.join(_CRON_FIELDS)}), such as '0 3 * * 1', or six "
            f"with the second first, not {cron!r}"
        )
    return " ".join(fields)
