"""A first schema from data says what a person should look at, and is one that a run accepts."""

import csv
import gzip
import resource
import subprocess
import sys
from collections import Counter
from pathlib import Path
from unicodedata import normalize

import pytest
from google.protobuf import text_format
from hypothesis import given
from hypothesis import strategies as st
from tensorflow_metadata.proto.v0 import schema_pb2

from components.text_example_gen.source import Columns
from pipeline.config import load
from pipeline.preflight import problems
from pipeline.schema_contract.observed import Observed, observe
from pipeline.schema_contract.review import first_schema, label_remarks

MALMOI = Path(sys.executable).with_name("malmoi")
CONFIG = """name: enquiries
data:
  train: rows-*.csv
  eval: eval.csv.gz
  columns: {text: 본문, label: 유형, id: 번호, side: {channel: str, stars: int}}
schema: schema/enquiries/schema.pbtxt
"""
HEADER = ["번호", "본문", "유형", "channel", "stars"]


def rows(label: str, count: int, channel: str = "") -> list[list[str]]:
    return [
        [f"{label}-{n}", f"{n}번째 {label} 문의입니다", label, channel, "5"] for n in range(count)
    ]


def infer(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [MALMOI, "schema", "infer", "malmoi.yaml", *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "malmoi.yaml").write_text(CONFIG, "utf-8")
    with (tmp_path / "rows-1.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEADER, *rows("환불 요청", 40, "app"), *rows("환불요청", 9)])
    with (tmp_path / "rows-2.csv").open("w", encoding="utf-8", newline="") as file:
        bad = [["1", "", "배송", "", "5"], ["2", "글", "배송", "", "다섯"]]
        csv.writer(file).writerows([HEADER, *rows("배송", 60), *bad, *rows("기타", 2)])
    with gzip.open(tmp_path / "eval.csv.gz", "wt", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEADER, *rows("배송", 1)])
    return tmp_path


def test_the_schema_carries_its_doubts_and_passes_preflight(folder: Path) -> None:
    done = infer(folder)
    assert (done.returncode, done.stderr) == (0, "")
    config = load(folder / "malmoi.yaml")
    assert problems(config) == []
    text = Path(config.schema_file).read_text("utf-8")
    assert text.startswith(
        "# The contract of the data, drafted from 112 rows: review it.\n"
        "# 2 rows were left out: they cannot be used.\n"
    )
    assert '  value: "배송"  # 61 rows\n' in text
    doubts = [line for line in text.splitlines() if line.startswith("# REVIEW")]
    assert doubts == [
        "# REVIEW: these differ only by case, blanks, hyphens or width, and may be one: "
        "'환불 요청' (40), '환불요청' (9).",
        "# REVIEW: label '기타' has 2 rows, of which some go to the eval split; the gate asks "
        "for 5 in train.",
        "# REVIEW: 35.7% of the rows have it; is it the right column, and needed?",
    ]
    assert done.stdout.splitlines()[:3] == [
        f"{config.schema_file}:{number}: {line.removeprefix('# ')}"
        for number, line in enumerate(text.splitlines(), start=1)
        if line.startswith("# REVIEW")
    ]
    schema = text_format.Parse(text, schema_pb2.Schema())
    assert list(schema.string_domain[0].value) == ["기타", "배송", "환불 요청", "환불요청"]
    assert [feature.name for feature in schema.feature] == [
        "본문",
        "유형",
        "번호",
        "channel",
        "stars",
    ]


def test_nothing_is_overwritten_unless_forced(folder: Path) -> None:
    schema = folder / "schema" / "enquiries" / "schema.pbtxt"
    schema.parent.mkdir(parents=True)
    schema.write_text("# 손으로 쓴 계약\n", "utf-8")
    done = infer(folder)
    assert (done.returncode, done.stderr) == (
        1,
        f"{schema} exists already; --force overwrites it\n",
    )
    assert schema.read_text("utf-8") == "# 손으로 쓴 계약\n"
    assert infer(folder, "--force").returncode == 0


def test_a_full_disk_leaves_the_old_schema_whole(folder: Path) -> None:
    schema = folder / "schema" / "enquiries" / "schema.pbtxt"
    schema.parent.mkdir(parents=True)
    schema.write_text("# 손으로 쓴 계약\n", "utf-8")
    done = subprocess.run(
        [MALMOI, "schema", "infer", "malmoi.yaml", "--force"],
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)),
    )
    assert done.returncode == 1
    assert str(schema) in done.stderr
    assert list(schema.parent.iterdir()) == [schema], "nothing half-written stays"
    assert schema.read_text("utf-8") == "# 손으로 쓴 계약\n"


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("data.train=none-*.csv", "data.train: no file matches"),
        ("data.train=gs://bucket/rows.csv", "data.train: gs://bucket/rows.csv is not on this mach"),
        ("data.columns.label=없음", "rows-1.csv"),
    ],
)
def test_rows_that_cannot_be_read_are_told_in_one_line(
    folder: Path, argument: str, message: str
) -> None:
    done = infer(folder, "--set", argument)
    assert done.returncode == 1
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_rows_of_cp949_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("본문,유형\n안 왔어요ㅋㅋㅋ,배송\n좋아요,칭찬\n", "cp949")
    (tmp_path / "malmoi.yaml").write_text(
        "name: a\ndata: {train: rows.csv, encoding: cp949, columns: {text: 본문, label: 유형}}\n"
        "schema: schema.pbtxt\n",
        "utf-8",
    )
    seen = observe(load(tmp_path / "malmoi.yaml").data)
    assert (seen.rows, seen.bad_rows, seen.labels) == (2, 0, Counter(배송=1, 칭찬=1))


def test_no_usable_row_gives_no_schema() -> None:
    with pytest.raises(ValueError, match=r"no row can be used \(7 are bad\)"):
        first_schema(Columns(text="본문", label="유형"), Observed(bad_rows=7), fewest_rows=5)


@pytest.mark.parametrize(
    ("labels", "doubts"),
    [
        ({"긍정": 9, "부정": 9}, 0),
        ({"긍정": 9}, 1),
        ({"Refund": 9, "refund ": 9, "ＲＥＦＵＮＤ": 9}, 1),
        ({"환불": 9, normalize("NFD", "환불"): 9}, 1),
        ({"긍정": 4, "부정": 5}, 1),
    ],
)
def test_labels_that_look_wrong_are_named(labels: dict[str, int], doubts: int) -> None:
    assert len(list(label_remarks(labels, fewest_rows=5))) == doubts


LABELS = st.dictionaries(
    st.text(st.characters(blacklist_categories=["Cs"]), min_size=1), st.integers(1, 99), min_size=1
)


@given(LABELS)
def test_any_labels_come_back_from_the_schema_with_their_remarks(labels: dict[str, int]) -> None:
    seen = Observed(rows=sum(labels.values()), labels=Counter(labels))
    text = first_schema(Columns(text="본문", label="유형"), seen, fewest_rows=5)
    schema = text_format.Parse(text, schema_pb2.Schema())
    assert list(schema.string_domain[0].value) == sorted(labels)
    assert text.count(" rows\n") == len(labels)
