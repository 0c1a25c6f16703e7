"""Words that YAML 1.1 takes for booleans."""

from typing import Any

import pytest

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
    ],
)
def test_only_true_and_false_are_booleans(written: str, read: Any) -> None:
    assert plain_yaml.load(f"key: {written}") == {"key": read}
