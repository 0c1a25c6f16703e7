"""What comes of a task, and who hears of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from kubeflow.spec import Spec

State = Literal["ran", "cached", "failed", "not run"]


@dataclass(frozen=True, kw_only=True)
class TaskResult:
    """What came of a task.

    Attributes:
        task: its name.
        state: whether it ran, and how it ended.
        seconds: wall time.
        downloaded: files that were handed over.
        uploaded: files that were kept.
        why: the reason of a failure.
        artifacts: place of each output's files, here.
        metadata: properties of each output.
    """

    task: str
    state: State
    seconds: float = 0.0
    downloaded: int = 0
    uploaded: int = 0
    why: str = ""
    artifacts: Mapping[str, Path] = field(default_factory=dict)
    metadata: Mapping[str, Spec] = field(default_factory=dict)


class Listener(Protocol):
    """Hears of a rehearsal's progress."""

    def task_ended(self, result: TaskResult) -> None:
        """Hear what came of a task."""
