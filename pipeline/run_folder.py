"""A run's folder: what is kept there, under which names, and the summary of what came of it."""

import json
from collections.abc import Mapping, Sequence
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

PUSHER: Final = "AtomicPusher"

TIME_FORMAT: Final = "%Y%m%d-%H%M%S-%f"
"""Of a run's folder: when it began, in local time."""


@dataclass(kw_only=True)
class Summary:
    """What came of a run, as `malmoi run --json` prints it.

    Attributes:
        verdict: whether the model was pushed, which kind of gate refused, or that a fault came
            first.
        reasons: why a gate refused, a sentence each, or what the fault was.
        rows: the first rows that the data gate's reasons are about, as `file:line: what`.
        pushed: the version and its path, or None.
        metrics: figures of the eval split by name; empty if it came not so far.
        text: what the texts became as tokens, a dumped `trainer.traits.TextTraits`; empty likewise.
        seconds: wall time by node.
        total_seconds: wall time of the whole run but its report, libraries loaded included.
        outcomes: what came of a node in a few words, where there is something to tell.
        cached: the nodes whose outputs came from an earlier run.
        run_folder: log, configuration, verdicts, report and this summary.
        report: the report's path; empty if it could not be written.
        report_fault: why it could not.
    """

    verdict: Literal["pushed", "data refused", "model refused", "canary refused", "failed"] = (
        "pushed"
    )
    reasons: Sequence[str] = ()
    rows: Sequence[str] = ()
    pushed: Mapping[str, str] | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    text: Mapping[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    total_seconds: float = 0.0
    outcomes: dict[str, str] = field(default_factory=dict)
    cached: list[str] = field(default_factory=list)
    run_folder: str = ""
    report: str = ""
    report_fault: str = ""

    def in_words(self) -> str:
        """Say the verdict in one sentence."""
        match self.verdict:
            case "pushed" if self.pushed:
                version = self.pushed["version"]
                if PUSHER in self.cached:
                    return f"Nothing has changed since version {version} was pushed"
                return f"Pushed version {version} in {self.total_seconds:.0f} s"
            case "data refused":
                return "The data gate refused this run; nothing was trained."
            case "failed":
                return "A fault ended this run."
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
