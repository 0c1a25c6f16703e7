"""Where a version of a model stands in its life."""

from dataclasses import dataclass
from enum import Enum

from serving.errors import Code


class State(Enum):
    """Where a version stands in its life, with TensorFlow Serving's names and numbers."""

    START = 10
    LOADING = 20
    AVAILABLE = 30
    UNLOADING = 40
    END = 50


@dataclass(frozen=True)
class VersionStatus:
    """One version's state; `code` and `message` tell why it failed, OK and empty if it did not."""

    version: int
    state: State
    code: Code = Code.OK
    message: str = ""
