"""The nodes up to the data gate on real Korean text: what it lets through and what it refuses.

The rows come from the folder that MALMOI_DATA names; without it every test here is skipped.
"""

import csv
import gzip
import itertools
import os
import random
import shutil
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
from tensorflow_metadata.proto.v0 import schema_pb2

from components.data_gate import evidence
from components.data_gate.verdict import Finding, Verdict
from components.text_statistics.comparators import add_profile
from pipeline import graph, local_runner, outcome
from pipeline.config import Config
from trainer.text import normalise

SCHEMAS = Path(__file__).resolve().parents[2] / "schema"
ROWS_A_YEAR = 12_000
YEARS = ("2012", "2013", "2014", "2015")
SEED = 7
COLUMNS = ("text", "rating", "movie_id")
SCHEMA = "".join(
    f'feature {{ name: "{name}" type: BYTES presence {{ min_fraction: 1.0 min_count: 1 }} }}\n'
    for name in COLUMNS
)

Row = Mapping[str, str]


class Silent:
    """Hears of the nodes and says nothing."""

    def node_started(self, node: str) -> None: ...

    def node_ended(self, result: local_runner.NodeResult) -> None: ...


@dataclass(frozen=True)
class Judged:
    """A run up to the data gate."""

    verdict: Verdict
    statistics: Mapping[str, evidence.Statistics]

    def refused_by(self, rule: str) -> list[str]:
        """Name the subjects of a rule's refusals."""
        return [finding.subject for finding in self.verdict.refusals if finding.rule == rule]


def judged(config: Config) -> Judged:
    """Run the nodes up to the data gate, in this process."""
    nodes = takewhile(lambda node: node.id != graph.DATA_GATE_HALT, graph.build(config))
    pipeline = local_runner.make_pipeline(list(nodes), name=config.name, root=config.output_dir)
    results = local_runner.run(pipeline, Silent())
    (statistics,) = results["TextStatisticsGen"].outputs["statistics"]
    return Judged(
        outcome.verdict(results["DataGate"].outputs), evidence.read_statistics(statistics)
    )


def data(name: str) -> Path:
    """Find a file of the data folder, or skip."""
    folder = os.environ.get("MALMOI_DATA")
    if not folder or not Path(folder, name).is_file():
        pytest.skip(f"MALMOI_DATA names no folder with {name}")
    return Path(folder, name)


@cache
def reviews() -> dict[str, list[Row]]:
    """Sample each year's reviews, in an order of chance that is always the same."""
    found = defaultdict(list)
    with gzip.open(data("nsmc/all_ratings.csv.gz"), "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["date"][:4] in YEARS:
                found[row["date"][:4]].append({name: row[name] for name in COLUMNS})
    return {year: random.Random(SEED).sample(rows, ROWS_A_YEAR) for year, rows in found.items()}


def first_half() -> list[Row]:
    return reviews()["2012"][: ROWS_A_YEAR // 2]


def second_half() -> list[Row]:
    return reviews()["2012"][ROWS_A_YEAR // 2 :]


@dataclass(frozen=True)
class House:
    """A folder of spans and the output folder of the runs on them."""

    folder: Path

    def judge(self, span: int, rows: Sequence[Row]) -> Judged:
        """Write a span and run it."""
        with (self.folder / f"span-{span}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(rows)
        schema = self.folder / "schema.pbtxt"
        schema.write_text(SCHEMA, "utf-8")
        return judged(
            Config.model_validate(
                {
                    "name": "reviews",
                    "data": {
                        "train": str(self.folder / "span-{SPAN}.csv"),
                        "span": span,
                        "columns": {"text": "text", "label": "rating", "side": {"movie_id": "str"}},
                    },
                    "schema": str(schema),
                    "output": str(self.folder / "output"),
                }
            )
        )
