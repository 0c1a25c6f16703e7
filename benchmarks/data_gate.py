"""Evidence for the data gate on real reviews: seconds, rows per second, peak memory.

    python benchmarks/data_gate.py               # needs MALMOI_DATA

Each measurement is a process of its own, and so is the making of its examples. Peak memory is the
largest resident size as the kernel counts it; what the imports alone take is told beside it.
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
from typing import Final

COLUMNS: Final = {
    "nsmc/train.csv.gz": {"text": "text", "label": "label"},
    "nsmc/all_ratings.csv.gz": {"text": "text", "label": "rating"},
}
"""Of each data set; the first is what the second's memory is compared with."""

EXAMPLES: Final = "examples"
QUALITY: Final = "quality"


def make_examples(name: str, folder: Path) -> None:
    """Read the rows, as the pipeline does, and note what the next step must know of them."""
    from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor
    from tfx.types import standard_artifacts

    from components.artifacts import Quarantine
    from components.text_example_gen.component import TextExampleGen
    from components.text_example_gen.executor import Executor
    from components.text_example_gen.source import TextSource

    train = Path(os.environ["MALMOI_DATA"], name)
    source = TextSource.model_validate({"train": str(train), "columns": COLUMNS[name]})
    examples, kept_out = standard_artifacts.Examples(), Quarantine()
    examples.uri, kept_out.uri = str(folder / EXAMPLES), str(folder / "quarantine")
    properties = TextExampleGen(source, digest="").exec_properties
    Executor(BaseBeamExecutor.Context()).Do(
        {},
        {"examples": [examples], "quarantine": [kept_out]},
        {key: value for key, value in properties.items() if value is not None},
    )
    rows = examples.get_int_custom_property("rows_kept")
    told = {"splits": examples.split_names, "rows": rows}
    _notes(folder).write_text(json.dumps(told), encoding="utf-8")


def measure_quality(name: str, folder: Path) -> None:
    """Run DataQuality's executor; print its speed, its memory and what it found."""
    from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor
    from tfx.types import standard_artifacts

    from components.artifacts import Quality
    from components.data_quality.executor import Executor
    from components.data_quality.report import FILE_NAME
    from components.data_quality.report import Quality as Report
    from components.text_example_gen.source import Columns

    told = json.loads(_notes(folder).read_text(encoding="utf-8"))
    examples, quality = standard_artifacts.Examples(), Quality()
    examples.uri, quality.uri = str(folder / EXAMPLES), str(folder / QUALITY)
    examples.split_names = told["splits"]
    examples.set_int_custom_property("rows_kept", told["rows"])
    columns = Columns.model_validate(COLUMNS[name]).model_dump_json()
    imports_mb = _peak_mb()
    started = time.perf_counter()
    Executor(BaseBeamExecutor.Context()).Do(
        {"examples": [examples]}, {"quality": [quality]}, {"columns": columns, "digest": ""}
    )
    seconds = time.perf_counter() - started
    print(
        f"{name}: {told['rows']:,} rows in {seconds:.1f} s, {told['rows'] / seconds:,.0f} rows/s, "
        f"peak memory {_peak_mb():.0f} MB (imports {imports_mb:.0f} MB)"
    )
    found = Report.from_json((folder / QUALITY / FILE_NAME).read_text(encoding="utf-8"))
    for figure, value in found.figures().items():
        print(f"  {figure:<36} {value:>10,.6g}")


def _notes(folder: Path) -> Path:
    return folder / "examples.json"


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


STEPS: Final = {EXAMPLES: make_examples, QUALITY: measure_quality}


def main() -> None:
    """Run every step of every data set; with `--step`, one of them in this process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--step", nargs=3, metavar=("STEP", "SET", "FOLDER"))
    step = parser.parse_args().step
    if step:
        STEPS[step[0]](step[1], Path(step[2]))
        return
    if not os.environ.get("MALMOI_DATA"):
        print("skipped: MALMOI_DATA names no folder with the data")
        return
    for name in COLUMNS:
        with tempfile.TemporaryDirectory(prefix="malmoi-data-gate-") as folder:
            for one in STEPS:
                command = [sys.executable, __file__, "--step", one, name, folder]
                subprocess.run(command, check=True, stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
