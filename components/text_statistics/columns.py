"""The names of the profile columns, derived from the name of the text column."""

from typing import Final

CHARACTERS: Final = "characters"
TOKENS: Final = "tokens"
OUT_OF_VOCABULARY: Final = "out_of_vocabulary"
SCRIPTS: Final = ("hangul", "jamo", "latin", "digits", "han", "kana", "emoji", "other")
NEAR_EMPTY: Final = "near_empty"
OVER_LONG: Final = "over_long"
FREQUENT_TOKENS: Final = "frequent_tokens"

LENGTHS: Final = (CHARACTERS, TOKENS)
"""Whole numbers from 0."""

SHARES: Final = (*SCRIPTS, OUT_OF_VOCABULARY)
"""Numbers from 0 to 1."""

FLAGS: Final = (NEAR_EMPTY, OVER_LONG)
"""`yes` or `no`."""

YES: Final = "yes"
NO: Final = "no"

MEASURED_WITH: Final = "malmoi/measured_with"
"""Custom statistic of a column whose figures depend on a setting: the setting, to compare by."""


def profile_column(text_column: str, measure: str) -> str:
    """Name the profile column of a text column, such as `text/characters`."""
    return f"{text_column}/{measure}"
