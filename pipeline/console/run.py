"""`malmoi run`: the whole way from rows to a pushed model."""

import os
import signal
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

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
from pipeline.console.talk import Talk, complain

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.run_folder import Summary


def run(
    config: ConfigFile,
    overrides: Overrides = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Ingest, validate, transform, train, evaluate and push.

    Exit status: 0 done, 1 a fault, 2 refused by a gate. What an earlier run has finished and
    nothing has changed since comes from the cache.

    Example: malmoi run malmoi.yaml --set training.epochs=3
    """
    raise typer.Exit(run_pipeline(load_config(config, overrides), as_json, verbose))


def run_pipeline(config: "Config", as_json: bool = False, verbose: bool = False) -> int:
    """Run a configuration, talk about it, and return the exit status."""
    from pipeline.locking import BusyError, locked
    from pipeline.preflight import problems

    # End as tidily as on Ctrl-C; SIGINT's present handler is none where a shell runs us with `&`.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    found = problems(config)
    if found:
        complain("\n".join(["This run cannot start:", *(f"  {fault}" for fault in found)]))
        return FAULT
    try:
        with locked(config.output_dir):
            summary = _run_captured(config, as_json=as_json, verbose=verbose)
    except BusyError as error:
        complain(str(error))
        return FAULT
    except OSError as error:
        complain(_fault(error, None))
        return FAULT
    if summary is None:
        return FAULT
    if as_json:
        print(summary.to_json())
    return DONE if summary.verdict == "pushed" else REFUSED


def _run_captured(config: "Config", *, as_json: bool, verbose: bool) -> "Summary | None":
    """Run with the libraries' words in the run's log; None after a fault, which is told."""
    from pipeline.capture import captured
    from pipeline.run import execute
    from pipeline.run_folder import LOG_FILE, make_run_folder

    with Talk(sys.stderr if as_json else sys.stdout) as talk:
        log: Path | None = None
        try:
            folder = make_run_folder(config)
            log = folder / LOG_FILE
            talk.say(f"{config.name}: run folder {folder}")
            with captured(log, show=verbose):
                try:
                    summary = execute(config, folder, talk)
                except BaseException:
                    with suppress(OSError):  # a full disk takes no log
                        traceback.print_exc()
                    raise
        except KeyboardInterrupt as error:
            complain(_fault(error, log))
            _leave(FAULT)
        except Exception as error:  # noqa: BLE001 - told in full, with the log
            complain(_fault(error, log))
            return None
        talk.say(closing_words(summary))
    return summary


def _leave(status: int) -> NoReturn:
    """End the process now: Python would wait for threads of Beam that an interruption orphaned."""
    with suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)


def closing_words(summary: "Summary") -> str:
    """Say what the texts were, indented as all that goes with a line is; then what came of all."""
    return "\n".join([*_text_words(summary.text), *_verdict_words(summary)])


def _text_words(text: Mapping[str, Any]) -> Iterator[str]:
    """Put the traits of the texts into one line; none were measured before the training."""
    if not text:
        return
    train = text["splits"]["train"]
    unknown = (f"{_percent(s['unknown_share'])} of {name}" for name, s in text["splits"].items())
    yield (
        f"  Text: {train['mean_tokens']:.1f} {text['tokens']} a row,"
        f" at most {train['p99_tokens']} in 99 % of the rows;"
        f" {_percent(train['cut_share'])} are cut at {text['max_tokens']};"
        f" unknown {text['tokens']}: {', '.join(unknown)}"
    )


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def _verdict_words(summary: "Summary") -> Iterator[str]:
    if summary.pushed:
        yield f"{summary.in_words()}: {summary.pushed['path']}"
    else:
        yield summary.in_words()
        yield f"All of it: {summary.run_folder}"
    if summary.report:
        yield f"Report: {summary.report}"
    elif summary.report_fault:
        yield f"No report could be written: {summary.report_fault}"


def _fault(error: BaseException, log: Path | None) -> str:
    from pipeline.causes import explain, was_interrupted

    if was_interrupted(error):
        what = "Interrupted. Run the same command again: finished nodes come from the cache."
    else:
        node = getattr(error, "node", None)
        what = f"{node or 'The run'} failed: {explain(error)}"
    return what if log is None else f"{what}\nLog: {log}"
