"""Evidence for the data gate on real reviews: seconds, rows per second, peak memory.

    python -m benchmarks.data_gate               # needs MALMOI_DATA

Each measurement is a process of its own, and so is the making of its examples. Peak memory is the
largest resident size as the kernel counts it, the libraries' own (`import`) among it.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor
from tfx.types import standard_artifacts

from components.artifacts import Quality, Quarantine
from components.data_quality import executor as data_quality
from components.text_example_gen import executor as text_example_gen
from components.text_example_gen.component import TextExampleGen
from components.text_example_gen.source import Columns, TextSource

SETS: Final[dict[str, dict[str, Any]]] = {
    "nsmc/train.csv.gz": {"columns": {"text": "text", "label": "label"}},
    "nsmc/all_ratings.csv.gz": {"columns": {"text": "text", "label": "rating"}},
}


def make_examples(name: str, folder: Path) -> None:
    source = TextSource.model_validate(
        {"train": str(Path(os.environ["MALMOI_DATA"], name)), **SETS[name]}
    )
    examples, kept_out = standard_artifacts.Examples(), Quarantine()
    examples.uri, kept_out.uri = str(folder / "examples"), str(folder / "quarantine")
    properties = {
        key: value
        for key, value in TextExampleGen(source, digest="").exec_properties.items()
        if value is not None
    }
    text_example_gen.Executor(BaseBeamExecutor.Context()).Do(
        {}, {"examples": [examples], "quarantine": [kept_out]}, properties
    )
    rows = examples.get_int_custom_property("rows_kept")
    told = {"splits": examples.split_names, "rows": rows}
    (folder / "examples.json").write_text(json.dumps(told), encoding="utf-8")


def measure_quality(name: str, folder: Path) -> None:
    told = json.loads((folder / "examples.json").read_text(encoding="utf-8"))
    examples, quality = standard_artifacts.Examples(), Quality()
    examples.uri, quality.uri = str(folder / "examples"), str(folder / "quality")
    examples.split_names = told["splits"]
    examples.set_int_custom_property("rows_kept", told["rows"])
    columns = Columns.model_validate(SETS[name]["columns"])
    before_mb = _peak_mb()
    started = time.perf_counter()
    data_quality.Executor(BaseBeamExecutor.Context()).Do(
        {"examples": [examples]},
        {"quality": [quality]},
        {"columns": columns.model_dump_json(), "digest": ""},
    )
    seconds = time.perf_counter() - started
    print(
        f"{name}: {told['rows']:,} rows in {seconds:.1f} s, {told['rows'] / seconds:,.0f} rows/s, "
        f"peak memory {_peak_mb():.0f} MB (import {before_mb:.0f} MB)"
    )
    for key in (
        data_quality.Quality.from_json(
            (folder / "quality" / "quality.json").read_text(encoding="utf-8")
        )
        .figures()
        .items()
    ):
        print("  {:<36} {:>10,.6g}".format(*key))


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


STEPS: Final = {"examples": make_examples, "quality": measure_quality}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--step", nargs=3, metavar=("STEP", "SET", "FOLDER"))
    step = parser.parse_args().step
    if step:
        STEPS[step[0]](step[1], Path(step[2]))
        return
    if not os.environ.get("MALMOI_DATA"):
        print("skipped: MALMOI_DATA names no folder with the data")
        return
    for name in SETS:
        with tempfile.TemporaryDirectory(prefix="malmoi-data-gate-") as folder:
            for one in STEPS:
                command = [sys.executable, "-m", "benchmarks.data_gate", "--step"]
                subprocess.run([*command, one, name, folder], check=True, stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
