"""`malmoi run`: the whole way from rows to a pushed model."""

import os
import signal
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
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
)
from pipeline.console.output import tell
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
    from pipeline.config import ConfigError, load

    try:
        loaded = load(config, overrides or [])
    except ConfigError as error:
        raise typer.Exit(_end(_failed(str(error)), as_json=as_json)) from error
    raise typer.Exit(run_pipeline(loaded, as_json, verbose))


def run_pipeline(config: "Config", as_json: bool = False, verbose: bool = False) -> int:
    """Run a configuration, talk about it, and return the exit status."""
    # End as tidily as on Ctrl-C; SIGINT's present handler is none where a shell runs us with `&`.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    return _end(_run_locked(config, as_json=as_json, verbose=verbose), as_json=as_json)


def _end(summary: "Summary", *, as_json: bool) -> int:
    """Print the summary, where it is asked for, and return the exit status."""
    if as_json:
        tell(summary.to_json())
    return {"pushed": DONE, "failed": FAULT}.get(summary.verdict, REFUSED)


def _failed(words: str, *, reasons: Sequence[str] = (), folder: Path | None = None) -> "Summary":
    """Tell a fault, and sum it up: by its words where they are the one reason."""
    from pipeline.run_folder import Summary

    complain(words)
    return Summary(
        verdict="failed", reasons=reasons or [words], run_folder=str(folder) if folder else ""
    )


def _run_locked(config: "Config", *, as_json: bool, verbose: bool) -> "Summary":
    """Run where nothing speaks against it and no other run holds the output folder."""
    from pipeline.locking import BusyError, locked
    from pipeline.preflight import run_problems

    found = run_problems(config)
    if found:
        words = "\n".join(["This run cannot start:", *(f"  {fault}" for fault in found)])
        return _failed(words, reasons=found)
    try:
        with locked(config.output_dir):
            return _run_captured(config, as_json=as_json, verbose=verbose)
    except BusyError as error:
        return _failed(str(error))
    except OSError as error:
        return _failed(_fault(error))


def _run_captured(config: "Config", *, as_json: bool, verbose: bool) -> "Summary":
    """Run with the libraries' words in the run's log, which is named after a fault."""
    from pipeline.capture import captured
    from pipeline.interruption import remembered
    from pipeline.run import execute
    from pipeline.run_folder import LOG_FILE, make_run_folder

    folder: Path | None = None
    try:
        with remembered(), Talk(sys.stderr if as_json else sys.stdout, spin=not verbose) as talk:
            folder = make_run_folder(config)
            talk.say(f"{config.name}: run folder {folder}")
            with captured(folder / LOG_FILE, show=verbose):
                try:
                    summary = execute(config, folder, talk)
                except BaseException:
                    with suppress(OSError):  # a full disk takes no log
                        traceback.print_exc()
                    raise
            talk.say(closing_words(summary))
    except KeyboardInterrupt as error:
        _leave(_end(_broken_off(error, folder), as_json=as_json))
    except Exception as error:  # noqa: BLE001 - told in full, with the log
        return _broken_off(error, folder)
    return summary


def _broken_off(error: BaseException, folder: Path | None) -> "Summary":
    from pipeline.run_folder import LOG_FILE

    fault = _fault(error)
    words = f"{fault}\nLog: {folder / LOG_FILE}" if folder else fault
    return _failed(words, reasons=[fault], folder=folder)


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
        if summary.verdict == "data refused":
            yield "Mend the data; if it is right, `malmoi schema accept` lists what it can loosen."
        yield f"All of it: {summary.run_folder}"
    if summary.report:
        yield f"Report: {summary.report}"
    elif summary.report_fault:
        yield f"No report could be written: {summary.report_fault}"


def _fault(error: BaseException) -> str:
    from pipeline.causes import explain

    if isinstance(error, KeyboardInterrupt):
        return "Interrupted. Run the same command again: finished nodes come from the cache."
    node = getattr(error, "node", None)
    return f"{node or 'The run'} failed: {explain(error)}"
