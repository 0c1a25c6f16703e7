"""The nodes up to the data gate on real Korean text: what it lets through and what it refuses.

The rows come from the folder that MALMOI_DATA names; without it every test here is skipped.
"""

import csv
import gzip
import os
import random
import re
import shutil
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice, takewhile
from pathlib import Path

import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from components.data_gate import evidence
from components.data_gate.verdict import Finding, Verdict
from components.text_statistics.comparators import add_profile
from pipeline import graph, local_runner, outcome
from pipeline.config import Config, load
from trainer.text import normalise

PRESET = Path(graph.__file__).with_name("presets") / "3i4k.yaml"
SEED = 7
ROWS_A_YEAR = 15_000
HALF = ROWS_A_YEAR // 2
YEARS = ("2012", "2013", "2014", "2015")
COLUMNS = ("text", "rating", "movie_id")
SCHEMA = 'default_environment: "TRAINING"\n' + "".join(
    f'feature {{ name: "{name}" type: BYTES presence {{ min_fraction: 1.0 min_count: 1 }} }}\n'
    for name in COLUMNS
)
PLANTED = HALF // 20
REPEATED = HALF // 6
BEST_RATING = 10

Row = Mapping[str, str]


class Silent:
    """Hears of the nodes and says nothing."""

    def node_started(self, node: str) -> None: ...

    def node_ended(self, result: local_runner.NodeResult) -> None: ...


@dataclass(frozen=True)
class Judged:
    """What came of a run up to the data gate."""

    verdict: Verdict
    statistics: Mapping[str, evidence.Statistics]

    def refusals(self) -> set[tuple[str, str]]:
        return {(f.rule, f.subject) for f in self.verdict.refusals}

    def finding(self, rule: str, subject: str = "") -> Finding:
        """Return a rule's one finding on a subject."""
        of_rule = (f for f in self.verdict.findings if f.rule == rule)
        (found,) = (f for f in of_rule if f.subject.endswith(subject))
        return found


