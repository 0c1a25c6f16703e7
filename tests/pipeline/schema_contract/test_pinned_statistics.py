"""Pinned statistics: no text is in them, and a later schema can be held against them."""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import tensorflow_data_validation as tfdv
from google.protobuf import text_format
from hypothesis import given
from hypothesis import strategies as st
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from pipeline.schema_contract.pinned import (
    UNJUDGED_VALUES,
    file_name,
    key_of,
    pin,
    pinned_files,
    unpin,
)
from pipeline.schema_contract.replay import replay, replay_files

SCHEMA = """
feature { name: "본문" type: BYTES presence { min_fraction: 1 min_count: 1 } }
feature {
  name: "라벨" type: BYTES domain: "labels" presence { min_fraction: 1 }
  drift_comparator { infinity_norm { threshold: 0.3 } }
  not_in_environment: "UNLABELLED"
}
feature { name: "channel" type: BYTES not_in_environment: "UNLABELLED" }
feature { name: "stars" type: INT not_in_environment: "UNLABELLED" }
string_domain { name: "labels" value: "환불 요청" value: "배송 지연" }
default_environment: "TRAINING"
default_environment: "UNLABELLED"
"""
KEY = bytes(range(16))
ROWS = pd.DataFrame(
    {
        "본문": [f"주문번호 {n % 7} 상품이 아직 안 왔어요ㅠㅠ" for n in range(100)],
        "라벨": ["환불 요청"] * 30 + ["배송 지연"] * 70,
        "channel": ["app"] * 60 + ["web"] * 30 + ["전화"] * 10,
        "stars": [n % 5 for n in range(100)],
    }
)
PROTO_WORDS = ("STRING", "QUANTILES")
HASH = re.compile(r"[0-9a-f]{16}|[0-9a-f]{32}")


def schema(text: str = SCHEMA) -> schema_pb2.Schema:
    return text_format.Parse(text, schema_pb2.Schema())


def statistics(rows: pd.DataFrame, split: str = "train") -> Any:
    found = tfdv.generate_statistics_from_dataframe(rows)
    found.datasets[0].name = split
    return found


@pytest.fixture(scope="module")
def real() -> Any:
    return statistics(ROWS)


@pytest.fixture(scope="module")
def pinned(real: Any) -> bytes:
    return pin(real, schema(), key=KEY)


def strings(tree: Any) -> set[str]:
    """Collect every string that stands in a JSON value; its keys are protobuf's field names."""
    if isinstance(tree, str):
        return {tree}
    below = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
    return set().union(*(strings(one) for one in below)) if below else set()


def edited(was: str, now: str) -> schema_pb2.Schema:
    assert was in SCHEMA
    return schema(SCHEMA.replace(was, now))


def refused(new: schema_pb2.Schema, content: bytes, previous: bytes | None = None) -> list[str]:
    found = replay(new, content, pinned_as="2026-11-21", previous=previous)
    return [refusal.in_words() for refusal in found]


TOKENS = st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=30)


@given(st.lists(TOKENS, min_size=1, max_size=8), st.booleans())
def test_no_string_of_a_text_column_is_in_the_file(tokens: list[str], compared: bool) -> None:
    text = " ".join(tokens)
    found = statistics_pb2.DatasetFeatureStatisticsList()
    feature = found.datasets.add(name="train", num_examples=9).features.add(type="STRING")
    feature.path.step.append("본문")
    feature.custom_stats.add(name="sample", str=text)
    feature.string_stats.vocabulary_file = text
    for value in (text, *tokens):
        feature.string_stats.top_values.add(value=value, frequency=2)
        feature.string_stats.rank_histogram.buckets.add(label=value, sample_count=2)
    contract = schema()
    if compared:
        contract.feature[0].drift_comparator.infinity_norm.threshold = 0.1
    told = strings(json.loads(pin(found, contract, key=KEY)))
    assert {s for s in told if not HASH.fullmatch(s)} == {"train", "본문", "STRING"}
    assert not told & {text, *tokens} - {"train", "본문", "STRING"}


def test_only_what_the_schema_names_stands_in_the_file_as_it_is(pinned: bytes) -> None:
    told = {s for s in strings(json.loads(pinned)) if not HASH.fullmatch(s) and not s.isdecimal()}
    columns = {"본문", "라벨", "channel", "stars"}
    assert told - set(PROTO_WORDS) == {"train", *columns, "환불 요청", "배송 지연"}
    for word in ("주문번호", "왔어요", "ㅠㅠ", "전화", "app"):
        assert word.encode() not in pinned


def test_the_same_statistics_and_key_give_the_same_bytes_a_line_for_each_feature(
    real: Any, pinned: bytes
) -> None:
    assert pin(real, schema(), key=key_of(pinned)) == pinned
    assert pin(real, schema()) != pinned
    assert [line.count('"path"') for line in pinned.decode().splitlines()] == [
        0,
        0,
        1,
        1,
        1,
        1,
        0,
        0,
    ]


def test_a_column_that_the_schema_does_not_declare_is_left_out(pinned: bytes) -> None:
    rows = ROWS.assign(**{"malmoi/row": [f"문의.csv:{n}" for n in range(100)]})
    assert pin(statistics(rows), schema(), key=KEY) == pinned


