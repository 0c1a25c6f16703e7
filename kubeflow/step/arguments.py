"""The arguments of a step's container, read."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass

from kubeflow import flags
from kubeflow.spec import Spec


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """What a step is told.

    Attributes:
        step: id of the node.
        executor: import path of the executor.
        invocation: the executor input, as the launcher writes it.
        inputs: the declared inputs.
        outputs: the declared outputs.
        driver: import path of the driver to run first, or None.
        inline: parameters that hold a file's text.
        notes: folder for what a step that judges says of the run, or None.
        beam_args: for executors that run Beam.
    """

    step: str
    executor: str
    invocation: Spec
    inputs: Spec
    outputs: Spec
    driver: str | None
    inline: Sequence[str]
    notes: str | None
    beam_args: Sequence[str]


def parse(argv: Sequence[str]) -> Arguments:
    """Read the arguments; what is unknown is Beam's."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for flag in (flags.STEP, flags.EXECUTOR, flags.INVOCATION):
        parser.add_argument(flag, required=True)
    parser.add_argument(flags.INPUTS_SPEC, default="{}")
    parser.add_argument(flags.OUTPUTS_SPEC, default="{}")
    parser.add_argument(flags.DRIVER)
    parser.add_argument(flags.INLINE, action="append", default=[])
    parser.add_argument(flags.NOTES)
    known, beam_args = parser.parse_known_args(argv)
    return Arguments(
        step=known.step,
        executor=known.executor_class_path,
        invocation=json.loads(known.json_serialized_invocation_args),
        inputs=json.loads(known.json_serialized_inputs_spec_args),
        outputs=json.loads(known.json_serialized_outputs_spec_args),
        driver=known.driver_class_path,
        inline=known.inline_file,
        notes=known.notes,
        beam_args=beam_args,
    )
