"""One run: the graph from its first node to its last, a summary and a report."""

import shutil
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

from pipeline.config import Config
from pipeline.run_folder import (
    CANARY_FOLDER,
    MODEL_VERDICT_FOLDER,
    QUALITY_FILE,
    SUMMARY_FILE,
    TRAINING_FILE,
    VERDICT_FOLDER,
    Summary,
)


def execute(config: Config, folder: Path, listener: Any) -> Summary:
    """Run the graph, sum it up and report; the caller holds the lock of the output folder.

    Args:
        config: the configuration.
        folder: the run's folder, of `pipeline.run_folder.make_run_folder`.
        listener: a `pipeline.local_runner.Listener`.

    Raises:
        NodeFailedError: a node failed for another reason than a gate's refusal.
    """
    from components.halt.component import GateRefusedError
    from pipeline import graph, local_runner, recovery, withdrawn

    recovery.recover(config.output_dir, config.models_dir)
    withdrawn.mark_pushes(config.output_dir, config.models_dir)
    pipeline = local_runner.make_pipeline(
        graph.build(config), name=config.name, root=config.output_dir, beam_args=config.beam_args
    )
    summary = Summary(run_folder=str(folder))
    recorder = _Recorder(summary, folder, listener)
    try:
        local_runner.run(pipeline, recorder)
    except local_runner.NodeFailedError as error:
        if not isinstance(error.__cause__, GateRefusedError):
            raise
    _report(config, summary, folder)
    (folder / SUMMARY_FILE).write_text(summary.to_json() + "\n", "utf-8")
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


class _Recorder:
    """Fills the summary as the nodes end, and passes the news on."""

    def __init__(self, summary: Summary, folder: Path, listener: Any) -> None:
        self._summary = summary
        self._folder = folder
        self._listener = listener

    def node_started(self, node: str) -> None:
        self._listener.node_started(node)

    def node_ended(self, result: Any) -> None:
        from pipeline import outcome

        self._summary.seconds[result.node] = round(result.seconds, 3)
        if result.cached:
            self._summary.cached.append(result.node)
        if told := outcome.describe(result):
            self._summary.outcomes[result.node] = told
        match result.node:
            case "DataQuality":
                self._keep_quality(result.outputs)
            case "DataGate":
                self._keep_verdict(result.outputs)
            case "Trainer":
                self._keep_training(result.outputs)
            case "Evaluator":
                self._keep_evaluation(result.outputs)
            case "ModelGate":
                self._keep_judgement(result.outputs)
            case "Canary":
                self._keep_canary(result.outputs)
            case "AtomicPusher":
                self._keep_push(result.outputs)
        self._listener.node_ended(result)

    def _keep_quality(self, outputs: Any) -> None:
        from components.data_quality.report import FILE_NAME

        (artifact,) = outputs["quality"]
        shutil.copy(Path(artifact.uri, FILE_NAME), self._folder / QUALITY_FILE)

    def _keep_verdict(self, outputs: Any) -> None:
        from pipeline import outcome

        (artifact,) = outputs["verdict"]
        shutil.copytree(artifact.uri, self._folder / VERDICT_FOLDER)
        refusals = outcome.verdict(outputs).refusals
        if refusals:
            self._summary.verdict = "data refused"
            self._summary.reasons = [finding.in_words() for finding in refusals]
            self._summary.rows = [row for finding in refusals for row in finding.rows]

    def _keep_training(self, outputs: Any) -> None:
        from pipeline import outcome
        from trainer.run import TRAINING_SUMMARY

        (artifact,) = outputs["model_run"]
        shutil.copy(Path(artifact.uri, TRAINING_SUMMARY), self._folder / TRAINING_FILE)
        self._summary.text = outcome.training(outputs).get("text", {})

    def _keep_evaluation(self, outputs: Any) -> None:
        from pipeline import outcome

        self._summary.metrics = outcome.evaluation(outputs)

    def _keep_judgement(self, outputs: Any) -> None:
        from pipeline import outcome

        (artifact,) = outputs["blessing"]
        shutil.copytree(artifact.uri, self._folder / MODEL_VERDICT_FOLDER)
        refusals = outcome.model_verdict(outputs).refusals
        if refusals:
            self._summary.verdict = "model refused"
            self._summary.reasons = [check.in_words() for check in refusals]

    def _keep_canary(self, outputs: Any) -> None:
        from pipeline import outcome

        (artifact,) = outputs["blessing"]
        shutil.copytree(artifact.uri, self._folder / CANARY_FOLDER)
        refusals = outcome.canary(outputs).findings
        if refusals and self._summary.verdict == "pushed":  # the model gate has said it first
            self._summary.verdict = "canary refused"
        self._summary.reasons = [
            *self._summary.reasons,
            *(finding.in_words() for finding in refusals),
        ]

    def _keep_push(self, outputs: Any) -> None:
        (pushed,) = outputs["pushed_model"]
        version = pushed.get_string_custom_property("pushed_version")
        if version:
            path = pushed.get_string_custom_property("pushed_destination")
            self._summary.pushed = {"version": version, "path": path}
