"""The arguments of a step's container: the adapter writes them, the entrypoint reads them."""

from typing import Final

COMMAND: Final = ("python", "-m", "kubeflow.entrypoint")
RESOLVE_COMMAND: Final = ("python", "-m", "kubeflow.resolve")

EXECUTOR: Final = "--executor_class_path"
INVOCATION: Final = "--json_serialized_invocation_args"
INPUTS_SPEC: Final = "--json_serialized_inputs_spec_args"
"""These three are TFX's own."""

OUTPUTS_SPEC: Final = "--json_serialized_outputs_spec_args"
"""The declared outputs: what the backend says of types is incomplete."""

STEP: Final = "--step"
"""The node's id. The backend stores a component under the hash of its container: without a
difference in the arguments, two of them would silently share one."""

DRIVER: Final = "--driver_class_path"
"""The driver that looks for the files to read, run in the step itself."""

INLINE: Final = "--inline_file"
"""A parameter that holds a file's text, where the executor wants a path."""

MODELS: Final = "--models"
"""For a resolver's step: the folder of the pushed versions."""

NOTES: Final = "--notes"
"""For a step that judges: folder on the models' volume where its word stays until the run ends."""

POST_COMMAND: Final = ("python", "-m", "kubeflow.post_verdict")

SUMMARY: Final = "summary"
"""The output with what a step that judges has to say, as Markdown: the cluster's pages show it."""

WEBHOOK: Final = "webhook"
STATUS: Final = "status"
"""Parameters of the step that posts the verdict."""

DATA_INPUT: Final = "data"
"""The input artifact with the rows' files."""
