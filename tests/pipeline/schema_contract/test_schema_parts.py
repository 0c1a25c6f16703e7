"""Which column is the text and which the label: configurations tell, else the schema does."""

import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from pipeline.schema_contract.parts import Parts, parts_of

PATH = "schema/nsmc/schema.pbtxt"
SCHEMA = """
feature { name: "id" type: BYTES }
feature { name: "channel" type: BYTES string_domain { value: "app" } }
feature { name: "document" type: BYTES presence { min_fraction: 1 } }
feature { name: "감성" type: BYTES domain: "d" not_in_environment: "SERVING" }
string_domain { name: "d" value: "긍정" value: "부정" }
"""
CONFIG = "data: {columns: {text: 리뷰, label: 평가}}\nschema: %s\n"


def parts(configs: dict[str, str]) -> Parts:
    schema = text_format.Parse(SCHEMA, schema_pb2.Schema())
    return parts_of(schema, path=PATH, configs=configs)


@pytest.mark.parametrize(
    ("config", "schema"),
    [
        ("malmoi.yaml", "schema/nsmc/schema.pbtxt"),
        ("malmoi.yaml", "./schema/../schema/nsmc/schema.pbtxt"),
        ("pipeline/presets/nsmc.yaml", "../../schema/nsmc/schema.pbtxt"),
    ],
)
def test_the_configuration_that_names_the_schema_tells(config: str, schema: str) -> None:
    assert parts({config: CONFIG % schema}) == Parts(text="리뷰", label="평가")


def test_a_column_may_be_called_what_older_yaml_takes_for_a_truth_value() -> None:
    config = (CONFIG % PATH).replace("평가", "on")
    assert parts({"malmoi.yaml": config}) == Parts(text="리뷰", label="on")


@pytest.mark.parametrize(
    "content",
    [
        CONFIG % "schema/other/schema.pbtxt",
        "jobs: {}",
        "- a list",
        "",
        "a: [no yaml",
        "day: 2024-13-45",
        "schema: schema/nsmc/schema.pbtxt",
        "schema: [schema/nsmc/schema.pbtxt]\ndata: {columns: {text: a}}",
        "schema: schema/nsmc/schema.pbtxt\ndata: {columns: {text: [a], label: {b: c}}}",
        "schema: schema/nsmc/schema.pbtxt\ndata: {columns: {text: a}}",
    ],
)
def test_without_one_the_closed_strings_that_requests_lack_are_the_label(content: str) -> None:
    assert parts({"malmoi.yaml": content}) == Parts(text="document", label="감성")


def test_a_schema_without_either_has_neither() -> None:
    assert parts_of(schema_pb2.Schema(), path=PATH, configs={}) == Parts(text=None, label=None)


@pytest.mark.parametrize(
    ("feature", "role"),
    [
        ("본문", "text"),
        ("라벨", "label"),
        ("본문/characters", "profile"),
        ("본문 길이", "column"),
        ("라벨/characters", "column"),
    ],
)
def test_what_is_derived_from_the_text_is_its_profile(feature: str, role: str) -> None:
    assert Parts(text="본문", label="라벨").role(feature) == role
