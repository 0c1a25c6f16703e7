"""`malmoi schema check`: the data gate without a run."""

import json
import signal
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TextIO

import typer

from pipeline.console.arguments import (
    DONE,
    FAULT,
    REFUSED,
    AsJson,
    ConfigFile,
    Overrides,
    Verbose,
    load_config,
)
from pipeline.console.output import tell
from pipeline.console.talk import Talk, complain

if TYPE_CHECKING:
    from components.data_gate.verdict import Finding, Verdict
    from pipeline.config import Config
    from pipeline.schema_contract.check import Checked

LOG_FILE: Final = "schema-check.log"


def check(
    config: ConfigFile,
    overrides: Overrides = None,
    pin: Annotated[
        bool,
        typer.Option("--pin", help="Keep the statistics of data that passes beside the schema."),
    ] = False,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Hold the data against its schema and the gate's rules.

    Trains nothing and keeps nothing.
    Exit status: 0 the data passes, 1 a fault, 2 refused.

    Example: malmoi schema check malmoi.yaml --pin
    """
    from pipeline.preflight import problems

    settings = load_config(config, overrides)
    found = problems(settings)
    if found:
        complain("\n".join(["This check cannot start:", *(f"  {fault}" for fault in found)]))
        raise typer.Exit(FAULT)
    # End as tidily as on Ctrl-C: the scratch folder holds a copy of the data.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    heard = sys.stderr if as_json else sys.stdout
    checked = _checked(settings, heard, verbose=verbose)
    if checked is None:
        raise typer.Exit(FAULT)
    with Talk(heard, spin=False) as talk:
        if pin and checked.verdict.passed:
            talk.say(_pinned(settings, checked))
        talk.say(in_words(checked.verdict))
    if as_json:
        tell(json.dumps(json.loads(checked.verdict.to_json()), ensure_ascii=False))
    raise typer.Exit(DONE if checked.verdict.passed else REFUSED)


def _checked(config: "Config", heard: TextIO, *, verbose: bool) -> "Checked | None":
    """Check with the libraries' words in a log; None after a fault, which is told."""
    from pipeline.capture import captured
    from pipeline.causes import explain
    from pipeline.interruption import remembered
    from pipeline.schema_contract.check import check as run_check

    log = config.output_dir / LOG_FILE
    try:
        with remembered(), Talk(heard, spin=not verbose) as talk, captured(log, show=verbose):
            try:
                return run_check(config, talk)
            except BaseException:
                traceback.print_exc()
                raise
    except KeyboardInterrupt:
        complain(f"Interrupted.\nThe log: {log}")
    except Exception as error:  # noqa: BLE001 - told in full, with the log
        node = getattr(error, "node", None)
        complain(f"{node or 'The check'} failed: {explain(error)}\nThe log: {log}")
    return None


def _pinned(config: "Config", checked: "Checked") -> str:
    from datetime import date

    from pipeline.schema_contract.check import write_pinned

    try:
        path: Path = write_pinned(config, checked, today=date.today())
    except (OSError, ValueError) as error:
        complain(f"not pinned: {error}")
        raise typer.Exit(FAULT) from error
    return f"Pinned {path}; commit it with the schema."


def in_words(verdict: "Verdict") -> str:
    """Say whether the data passes, and each finding with the rows that it refuses."""
    if not verdict.findings:
        return "The data passes."
    heading = "The data passes, with warnings." if verdict.passed else "The data is refused."
    return "\n".join([heading, *(line for f in verdict.findings for line in _told(f))])


def _told(finding: "Finding") -> Iterator[str]:
    """Say a finding, and below it which rows it refuses."""
    yield f"  {finding.level}: {finding.in_words()}"
    if finding.level == "refuse":
        yield from (f"    {row}" for row in finding.rows)
