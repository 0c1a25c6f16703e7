"""Edits of a schema's or a configuration's text change one place and nothing else."""

import difflib

import pytest
import yaml
from google.protobuf import text_format
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st
from tensorflow_metadata.proto.v0 import schema_pb2

from pipeline.schema_contract.edits import AddValue, NothingToEditError, SetBound, SetKey
from pipeline.schema_contract.text_proto import Field, quoted, scan, string_of, unescaped
from pipeline.schema_contract.text_yaml import UneditableError

SCHEMA = """# 계약  # "따옴표" { 와 괄호 }
feature {
  name: "라벨"  # 분류
  type: BYTES
  domain: 'labels'
  presence { min_fraction: 1.0 min_count: 1 }
  drift_comparator {
    infinity_norm { threshold: 0.01 }  # NSMC에서 잰 값
  }
}

feature: < name: "stars", type: INT; int_domain { name: "stars" min: 1 max: 5 } >
feature { name: "길이" type: FLOAT domain: "lengths" }
feature { name: "채널" type: BYTES string_domain { value: "app" value: "web" } }
feature { name: "목록" type: BYTES string_domain { value: ["가", "나"] } }
feature {
  name: "여러 줄" type: BYTES
  string_domain { value: [
    "다",  # 하나
    "라"   # 둘
  ] }
  drift_comparator { infinity_norm { } }
}
float_domain { name: "lengths" min: 0.5 max: 9 }
string_domain {
  name: "lab" "els"

  value: "환불"   # 1,234건
  value: "배송"   # 마지막

}
"""


def parsed(text: str) -> schema_pb2.Schema:
    return text_format.Parse(text, schema_pb2.Schema())


def changed_lines(before: str, after: str) -> list[str]:
    lines = difflib.ndiff(before.splitlines(), after.splitlines())
    return [line for line in lines if line[:1] in "+-"]


def test_a_label_goes_behind_the_last_one_on_a_line_of_its_own() -> None:
    after = AddValue(feature="라벨", value="환불 보류").apply(SCHEMA)
    assert changed_lines(SCHEMA, after) == ['+   value: "환불 보류"']
    assert list(parsed(after).string_domain[0].value) == ["환불", "배송", "환불 보류"]


@pytest.mark.parametrize(
    ("feature", "was", "now"),
    [
        ("채널", 'value: "web"', 'value: "web" value: "전화"'),
        ("목록", '["가", "나"]', '["가", "나", "전화"]'),
        ("여러 줄", '"라"   # 둘', '"라", "전화"   # 둘'),
    ],
)
def test_a_value_joins_the_others_on_their_line(feature: str, was: str, now: str) -> None:
    after = AddValue(feature=feature, value="전화").apply(SCHEMA)
    assert after == SCHEMA.replace(was, now)


@pytest.mark.parametrize(
    ("feature", "path", "value", "was", "now"),
    [
        ("라벨", "drift_comparator.infinity_norm.threshold", 0.0301, "threshold: 0.01", "0.0301"),
        ("라벨", "presence.min_fraction", 0.98, "min_fraction: 1.0", "0.98"),
        ("라벨", "presence.min_count", 0.0, "min_count: 1", "0"),
        ("stars", "int_domain.max", 10, "max: 5", "10"),
        ("stars", "int_domain.max", 20261121090000, "max: 5", "20261121090000"),
        ("길이", "float_domain.min", -2.5, "min: 0.5", "-2.5"),
    ],
)
def test_a_number_is_put_in_the_place_of_the_old_one(
    feature: str, path: str, value: float, was: str, now: str
) -> None:
    after = SetBound(feature=feature, path=path, value=value).apply(SCHEMA)
    assert after == SCHEMA.replace(was, f"{was.partition(':')[0]}: {now}")


def test_a_number_that_is_not_there_is_added() -> None:
    edit = SetBound(feature="라벨", path="skew_comparator.infinity_norm.threshold", value=0.25)
    after = edit.apply(SCHEMA)
    line = "+   skew_comparator { infinity_norm { threshold: 0.25 } }"
    assert changed_lines(SCHEMA, after) == [line]
    assert parsed(after).feature[0].skew_comparator.infinity_norm.threshold == 0.25


def test_a_figure_of_the_text_that_no_schema_declares_gets_a_feature_with_its_limit() -> None:
    path = "drift_comparator.jensen_shannon_divergence.threshold"
    after = SetBound(feature="본문/characters", path=path, value=0.25).apply(SCHEMA)

    *others, figure = parsed(after).feature
    assert after.startswith(SCHEMA)
    assert others == [*parsed(SCHEMA).feature]
    assert (figure.name, figure.type) == ("본문/characters", schema_pb2.INT)
    assert figure.drift_comparator.jensen_shannon_divergence.threshold == 0.25

    again = SetBound(feature="본문/characters", path=path, value=0.5).apply(after)
    assert again == after.replace("0.25", "0.5")


def test_a_number_goes_into_a_message_that_is_empty() -> None:
    path = "drift_comparator.infinity_norm.threshold"
    after = SetBound(feature="여러 줄", path=path, value=0.25).apply(SCHEMA)
    assert after == SCHEMA.replace("infinity_norm { }", "infinity_norm { threshold: 0.25 }")


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (
            AddValue(feature="라벨", value="배송"),
            "feature '라벨': the schema allows '배송' already",
        ),
        (AddValue(feature="stars", value="6"), "the feature has no string_domain"),
        (AddValue(feature="없음", value="6"), "the schema has no feature '없음'"),
        (SetBound(feature="라벨", path="int_domain.max", value=1), "has no int_domain"),
    ],
)
def test_an_edit_without_its_place_is_refused(edit: AddValue | SetBound, message: str) -> None:
    with pytest.raises(NothingToEditError, match=message):
        edit.apply(SCHEMA)


