"""The `data` section: what fits together, what does not, and that every fault is told at once."""

from typing import Any

import pytest
from pydantic import ValidationError

from components.text_example_gen import layout, spans
from components.text_example_gen.source import Columns, TextSource, Unlabelled

COLUMNS = {"text": "본문", "label": "분류"}


def source(**fields: Any) -> TextSource:
    return TextSource.model_validate({"train": "/data/train.csv", "columns": COLUMNS} | fields)


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"names": ["본문", "분류"]}, "names are given, but header is true"),
        ({"header": False}, "names must list the columns"),
        ({"header": False, "names": ["본문", "본문"]}, "names lists a column twice"),
        ({"header": False, "names": ["본문", "라벨"]}, "'분류' is not among the names 본문, 라벨"),
        ({"format": "jsonl", "delimiter": ";"}, "delimiter given, but jsonl needs none"),
        ({"delimiter": '"'}, "cannot stand between two cells"),
        ({"columns": {"text": "본문", "label": "본문"}}, "'본문' plays two parts"),
        ({"columns": COLUMNS | {"side": {"분류": "str"}}}, "'분류' plays two parts"),
        ({"columns": COLUMNS | {"side": {"malmoi/row": "str"}}}, "rename the column"),
        ({"unlabelled": {"path": "/u.csv", "id": "malmoi/row"}}, "rename the column"),
        ({"span": 3}, "span is 3, but no path holds {SPAN}"),
        ({"train": "/data/{SPAM}.csv"}, "{SPAM} is no placeholder"),
        ({"train": "/d/{SPAN}/{DATE}.csv"}, "either {SPAN} or a date"),
        ({"train": "/d/{YYYY}.csv"}, "a date is {DATE}"),
        ({"train": "/d/{VERSION}.csv"}, "{VERSION} needs {SPAN}"),
        ({"train": "/d/{SPAN}/{SPAN}.csv"}, "{SPAN} may stand once"),
        (
            {"unlabelled": {"path": "/u.csv", "exclude": ["/t.csv"]}},
            "name their column in columns.id",
        ),
        (
            {"unlabelled": {"path": "/u.csv", "header": False}},
            "unlabelled.header is false: names must list",
        ),
        (
            {
                "format": "csv",
                "header": False,
                "names": ["본문", "분류"],
                "unlabelled": {"path": "/u.tsv", "format": "tsv"},
            },
            "unlabelled.header is false: names must list",
        ),
        (
            {"unlabelled": {"path": "/u.csv", "text": "글", "id": "본문"}},
            "unlabelled.id: the labelled files' column '본문' plays another part; rename",
        ),
        (
            {"served": {"path": "/u.csv", "id": "분류"}},
            "served.id: the labelled files' column '분류' plays another part; rename",
        ),
    ],
)
def test_settings_that_do_not_fit_together_are_refused(fields: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValidationError) as caught:
        source(**fields)
    assert fault in str(caught.value)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(ValidationError) as caught:
        source(names=["a"], delimiter='"', columns={"text": "x", "label": "x"}, span=1)
    message = str(caught.value)
    assert all(
        part in message
        for part in ("header is true", "cannot stand", "plays two parts", "span is 1")
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"format": "tsv", "header": False, "names": ["분류", "본문"], "quoting": False},
        {"train": "/d/span-{SPAN:3}/v{VERSION}/*.csv", "span": 7},
        {"train": "/d/{DATE}.csv", "eval": "/d/test.csv"},
        {"header": False, "names": ["본문", "분류"], "unlabelled": {"path": "/u.csv"}},
        {
            "header": False,
            "names": ["본문", "분류"],
            "unlabelled": {"path": "/u.csv", "text": "review", "header": True},
        },
        {
            "format": "csv",
            "header": False,
            "names": ["본문", "분류"],
            "unlabelled": {"path": "/u.jsonl", "format": "jsonl"},
        },
        {
            "columns": COLUMNS | {"id": "번호"},
            "unlabelled": {"path": "/u.csv", "text": "글", "id": "본문"},
        },
    ],
)
def test_settings_survive_the_way_through_json(fields: dict[str, Any]) -> None:
    made = source(**fields)
    assert TextSource.model_validate_json(made.model_dump_json()) == made


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        source(delimeter=",")


@pytest.mark.parametrize("model", [TextSource, Columns, Unlabelled])
def test_every_field_has_a_description(model: type[TextSource]) -> None:
    assert [name for name, field in model.model_fields.items() if not field.description] == []


def test_a_date_is_written_in_the_words_of_tfx_and_searched_as_a_wildcard() -> None:
    assert spans.expanded("/d/{DATE}/a.csv") == "/d/{YYYY}-{MM}-{DD}/a.csv"
    assert spans.as_glob("/d/{DATE}/{VERSION:2}.csv") == "/d/*-*-*/*.csv"


def test_unlabelled_files_are_written_as_the_labelled_ones_unless_told_otherwise() -> None:
    made = source(
        encoding="cp949",
        delimiter=";",
        columns=COLUMNS | {"id": "번호"},
        unlabelled={"path": "/u.csv", "text": "글", "exclude": ["/t.csv"]},
    )
    assert made.unlabelled
    how = layout.unlabelled(made, made.unlabelled)
    assert (how.encoding, how.delimiter, how.header) == ("cp949", ";", True)
    assert [(c.name, c.feature) for c in how.columns] == [("글", "본문"), ("번호", "번호")]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/a/b.csv", "csv"),
        ("/a/b.csv.gz", "csv"),
        ("/a/B.TSV", "tsv"),
        ("gs://a/b.jsonl.gz", "jsonl"),
        ("/a/b.parquet", "parquet"),
    ],
)
def test_the_ending_tells_the_format(path: str, expected: str) -> None:
    assert layout.format_of(path, layout.labelled(source())) == expected


def test_an_unknown_ending_asks_for_the_format() -> None:
    with pytest.raises(ValueError, match=r"/a/b\.xlsx: the ending tells no format.*set data\.form"):
        layout.format_of("/a/b.xlsx", layout.labelled(source()))
