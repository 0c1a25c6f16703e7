"""The executor through the real Beam pipeline, on small files."""

import json
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tensorflow as tf
from tfx.components.util import examples_utils
from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor
from tfx.types import standard_artifacts

from components.artifacts import Quarantine
from components.provenance import ROW_FEATURE
from components.text_example_gen import parquet, stages
from components.text_example_gen.component import TextExampleGen
from components.text_example_gen.executor import Executor
from components.text_example_gen.plan import Plan, Unit, input_config, make_plan
from components.text_example_gen.reading import Reader
from components.text_example_gen.rows import Good
from components.text_example_gen.source import TextSource
from components.text_example_gen.stages import united

COLUMNS = {"text": "글", "label": "분류", "id": "번호", "side": {"별점": "int", "값": "float"}}
HEADER = "번호,글,분류,별점,값\n"
Artifacts = tuple[standard_artifacts.Examples, Quarantine]


def rows(first: int, last: int) -> str:
    return "".join(f"{n},{n}번 주문이 안 와요,배송 지연,{n % 5},0.5\n" for n in range(first, last))


def run(folder: Path, out: str = "out", **fields: Any) -> Artifacts:
    source = TextSource.model_validate(
        {"train": str(folder / "train.csv"), "columns": COLUMNS} | fields
    )
    examples, kept_out = standard_artifacts.Examples(), Quarantine()
    examples.uri, kept_out.uri = str(folder / out / "examples"), str(folder / out / "quarantine")
    component = TextExampleGen(source, digest="abc")
    properties = {name: value for name, value in component.exec_properties.items() if value}
    Executor(BaseBeamExecutor.Context()).Do(
        {}, {"examples": [examples], "quarantine": [kept_out]}, properties
    )
    return examples, kept_out


def features(examples: standard_artifacts.Examples, split: str) -> list[tf.train.Example]:
    files = sorted(Path(examples.path(split=split)).glob("data_tfrecord-*.gz"))
    records = tf.data.TFRecordDataset([str(path) for path in files], "GZIP")
    return [tf.train.Example.FromString(record.numpy()) for record in records]


def texts(examples: standard_artifacts.Examples, split: str) -> set[str]:
    found = features(examples, split)
    return {example.features.feature["글"].bytes_list.value[0].decode() for example in found}


def origins(examples: standard_artifacts.Examples, split: str) -> set[str]:
    found = features(examples, split)
    return {e.features.feature[ROW_FEATURE].bytes_list.value[0].decode() for e in found}


def counts(artifact: standard_artifacts.Examples | Quarantine, *names: str) -> list[int]:
    return [artifact.get_int_custom_property(f"rows_{name}") for name in names]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "train.csv").write_text(HEADER + rows(0, 60), encoding="utf-8")
    return tmp_path


def test_rows_become_examples_with_the_users_names_and_types(folder: Path) -> None:
    (folder / "eval.csv").write_text(HEADER + "7,좋아요,칭찬,3,2.5\n", encoding="utf-8")
    examples, _ = run(folder, eval=str(folder / "eval.csv"))
    [example] = features(examples, "eval")
    found = example.features.feature
    assert sorted(found) == sorted(["글", "분류", "번호", "별점", "값", ROW_FEATURE])
    assert found["글"].bytes_list.value == ["좋아요".encode()]
    assert found["번호"].bytes_list.value == [b"7"]
    assert found["별점"].int64_list.value == [3]
    assert found["값"].float_list.value == [2.5]
    assert examples.splits == ["train", "eval"]
    assert examples_utils.get_payload_format_string(examples) == "FORMAT_TF_EXAMPLE"
    assert examples_utils.get_file_format(examples) == "tfrecords_gzip"


def test_every_example_of_every_split_tells_its_file_and_line(folder: Path) -> None:
    (folder / "more.jsonl").write_text('\n{"본문": "리뷰"}\n', encoding="utf-8")
    more = {"path": str(folder / "more.jsonl"), "text": "본문"}
    examples, _ = run(folder, unlabelled=more, eval_fraction=0.3)
    labelled = origins(examples, "train") | origins(examples, "eval")
    assert labelled == {f"train.csv:{line}" for line in range(2, 62)}
    assert origins(examples, "unlabelled") == {"more.jsonl:2"}


