"""Everything that can be said against a run before it starts, in a moment."""

import os
from collections.abc import Iterator
from pathlib import Path

from pipeline.config import Config
from pipeline.contract import contract_problems


def problems(config: Config) -> list[str]:
    """List all that would make the run fail: data, schema, output folder."""
    from components.text_example_gen import preflight

    return [
        *preflight.problems(config.data),
        *contract_problems(Path(config.schema_file), config.data.columns),
        *_output_problems(config.output_dir),
    ]


def _output_problems(folder: Path) -> Iterator[str]:
    """Try to make the output folder, and to write in it."""
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
