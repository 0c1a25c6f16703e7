"""Guesses the `data` section of a configuration from one file, and says why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from components.text_example_gen import layout, sniff_columns
from components.text_example_gen.layout import Layout
from components.text_example_gen.rows import Bad, read_rows
from components.text_example_gen.sniff_columns import Parts
from components.text_example_gen.sniff_file import look_at
from components.text_example_gen.source import Columns, Encoding, Format, SideType, TextSource


@dataclass(frozen=True)
class Guess:
    """How a file seems to be written, and what its columns seem to be.

    Attributes:
        names: The columns in their order; made up where there is no header.
        labels: The distinct labels, sorted; empty where no column looks like one.
        rows: Rows that can be used.
        bad_rows: Rows that would go to quarantine.
        why: One sentence for each choice, by its field's name.
    """

    path: str
    format: Format
    encoding: Encoding
    delimiter: str | None
    quoting: bool
    header: bool
    names: tuple[str, ...]
    text: str
    label: str | None
    id: str | None
    date: str | None
    side: dict[str, SideType]
    labels: tuple[str, ...]
    rows: int
    bad_rows: int
    why: dict[str, str]

    def source(self) -> TextSource:
        """Return the `data` section that the guess amounts to.

        Raises:
            ValueError: If no column looks like a label.
        """
        if self.label is None:
            raise ValueError(f"{self.path}: {self.why['label']}; name the label column")
        table = self.format in ("csv", "tsv")
        return TextSource(
            train=self.path,
            format=self.format,
            encoding=self.encoding,
            delimiter=self.delimiter,
            quoting=self.quoting,
            header=self.header,
            names=self.names if table and not self.header else (),
            columns=Columns(
                text=self.text, label=self.label, id=self.id, date=self.date, side=self.side
            ),
        )


def guess(path: str, text: str | None = None, label: str | None = None) -> Guess:
    """Return how a local file is written and which columns to use.

    Args:
        path: The file, gzipped or not.
        text: The text column; none: guessed.
        label: The label column; none: guessed.

    Raises:
        ValueError: If the file holds no row that can be used, or a named column is not there.
        OSError: If the file cannot be read.
    """
    text, label = (layout.composed(name) if name else None for name in (text, label))
    written = look_at(path, [name for name in (text, label) if name])
    if written.header:
        parts = sniff_columns.parts_of(written.sample, text, label)
        names = tuple(written.sample)
    else:
        parts, names = _named(written.sample, text or "text", label or "label")
        if label and not parts.label:
            raise ValueError(
                f"{path}: the first row names no column {label!r} ({written.why['header']}), and "
                f"{parts.why['label']}; write the columns' names into the first row"
            )
    found = Guess(
        path=path,
        format=written.format,
        encoding=written.encoding,
        delimiter=written.delimiter,
        quoting=written.quoting,
        header=written.header,
        names=names,
        text=parts.text,
        label=parts.label,
        id=parts.id,
        date=parts.date,
        side=parts.side,
        labels=(),
        rows=0,
        bad_rows=0,
        why=written.why | parts.why,
    )
    return _counted(found)


def _named(
    sample: Mapping[str, Sequence[object]], text: str, label: str
) -> tuple[Parts, tuple[str, ...]]:
    """Return the parts of columns without a header, and a name for each by its part."""
    found = sniff_columns.parts_of(sample, None, None)
    parts = {found.text: text, found.label: label, found.id: "id", found.date: "date"}
    names = tuple(parts.get(name, name) for name in sample)
    named = replace(
        found,
        text=text,
        label=label if found.label else None,
        id="id" if found.id else None,
        date="date" if found.date else None,
    )
    return named, names


def _counted(found: Guess) -> Guess:
    """Return the guess with what one pass over the whole file counts."""
    labels: set[object] = set()
    good = bad = 0
    first = ""
    with open(found.path, "rb") as stream:
        for row in read_rows(stream, _layout(found), file=found.path):
            if isinstance(row, Bad):
                bad += 1
                first = first or f"line {row.line}: {row.reason}"
            else:
                good += 1
                labels.add(row.values.get(found.label or ""))
    if not good:
        raise ValueError(
            f"{found.path}: none of the {bad} rows can be used; {first}; "
            "name other columns or mend the file"
        )
    told = tuple(sorted(map(str, labels))) if found.label else ()
    why = f"{good} rows can be used, {bad} would go to quarantine"
    why += f"; {first}" if first else ""
    return replace(found, labels=told, rows=good, bad_rows=bad, why=found.why | {"rows": why})


def _layout(found: Guess) -> Layout:
    if found.label:
        return layout.labelled(found.source())
    return Layout(
        format=found.format,
        encoding=found.encoding,
        delimiter=found.delimiter,
        quoting=found.quoting,
        header=found.header,
        names=() if found.header else found.names,
        columns=(layout.Column(found.text, found.text, "text"),),
    )
