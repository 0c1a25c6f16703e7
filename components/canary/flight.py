"""One flight of the canary: from the files of an export to all that was seen."""

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tfx.components.infra_validator.error_types import DeadlineExceeded, InfraValidationError

from components.canary import choice, graph_check, replay, warm_up_check
from components.canary.golden import Case
from components.canary.process_runner import ProcessRunner
from components.canary.record import Latency, Record, Server, refusal
from components.canary.requests import RequestFailedError, Requests
from components.canary.settings import CanarySettings
from components.data_gate.verdict import Finding

VERSION: Final = "1"

_LAST_BREATH_S: Final = 0.5
"""Between a connection that breaks and the end of the process that broke it."""


@dataclass(frozen=True, kw_only=True)
class Questions:
    """What to ask, and by which names.

    Attributes:
        hostile: texts that have broken text models.
        drawn: texts of the eval split; by these the times are taken.
        labels: the labels' names, in the order of their ids.
        text_column: feature of an example that holds the text.
        faults: why these texts cannot judge an export.
    """

    hostile: Sequence[Case]
    drawn: Sequence[Case]
    labels: Sequence[str]
    text_column: str
    faults: Sequence[Finding] = ()


@dataclass
class _Seen:
    """Fills up during the flight."""

    server: Server
    ready_s: float | None = None
    replayed: int = 0
    latency: Latency | None = None
    findings: list[Finding] = field(default_factory=list)


def fly(export: Path, questions: Questions, settings: CanarySettings, *, log: Path) -> Record:
    """Check an export's files; if nothing is wrong with them, serve and ask it.

    Args:
        export: folder of the SavedModel.
        questions: what to ask.
        settings: limits and patience.
        log: file for what the server says.

    Raises:
        FileNotFoundError: the settings want a binary that is not on PATH.
    """
    backend = choice.choose(settings.server)
    texts = len(questions.hostile) + len(questions.drawn)
    found = (
        *questions.faults,
        *graph_check.check_export(export),
        *warm_up_check.check_warm_up(export),
    )
    if found:
        return Record(texts=texts, findings=found)
    seen = _Seen(choice.describe(backend))
    with TemporaryDirectory(prefix="canary-") as base:
        shutil.copytree(export, Path(base, VERSION))
        runner = ProcessRunner(
            base_path=Path(base),
            backend=backend,
            log=log,
            request_timeout_s=settings.request_timeout_s,
        )
        try:
            _load(runner, settings, seen)
            if not seen.findings:
                _ask(runner, questions, settings, seen)
        finally:
            runner.Stop()
    return Record(
        server=seen.server,
        ready_s=seen.ready_s,
        texts=texts,
        replayed=seen.replayed,
        latency=seen.latency,
        findings=tuple(seen.findings),
    )


def _load(runner: ProcessRunner, settings: CanarySettings, seen: _Seen) -> None:
    started = time.monotonic()
    try:
        runner.Start()
        runner.WaitUntilRunning(time.time() + settings.ready_timeout_s)
    except (InfraValidationError, OSError) as error:
        seen.findings.append(_not_loaded(error, settings))
    else:
        seen.ready_s = round(time.monotonic() - started, 3)


def _ask(
    runner: ProcessRunner, questions: Questions, settings: CanarySettings, seen: _Seen
) -> None:
    with Requests(
        runner.endpoints,
        text_column=questions.text_column,
        labels=questions.labels,
        timeout_s=settings.request_timeout_s,
    ) as requests:
        for one in replay.passes(requests, [*questions.hostile, *questions.drawn]):
            agreed, fault = replay.replay(one, tolerance=settings.tolerance)
            seen.replayed += agreed
            if fault:
                seen.findings.append(fault)
            if fault and runner.ends_within(_LAST_BREATH_S):
                seen.findings.append(_died(one.name, runner))
                return
        if not seen.findings:
            _time(requests, questions, settings, seen)


def _time(requests: Requests, questions: Questions, settings: CanarySettings, seen: _Seen) -> None:
    count = settings.latency_requests
    try:
        seen.latency = replay.measure(requests.by_text, questions.drawn, requests=count)
    except RequestFailedError as error:
        seen.findings.append(
            refusal(
                "requests",
                subject=f"one of {count} timed requests",
                figure=str(error),
                limit="an answer to every text",
                advice="see the server's log beside the blessing",
            )
        )
    else:
        seen.findings += replay.latency_findings(seen.latency, settings)


def _not_loaded(error: Exception, settings: CanarySettings) -> Finding:
    late = isinstance(error, DeadlineExceeded)
    return refusal(
        "ready" if late else "load",
        subject="the server",
        figure=str(error),
        limit=f"ready within {settings.ready_timeout_s:g} s" if late else "a loaded model",
        advice="see the server's log beside the blessing"
        + ("; on a slow machine raise gates.canary.ready_timeout_s" if late else ""),
    )


def _died(during: str, runner: ProcessRunner) -> Finding:
    return refusal(
        "server",
        subject="the server",
        figure=f"ended during {during!r}: {runner.ending()}",
        limit="alive to the end",
        advice="a text has killed it, or the memory was too small; see the server's log beside "
        "the blessing",
    )
