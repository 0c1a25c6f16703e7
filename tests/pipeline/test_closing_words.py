"""The last lines of a run for people: the texts' traits, then the verdict."""

from typing import Any

import pytest

from pipeline.console.run import closing_words
from pipeline.run_folder import Summary

TEXT: dict[str, Any] = {
    "tokens": "jamo",
    "vocabulary_size": 1_300,
    "max_tokens": 512,
    "splits": {
        "train": {"mean_tokens": 36.54, "p99_tokens": 87, "cut_share": 0.0, "unknown_share": 0.0},
        "eval": {"mean_tokens": 1, "p99_tokens": 1, "cut_share": 1, "unknown_share": 0.01234},
    },
}
PUSHED = Summary(
    pushed={"version": "7", "path": "models/7"}, total_seconds=2.4, run_folder="runs/1"
)
TEXT_LINE = (
    "  Text: 36.5 jamo a row, at most 87 in 99 % of the rows; 0.00 % are cut at 512;"
    " unknown jamo: 0.00 % of train, 1.23 % of eval"
)


def test_the_traits_stand_in_one_line_above_the_verdict() -> None:
    summary = Summary(pushed=PUSHED.pushed, total_seconds=2.4, text=TEXT)
    assert closing_words(summary).splitlines() == [
        TEXT_LINE,
        "Pushed version 7 in 2 s: models/7",
    ]


def test_a_run_that_brought_nothing_new_does_not_say_that_it_pushed() -> None:
    summary = Summary(pushed=PUSHED.pushed, cached=["Trainer", "AtomicPusher"], total_seconds=2.4)
    assert closing_words(summary) == "Nothing has changed since version 7 was pushed: models/7"


def test_a_refused_model_is_told_with_the_runs_folder() -> None:
    summary = Summary(verdict="model refused", text=TEXT, run_folder="r")
    assert closing_words(summary).splitlines() == [
        TEXT_LINE,
        "The model gate refused this model; nothing was pushed.",
        "All of it: r",
    ]


@pytest.mark.parametrize(
    ("summary", "expected"),
    [
        (PUSHED, ["Pushed version 7 in 2 s: models/7"]),
        (
            Summary(verdict="data refused", run_folder="r"),
            [
                "The data gate refused this run; nothing was trained.",
                "Mend the data; if it is right, `malmoi schema accept` lists what it can loosen.",
                "All of it: r",
            ],
        ),
    ],
    ids=["a summary of old", "refused before the training"],
)
def test_texts_that_were_not_measured_are_not_spoken_of(
    summary: Summary, expected: list[str]
) -> None:
    assert closing_words(summary).splitlines() == expected


def test_the_report_is_named_last() -> None:
    summary = Summary(pushed=PUSHED.pushed, report="runs/1/report.html")
    assert closing_words(summary).splitlines()[-1] == "Report: runs/1/report.html"


def test_a_report_that_could_not_be_written_is_told_in_its_place() -> None:
    summary = Summary(verdict="data refused", report_fault="the disk is full")
    assert closing_words(summary).splitlines()[-1] == (
        "No report could be written: the disk is full"
    )


def test_the_traits_are_part_of_the_json() -> None:
    assert '"text": {"tokens": "jamo", "vocabulary_size": 1300' in Summary(text=TEXT).to_json()
