"""A first schema with comments on what a person should look at before it becomes the contract."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from components.text_example_gen.source import Columns
from pipeline.drafts import schema_proto, write_schema
from pipeline.schema_contract.observed import Observed

MOSTLY_EMPTY: Final = 0.5
"""A column that fewer of the rows have tells little; it may be the wrong one."""


def first_schema(columns: Columns, seen: Observed, *, fewest_rows: float) -> str:
    """Write a schema of what was seen.

    Args:
        columns: the parts that the columns play.
        seen: what the rows hold.
        fewest_rows: rows of a label below which the data gate complains.

    Raises:
        ValueError: no row can be used, so there is nothing to draft from.
    """
    if not seen.rows:
        raise ValueError(
            f"no row can be used ({seen.bad_rows:,} are bad): check data.encoding, data.delimiter "
            "and data.columns; `malmoi run` names the rows"
        )
    labels = sorted(seen.labels)
    schema = schema_proto(columns, labels)
    return write_schema(
        schema,
        rows=seen.rows,
        heading=[f"{seen.bad_rows:,} rows were left out: they cannot be used."]
        if seen.bad_rows
        else [],
        features={
            columns.label: list(label_remarks(seen.labels, fewest_rows=fewest_rows)),
            **{name: list(_empty(name, seen)) for name in columns.named()[2:]},
        },
        values={label: f"{count:,} rows" for label, count in seen.labels.items()},
    )


def label_remarks(labels: Mapping[str, int], *, fewest_rows: float) -> Iterator[str]:
    """Tell which labels look wrong: one name written twice, or hardly any rows."""
    if len(labels) < 2:
        yield "REVIEW: there is one label only; with one there is nothing to learn."
    alike = defaultdict(list)
    for label in labels:
        alike[_skeleton(label)].append(label)
    for group in alike.values():
        if len(group) > 1:
            named = ", ".join(f"{label!r} ({labels[label]:,})" for label in sorted(group))
            yield (
                "REVIEW: these differ only by case, blanks, hyphens or width, and may be one: "
                f"{named}."
            )
    for label, rows in sorted(labels.items()):
        if rows < fewest_rows:
            yield (
                f"REVIEW: label {label!r} has {rows:,} rows, of which some go to the eval split; "
                f"the gate asks for {fewest_rows:g} in train."
            )


def _empty(name: str, seen: Observed) -> Iterator[str]:
    share = seen.filled[name] / seen.rows
    if share < MOSTLY_EMPTY:
        yield f"REVIEW: {share:.1%} of the rows have it; is it the right column, and needed?"


def _skeleton(label: str) -> str:
    """Take from a label what people vary without meaning to."""
    return re.sub(r"[\s_-]+", "", unicodedata.normalize("NFKC", label).casefold())