def test_files_of_one_name_are_told_by_their_paths(folder: Path) -> None:
    for name in ("가을", "겨울"):
        (folder / name).mkdir()
        (folder / name / "후기.csv").write_text(HEADER + rows(0, 1), encoding="utf-8")
    examples, _ = run(folder, eval=str(folder / "*" / "후기.csv"))
    assert origins(examples, "eval") == {f"{folder}/{name}/후기.csv:2" for name in ("가을", "겨울")}


def test_a_share_of_the_texts_is_evaluated_on_and_no_text_stands_on_both_sides(
    folder: Path,
) -> None:
    with (folder / "train.csv").open("a", encoding="utf-8") as file:
        file.write(rows(0, 60))
    examples, kept_out = run(folder, eval_fraction=0.3)
    train, held_out = texts(examples, "train"), texts(examples, "eval")
    assert len(train | held_out) == 60
    assert not train & held_out
    assert len(held_out) > 5
    assert counts(examples, "read", "kept", "train", "eval") == [
        120,
        120,
        2 * len(train),
        2 * len(held_out),
    ]
    assert counts(kept_out, "read", "quarantined") == [120, 0]


def test_bad_rows_go_to_quarantine_and_the_run_goes_on(folder: Path) -> None:
    bad = "60,,배송 지연,1,1\n61,별점이 글자,칭찬,셋,1\n62,열이 모자람\n"
    (folder / "train.csv").write_text(HEADER + bad + rows(0, 40), encoding="utf-8")
    examples, kept_out = run(folder)
    lines = (Path(kept_out.uri) / "quarantine.jsonl").read_text(encoding="utf-8").splitlines()
    told = [json.loads(line) for line in lines]
    assert [(row["split"], row["line"], row["row"].split(",")[0]) for row in told] == [
        ("train", 2, "60"),
        ("train", 3, "61"),
        ("train", 4, "62"),
    ]
    assert told[1]["reason"] == "column '별점': expected a whole number of 64 bits, found '셋'"
    assert told[0]["file"] == str(folder / "train.csv")
    for artifact in (examples, kept_out):
        assert counts(artifact, "read", "kept", "quarantined", "quarantined_train") == [
            43,
            40,
            3,
            3,
        ]
    kept = json.loads((Path(kept_out.uri) / "counts.json").read_text(encoding="utf-8"))
    assert (kept["read"], kept["quarantined"]) == ({"train": 43}, {"train": 3})


def test_unlabelled_rows_carry_text_and_id_and_leave_the_test_rows_out(folder: Path) -> None:
    (folder / "test.csv").write_text(HEADER + rows(80, 90), encoding="utf-8")
    more = "".join(json.dumps({"번호": n, "본문": f"리뷰 {n}"}) + "\n" for n in range(85, 100))
    (folder / "more.jsonl").write_text(more + '{"번호": 1}\n', encoding="utf-8")
    examples, kept_out = run(
        folder,
        eval=str(folder / "test.csv"),
        unlabelled={
            "path": str(folder / "more.jsonl"),
            "text": "본문",
            "exclude": [str(folder / "test.csv")],
        },
    )
    assert examples.splits == ["train", "eval", "unlabelled"]
    assert texts(examples, "unlabelled") == {f"리뷰 {n}" for n in range(90, 100)}
    assert set(features(examples, "unlabelled")[0].features.feature) == {"글", "번호", ROW_FEATURE}
    assert counts(kept_out, "read_unlabelled", "unlabelled", "quarantined", "excluded") == [
        16,
        10,
        1,
        5,
    ]
    assert counts(kept_out, "read_exclude") == [10]


