"""The quality as a file and as figures."""

import json

import pytest

from components.data_quality.report import Match, Overlap, Quality, Sightings

NONE = Overlap(texts=0, rows=0, examples=())
QUALITY = Quality(
    labels={"train": {"칭찬": 30, "불만": 12}, "eval": {"칭찬": 1}},
    duplicates=Overlap(texts=1, rows=2, examples=(Match("후기.csv:2", "후기.csv:9"),)),
    leakage_verbatim=NONE,
    leakage=Overlap(texts=1, rows=1, examples=(Match("test.csv:2", "후기.csv:2"),)),
    conflicts_verbatim=NONE,
    conflicts=NONE,
    near_duplicates=NONE,
    near_leakage=NONE,
    personal={"email": Sightings(rows=3, examples=("후기.csv:4",))},
)


def test_the_file_comes_back_as_it_was() -> None:
    assert Quality.from_json(QUALITY.to_json()) == QUALITY


def test_the_file_is_for_people_too() -> None:
    assert "칭찬" in QUALITY.to_json()
    assert json.loads(QUALITY.to_json())["imbalance"] == 2.5


@pytest.mark.parametrize(
    ("labels", "ratio"),
    [
        ({}, 1.0),
        ({"train": {}}, 1.0),
        ({"train": {"가": 7}}, 1.0),
        ({"train": {"가": 1, "나": 3, "다": 2}, "eval": {"라": 1_000}}, 3.0),
    ],
)
def test_imbalance_is_largest_to_smallest_label_of_train(
    labels: dict[str, dict[str, int]], ratio: float
) -> None:
    quality = Quality(**{**vars(QUALITY), "labels": labels})
    assert quality.imbalance == ratio


def test_the_figures_name_every_finding() -> None:
    assert QUALITY.figures() == {
        "duplicate_texts": 1,
        "duplicate_rows": 2,
        "leakage_verbatim_rows": 0,
        "leakage_rows": 1,
        "conflicts_verbatim_texts": 0,
        "conflicts_texts": 0,
        "conflicts_rows": 0,
        "near_duplicate_rows": 0,
        "near_leakage_rows": 0,
        "imbalance": 2.5,
        "personal_email_rows": 3,
    }
