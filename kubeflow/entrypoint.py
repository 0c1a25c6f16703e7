"""The command of every container with a TFX executor: `python -m kubeflow.entrypoint`.

The backend's launcher and TFX's executors speak of types, places and metadata differently; this
translates both ways and runs the executor between. TFX's own entrypoint does not.
"""

import trainer  # noqa: F401 - sets the Keras version before TensorFlow is imported

import argparse  # isort: skip
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from kubeflow import flags
from kubeflow.spec import Spec
from kubeflow.step import arguments, executor_input, executor_output, files
from kubeflow.step.judgement import of_step
from kubeflow.step.places import local_path, made_by

_EXAMPLES = "examples"


def main(argv: Sequence[str]) -> None:
    """Run one step.

    Args:
        argv: the container's arguments, the launcher's placeholder filled in.

    Raises:
        MissingInputError: the launcher did not hand over an input.
        Exception: whatever the executor raises; the step has failed then.
    """
    told = arguments.parse(argv)
    with tempfile.TemporaryDirectory(prefix=f"{told.step}-") as scratch:
        output = _run(told, Path(scratch))
    if flags.SUMMARY in told.invocation["outputs"].get("artifacts", {}):
        _tell(told, output)
    target = Path(told.invocation["outputs"]["outputFile"])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(executor_output.for_launcher(output)), "utf-8")


def _run(told: arguments.Arguments, scratch: Path) -> Spec:
    """Run the executor, and return its ExecutorOutput."""
    from tfx.orchestration.kubeflow.v2.container import kubeflow_v2_run_executor

    inputs = executor_input.inputs(told.invocation, told.inputs)
    outputs = executor_input.outputs(told.invocation, told.outputs)
    parameters = dict(told.invocation.get("inputs", {}).get("parameterValues", {}))
    declared = dict(told.inputs.get("parameters", {}))
    for name in told.inline:
        path = scratch / name
        path.write_text(parameters[name], "utf-8")
        parameters[name] = str(path)
    data = inputs.pop(flags.DATA_INPUT, None) if told.driver else None
    if told.driver and data:
        found = files.find(told.driver, parameters, base=data["uri"])
        parameters, declared = found.parameters, {**declared, **found.declared}
        outputs[_EXAMPLES]["metadata"] |= found.metadata
    output_file = scratch / "output.json"
    invocation = {
        "inputs": {"parameterValues": parameters, "artifacts": executor_input.as_lists(inputs)},
        "outputs": {
            "artifacts": executor_input.as_lists(outputs),
            "outputFile": str(output_file),
        },
    }
    known = argparse.Namespace(
        executor_class_path=told.executor,
        json_serialized_invocation_args=json.dumps(invocation),
        json_serialized_inputs_spec_args=json.dumps({"parameters": declared}),
    )
    # Public only as a command of its own, whose parser does not know our arguments.
    kubeflow_v2_run_executor._run_executor(known, list(told.beam_args))
    return json.loads(output_file.read_text("utf-8"))


def _tell(told: arguments.Arguments, output: Spec) -> None:
    """Write the summary of a step that judges, and leave its word for the end of the run."""
    (summary,) = told.invocation["outputs"]["artifacts"][flags.SUMMARY]["artifacts"]
    artifacts = {key: given["artifacts"][0] for key, given in output["artifacts"].items()}
    judgement = of_step(told.step, artifacts)
    target = Path(local_path(summary["uri"]))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(judgement.to_markdown(), "utf-8")
    if told.notes:
        judgement.keep(Path(told.notes) / made_by(summary["uri"]).run)


if __name__ == "__main__":
    main(sys.argv[1:])