@pytest.mark.parametrize(
    "written", [" 시험-1", "시험-1\u200b", unicodedata.normalize("NFD", "시험-1")]
)
def test_an_id_is_left_out_however_it_is_written(folder: Path, written: str) -> None:
    test = HEADER + "시험-1,아직도 안 와요,배송 지연,1,0.5\n"
    (folder / "test.csv").write_text(test, encoding="utf-8")
    more = f"번호,글\n{written},아직도 안 와요\n시험-2,잘 왔어요\n"
    (folder / "more.csv").write_text(more, encoding="utf-8")
    unlabelled = {"path": str(folder / "more.csv"), "exclude": [str(folder / "test.csv")]}
    examples, _ = run(folder, unlabelled=unlabelled)
    assert texts(examples, "unlabelled") == {"잘 왔어요"}


def test_the_ids_to_leave_out_are_put_together_once_for_all_files(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = folder / "told.txt"

    def noted(ids: Iterable[Iterable[str]]) -> frozenset[str]:
        with told.open("a", encoding="utf-8") as file:
            file.write("put together\n")
        return united(ids)

    def times(out: str, *, files: int) -> int:
        told.write_text("", encoding="utf-8")
        (folder / out).mkdir()
        for number in range(files):
            more = f"번호,글\n{number},겹치는 글\n,이름 없는 글\nu{number},새 글\n"
            (folder / out / f"more-{number}.csv").write_text(more, encoding="utf-8")
        exclude = [str(folder / "train.csv")]
        more = {"path": str(folder / out / "more-*.csv"), "exclude": exclude}
        examples, _ = run(folder, out, unlabelled=more)
        assert counts(examples, "unlabelled", "excluded") == [2 * files, files]
        return len(told.read_text(encoding="utf-8").splitlines())

    monkeypatch.setattr(stages, "united", noted)
    assert times("one", files=1) == times("nine", files=9) > 0


def test_equal_input_gives_equal_files_byte_for_byte(folder: Path) -> None:
    first, _ = run(folder, "one")
    second, _ = run(folder, "two")
    for split in first.splits:
        files = sorted(Path(first.path(split=split)).iterdir())
        assert files
        for file in files:
            assert file.read_bytes() == (Path(second.path(split=split)) / file.name).read_bytes()


def test_row_groups_of_a_parquet_file_are_read_each_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "GROUP_BYTES", 1)
    table = {"글": [f"글 {n}" for n in range(30)], "분류": ["가", "나", ""] * 10}
    pq.write_table(pa.table(table), folder / "train.parquet", row_group_size=7)
    columns = {"text": "글", "label": "분류"}
    examples, kept_out = run(
        folder, train=str(folder / "*.parquet"), columns=columns, eval_fraction=0.4
    )
    assert len(texts(examples, "train") | texts(examples, "eval")) == 20
    assert counts(kept_out, "read", "quarantined") == [30, 10]


def test_a_split_without_any_row_stops_the_run_and_says_why(folder: Path) -> None:
    (folder / "train.csv").write_text(HEADER + rows(0, 20), encoding="cp949")
    with pytest.raises(ValueError, match="the header holds bytes that are no utf-8"):
        run(folder)
    names = ["번호", "글", "분류", "별점", "값"]
    (folder / "train.csv").write_text(rows(0, 20), encoding="cp949")
    with pytest.raises(ValueError, match="no row is left of 20 read") as caught:
        run(folder, "again", header=False, names=names)
    assert str(caught.value).count("train.csv, line ") == 10
    assert "try data.encoding=cp949" in str(caught.value)


def test_a_pattern_without_files_stops_the_run_and_tells_what_lies_there(folder: Path) -> None:
    with pytest.raises(ValueError, match=r"data\.eval: no file matches .*no\.csv; in .* lie train"):
        run(folder, eval=str(folder / "no.csv"))


