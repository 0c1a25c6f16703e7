"""One run: from a configuration to a summary, with a folder of its own."""

import json
import shutil
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

from pipeline.config import Config

RUNS_FOLDER: Final = "runs"
LOG_FILE: Final = "log.txt"
CONFIG_FILE: Final = "config.yaml"
SUMMARY_FILE: Final = "summary.json"
VERDICT_FOLDER: Final = "data_gate"
CANARY_FOLDER: Final = "canary"
MODEL_VERDICT_FOLDER: Final = "model_gate"
QUALITY_FILE: Final = "quality.json"
TRAINING_FILE: Final = "training.json"

TIME_FORMAT: Final = "%Y%m%d-%H%M%S-%f"
"""Of a run's folder: when it began, in local time."""


@dataclass(kw_only=True)
class Summary:
    """What came of a run, as `malmoi run --json` prints it.

    Attributes:
        verdict: whether the model was pushed, or which kind of gate refused.
        reasons: why a gate refused, a sentence each.
        rows: the first rows that the data gate's reasons are about, as `file:line: what`.
        pushed: the version and its path, or None.
        metrics: figures of the eval split by name; empty if it came not so far.
        text: what the texts became as tokens, a dumped `trainer.traits.TextTraits`; empty likewise.
        seconds: wall time by node.
        outcomes: what came of a node in a few words, where there is something to tell.
        cached: the nodes whose outputs came from an earlier run.
        run_folder: log, configuration, verdicts, report and this summary.
        report: the report's path; empty if it could not be written.
        report_fault: why it could not.
    """

    verdict: Literal["pushed", "data refused", "model refused", "canary refused"] = "pushed"
    reasons: Sequence[str] = ()
    rows: Sequence[str] = ()
    pushed: Mapping[str, str] | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    text: Mapping[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    outcomes: dict[str, str] = field(default_factory=dict)
    cached: list[str] = field(default_factory=list)
    run_folder: str = ""
    report: str = ""
    report_fault: str = ""

    def in_words(self) -> str:
        """Say the verdict in one sentence."""
        match self.verdict:
            case "pushed" if self.pushed:
                return (
                    f"Pushed version {self.pushed['version']} in {sum(self.seconds.values()):.0f} s"
                )
            case "data refused":
                return "The data gate refused this run; nothing was trained."
            case "canary refused":
                return "The canary refused this export; nothing was pushed."
            case _:
                return "The model gate refused this model; nothing was pushed."

    def to_json(self) -> str:
        """Write the summary as one JSON object on one line."""
        return json.dumps(asdict(self), ensure_ascii=False)


def make_run_folder(config: Config) -> Path:
    """Make the folder of a new run and keep the configuration in it."""
    now = datetime.now().astimezone()
    folder = config.output_dir / RUNS_FOLDER / now.strftime(TIME_FORMAT)
    folder.mkdir(parents=True)
    (folder / CONFIG_FILE).write_text(config.to_yaml(), "utf-8")
    return folder


def execute(config: Config, folder: Path, listener: Any) -> Summary:
    """Run the graph, sum it up and report; the caller holds the lock of the output folder.

    Args:
        config: the configuration.
        folder: the run's folder, of `make_run_folder`.
        listener: a `pipeline.local_runner.Listener`.

    Raises:
        NodeFailedError: a node failed for another reason than a gate's refusal.
    """
    from components.halt.component import GateRefusedError
    from pipeline import graph, local_runner, recovery

    recovery.recover(config.output_dir, config.models_dir)
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
