"""A labelled file that no run has seen: how well the pushed model does on it."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from components.text_example_gen import layout
from components.text_example_gen.rows import Bad, read_rows
from components.text_example_gen.source import TextSource
from pipeline.released import ReleasedModel


class UnusableFileError(Exception):
    """No row of the file can be evaluated."""


@dataclass(frozen=True, kw_only=True)
class LabelScore:
    """How well one label is found.

    Attributes:
        label: its name.
        precision: share of right ones among the rows given this label.
        recall: share of this label's rows that were given it.
        f1: harmonic mean of the two.
        rows: rows that carry it.
    """

    label: str
    precision: float
    recall: float
    f1: float
    rows: int


@dataclass(frozen=True, kw_only=True)
class Score:
    """How well a model does.

    Attributes:
        version: the pushed version.
        rows: rows judged.
        unusable: rows left out because they could not be read.
        accuracy: share of rows whose best label is the right one.
        macro_f1: mean of the F1 of all labels that were given or carried.
        labels: the table by label, the most frequent first.
    """

    version: int
    rows: int
    unusable: int
    accuracy: float
    macro_f1: float
    labels: tuple[LabelScore, ...]

    def to_dict(self) -> dict[str, object]:
        """Return plain values for JSON."""
        return asdict(self)


def score_file(model: ReleasedModel, path: Path, source: TextSource) -> Score:
    """Classify the rows of a file and compare.

    Args:
        model: the pushed model.
        path: the file, written as the configuration's training rows are.
        source: the configuration's `data`; only text and label columns are needed.

    Raises:
        OSError: the file cannot be read.
        ValueError: it lacks a column, or is not written as configured.
        UnusableFileError: not one row can be used; names the first reason.
    """
    bad: list[Bad] = []
    pairs = list(_labelled_texts(path, source, bad))
    if not pairs:
        reason = f"{bad[0].file}:{bad[0].line}: {bad[0].reason}" if bad else "the file has no row"
        raise UnusableFileError(f"{path}: no row can be evaluated; first reason: {reason}")
    texts, actual = zip(*pairs, strict=True)
    predicted = [ranked[0][0] for ranked in model.classify(texts)]
    return _score(actual, predicted, version=model.version, unusable=len(bad))


def _labelled_texts(path: Path, source: TextSource, bad: list[Bad]) -> Iterator[tuple[str, str]]:
    """Yield text and label of every good row and collect the others."""
    how = layout.labelled(source)
    how = replace(how, columns=how.columns[:2])  # text and label stand first
    with path.open("rb") as stream:
        for row in read_rows(stream, how, file=str(path)):
            if isinstance(row, Bad):
                bad.append(row)
            else:
                values = row.values
                yield str(values[source.columns.text]), str(values[source.columns.label])


def _score(
    actual: Sequence[str], predicted: Sequence[str], *, version: int, unusable: int
) -> Score:
    from sklearn.metrics import accuracy_score, precision_recall_fscore_support

    names = sorted({*actual, *predicted})
    table = zip(
        names,
        *precision_recall_fscore_support(actual, predicted, labels=names, zero_division=0.0),
        strict=True,
    )
    labels = [
        LabelScore(label=name, precision=float(p), recall=float(r), f1=float(f1), rows=int(rows))
        for name, p, r, f1, rows in table
    ]
    return Score(
        version=version,
        rows=len(actual),
        unusable=unusable,
        accuracy=float(accuracy_score(actual, predicted)),
        macro_f1=sum(label.f1 for label in labels) / len(labels),
        labels=tuple(sorted(labels, key=lambda label: (-label.rows, label.label))),
    )
