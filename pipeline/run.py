"""One run: the graph from its first node to its last, a summary and a report."""

import time
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

from pipeline.config import Config
from pipeline.run_folder import SUMMARY_FILE, Summary


def execute(config: Config, folder: Path, listener: Any) -> Summary:
    """Run the graph, sum it up and report; the caller holds the lock of the output folder.

    Args:
        config: the configuration.
        folder: the run's folder, of `pipeline.run_folder.make_run_folder`.
        listener: a `pipeline.local_runner.Listener`.

    Raises:
        NodeFailedError: a node failed for another reason than a gate's refusal.
    """
    started = time.monotonic()
    from components.halt.component import GateRefusedError
    from pipeline import graph, local_runner, recovery, withdrawn
    from pipeline.recorder import Recorder

    recovery.recover(config.output_dir, config.models_dir)
    withdrawn.mark_pushes(config.output_dir, config.models_dir)
    withdrawn.forget_refusals(config.output_dir)
    pipeline = local_runner.make_pipeline(
        graph.build(config), name=config.name, root=config.output_dir, beam_args=config.beam_args
    )
    summary = Summary(run_folder=str(folder))
    try:
        local_runner.run(pipeline, Recorder(summary, folder, listener))
    except local_runner.NodeFailedError as error:
        if not isinstance(error.__cause__, GateRefusedError):
            raise
    summary.total_seconds = round(time.monotonic() - started, 3)
    _report(config, summary, folder)
    _keep(summary, folder)
    return summary


def _report(config: Config, summary: Summary, folder: Path) -> None:
    """Write the report; a fault costs the report, not the verdict: the model may serve already."""
    from pipeline.causes import explain
    from pipeline.report import facts, page

    try:
        page.write(facts.gather(config, summary, folder), folder / page.FILE_NAME)
    except Exception as error:  # noqa: BLE001 - told with the verdict, in full in the log
        with suppress(OSError):  # a full disk takes no log
            traceback.print_exc()
        summary.report_fault = explain(error)
    else:
        summary.report = str(folder / page.FILE_NAME)


def _keep(summary: Summary, folder: Path) -> None:
    """Write the summary; a fault costs the file, as it costs the report."""
    from serving.releases.durable import replace_file

    try:
        replace_file(folder / SUMMARY_FILE, f"{summary.to_json()}\n".encode())
    except OSError:
        with suppress(OSError):
            traceback.print_exc()
