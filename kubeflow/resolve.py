"""The command of a resolver's container: `python -m kubeflow.resolve`.

Copies the model that serves into its output, for a step may not point at what lies outside
its run. Where there is nothing yet, the output stays empty.
"""

import argparse
import json
import shutil
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Final

from kubeflow import flags, memory
from kubeflow.spec import Spec
from kubeflow.step.places import local_path

SERVING: Final = "Format-Serving"
"""Folder of the SavedModel within TFX's Model artifact (tfx/utils/path_utils.py)."""


def main(argv: Sequence[str]) -> None:
    """Find the model that serves.

    Args:
        argv: the container's arguments, the launcher's placeholder filled in.
    """
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for flag in (flags.STEP, flags.MODELS, flags.INVOCATION):
        parser.add_argument(flag, required=True)
    told = parser.parse_args(argv)
    outputs = json.loads(told.json_serialized_invocation_args)["outputs"]
    uri = outputs["artifacts"][memory.MODEL]["artifacts"][0]["uri"]
    artifact = {"uri": uri, "metadata": _copy(Path(told.models), Path(local_path(uri)))}
    target = Path(outputs["outputFile"])
    target.parent.mkdir(parents=True, exist_ok=True)
    found = {"artifacts": {memory.MODEL: {"artifacts": [artifact]}}}
    target.write_text(json.dumps(found), "utf-8")


def _copy(models: Path, target: Path) -> Spec:
    """Copy the version that serves, and return its properties; none before the first push."""
    version = memory.served_version(models)
    if version is None:
        return {}
    shutil.copytree(version, target / SERVING, ignore=shutil.ignore_patterns(memory.KEPT))
    return {"pushed_version": version.name, "tfx_version": metadata.version("tfx")}


if __name__ == "__main__":
    main(sys.argv[1:])
