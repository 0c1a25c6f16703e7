"""`malmoi init`: the first configuration and schema that it writes are ones that a run accepts."""

import csv
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from components.text_example_gen import sniff
from pipeline.config import load
from pipeline.drafts import draft_config, name_of, reasons
from pipeline.preflight import problems

MALMOI = Path(sys.executable).with_name("malmoi")
REVIEWS = [
    (f"{number}번째로 본 영화인데 정말 {word}", label)
    for number in range(40)
    for word, label in (("재미있어요", "긍정"), ("지루해요", "부정"))
]


def write(path: Path, header: Sequence[str] = ("본문", "감성"), encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([header, *REVIEWS])
    return path


def init(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [MALMOI, "init", *arguments], capture_output=True, text=True, cwd=folder, check=False
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
def test_the_drafts_pass_preflight_and_name_the_korean_labels(
    tmp_path: Path, encoding: str
) -> None:
    write(tmp_path / "리뷰.csv", encoding=encoding)
    done = init(tmp_path, "리뷰.csv")
    assert (done.returncode, done.stderr) == (0, "")
    assert "감성" in done.stdout
    config = load(tmp_path / "malmoi.yaml")
    assert problems(config) == []
    assert (config.data.columns.text, config.data.columns.label) == ("본문", "감성")
    schema = Path(config.schema_file).read_text("utf-8")
    assert schema.startswith("# The contract of the data, drafted from 80 rows: review it.")
    assert 'value: "긍정"' in schema
    assert 'value: "부정"' in schema


def test_a_column_that_is_to_be_text_and_label_is_refused_in_plain_words(tmp_path: Path) -> None:
    write(tmp_path / "reviews.csv")
    done = init(tmp_path, "reviews.csv", "--text", "본문", "--label", "본문")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "configuration: columns: '본문' plays two parts; each part needs a column of its own"
    ]


def test_the_columns_can_be_named(tmp_path: Path) -> None:
    write(tmp_path / "reviews.csv", header=("title", "group"))
    done = init(tmp_path, "reviews.csv", "--text", "title", "--label", "group")
    assert done.returncode == 0
    columns = load(tmp_path / "malmoi.yaml").data.columns
    assert (columns.text, columns.label) == ("title", "group")


def test_nothing_is_overwritten_unless_forced(tmp_path: Path) -> None:
    write(tmp_path / "reviews.csv")
    (tmp_path / "malmoi.yaml").write_text("name: mine\n", "utf-8")
    done = init(tmp_path, "reviews.csv")
    assert done.returncode == 1
    assert done.stderr == "malmoi.yaml exists already; --force overwrites it\n"
    assert (tmp_path / "malmoi.yaml").read_text("utf-8") == "name: mine\n"
    assert not (tmp_path / "schema").exists()
    assert init(tmp_path, "reviews.csv", "--force").returncode == 0
    assert problems(load(tmp_path / "malmoi.yaml")) == []


def test_all_that_would_be_overwritten_is_named(tmp_path: Path) -> None:
    write(tmp_path / "reviews.csv")
    assert init(tmp_path, "reviews.csv").returncode == 0
    assert init(tmp_path, "reviews.csv").stderr == (
        "malmoi.yaml and schema/reviews/schema.pbtxt exist already; --force overwrites them\n"
    )


def test_on_a_disk_that_takes_no_file_the_old_one_stays_whole(tmp_path: Path) -> None:
    write(tmp_path / "reviews.csv")
    (tmp_path / "malmoi.yaml").write_text("name: mine\n", "utf-8")
    line = f"ulimit -f 0; exec {MALMOI} init reviews.csv --force"
    done = subprocess.run(
        ["sh", "-c", line], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    old = (tmp_path / "malmoi.yaml").resolve()
    assert (done.returncode, done.stderr) == (1, f"{old}: File too large\n")
    assert old.read_text("utf-8") == "name: mine\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "reviews.csv: No such file or directory"),
        ("", "reviews.csv: the file is empty; a guess needs some rows"),
        ("text\n좋아요\n싫어요\n", "reviews.csv: no column has few values that repeat"),
        (
            '{"text": "좋아요", "label": true}\n' * 4,
            "reviews.csv: none of the 4 rows can be used; line 1: column 'label': expected a label",
        ),
    ],
)
def test_a_file_that_gives_no_draft_is_refused_in_one_line(
    tmp_path: Path, content: str | None, message: str
) -> None:
    if content is not None:
        (tmp_path / "reviews.csv").write_text(content, "utf-8")
    done = init(tmp_path, "reviews.csv")
    assert done.returncode == 1
    assert done.stderr.startswith(message)
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "malmoi.yaml").exists()


def test_the_name_and_the_size_of_a_small_vocabulary_are_explained(tmp_path: Path) -> None:
    write(tmp_path / "My Reviews.csv")
    write(tmp_path / "리뷰.csv")
    small = "text.vocabulary_size: 1000, not 16000: one subword for every 3 rows, 1000 at least\n"

    named = init(tmp_path, "My Reviews.csv").stdout
    unnamed = init(tmp_path, "리뷰.csv", "--force").stdout

    assert "name: 'my-reviews': the ASCII letters and digits of the file's name\n" in named
    assert small in named
    assert "name: 'model': the file's name has no ASCII letter or digit\n" in unnamed


def test_a_vocabulary_of_the_default_size_needs_no_explanation(tmp_path: Path) -> None:
    write(tmp_path / "reviews.csv")
    guess = replace(sniff.guess(str(tmp_path / "reviews.csv")), rows=150_000)

    told = reasons(guess, path="reviews.csv")

    assert list(told) == ["name"]
    assert "vocabulary_size" not in draft_config(guess, name="reviews", train="reviews.csv")


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("reviews.csv", "reviews"),
        ("data/My Reviews (2).csv.gz", "my-reviews-2"),
        ("리뷰.csv", "model"),
        ("리뷰_v2.tsv", "v2"),
        ("_.csv", "model"),
        (f"{'a' * 62}-2026-11-22.csv", "a" * 62),
    ],
)
def test_a_name_is_made_of_a_files_ascii_letters(file: str, name: str) -> None:
    assert name_of(file) == name