def judge(config: Config) -> Judged:
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
    """Sample the reviews of each year, always the same in the same order."""
    found = defaultdict(list)
    with gzip.open(data("nsmc/all_ratings.csv.gz"), "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["date"][:4] in YEARS:
                found[row["date"][:4]].append({name: row[name] for name in COLUMNS})
    return {year: random.Random(SEED).sample(rows, ROWS_A_YEAR) for year, rows in found.items()}


@dataclass(frozen=True)
class House:
    """A folder with spans of reviews and the output of the runs on them."""

    folder: Path

    @property
    def output(self) -> Path:
        return self.folder / "output"

    def judge(self, span: int, rows: Sequence[Row]) -> Judged:
        """Write a span and run it."""
        schema = self.folder / "schema.pbtxt"
        schema.write_text(SCHEMA, "utf-8")
        with (self.folder / f"span-{span}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(rows)
        source = {
            "train": str(self.folder / "span-{SPAN}.csv"),
            "span": span,
            "columns": {"text": "text", "label": "rating", "side": {"movie_id": "str"}},
        }
        tree = {"data": source, "schema": str(schema), "output": str(self.output)}
        return judge(Config.model_validate({"name": "reviews", **tree}))

    def furnish(self, folder: Path) -> "House":
        """Make another house whose metadata tells of the runs so far."""
        other = House(folder)
        other.output.mkdir()
        shutil.copy(self.output / local_runner.METADATA_FILE, other.output)
        return other


def halves() -> tuple[list[Row], list[Row]]:
    return reviews()["2012"][:HALF], reviews()["2012"][HALF:]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return House(tmp_path_factory.mktemp("reviews"))


@pytest.fixture(scope="module")
def first(house: House) -> Judged:
    """Half of 2012's reviews, the first span of all."""
    return house.judge(0, halves()[0])


@pytest.fixture(scope="module")
def accepted(
    house: House, first: Judged, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], House]:
    """Makes a house whose only accepted span is the first."""
    metadata = tmp_path_factory.mktemp("metadata")
    house.furnish(metadata)
    return lambda: House(metadata).furnish(tmp_path_factory.mktemp("after"))


@pytest.fixture(scope="module")
def later(house: House, accepted: Callable[[], House]) -> dict[str, Judged]:
    """The following years, one span after the other in one folder, and then the rest of 2012."""
    samples = {**reviews(), "2012": halves()[1]}
    return {
        year: house.judge(span, samples[year])
        for span, year in enumerate((*YEARS[1:], YEARS[0]), start=1)
    }


def distances(here: Judged, there: Judged, folder: Path) -> dict[str, float]:
    """Measure the drift between two spans, by column."""
    schema = text_format.Parse(SCHEMA, schema_pb2.Schema())
    schema = add_profile(schema, text_column="text", label_column="rating", side=["movie_id"])
    trains = here.statistics["train"], there.statistics["train"]
    found = evidence.comparison("drift", *trains, schema=schema, folder=str(folder))
    return {d.column: d.figure for d in found.distances if d.figure is not None}


def test_the_first_span_is_accepted_and_said_to_have_no_baseline(first: Judged) -> None:
    assert first.verdict.passed
    assert first.verdict.comparisons["drift"] == "no baseline yet: no earlier span was accepted"


def test_the_other_half_of_the_year_passes(later: dict[str, Judged]) -> None:
    assert later["2012"].verdict.passed
    assert later["2012"].verdict.comparisons["drift"] == (
        "15 distances measured, none of text/out_of_vocabulary: "
        "one of the two lacks it, or was measured with another setting"
    )
    assert "drift" not in {finding.rule for finding in later["2012"].verdict.findings}


@pytest.mark.parametrize("column", ["text/characters", "rating"])
def test_the_distance_from_2012_rises_until_2014(
    first: Judged, later: dict[str, Judged], tmp_path: Path, column: str
) -> None:
    figures = [distances(later[year], first, tmp_path)[column] for year in YEARS[:3]]
    assert figures == sorted(set(figures)), figures


def test_the_reviews_of_2015_are_refused_by_drift_alone(later: dict[str, Judged]) -> None:
    refusals = later["2015"].refusals()
    assert {rule for rule, _ in refusals} == {"drift"}
    assert {("drift", "train: text/characters"), ("drift", "train: rating")} <= refusals


@pytest.mark.parametrize("year", YEARS[1:])
def test_a_refused_year_is_never_what_the_next_is_compared_with(
    first: Judged, later: dict[str, Judged], tmp_path: Path, year: str
) -> None:
    assert not later[year].verdict.passed
    figure = distances(later[year], first, tmp_path)["text/characters"]
    told = later[year].finding("drift", "text/characters").figure
    assert told == f"Jensen-Shannon {figure:.4f}"


def with_swapped_labels(rows: list[Row]) -> list[Row]:
    return [{**row, "rating": str(BEST_RATING + 1 - int(row["rating"]))} for row in rows]


def with_a_flood_for_one_film(rows: list[Row]) -> list[Row]:
    flood = {"movie_id": rows[0]["movie_id"], "text": "평점 조작 그만 좀 하세요"}
    return rows[PLANTED:] + [{**row, **flood} for row in rows[:PLANTED]]


def with_cp949_read_as_latin_1(rows: list[Row]) -> list[Row]:
    broken = (row["text"].encode("cp949", "replace").decode("latin-1") for row in rows[:PLANTED])
    return rows[PLANTED:] + [
        {**row, "text": text} for row, text in zip(rows[:PLANTED], broken, strict=True)
    ]


def with_repeated_rows(rows: list[Row]) -> list[Row]:
    return rows[REPEATED:] + rows[-REPEATED:]


FAULTS = {
    with_swapped_labels: {("drift", "train: rating")},
    with_a_flood_for_one_film: {
        ("drift", "train: movie_id"),
        ("drift", "train: text/frequent_tokens"),
    },
    with_cp949_read_as_latin_1: {("drift", "train: text/hangul"), ("drift", "train: text/latin")},
    with_repeated_rows: {("duplicates", "train rows that repeat another's text")},
}


@pytest.mark.parametrize("plant", FAULTS, ids=lambda plant: plant.__name__)
def test_a_planted_fault_is_refused_by_the_name_of_its_rule(
    accepted: Callable[[], House], plant: Callable[[list[Row]], list[Row]]
) -> None:
    refusals = accepted().judge(1, plant(halves()[1])).refusals()
    assert refusals >= FAULTS[plant]
    assert {rule for rule, _ in refusals} == {rule for rule, _ in FAULTS[plant]}


@pytest.fixture(scope="module")
def utterances(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """3i4k as it is published: its test file is not free of its training rows."""
    test = data("3i4k/test.tsv.gz")
    output = tmp_path_factory.mktemp("3i4k")
    changes = [f"data.eval={test}", "data.unlabelled=null", f"output={output}"]
    return judge(load(PRESET, changes))


@pytest.mark.parametrize(
    ("rule", "level", "figure"),
    [
        ("leakage", "refuse", "612 verbatim"),
        ("conflicting_labels", "warn", "186 texts, 186 verbatim"),
        ("imbalance", "warn", "16.8 to 1"),
    ],
)
def test_the_known_faults_of_3i4k_are_found_to_the_row(
    utterances: Judged, rule: str, level: str, figure: str
) -> None:
    finding = utterances.finding(rule)
    assert finding.level == level
    assert re.search(rf"(?<!\d){re.escape(figure)}\b", finding.figure), finding.figure


def test_leakage_alone_refuses_3i4k(utterances: Judged) -> None:
    assert [finding.rule for finding in utterances.verdict.refusals] == ["leakage"]


def utterance(name: str, line: str) -> str:
    """Return the text on a line of one of 3i4k's files, counted from 1."""
    with gzip.open(data(f"3i4k/{name}"), "rt", encoding="utf-8", newline="\n") as file:
        (found,) = islice(file, int(line) - 1, int(line))
    return found.split("\t")[1]


def test_the_leaking_rows_are_named_by_file_and_line(utterances: Judged) -> None:
    rows = utterances.finding("leakage").rows
    assert len(rows) == 10
    for row in rows:
        told = re.fullmatch(r"(test\.tsv\.gz):(\d+) \(like (train_val\.tsv\.gz):(\d+)\)", row)
        assert told, row
        here, there = utterance(*told.group(1, 2)), utterance(*told.group(3, 4))
        assert normalise(here) == normalise(there), row