def test_the_bad_rows_of_all_files_stand_in_their_order_and_no_part_is_left(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "GROUP_BYTES", 1)
    for name in ("b.csv", "a.csv"):
        (folder / name).write_text("글,분류\n좋아요,칭찬\n,칭찬\n별로예요\n", encoding="utf-8")
    table = {"글": ["", "배송이 빨라요", ""] * 4, "분류": ["칭찬"] * 12}
    pq.write_table(pa.table(table), folder / "c.parquet", row_group_size=5)
    columns = {"text": "글", "label": "분류"}
    _, kept_out = run(
        folder,
        train=str(folder / "[ab].csv"),
        eval=str(folder / "c.parquet"),
        columns=columns,
    )
    assert sorted(path.name for path in Path(kept_out.uri).iterdir()) == [
        "counts.json",
        "quarantine.jsonl",
    ]
    lines = (Path(kept_out.uri) / "quarantine.jsonl").read_text(encoding="utf-8").splitlines()
    told = [(row["split"], Path(row["file"]).name, row["line"]) for row in map(json.loads, lines)]
    assert told == [("eval", "c.parquet", row) for row in (1, 3, 4, 6, 7, 9, 10, 12)] + [
        ("train", name, line) for name in ("a.csv", "b.csv") for line in (3, 4)
    ]


@pytest.mark.parametrize(("fraction", "told"), [(0.001, "eval: none"), (0.999, "train: all")])
def test_a_share_without_any_row_stops_the_run(folder: Path, fraction: float, told: str) -> None:
    (folder / "train.csv").write_text(HEADER + rows(0, 6), encoding="utf-8")
    with pytest.raises(ValueError, match=f"{told} of the 6 good training rows"):
        run(folder, eval_fraction=fraction)


class CountedReader(Reader):
    """Tells how many rows were read by the readers of all units."""

    taken = 0

    def good_rows(self) -> Iterator[Good]:
        for row in super().good_rows():
            CountedReader.taken += 1
            yield row


def test_rows_go_on_before_they_fill_the_memory(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stages, "HELD_BYTES", 1_000)
    monkeypatch.setattr(stages, "Reader", CountedReader)
    columns = {"text": "글", "label": "분류"}
    source = TextSource.model_validate({"train": str(folder / "train.csv"), "columns": columns})
    plan = make_plan(source, input_config(source))
    many_files: Plan = replace(plan, shards={"train": 1_000, "eval": 1_000})
    reader = stages.ReadRows(many_files, str(folder))
    out = reader.process(Unit("train", str(folder / "train.csv"), None), frozenset())
    first = next(out)
    held = CountedReader.taken
    assert held < 20
    batches = [item for item in (first, *out) if isinstance(item, tuple)]
    assert sum(len(records) for _, records in batches) == CountedReader.taken == 60


@pytest.mark.parametrize("name", ["리뷰[1].csv", unicodedata.normalize("NFD", "리뷰 모음.csv")])
def test_a_file_is_found_whatever_signs_and_form_its_name_has(folder: Path, name: str) -> None:
    (folder / name).write_text(HEADER + rows(0, 5), encoding="utf-8")
    examples, _ = run(folder, eval=str(folder / unicodedata.normalize("NFC", name)))
    assert len(texts(examples, "eval")) == 5


def test_a_wildcard_matches_no_copy_that_a_tool_has_hidden(folder: Path) -> None:
    for name in ("가을", ".ipynb_checkpoints"):
        (folder / name).mkdir()
        (folder / name / "후기.csv").write_text(HEADER + rows(0, 2), encoding="utf-8")
    (folder / "가을" / "._후기.csv").write_bytes(b"\0\5\x16\7\0\2\0\0Mac OS X")
    examples, kept_out = run(folder, eval=str(folder / "*" / "*.csv"))
    assert origins(examples, "eval") == {"후기.csv:2", "후기.csv:3"}
    assert counts(kept_out, "read_eval", "quarantined") == [2, 0]


def test_a_file_that_lies_there_in_both_unicode_forms_is_read_once(folder: Path) -> None:
    (folder / "학습").mkdir()
    (folder / "train.csv").rename(folder / "학습" / "train.csv")
    (folder / unicodedata.normalize("NFD", "학습")).symlink_to(folder / "학습")
    source = TextSource.model_validate(
        {"train": str(folder / "학습" / "train*.csv"), "columns": COLUMNS}
    )
    [unit] = make_plan(source, input_config(source)).units
    assert unit.file == str(folder / "학습" / "train.csv")