VALUES = st.text(st.characters(blacklist_categories=["Cs"]), max_size=20)


@given(VALUES)
def test_any_string_comes_back_from_the_text_form(value: str) -> None:
    assert unescaped(quoted(value)[1:-1]) == value
    if value not in ("환불", "배송"):
        after = AddValue(feature="라벨", value=value).apply(SCHEMA)
        assert list(parsed(after).string_domain[0].value) == ["환불", "배송", value]


def scanned(fields: tuple[Field, ...]) -> list[str]:
    return sorted(f"{field.name}{scanned(field.fields)}" for field in fields)


def read_by_protobuf(message: Message) -> list[str]:
    return sorted(
        f"{field.name}{read_by_protobuf(one) if field.message_type else []}"
        for field, value in message.ListFields()
        for one in (value if field.label == field.LABEL_REPEATED else [value])
    )


def test_the_scan_finds_the_fields_that_protobuf_reads() -> None:
    single = SCHEMA.replace('["가", "나"]', '"가" value: "나"')
    single = single.replace('value: [\n    "다",', 'value: "다" value: ').replace("  ] }", "}")
    assert scanned(scan(single)) == read_by_protobuf(parsed(single))
    assert string_of(SCHEMA, scan(SCHEMA)[-1].fields[0]) == "labels"


KEYS = ("gates", "data", "quarantined", "limit")
CONFIGS = [
    ("name: a\n", "gates: {data: {quarantined: {limit: 0.02}}}"),
    ("name: a", "gates: {data: {quarantined: {limit: 0.02}}}"),
    (
        "gates:\n  data:\n    quarantined:\n      limit: 0.01  # 까닭\n      level: warn\n",
        "      limit: 0.02  # 까닭",
    ),
    ("gates: {data: {quarantined: {limit: 0.01}}} # 뒤\nb: 1\n", None),
    ("gates:\n  data:\n    labels: {limit: 3}\n  model:\n    accuracy: 0.8\noutput: o\n", None),
    ("gates:\n  model: {accuracy: 0.8}  # 뒤\n# 끝\n", "  data: {quarantined: {limit: 0.02}}"),
    ("gates:\nname: a\n", "gates: {data: {quarantined: {limit: 0.02}}}"),
    ("gates: {}\n", None),
    ("gates: {model: {accuracy: 0.8},}\n", None),
    (
        "gates: {\n  model: {accuracy: 0.8}  # 뒤\n}\n",
        "  model: {accuracy: 0.8}, data: {quarantined: {limit: 0.02}}  # 뒤",
    ),
    ("gates:\n  data:\n    quarantined:\n      limit:\n", "      limit: 0.02"),
    ("x:\n  - 가\n  - 나\n\n# 끝\n", None),
    ("a: |\n  글\n  더\n", None),
    ("gates:\n  data: ~\n", "  data: {quarantined: {limit: 0.02}}"),
]


@pytest.mark.parametrize(("content", "line"), CONFIGS)
def test_a_key_is_set_and_nothing_else(content: str, line: str | None) -> None:
    after = SetKey(keys=KEYS, value="0.02").apply(content)
    tree, expected = yaml.safe_load(after), yaml.safe_load(content)
    found = tree
    for key in KEYS[:-1]:
        expected[key] = expected.get(key) or {}
        found, expected = found[key], expected[key]
    expected["limit"] = 0.02
    assert found == expected
    added = [found for found in changed_lines(content, after) if found[0] == "+"]
    assert len(added) == 1
    assert line is None or added == [f"+ {line}"]
    assert [c for c in content.splitlines() if "#" in c and c not in after] in (
        [],
        ["      limit: 0.01  # 까닭"],
        ["gates: {data: {quarantined: {limit: 0.01}}} # 뒤"],
        ["  model: {accuracy: 0.8}  # 뒤"],
    )


@pytest.mark.parametrize(
    ("content", "after"),
    [
        (
            "gates:\n  data:\n    quarantined: 0.01  # 까닭\n",
            "gates:\n  data:\n    quarantined: 0.02  # 까닭\n",
        ),
        ("gates: {data: {quarantined: 0}}\n", "gates: {data: {quarantined: 0.02}}\n"),
    ],
)
def test_a_rule_that_is_given_as_its_bare_limit_stays_so(content: str, after: str) -> None:
    assert SetKey(keys=KEYS, value="0.02").apply(content) == after


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("gates: 3\n", "line 1: no mapping"),
        ("a: &x {quarantined: {limit: 1}}\ngates: {data: *x}\n", "data is an alias"),
        ("", "the file is empty"),
        ("x: &x {limit: 1}\ngates:\n  data:\n    labels: *x\n", "cannot be set by itself"),
        ("gates: {data: {quarantined: {limit: &l 1}, labels: {limit: *l}}}\n", "by itself"),
        ("gates: {data: {quarantined: &q {limit: 1}, labels: *q}}\n", "by itself"),
        ("q: &q {data: {quarantined: {limit: 1}}}\ngates: {<<: *q}\n", "set it to 0.02 by hand"),
        ("gates: {data: {quarantined}}\n", "cannot be set by itself"),
    ],
)
def test_a_key_that_cannot_be_set_by_itself_is_refused(content: str, message: str) -> None:
    with pytest.raises(UneditableError, match=message):
        SetKey(keys=KEYS, value="0.02").apply(content)
