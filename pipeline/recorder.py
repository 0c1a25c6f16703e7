"""Writes down what the nodes of a run bring forth: in its summary, and as files in its folder."""

import shutil
from pathlib import Path

from components.data_quality.report import FILE_NAME as QUALITY_REPORT
from pipeline import outcome
from pipeline.local_runner import Listener, NodeResult
from pipeline.outcome import Outputs
from pipeline.run_folder import (
    CANARY_FOLDER,
    MODEL_VERDICT_FOLDER,
    QUALITY_FILE,
    TRAINING_FILE,
    VERDICT_FOLDER,
    Summary,
)
from trainer.run import TRAINING_SUMMARY


class Recorder:
    """Fills the summary as the nodes end, and passes the news on.

    Args:
        summary: filled.
        folder: the run's.
        listener: told of every node after the recorder.
    """

    def __init__(self, summary: Summary, folder: Path, listener: Listener) -> None:
        self._summary = summary
        self._folder = folder
        self._listener = listener

    def node_started(self, node: str) -> None:
        """Hear that a node begins."""
        self._listener.node_started(node)

    def node_ended(self, result: NodeResult) -> None:
        """Write down what came of it."""
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

    def _keep_quality(self, outputs: Outputs) -> None:
        (artifact,) = outputs["quality"]
        shutil.copy(Path(artifact.uri, QUALITY_REPORT), self._folder / QUALITY_FILE)

    def _keep_verdict(self, outputs: Outputs) -> None:
        (artifact,) = outputs["verdict"]
        shutil.copytree(artifact.uri, self._folder / VERDICT_FOLDER)
        refusals = outcome.verdict(outputs).refusals
        if refusals:
            self._summary.verdict = "data refused"
            self._summary.reasons = [finding.in_words() for finding in refusals]
            self._summary.rows = [row for finding in refusals for row in finding.rows]

    def _keep_training(self, outputs: Outputs) -> None:
        (artifact,) = outputs["model_run"]
        shutil.copy(Path(artifact.uri, TRAINING_SUMMARY), self._folder / TRAINING_FILE)
        self._summary.text = outcome.training(outputs).get("text", {})

    def _keep_evaluation(self, outputs: Outputs) -> None:
        self._summary.metrics = outcome.evaluation(outputs)

    def _keep_judgement(self, outputs: Outputs) -> None:
        (artifact,) = outputs["blessing"]
        shutil.copytree(artifact.uri, self._folder / MODEL_VERDICT_FOLDER)
        refusals = outcome.model_verdict(outputs).refusals
        if refusals:
            self._summary.verdict = "model refused"
            self._summary.reasons = [check.in_words() for check in refusals]

    def _keep_canary(self, outputs: Outputs) -> None:
        (artifact,) = outputs["blessing"]
        shutil.copytree(artifact.uri, self._folder / CANARY_FOLDER)
        refusals = outcome.canary(outputs).findings
        if refusals and self._summary.verdict == "pushed":  # the model gate has said it first
            self._summary.verdict = "canary refused"
        self._summary.reasons = [
            *self._summary.reasons,
            *(finding.in_words() for finding in refusals),
        ]

    def _keep_push(self, outputs: Outputs) -> None:
        (pushed,) = outputs["pushed_model"]
        version = pushed.get_string_custom_property("pushed_version")
        if version:
            path = pushed.get_string_custom_property("pushed_destination")
            self._summary.pushed = {"version": version, "path": path}
