"""What goes into a manifest, and which texts into the warm-up requests."""

import math
from pathlib import Path

import pytest
from tfx.types import standard_artifacts

from components.atomic_pusher.facts import UNKNOWN, libraries, metric, verdict, with_intervals
from components.atomic_pusher.texts import eval_texts, spread
from components.model_gate.intervals import Interval
from components.text_example_gen.source import Columns
from serving.releases.manifest import Metric


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"doubleValue": 0.9}, Metric(value=0.9)),
        ({"doubleValue": 0}, Metric(value=0.0)),
        ({"doubleValue": math.nan}, Metric(value=None)),
        ({"doubleValue": "NaN"}, Metric(value=None)),
        (
            {"boundedValue": {"value": 0.9, "lowerBound": 0.88, "upperBound": 0.92}},
            Metric(value=0.9, low=0.88, high=0.92),
        ),
        ({"boundedValue": {"value": 0.9}}, Metric(value=0.9)),
        ({"arrayValue": {}}, None),
        ({}, None),
    ],
)
def test_a_figure_is_read_with_its_interval(value: object, expected: Metric | None) -> None:
    assert metric(value) == expected  # type: ignore[arg-type]


def test_every_library_has_a_version() -> None:
    found = libraries()
    assert found["tfx"] == "1.16.0"
    assert found["python"].startswith("3.10.")
    assert UNKNOWN not in found.values()


def test_a_verdict_is_kept_without_the_rows_that_it_names(tmp_path: Path) -> None:
    said = '{"rows": 4000, "checks": [{"rule": "accuracy", "rows": ["a.csv:3"], "figure": NaN}]}'
    (tmp_path / "verdict.json").write_text(said, "utf-8")
    blessing = standard_artifacts.ModelBlessing()
    blessing.uri = str(tmp_path)
    assert verdict(blessing, "blessed") == {
        "rows": 4000,
        "checks": [{"rule": "accuracy", "figure": None}],
        "passed": False,
    }


@pytest.mark.parametrize(
    ("count", "lengths"),
    [
        (0, []),
        (1, [5]),
        (2, [1, 9]),
        (3, [1, 5, 9]),
        (9, list(range(1, 10))),
        (20, list(range(1, 10))),
    ],
)
def test_texts_are_chosen_evenly_by_length(count: int, lengths: list[int]) -> None:
    texts = ["가" * n for n in range(9, 0, -1)] * 2
    assert [len(text) for text in spread(texts, count)] == lengths


def test_texts_of_one_length_come_in_the_order_of_their_characters() -> None:
    assert spread("다라나가마", 5) == ["가", "나", "다", "라", "마"]


def test_no_texts_are_read_where_none_are_wanted() -> None:
    assert eval_texts(standard_artifacts.Examples(), Columns(text="본문", label="분류"), 0) == []
    assert spread([], 3) == []


def test_intervals_come_from_the_model_gates_checks() -> None:
    figure = str(Interval(value=0.91, low=0.89, high=0.93))
    checks = [
        {"rule": "accuracy", "figure": figure},
        {"rule": "calibration", "figure": "0.0312"},
        {"rule": "macro_f1", "figure": ""},
    ]
    found = {"accuracy": Metric(value=0.91), "macro_f1": Metric(value=0.8)}
    assert with_intervals(found, {"checks": checks}) == {
        "accuracy": Metric(value=0.91, low=0.89, high=0.93),
        "macro_f1": Metric(value=0.8),
    }
    assert with_intervals(found, {"passed": True}) == found
