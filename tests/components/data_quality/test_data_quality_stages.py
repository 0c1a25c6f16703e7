"""The Beam pipeline over real example files, cut and bundled in every way."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import apache_beam as beam
import pytest
import tensorflow as tf

from components import provenance
from components.data_quality import stages
from components.data_quality.overlaps import Found, Name
from components.data_quality.reading import SplitFile, read_chunks
from components.data_quality.report import Match, Quality
from components.data_quality.spill import Block
from components.data_quality.stages import find_overlaps
from components.text_example_gen.examples import serialised
from components.text_example_gen.source import Columns

COLUMNS = Columns(text="글", label="분류")

LONG = "이 제품은 정말 마음에 들어서 주변 사람들에게도 추천하고 다닙니다"
TRAIN = [
    ("배송이 늦어요", "불만"),
    ("배송이  늦어요", "불만"),
    ("좋아요", "칭찬"),
    ("좋아요", "불만"),
    (LONG, "칭찬"),
    (f"{LONG}!", "칭찬"),
    ("ㅋㅋㅋ", "칭찬"),
    ("제 번호는 010-1234-5678입니다", "문의"),
    ("긴 글 " * 3_400, "문의"),
]
EVAL = [
    ("배송이 늦어요", "불만"),
    ("ㅋㅋㅋㅋㅋ", "칭찬"),
    ("처음 보는 글입니다", "문의"),
    (f"{LONG}.", "칭찬"),
]
UNLABELLED = [("a@example.com으로 보내 주세요", ""), ("배송이 늦어요", "")]

Rows = list[tuple[str, str]]


def write(path: Path, rows: Iterable[tuple[int, tuple[str, str]]], name: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tf.io.TFRecordWriter(str(path), "GZIP") as file:
        for line, (text, label) in rows:
            values = {"글": text, "분류": label} if label else {"글": text}
            file.write(serialised(values, origin=provenance.place(name, line)))


def examples(folder: Path, *, files: int) -> list[SplitFile]:
    found = []
    splits = {"train": TRAIN, "eval": EVAL, "unlabelled": UNLABELLED}
    for split, rows in splits.items():
        numbered = list(enumerate(rows, start=2))
        for number in range(files):
            path = folder / f"{split}-{number}.gz"
            write(path, reversed(numbered[number::files]), f"{split}.csv")
            found.append(SplitFile(split, str(path)))
    return found


def quality(folder: Path, *, files: int = 1, chunk_rows: int = 9, partitions: int = 1) -> Quality:
    path = folder / "quality.json"
    with beam.Pipeline() as pipeline:
        stages.build(
            pipeline,
            examples(folder, files=files),
            COLUMNS,
            partitions=partitions,
            folder=str(folder / "records"),
            path=str(path),
            chunk_rows=chunk_rows,
        )
    return Quality.from_json(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Quality:
    return quality(tmp_path_factory.mktemp("plain"))


def test_every_finding_names_its_rows_by_file_and_line(plain: Quality) -> None:
    assert plain.duplicates.examples == (
        Match("train.csv:2", "train.csv:3"),
        Match("train.csv:4", "train.csv:5"),
    )
    assert plain.leakage_verbatim.examples == (Match("eval.csv:2", "train.csv:2"),)
    assert plain.leakage.examples == (
        Match("eval.csv:2", "train.csv:2"),
        Match("eval.csv:3", "train.csv:8"),
    )
    assert plain.conflicts_verbatim.examples == (Match("train.csv:4", "train.csv:5"),)
    assert plain.near_duplicates.examples == (Match("train.csv:6", "train.csv:7"),)
    assert plain.near_leakage.examples == (Match("eval.csv:5", "train.csv:6"),)


def test_labels_are_counted_by_split(plain: Quality) -> None:
    assert plain.labels == {
        "eval": {"문의": 1, "불만": 1, "칭찬": 2},
        "train": {"문의": 2, "불만": 3, "칭찬": 4},
    }
    assert plain.imbalance == 2.0


def test_personal_data_of_every_split_is_located_and_never_told(plain: Quality) -> None:
    seen = {kind: (found.rows, found.examples) for kind, found in plain.personal.items()}
    assert seen == {
        "email": (1, ("unlabelled.csv:2",)),
        "phone": (1, ("train.csv:9",)),
        "card": (0, ()),
        "resident_registration": (0, ()),
    }
    assert "1234" not in plain.to_json()
    assert "example.com" not in plain.to_json()


@pytest.mark.parametrize(
    ("files", "chunk_rows", "partitions"), [(1, 1, 1), (3, 2, 1), (2, 9, 5), (9, 1, 3)]
)
def test_files_chunks_and_partitions_change_nothing(
    tmp_path: Path, plain: Quality, files: int, chunk_rows: int, partitions: int
) -> None:
    found = quality(tmp_path, files=files, chunk_rows=chunk_rows, partitions=partitions)
    assert found == plain


def test_a_chunk_ends_where_its_text_grows_too_long(tmp_path: Path) -> None:
    write(tmp_path / "a.gz", enumerate([("가" * 100, "칭찬")] * 5), "a.csv")
    chunks = list(read_chunks(str(tmp_path / "a.gz"), COLUMNS, max_bytes=500))
    assert [len(chunk.texts) for chunk in chunks] == [2, 2, 1]


def test_bytes_that_are_no_utf_8_do_no_harm(tmp_path: Path) -> None:
    example = tf.train.Example()
    for name, value in {"글": b"\xed\xa0\x80\xff", provenance.ROW_FEATURE: b"a.csv:1"}.items():
        example.features.feature[name].bytes_list.value.append(value)
    with tf.io.TFRecordWriter(str(tmp_path / "a.gz"), "GZIP") as file:
        file.write(example.SerializeToString())
    [chunk] = read_chunks(str(tmp_path / "a.gz"), COLUMNS)
    assert chunk.texts == [b"\xed\xa0\x80\xff"]
    fingerprint = stages.Fingerprint(COLUMNS, 1, folder=str(tmp_path / "records"), chunk_rows=9)
    found = list(fingerprint.process(SplitFile("train", str(tmp_path / "a.gz"))))
    assert [output.tag for output in found] == [stages.TALLIES, stages.TEXTS]


def test_examples_that_do_not_tell_their_rows_are_refused(tmp_path: Path) -> None:
    example = tf.train.Example()
    with tf.io.TFRecordWriter(str(tmp_path / "a.gz"), "GZIP") as file:
        file.write(example.SerializeToString())
    with pytest.raises(ValueError, match="run the pipeline again from TextExampleGen"):
        list(read_chunks(str(tmp_path / "a.gz"), COLUMNS))


def test_every_partition_reads_each_file_name_once_however_many_chunks_tell_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "told.txt"

    def noted(
        partition: tuple[int, Iterable[Block]], names: Iterable[str]
    ) -> Iterator[tuple[Name, Found]]:
        every = list(names)
        with told.open("a", encoding="utf-8") as file:
            file.write(f"{sorted(every)}\n")
        yield from find_overlaps(partition, every)

    monkeypatch.setattr(stages, "find_overlaps", noted)
    quality(tmp_path, chunk_rows=2, partitions=3)
    lines = told.read_text(encoding="utf-8").splitlines()
    assert len(lines) > 1
    assert set(lines) == {"['eval.csv', 'train.csv', 'unlabelled.csv']"}
