"""The score of a labelled test file, held against scikit-learn's."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from sklearn.metrics import accuracy_score, classification_report, f1_score

from components.text_example_gen.source import TextSource
from pipeline.test_file import UnusableFileError, score_file

ROWS = [
    ("정말 좋아요", "긍정"),
    ("좋다고 하더니 별로네요", "부정"),
    ("그냥 그래요", "보통"),
    ("좋네요 ㅋㅋㅋ", "긍정"),
    ("최고입니다 👍", "긍정"),
    ("좋은 줄 알았어요", "보통"),
    ("싫어요", "부정"),
]


class Keyword:
    """A classifier by one syllable, in the place of a pushed version."""

    version = 7

    def classify(self, texts: Iterable[str]) -> list[list[tuple[str, float]]]:
        return [[("긍정" if "좋" in text else "부정", 0.9)] for text in texts]


def source(**fields: object) -> TextSource:
    columns = {"text": "text", "label": "label", "side": {"stars": "int"}}
    return TextSource.model_validate({"train": "/rows.csv", "columns": columns, **fields})


def write(path: Path, rows: Iterable[tuple[str, str]]) -> Path:
    path.write_text("text,label\n" + "".join(f"{t},{label}\n" for t, label in rows), "utf-8")
    return path


def test_the_figures_are_those_of_scikit_learn(tmp_path: Path) -> None:
    score = score_file(Keyword(), write(tmp_path / "test.csv", ROWS), source())  # type: ignore[arg-type]
    actual = [label for _, label in ROWS]
    predicted = [ranked[0][0] for ranked in Keyword().classify(text for text, _ in ROWS)]
    assert score.accuracy == accuracy_score(actual, predicted)
    assert score.macro_f1 == pytest.approx(f1_score(actual, predicted, average="macro"))
    report = classification_report(actual, predicted, output_dict=True, zero_division=0.0)
    assert [label.label for label in score.labels] == ["긍정", "보통", "부정"]
    for label in score.labels:
        theirs = report[label.label]
        assert label.precision == theirs["precision"]
        assert label.recall == theirs["recall"]
        assert label.f1 == pytest.approx(theirs["f1-score"])
        assert label.rows == theirs["support"]
    assert (score.version, score.rows, score.unusable) == (7, 7, 0)


def test_rows_that_cannot_be_read_are_counted_and_left_out(tmp_path: Path) -> None:
    bad = [("", "긍정"), ("라벨이 없어요", ""), ("칸이 많아요", "긍정,부정")]
    path = write(tmp_path / "test.csv", [*bad, *ROWS])
    score = score_file(Keyword(), path, source())  # type: ignore[arg-type]
    assert (score.rows, score.unusable) == (7, 3)
    clean = write(tmp_path / "clean.csv", ROWS)
    assert score.accuracy == score_file(Keyword(), clean, source()).accuracy  # type: ignore[arg-type]


def test_a_file_without_one_usable_row_is_refused_with_the_first_reason(tmp_path: Path) -> None:
    path = write(tmp_path / "test.csv", [("", "긍정"), ("라벨이 없어요", "")])
    with pytest.raises(UnusableFileError) as caught:
        score_file(Keyword(), path, source())  # type: ignore[arg-type]
    assert str(caught.value) == (
        f"{path}: no row can be evaluated; first reason: {path}:2: column 'text': the text is empty"
    )


def test_a_header_alone_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "test.csv", [])
    with pytest.raises(UnusableFileError, match="the file has no row"):
        score_file(Keyword(), path, source())  # type: ignore[arg-type]


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    path = tmp_path / "test.csv"
    path.write_text("text,감성\n좋아요,긍정\n", "utf-8")
    with pytest.raises(ValueError, match=r"no column 'label'; it has 'text', '감성'"):
        score_file(Keyword(), path, source())  # type: ignore[arg-type]
