"""The feature that tells where a row stands."""

import pytest

from components import provenance


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        ([], {}),
        (["/d/a.csv"], {"/d/a.csv": "a.csv"}),
        (["gs://b/a.csv", "gs://b/a.csv"], {"gs://b/a.csv": "a.csv"}),
        (
            ["/1/a.csv", "/2/a.csv", "/2/리뷰.csv"],
            {"/1/a.csv": "/1/a.csv", "/2/a.csv": "/2/a.csv", "/2/리뷰.csv": "리뷰.csv"},
        ),
    ],
)
def test_a_file_goes_by_its_base_name_unless_another_has_it_too(
    paths: list[str], names: dict[str, str]
) -> None:
    assert provenance.file_names(paths) == names


@pytest.mark.parametrize("name", ["a.csv", "구매 후기.csv.gz", "gs://b/a:1.csv", "가:나"])
def test_a_place_is_read_back(name: str) -> None:
    assert provenance.parsed(provenance.place(name, 12).decode()) == (name, 12)


def test_a_file_name_that_is_no_utf_8_does_no_harm() -> None:
    assert provenance.place("\udcbb.csv", 3) == b"\\udcbb.csv:3"


@pytest.mark.parametrize("value", ["", "a.csv", ":3", "a.csv:", "a.csv:x", "a.csv:²"])
def test_a_value_without_file_or_line_is_told(value: str) -> None:
    with pytest.raises(ValueError, match="'malmoi/row': expected <file>:<line>, found"):
        provenance.parsed(value)
