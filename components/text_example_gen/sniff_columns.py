"""Guesses which column plays which part, from the names and from a sample of the values."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from components.text_example_gen.source import SideType

TEXT_NAMES: Final = (
    *("text", "document", "sentence", "content", "review", "comment", "utterance", "message"),
    *("텍스트", "본문", "내용", "문장", "리뷰", "댓글", "문의", "발화"),
)
LABEL_NAMES: Final = (
    *("label", "labels", "class", "category", "target", "sentiment", "intent", "topic"),
    *("라벨", "레이블", "분류", "카테고리", "범주", "유형", "감성", "의도"),
)

MAX_LABELS: Final = 1_000
"""More distinct values are no classes but values of their own."""

MAX_SIDE_VALUES: Final = 50
"""A side column of text has a small set of values, such as a channel or a grade."""

MAX_ID_CHARS: Final = 64
"""An id, a UUID's 36 signs included, is shorter."""

_DAY = re.compile(r"(19|20)\d\d([-./]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])([ T].*)?")
_INT = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_FLOAT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


@dataclass(frozen=True)
class Parts:
    """Which column plays which part; `why` has a sentence for each."""

    text: str
    label: str | None
    id: str | None
    date: str | None
    side: dict[str, SideType]
    why: dict[str, str]


def parts_of(sample: Mapping[str, Sequence[str]], text: str | None, label: str | None) -> Parts:
    """Return the parts of the columns of a sample.

    Args:
        sample: Each column's first values; all have the same number.
        text: The text column, where the user named it.
        label: The label column, where the user named it.

    Raises:
        ValueError: If a named column is not there.
    """
    for asked in (text, label):
        if asked is not None and asked not in sample:
            there = ", ".join(map(repr, sample))
            raise ValueError(f"no column {asked!r}; the file has {there}")
    why = {part: "named by the user" for part, name in (("text", text), ("label", label)) if name}
    rest = {name: values for name, values in sample.items() if name not in (text, label)}
    text = text or _text(rest, why, spare=_named(rest, LABEL_NAMES) if label is None else None)
    rest.pop(text, None)
    label = label or _label(rest, why)
    rest.pop(label or "", None)
    date = _first(rest, _is_day, why, part="date", reason="every value is a day")
    rest.pop(date or "", None)
    key = _first(rest, _is_id, why, part="id", reason="its values are short and all different")
    rest.pop(key or "", None)
    return Parts(text, label, key, date, _side(rest, why), why)


def _named(sample: Mapping[str, Sequence[str]], known: Sequence[str]) -> str | None:
    return next((name for name in sample if name.lower() in known), None)


def _text(sample: Mapping[str, Sequence[str]], why: dict[str, str], *, spare: str | None) -> str:
    if name := _named(sample, TEXT_NAMES):
        why["text"] = f"{name!r} is a usual name for it"
        return name
    lengths = {
        name: sum(map(len, values)) / max(1, len(values))
        for name, values in sample.items()
        if name != spare
    }
    if not lengths:
        raise ValueError("there is no column left for the text; name it")
    name = max(lengths, key=lambda column: lengths[column])
    why["text"] = f"{name!r} has the longest values, {lengths[name]:.0f} characters on average"
    return name


def _label(sample: Mapping[str, Sequence[str]], why: dict[str, str]) -> str | None:
    if name := _named(sample, LABEL_NAMES):
        why["label"] = f"{name!r} is a usual name for it"
        return name
    distinct = {
        name: len(set(values))
        for name, values in sample.items()
        if 2 <= len(set(values)) <= min(MAX_LABELS, len(values) // 2) and not _is_day(name, values)
    }
    if not distinct:
        why["label"] = "no column has few values that repeat"
        return None
    name = min(distinct, key=lambda column: distinct[column])
    why["label"] = f"{name!r} has the fewest distinct values, {distinct[name]}"
    return name


def _first(
    sample: Mapping[str, Sequence[str]],
    test: Callable[[str, Sequence[str]], bool],
    why: dict[str, str],
    *,
    part: str,
    reason: str,
) -> str | None:
    name = next((name for name, values in sample.items() if test(name, values)), None)
    why[part] = f"{name!r}: {reason}" if name else "no column looks like it"
    return name


def _is_day(_name: str, values: Sequence[str]) -> bool:
    return bool(values) and all(_DAY.fullmatch(value.strip()) for value in values)


def _is_id(_name: str, values: Sequence[str]) -> bool:
    short = all(0 < len(v) <= MAX_ID_CHARS and not re.search(r"\s", v) for v in values)
    number = all(_FLOAT.fullmatch(value) and not _INT.fullmatch(value) for value in values)
    return short and not number and len(set(values)) == len(values) > 1


def _side(sample: Mapping[str, Sequence[str]], why: dict[str, str]) -> dict[str, SideType]:
    found = {name: _side_type(values) for name, values in sample.items()}
    left_out = [name for name, kind in found.items() if kind is None]
    side = {name: kind for name, kind in found.items() if kind}
    why["side"] = ", ".join(f"{name!r} holds {kind} values" for name, kind in side.items())
    if left_out:
        names = ", ".join(map(repr, left_out))
        why["side"] += f"{'; ' if side else ''}left out, of too many kinds of values: {names}"
    why["side"] = why["side"] or "no column is left"
    return side


def _side_type(values: Sequence[str]) -> SideType | None:
    if values and all(_INT.fullmatch(value.strip()) for value in values):
        return "int"
    if values and all(_FLOAT.fullmatch(value.strip()) for value in values):
        return "float"
    return "str" if len(set(values)) <= min(MAX_SIDE_VALUES, len(values) // 2) else None
