"""Halt: the node that stops a run when a gate has refused it.

The gate itself must end well, so that its verdict and anomalies stay in the metadata and on disk;
this node fails in its place, on every runner, and everything behind it waits for it.
"""

from pathlib import PurePosixPath
from typing import Any

from tfx.dsl.components.base.base_component import BaseComponent
from tfx.dsl.components.base.base_executor import BaseExecutor
from tfx.dsl.components.base.executor_spec import ExecutorClassSpec
from tfx.types import Artifact, artifact_utils, channel
from tfx.types.component_spec import ChannelParameter, ComponentSpec
from tfx.utils import io_utils

from components.artifacts import Verdict
from components.data_gate.executor import VERDICT_FILE
from components.data_gate.verdict import Verdict as GateVerdict

Artifacts = dict[str, list[Artifact]]


class GateRefusedError(Exception):
    """A gate refused the run; the message lists its reasons."""


class Executor(BaseExecutor):
    """Raises where the verdict refuses."""

    def Do(  # noqa: N802 - TFX's name
        self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]
    ) -> None:
        """Let the run go on or stop it.

        Raises:
            GateRefusedError: the gate has refused the run.
        """
        uri = artifact_utils.get_single_uri(input_dict["verdict"])
        text = io_utils.read_string_file(str(PurePosixPath(uri, VERDICT_FILE)))
        refusals = GateVerdict.from_json(text).refusals
        if refusals:
            raise GateRefusedError("\n".join(finding.in_words() for finding in refusals))


class HaltSpec(ComponentSpec):
    """Input of `Halt`; it has no output."""

    INPUTS = {"verdict": ChannelParameter(type=Verdict)}
    OUTPUTS: dict[str, ChannelParameter] = {}
    PARAMETERS: dict[str, Any] = {}


class Halt(BaseComponent):
    """Stops the run if `verdict` refuses it."""

    SPEC_CLASS = HaltSpec
    EXECUTOR_SPEC = ExecutorClassSpec(Executor)

    def __init__(self, *, verdict: channel.BaseChannel) -> None:
        super().__init__(HaltSpec(verdict=verdict))
