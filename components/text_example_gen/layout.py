"""How the files of one split are written, with every default filled in."""

import unicodedata
from collections.abc import Callable, Collection
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePosixPath
from typing import Final, Literal

from components.text_example_gen.source import Columns, Encoding, Format, TextSource, Unlabelled

Kind = Literal["text", "label", "key", "str", "int", "float"]
"""What a value must be; `key` is an id or a day, which may be missing."""

MAX_TOLD_NAMES: Final = 10
"""Names of columns or files in a message: enough to spot a slip of the pen."""

ENDINGS: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".txt": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}


@dataclass(frozen=True)
class Column:
    """One column that is read: its name in the file, its name in the examples, what it holds.

    The name in the file is composed, as the file's own names are before they are compared.
    """

    name: str
    feature: str
    kind: Kind

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", composed(self.name))


@dataclass(frozen=True)
class Layout:
    """How to read the files of one split. `format` none: each file's ending tells."""

    format: Format | None
    encoding: Encoding
    delimiter: str | None
    quoting: bool
    header: bool
    names: tuple[str, ...]
    columns: tuple[Column, ...]


def composed(name: str) -> str:
    """Return a name in the Unicode form NFC: macOS and some tools write Hangul as single jamo."""
    return unicodedata.normalize("NFC", name)


def labelled(source: TextSource) -> Layout:
    """Return the layout of the training and evaluation files."""
    return _layout(source, _labelled_columns(source.columns))


def unlabelled(source: TextSource, part: Unlabelled) -> Layout:
    """Return the layout of the unlabelled files; their features bear the labelled ones' names."""
    text = source.columns.text
    columns = [Column(part.text or text, text, "text")]
    name = part.id or (source.columns.id if part.exclude else None)
    if name:
        columns.append(Column(name, source.columns.id or name, "key"))
    alike = source.is_written_alike(part)
    return Layout(
        format=part.format or source.format,
        encoding=part.encoding or source.encoding,
        delimiter=part.delimiter or (source.delimiter if alike else None),
        quoting=source.quoting if part.quoting is None else part.quoting,
        header=source.header if part.header is None else part.header,
        names=part.names or (source.names if alike else ()),
        columns=tuple(columns),
    )


def excluded(source: TextSource, part: Unlabelled) -> Layout:
    """Return the layout of the files whose ids are left out: written as the labelled ones are."""
    name = source.columns.id or part.id or ""
    return _layout(source, (Column(name, name, "key"),))


def format_of(path: str, layout: Layout) -> Format:
    """Return the format of one file.

    Raises:
        ValueError: If neither the layout nor the file's ending tells it.
    """
    if layout.format:
        return layout.format
    ending = PurePosixPath(path.removesuffix(".gz")).suffix.lower()
    if ending not in ENDINGS:
        known = ", ".join(ENDINGS)
        raise ValueError(f"{path}: the ending tells no format (known: {known}); set data.format")
    return ENDINGS[ending]


def _layout(source: TextSource, columns: tuple[Column, ...]) -> Layout:
    return Layout(
        format=source.format,
        encoding=source.encoding,
        delimiter=source.delimiter,
        quoting=source.quoting,
        header=source.header,
        names=source.names,
        columns=columns,
    )


def _labelled_columns(columns: Columns) -> tuple[Column, ...]:
    keys = [name for name in (columns.id, columns.date) if name]
    return (
        Column(columns.text, columns.text, "text"),
        Column(columns.label, columns.label, "label"),
        *(Column(name, name, "key") for name in keys),
        *(Column(name, name, kind) for name, kind in columns.side.items()),
    )


def few(names: Collection[str], show: Callable[[str], str] = repr) -> str:
    """Return names for a message: the first ten, and how many more there are."""
    more = len(names) - MAX_TOLD_NAMES
    return ", ".join(map(show, islice(names, MAX_TOLD_NAMES))) + f" and {more} more" * (more > 0)
