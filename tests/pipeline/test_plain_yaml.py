"""Words that YAML 1.1 takes for booleans, dates or other numbers, and what it breaks at."""

from typing import Any

import pytest
import yaml

from pipeline import plain_yaml


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("off", "off"),
        ("no", "no"),
        ("Yes", "Yes"),
        ("y", "y"),
        ("on", "on"),
        ("true", True),
        ("False", False),
        ("3", 3),
        ("0.5", 0.5),
        ("~", None),
        ("'true'", "true"),
        ("2024-01-01", "2024-01-01"),
        ("2024-02-30", "2024-02-30"),
        ("0", 0),
        ("-12", -12),
        ("1_000", 1_000),
        ("0x1f", 31),
        ("010", "010"),
        ("0b11", "0b11"),
        ("1:30", "1:30"),
    ],
)
def test_only_true_and_false_are_booleans_and_a_date_or_a_padded_number_is_a_word(
    written: str, read: Any
) -> None:
    assert plain_yaml.load(f"key: {written}") == {"key": read}


@pytest.mark.parametrize(
    "text", ["a: 1\nb: 2\na: 3", "b:\n  a: 1\n  a: {c: 2}", "[{a: 1, 'a': 2}]"]
)
def test_a_key_that_stands_twice_is_refused(text: str) -> None:
    with pytest.raises(yaml.YAMLError, match=r"the key 'a' stands twice\n.*line [13]"):
        plain_yaml.load(text)


def test_a_key_may_stand_in_two_sections_and_beside_what_is_merged() -> None:
    text = "first: &first {a: 1, b: 2}\nsecond: {<<: *first, a: 3}"
    assert plain_yaml.load(text)["second"] == {"a": 3, "b": 2}
    assert plain_yaml.load("{<<: {a: 1}, <<: {b: 2}}") == {"a": 1, "b": 2}
    assert plain_yaml.load("{1: a, '1': b}") == {1: "a", "1": "b"}


@pytest.mark.parametrize(
    "text",
    ["0x_", "9" * 5_000, "[" * 3_000, "!!bool x", "!!timestamp x"],
    ids=["0x_", "digits", "deep", "bool", "timestamp"],
)
def test_what_the_library_breaks_at_is_no_yaml(text: str) -> None:
    with pytest.raises(yaml.YAMLError):
        plain_yaml.load(text)
