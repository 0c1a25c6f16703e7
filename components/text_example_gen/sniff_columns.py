"""Guesses which column plays which part, from the names and from a sample of the values."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from components.text_example_gen.layout import Column, Kind, few
from components.text_example_gen.source import SideType
from components.text_example_gen.values import BadValueError, value_of

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
_INT = re.compile(r"[+-]?\d+", re.ASCII)
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


@dataclass(frozen=True)
class _Cells:
    """A column's values as text, and each distinct value with the number of its cells."""

    written: Sequence[str]
    distinct: Sequence[tuple[object, int]]


def parts_of(sample: Mapping[str, Sequence[object]], text: str | None, label: str | None) -> Parts:
    """Return the parts of the columns of a sample.

    Args:
        sample: Each column's first values; all have the same number, but a column has none whose
            name stands more than once.
        text: The text column, where the user named it.
        label: The label column, where the user named it.

    Raises:
        ValueError: If a named column is not there.
    """
    for asked in (text, label):
        if asked is not None and asked not in sample:
            raise ValueError(f"no column {asked!r}; the file has {few(sample)}")
    why = {part: "named by the user" for part, name in (("text", text), ("label", label)) if name}
    rest = {name: _cells(sample[name]) for name in sample if name not in (text, label)}
    text = text or _text(rest, why, spare=named(rest, LABEL_NAMES) if label is None else None)
    rest.pop(text, None)
    label = label or _label(rest, why)
    rest.pop(label or "", None)
    date = _first(rest, _is_day, why, part="date", reason="every value is a day")
    rest.pop(date or "", None)
    key = _first(rest, _is_id, why, part="id", reason="its values are short and all different")
    rest.pop(key or "", None)
    return Parts(text, label, key, date, _side(rest, why), why)


def named(names: Iterable[str], known: Sequence[str]) -> str | None:
    """Return the first of the names that is a known one, in large or small letters."""
    return next((name for name in names if name.lower() in known), None)


def _text(sample: Mapping[str, _Cells], why: dict[str, str], *, spare: str | None) -> str:
    if name := named(sample, TEXT_NAMES):
        why["text"] = f"{name!r} is a usual name for it"
        return name
    lengths = {
        name: sum(map(len, cells.written)) / max(1, len(cells.written))
        for name, cells in sample.items()
        if name != spare
    }
    if not lengths:
        raise ValueError("there is no column left for the text; name it")
    name = _fitting(sorted(lengths, key=lengths.__getitem__, reverse=True), sample, "text")
    why["text"] = f"{name!r} has the longest values, {lengths[name]:.0f} characters on average"
    return name


def _label(sample: Mapping[str, _Cells], why: dict[str, str]) -> str | None:
    if name := named(sample, LABEL_NAMES):
        why["label"] = f"{name!r} is a usual name for it"
        return name
    distinct = {
        name: kinds
        for name, cells in sample.items()
        if 2 <= (kinds := len(set(cells.written))) <= min(MAX_LABELS, len(cells.written) // 2)
        and not _is_day(cells)
    }
    if not distinct:
        why["label"] = "no column has few values that repeat"
        return None
    name = _fitting(sorted(distinct, key=distinct.__getitem__), sample, "label")
    why["label"] = f"{name!r} has the fewest distinct values, {distinct[name]}"
    return name


def _first(
    sample: Mapping[str, _Cells],
    test: Callable[[_Cells], bool],
    why: dict[str, str],
    *,
    part: str,
    reason: str,
) -> str | None:
    name = next((name for name, cells in sample.items() if test(cells)), None)
    why[part] = f"{name!r}: {reason}" if name else "no column looks like it"
    return name


def _is_day(cells: _Cells) -> bool:
    written = cells.written
    return bool(written) and all(_DAY.fullmatch(value.strip()) for value in written)


def _is_id(cells: _Cells) -> bool:
    written = cells.written
    short = all(0 < len(cell) <= MAX_ID_CHARS and not re.search(r"\s", cell) for cell in written)
    number = all(_FLOAT.fullmatch(cell) and not _INT.fullmatch(cell) for cell in written)
    different = len(set(written)) == len(written) > 1
    return short and not number and different and _read(cells, "key") == len(written)


def _side(sample: Mapping[str, _Cells], why: dict[str, str]) -> dict[str, SideType]:
    found = {name: _side_type(cells) for name, cells in sample.items()}
    side = {name: kind for name, kind in found.items() if kind}
    told = [f"{name!r} holds {kind} values" for name, kind in side.items()]
    left_out: dict[str, list[str]] = {}
    for name in [name for name in sample if name not in side]:
        left_out.setdefault(_fault(sample[name]), []).append(name)
    told += [f"left out, as {fault}: {few(names)}" for fault, names in left_out.items()]
    why["side"] = "; ".join(told) or "no column is left"
    return side


def _fault(cells: _Cells) -> str:
    """Say why a column is none of the side columns."""
    if not cells.written:
        return "named more than once"
    return "no numbers and no small set of words" if any(map(str.strip, cells.written)) else "empty"


def _side_type(cells: _Cells) -> SideType | None:
    written = [cell.strip() for cell in cells.written]
    kind: SideType
    if all(map(_INT.fullmatch, written)):
        kind = "int"
    elif all(map(_FLOAT.fullmatch, written)):
        kind = "float"
    elif len(set(written)) <= min(MAX_SIDE_VALUES, len(written) // 2):
        kind = "str"
    else:
        return None
    return kind if any(written) and _read(cells, kind) == len(written) else None


def _cells(values: Sequence[object]) -> _Cells:
    written = ["" if value is None else str(value) for value in values]
    keys = list(zip(map(type, values), written, strict=True))  # 1, True and "1" are three values
    value_of_key = dict(zip(keys, values, strict=True))
    return _Cells(written, [(value_of_key[key], count) for key, count in Counter(keys).items()])


def _fitting(names: Sequence[str], sample: Mapping[str, _Cells], kind: Kind) -> str:
    """Return the first column of which most filled cells can be read as of a kind, or the first."""
    return next((n for n in names if _mostly(sample[n], kind)), names[0])


def _mostly(cells: _Cells, kind: Kind) -> bool:
    return 2 * _read(cells, kind) > sum(map(bool, cells.written))


def _read(cells: _Cells, kind: Kind) -> int:
    """Return how many of the cells can be read as of a kind."""
    column = Column("", "", kind)
    return sum(count for value, count in cells.distinct if _reads(value, column))


def _reads(value: object, column: Column) -> bool:
    try:
        value_of(value, column)
    except BadValueError:
        return False
    return True