def test_equal_values_of_two_columns_look_different() -> None:
    same = ROWS.assign(channel=ROWS["본문"])
    features = json.loads(pin(statistics(same), schema(), key=KEY))["datasets"][0]["features"]
    text, channel = (
        {b["label"] for b in f["string_stats"]["rank_histogram"]["buckets"]}
        for f in features
        if f["path"]["step"] in (["본문"], ["channel"])
    )
    assert not text & channel


def test_of_a_column_that_nothing_judges_the_commonest_values_are_kept() -> None:
    many = ROWS.assign(channel=[f"{n}번 창구" for n in range(100)])
    features = json.loads(pin(statistics(many), schema(), key=KEY))["datasets"][0]["features"]
    (kept,) = (f["string_stats"] for f in features if f["path"]["step"] == ["channel"])
    assert len(kept["rank_histogram"]["buckets"]) == UNJUDGED_VALUES
    assert kept["unique"] == "100"


def test_the_schema_that_they_passed_accepts_them_again(pinned: bytes) -> None:
    assert refused(schema(), pinned) == []


@pytest.mark.parametrize(
    ("was", "now", "words"),
    [
        ('value: "배송 지연"', "", "'라벨' would be refused: Examples contain values missing"),
        (
            '"본문" type: BYTES',
            '"문의" type: BYTES',
            "'문의' would be refused: Column is completely",
        ),
        ('"channel" type: BYTES', '"channel" type: INT', "'channel' would be refused: Expected"),
        ("type: INT", "type: INT int_domain { min: 1 }", "'stars' would be refused: Unexpectedly"),
        (
            'default_environment: "TRAINING"',
            'default_environment: "TRAINING" dataset_constraints { min_examples_count: 101 }',
            "'the data set' would be refused: The dataset has 100 examples",
        ),
    ],
)
def test_a_stricter_schema_refuses_them(pinned: bytes, was: str, now: str, words: str) -> None:
    assert any(words in told for told in refused(edited(was, now), pinned))


def test_a_domain_that_comes_later_knows_the_hashed_values(pinned: bytes) -> None:
    free = '"channel" type: BYTES'
    every = f'{free} string_domain {{ value: "app" value: "web" value: "전화" }}'
    assert refused(edited(free, every), pinned) == []
    (told,) = refused(edited(free, every.replace('value: "전화"', "")), pinned)
    assert "2026-11-21, train: 'channel' would be refused: Examples contain values" in told
    assert "전화" not in told


@pytest.mark.parametrize("split", ["unlabelled", "served"])
def test_a_split_without_labels_is_held_to_its_own_environment(split: str) -> None:
    content = pin(statistics(ROWS[["본문"]], split), schema(), key=KEY)
    assert refused(schema(), content) == []
    wanted = edited('not_in_environment: "UNLABELLED"', "")
    (told,) = refused(wanted, content)
    assert f"{split}: '라벨' would be refused: Column is completely missing" in told


def test_drift_is_measured_against_the_pinned_span_before(pinned: bytes, tmp_path: Path) -> None:
    swapped = ROWS.assign(라벨=["환불 요청"] * 60 + ["배송 지연"] * 40)
    later = pin(statistics(swapped), schema(), key=KEY)
    assert refused(schema(), later, previous=pinned) == []
    stricter = edited("threshold: 0.3", "threshold: 0.2")
    (told,) = refused(stricter, later, previous=pinned)
    assert (
        "'라벨' would be refused: The Linfty distance between current and previous is 0.3" in told
    )
    folder = tmp_path / "pinned"
    folder.mkdir()
    (folder / file_name(9, date.today())).write_bytes(pinned)
    (folder / file_name(10, date.today())).write_bytes(later)
    found = replay_files(stricter, pinned_files(tmp_path))
    assert [refusal.pinned for refusal in found] == ["span-000010"]


def test_numbers_come_back_as_they_were(real: Any, pinned: bytes) -> None:
    (was,) = (f for f in real.datasets[0].features if list(f.path.step) == ["stars"])
    found = unpin(pinned, schema()).datasets[0].features
    (now,) = (f for f in found if list(f.path.step) == ["stars"])
    assert now.num_stats.histograms == was.num_stats.histograms
    assert (now.num_stats.mean, now.num_stats.max) == (was.num_stats.mean, was.num_stats.max)


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"key": "zz"}', b'{"key": "", "x": 1}'])
def test_a_file_that_is_none_is_refused_with_its_path(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "2026-11-21.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"2026-11-21\.json: no pinned statistics: .*--pin"):
        replay_files(schema(), [path])


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"key": "zz"}'])
def test_a_key_is_not_sought_in_what_is_no_pinned_file(content: bytes) -> None:
    with pytest.raises(ValueError, match="no pinned statistics: "):
        key_of(content)


def test_an_environment_that_the_schema_no_longer_has_refuses_the_splits_held_to_it(
    pinned: bytes,
) -> None:
    without = edited('default_environment: "TRAINING"', "")
    assert refused(without, pinned) == [
        "2026-11-21, train: 'the data set' would be refused: the schema has no environment "
        "TRAINING."
    ]


def test_names_sort_by_age() -> None:
    day = date(2026, 11, 21)
    assert file_name(None, day) == "2026-11-21.json"
    assert sorted([file_name(10, day), file_name(9, day)]) == [
        "span-000009.json",
        "span-000010.json",
    ]
