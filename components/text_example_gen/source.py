"""The `data` section of the configuration: where the rows lie and how they are written."""

from collections.abc import Iterator
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from components.provenance import ROW_FEATURE
from components.text_example_gen import spans

Format = Literal["csv", "tsv", "jsonl", "parquet"]
Encoding = Literal["utf-8", "cp949"]
SideType = Literal["str", "int", "float"]

_SELF_DESCRIBING: Final = ("jsonl", "parquet")
_NO_DELIMITERS: Final = ('"', "\n", "\r", "\0")


class Columns(BaseModel):
    """Which column plays which part."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str = Field(description="Column with the text to classify.", min_length=1)
    label: str = Field(
        description="Column with the label; blanks around it are cut off.", min_length=1
    )
    id: str | None = Field(None, description="Column that names a row; `exclude` goes by it.")
    date: str | None = Field(
        None, description="Column with the day of the row; it is only held against the schema."
    )
    side: dict[str, SideType] = Field(
        default_factory=dict,
        description="Further columns for slices, drift and skew, by type; the model reads none.",
    )

    def named(self) -> list[str]:
        """Return every column that is asked for, text and label first."""
        return [name for name in (self.text, self.label, self.id, self.date) if name] + list(
            self.side
        )


class Unlabelled(BaseModel):
    """Text without labels, from which the vocabulary and the word vectors may learn too.

    Everything that is left out is as in the labelled files.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str = Field(description="File or pattern of the unlabelled rows.", min_length=1)
    text: str | None = Field(
        None, description="Column with the text; this and all below, where none: as in `data`."
    )
    id: str | None = Field(None, description="Column that names a row; `exclude` needs it.")
    format: Format | None = Field(None, description="How the rows are written.")
    encoding: Encoding | None = Field(None, description="Encoding of the files.")
    delimiter: str | None = Field(
        None, description="Sign between two cells.", min_length=1, max_length=1
    )
    quoting: bool | None = Field(None, description="Whether a quote may enclose a cell.")
    header: bool | None = Field(None, description="Whether the first row names the columns.")
    names: tuple[str, ...] | None = Field(None, description="Column names where no row does.")
    exclude: tuple[str, ...] = Field(
        (), description="Files whose ids are left out, so that no test row counts."
    )


class TextSource(BaseModel):
    """Labelled text in files, and how to read it. Paths are absolute or have a scheme (gs://)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    train: str = Field(
        description="File or pattern of the training rows; may hold {SPAN}, {VERSION} or {DATE}.",
        min_length=1,
    )
    eval: str | None = Field(
        None, description="File or pattern of the evaluation rows; none: a share of `train`."
    )
    unlabelled: Unlabelled | None = Field(None, description="Further text without labels.")
    served: Unlabelled | None = Field(
        None, description="Texts of requests that were served, to measure train against."
    )
    format: Format | None = Field(
        None, description="How the rows are written; none: by the file's ending before .gz."
    )
    encoding: Encoding = Field(
        "utf-8", description="Encoding of the files; utf-8 may start with a byte order mark."
    )
    delimiter: str | None = Field(
        None,
        description="Sign between two cells; none: a comma in csv, a tab in tsv.",
        min_length=1,
        max_length=1,
    )
    quoting: bool = Field(
        True, description="Whether a quote may enclose a cell; false: it is a sign like any other."
    )
    header: bool = Field(True, description="Whether the first row names the columns.")
    names: tuple[str, ...] = Field((), description="Column names, where `header` is false.")
    columns: Columns = Field(description="Which column plays which part.")
    eval_fraction: float = Field(
        0.1, gt=0, lt=1, description="Share of `train` that is evaluated on, where `eval` is none."
    )
    span: int | None = Field(
        None, ge=0, description="Span to read, for a date the days since 1970; none: the newest."
    )

    @model_validator(mode="after")
    def _fields_fit_together(self) -> "TextSource":
        found = list(faults(self))
        if found:
            raise ValueError("\n".join(found))
        return self

    def is_written_alike(self, part: Unlabelled) -> bool:
        """Tell whether a delimiter and names of the labelled files fit those without labels."""
        return part.format in (None, self.format) and part.header in (None, self.header)


def faults(source: TextSource) -> Iterator[str]:
    """Tell everything that does not fit together, in plain words, one sentence each."""
    yield from _path_faults(source)
    yield from _column_faults(source)
    yield from _table_faults(
        where="",
        written_as=source.format,
        header=source.header,
        names=source.names,
        delimiter=source.delimiter,
    )
    if source.unlabelled:
        yield from _unlabelled_faults(source, source.unlabelled, where="unlabelled.")
    if source.served:
        yield from _unlabelled_faults(source, source.served, where="served.")
        if source.served.exclude:
            yield "served.exclude: requests are compared as they came; drop it"


def _path_faults(source: TextSource) -> Iterator[str]:
    paths = {"train": source.train, "eval": source.eval}
    if source.unlabelled:
        paths["unlabelled.path"] = source.unlabelled.path
        paths |= {f"unlabelled.exclude.{i}": p for i, p in enumerate(source.unlabelled.exclude)}
    if source.served:
        paths["served.path"] = source.served.path
    for name, path in paths.items():
        yield from (f"{name}: {path}: {fault}" for fault in spans.faults(path or ""))
    if source.span is not None and not any(spans.has_span(path or "") for path in paths.values()):
        yield f"span is {source.span}, but no path holds {{SPAN}} or a date to put it into"


def _column_faults(source: TextSource) -> Iterator[str]:
    named = source.columns.named()
    for name in sorted({name for name in named if named.count(name) > 1}):
        yield f"columns: {name!r} plays two parts; each part needs a column of its own"
    ids = [part.id for part in (source.unlabelled, source.served) if part]
    if ROW_FEATURE in [*named, *ids]:
        yield f"columns: {ROW_FEATURE!r} is what each example's row is told by; rename the column"
    if source.names:
        for name in sorted(set(named) - set(source.names)):
            yield f"columns: {name!r} is not among the names {', '.join(source.names)}"


def _unlabelled_faults(source: TextSource, part: Unlabelled, *, where: str) -> Iterator[str]:
    yield from _table_faults(
        where=where,
        written_as=part.format,
        header=source.header if part.header is None else part.header,
        names=part.names or (source.names if source.is_written_alike(part) else ()),
        delimiter=part.delimiter,
    )
    if part.id and not source.columns.id and part.id in source.columns.named():
        yield (
            f"{where}id: the labelled files' column {part.id!r} plays another part; rename the "
            "column of ids, or drop it"
        )
    if part.exclude and not (part.id or source.columns.id):
        yield f"{where}exclude goes by ids: name their column in columns.id"


def _table_faults(
    *,
    where: str,
    written_as: Format | None,
    header: bool,
    names: tuple[str, ...],
    delimiter: str | None,
) -> Iterator[str]:
    if header and names:
        yield f"{where}names are given, but header is true: drop the names or set header to false"
    if not header and not names and written_as not in _SELF_DESCRIBING:
        yield f"{where}header is false: names must list the columns in their order"
    if len(set(names)) < len(names):
        yield f"{where}names lists a column twice: {', '.join(names)}"
    if written_as in _SELF_DESCRIBING and (delimiter or names):
        fields = " and ".join(n for n, v in (("delimiter", delimiter), ("names", names)) if v)
        yield f"{where}{fields} given, but {written_as} needs none: drop what is for csv and tsv"
    if delimiter in _NO_DELIMITERS:
        yield f"{where}delimiter is {delimiter!r}, which cannot stand between two cells"
