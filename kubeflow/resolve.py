"""The command of a resolver's container: `python -m kubeflow.resolve`.

Copies what the releases remember into its output, for a step may not point at what lies outside
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
    """Find a kind of thing among the releases.

    Args:
        argv: the container's arguments, the launcher's placeholder filled in.
    """
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for flag in (flags.STEP, flags.KIND, flags.MODELS, flags.INVOCATION):
        parser.add_argument(flag, required=True)
    told = parser.parse_args(argv)
    outputs = json.loads(told.json_serialized_invocation_args)["outputs"]
    uri = outputs["artifacts"][told.kind]["artifacts"][0]["uri"]
    found = _FINDERS[told.kind](Path(told.models), Path(local_path(uri)))
    artifact = {"uri": uri, "metadata": found}
    target = Path(outputs["outputFile"])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps({"artifacts": {told.kind: {"artifacts": [artifact]}}}), "utf-8")


def _model(models: Path, target: Path) -> Spec:
    version = memory.served_version(models)
    if version is None:
        return {}
    shutil.copytree(version, target / SERVING, ignore=shutil.ignore_patterns(memory.KEPT))
    return {"pushed_version": version.name, "tfx_version": metadata.version("tfx")}


def _statistics(models: Path, target: Path) -> Spec:
    kept = memory.accepted_statistics(models)
    if kept is None:
        return {}
    shutil.copytree(kept, target)
    splits = sorted(path.name.removeprefix("Split-") for path in kept.glob("Split-*"))
    return {"split_names": json.dumps(splits), "tfx_version": metadata.version("tfx")}


_FINDERS: Final = {memory.MODEL: _model, memory.STATISTICS: _statistics}


if __name__ == "__main__":
    main(sys.argv[1:])
