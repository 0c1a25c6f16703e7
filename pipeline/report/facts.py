"""What is known of a finished run: its summary, and what its folder keeps."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from components.canary.record import RECORD_FILE
from components.canary.record import Record as CanaryRecord
from components.data_gate.verdict import Verdict as DataVerdict
from components.data_quality.report import Quality
from components.model_gate.verdict import VERDICT_FILE as MODEL_VERDICT_FILE
from components.model_gate.verdict import Verdict as ModelVerdict
from pipeline.config import Config
from pipeline.run_folder import (
    CANARY_FOLDER,
    MODEL_VERDICT_FOLDER,
    QUALITY_FILE,
    TIME_FORMAT,
    TRAINING_FILE,
    VERDICT_FOLDER,
    Summary,
)

DATA_VERDICT_FILE: Final = "verdict.json"
"""As the gate's executor names it; asking that module would import TensorFlow."""

Read = TypeVar("Read")


@dataclass(frozen=True, kw_only=True)
class Facts:
    """All that a report tells; None or empty is what the run has not come to.

    Attributes:
        config: what the run was made from.
        summary: what came of it.
        began: in local time.
        data_verdict: the data gate's.
        quality: of the data.
        training: the Trainer's summary, as `trainer.run` writes it.
        model_verdict: the model gate's.
        canary: what the canary saw.
    """

    config: Config
    summary: Summary
    began: datetime
    data_verdict: DataVerdict | None = None
    quality: Quality | None = None
    training: Mapping[str, Any] = field(default_factory=dict)
    model_verdict: ModelVerdict | None = None
    canary: CanaryRecord | None = None


def gather(config: Config, summary: Summary, folder: Path) -> Facts:
    """Read what a run's folder keeps.

    Args:
        config: what the run was made from.
        summary: what came of it.
        folder: the run's, named by `pipeline.run_folder.make_run_folder`.

    Raises:
        OSError: a file is there and cannot be read.
        ValueError: a file is not what its writer writes.
    """
    return Facts(
        config=config,
        summary=summary,
        began=datetime.strptime(folder.name, TIME_FORMAT),
        data_verdict=_read(folder / VERDICT_FOLDER / DATA_VERDICT_FILE, DataVerdict.from_json),
        quality=_read(folder / QUALITY_FILE, Quality.from_json),
        training=_read(folder / TRAINING_FILE, json.loads) or {},
        model_verdict=_read(
            folder / MODEL_VERDICT_FOLDER / MODEL_VERDICT_FILE, ModelVerdict.from_json
        ),
        canary=_read(folder / CANARY_FOLDER / RECORD_FILE, CanaryRecord.from_json),
    )


def _read(file: Path, parse: Callable[[str], Read]) -> Read | None:
    return parse(file.read_text("utf-8")) if file.exists() else None
