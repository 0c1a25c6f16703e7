"""AtomicPusher: TFX's Pusher, with versions that appear whole or not at all."""

from pathlib import Path
from typing import Any

from tfx.components import Pusher
from tfx.components.pusher import executor as pusher_executor
from tfx.dsl.components.base.executor_spec import ExecutorClassSpec
from tfx.proto import pusher_pb2
from tfx.types import Artifact, artifact_utils
from tfx.utils import proto_utils

from components.atomic_pusher.publish import publish

Artifacts = dict[str, list[Artifact]]


class Executor(pusher_executor.Executor):
    """Copies beside the destination, then renames; the stock executor copies into it."""

    def Do(  # noqa: N802 - TFX's name
        self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]
    ) -> None:
        """Push the model if it is blessed, and say so in the output's properties."""
        pushed = artifact_utils.get_single_instance(output_dict["pushed_model"])
        if not self.CheckBlessing(input_dict):
            self._MarkNotPushed(pushed)
            return
        destination = pusher_pb2.PushDestination()
        proto_utils.json_to_proto(exec_properties["push_destination"], destination)
        base = Path(destination.filesystem.base_directory)
        version = publish(Path(self.GetModelPath(input_dict)), base)
        self._MarkPushed(pushed, pushed_destination=str(version), pushed_version=version.name)


class AtomicPusher(Pusher):
    """A Pusher for folders of this machine or of a mounted volume."""

    EXECUTOR_SPEC = ExecutorClassSpec(Executor)
