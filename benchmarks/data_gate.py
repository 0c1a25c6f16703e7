"""Evidence for the data gate on real reviews: seconds, rows per second, peak memory.

    python benchmarks/data_gate.py               # needs MALMOI_DATA
    python benchmarks/data_gate.py quality       # DataQuality alone, of two sizes of data
    python benchmarks/data_gate.py share         # the whole gate's share of the way to Transform

Each measurement is a process of its own, and so is the making of its examples. Peak memory is the
largest resident size as the kernel counts it; what the imports alone take is told beside it.

For the share, the nodes of the `nsmc` preset run up to Transform, with no earlier span to compare
with, and beside them TFX's own StatisticsGen on the same examples and columns: what
TextStatisticsGen takes beyond it is the gate's. It is measured on the 150,000 labelled reviews
alone, and with the unlabelled ones of the preset, 662,383 in all.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tfx.dsl.components.base.base_node import BaseNode

    from pipeline.config import Config
    from pipeline.local_runner import NodeResult

COLUMNS: Final = {
    "nsmc/train.csv.gz": {"text": "text", "label": "label"},
    "nsmc/all_ratings.csv.gz": {"text": "text", "label": "rating"},
}
"""Of each data set; the first is what the second's memory is compared with."""

EXAMPLES: Final = "examples"
QUALITY: Final = "quality"

SHARE: Final = "share"
BASELINES: Final = "SimpleBaselines"
"""A node beside the way from rows to Transform, of which it is no part."""

NODES: Final = "nodes"
PRESET: Final = Path(__file__).resolve().parent.parent / "pipeline" / "presets" / "nsmc.yaml"
OWN: Final = "own-nodes"
STOCK: Final = "stock-statistics"
SECONDS_FILE: Final = "seconds.json"

DATA: Final[Mapping[str, Sequence[str]]] = {
    "labelled reviews alone": ["data.unlabelled=null"],
    "with the unlabelled reviews": [],
}
"""What the share is measured on: the preset's data with these settings changed."""

ROUNDS: Final = 2
"""Runs of each, by turns; a node's least time counts, since other work can only add to it."""

GATE_NODES: Final = ("DataQuality", "Production", "LastAccepted", "DataGate", "DataGateHalt")
"""What a pipeline without a gate would not have, but for the statistics."""

STATISTICS_NODES: Final = {OWN: "TextStatisticsGen", STOCK: "StatisticsGen"}


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


class Timed:
    """Hears how long each node takes."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def node_started(self, node: str) -> None:
        """Hear that a node begins."""

    def node_ended(self, result: "NodeResult") -> None:
        """Keep a node's seconds."""
        self.seconds[result.node] = result.seconds


def measure_nodes(kind: str, folder: Path, *overrides: str) -> None:
    """Run the nodes of a kind in an empty folder and write down the seconds of each."""
    from pipeline import config, local_runner

    preset = config.load(PRESET, [f"output={folder}", *overrides])
    nodes = {OWN: _up_to_transform, STOCK: _stock_statistics}[kind](preset)
    timed = Timed()
    local_runner.run(local_runner.make_pipeline(nodes, name=preset.name, root=folder), timed)
    (folder / SECONDS_FILE).write_text(json.dumps(timed.seconds), encoding="utf-8")


def _up_to_transform(config: "Config") -> "Sequence[BaseNode]":
    from pipeline import graph

    return graph.build_until(config, "Transform")


def _stock_statistics(config: "Config") -> "Sequence[BaseNode]":
    """Put TFX's node behind the same nodes, and keep it from the column that only we have."""
    import tensorflow_data_validation as tfdv
    from tfx.components import StatisticsGen

    from pipeline import graph

    examples, quality, *_ = graph.build(config)
    options = tfdv.StatsOptions(feature_allowlist=config.data.columns.named())
    return [
        examples,
        quality,
        StatisticsGen(examples=examples.outputs["examples"], stats_options=options),
    ]


def report_share() -> None:
    """Print each node's seconds and the gate's share of them all."""
    for data, overrides in DATA.items():
        least: dict[str, dict[str, float]] = {OWN: {}, STOCK: {}}
        for kind in list(least) * ROUNDS:
            with tempfile.TemporaryDirectory(prefix="malmoi-data-gate-") as folder:
                _in_a_process(NODES, kind, folder, *overrides)
                found = json.loads(Path(folder, SECONDS_FILE).read_text(encoding="utf-8"))
            least[kind] = {node: min(s, least[kind].get(node, s)) for node, s in found.items()}
        print(f"nsmc preset, {data}, ExampleGen to Transform, least of {ROUNDS} runs:")
        _print_share(least[OWN], stock_s=least[STOCK][STATISTICS_NODES[STOCK]])


def _print_share(seconds: Mapping[str, float], *, stock_s: float) -> None:
    for node, node_s in seconds.items():
        print(f"  {node:<18} {node_s:6.1f} s")
    total_s = sum(s for node, s in seconds.items() if node != BASELINES)
    own_s = seconds[STATISTICS_NODES[OWN]]
    gate_s = sum(seconds[node] for node in GATE_NODES)
    print(f"  {'total':<18} {total_s:6.1f} s; TFX's StatisticsGen would take {stock_s:.1f} s")
    for counted, statistics_s in (("beyond TFX's", own_s - stock_s), ("in whole", own_s)):
        cost_s = gate_s + statistics_s
        print(f"  gate, statistics {counted}: {cost_s:.1f} s, {cost_s / total_s:.1%} of the total")
    sys.stdout.flush()


def _notes(folder: Path) -> Path:
    return folder / "examples.json"


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


STEPS: Final = {EXAMPLES: make_examples, QUALITY: measure_quality, NODES: measure_nodes}


def report_quality() -> None:
    """Print what DataQuality costs and finds, one data set after the other."""
    for name in COLUMNS:
        with tempfile.TemporaryDirectory(prefix="malmoi-data-gate-") as folder:
            for step in (EXAMPLES, QUALITY):
                _in_a_process(step, name, folder)


def _in_a_process(step: str, what: str, folder: str, *overrides: str) -> None:
    command = [sys.executable, __file__, "--step", step, what, folder, *overrides]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)


PARTS: Final = {QUALITY: report_quality, SHARE: report_share}


def main() -> None:
    """Run what the command line names, or everything; with `--step`, one step in this process."""
    parser = argparse.ArgumentParser(description=__doc__)
    # argparse holds an empty list against the choices too.
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART")
    parser.add_argument("--step", nargs="+", metavar=("STEP", "WHAT, FOLDER"))
    arguments = parser.parse_args()
    if arguments.step:
        step, what, folder, *overrides = arguments.step
        STEPS[step](what, Path(folder), *overrides)
        return
    if not os.environ.get("MALMOI_DATA"):
        print("skipped: MALMOI_DATA names no folder with the data")
        return
    for part in arguments.parts or PARTS:
        PARTS[part]()


if __name__ == "__main__":
    main()
