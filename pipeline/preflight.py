"""Everything that can be said against a run before it starts, in a moment."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pipeline.config import Config
from pipeline.contract import TRAINING, UNLABELLED, contract_problems

_PATTERN_SIGNS: Final = frozenset("*?[\\")
"""Below a folder with one of them TensorFlow or Beam may find no file, or another folder's too."""


def run_problems(config: Config) -> list[str]:
    """List all that would make a run fail: data, schema, output folder, the canary's server."""
    return [*problems(config), *_server_problems(config)]


def problems(config: Config) -> list[str]:
    """List all that would make a look at the data fail: the data, the schema, the output folder."""
    from components.text_example_gen import preflight

    return [
        *preflight.problems(config.data),
        *contract_problems(
            Path(config.schema_file), config.data.columns, environments=_environments(config)
        ),
        *_output_problems(config.output_dir),
    ]


def _environments(config: Config) -> list[str]:
    """Name the environments of the schema that the splits are validated in."""
    unlabelled = config.data.unlabelled or config.data.served
    return [TRAINING, UNLABELLED] if unlabelled else [TRAINING]


def _server_problems(config: Config) -> Iterator[str]:
    from components.canary.choice import choose

    try:
        choose(config.gates.canary.server)
    except FileNotFoundError as error:
        yield str(error)


def _output_problems(folder: Path) -> Iterator[str]:
    """Try to make the output folder, and to write in it."""
    if signs := _PATTERN_SIGNS & set(str(folder)):
        yield (
            f"output: {folder} holds what libraries take for a pattern "
            f"({' '.join(sorted(signs))}): rename it, or choose another with --set output=..."
        )
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        trial = folder / f".writable-{os.getpid()}"
        trial.touch()
        trial.unlink()
    except OSError as error:
        yield (
            f"output: {folder} cannot be written to ({error.strerror}): choose another folder "
            "with --set output=..."
        )
