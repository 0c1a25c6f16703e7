"""The baselines' predictions on disk: a table of the eval rows, and how they were made."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq
from tfx.dsl.io import fileio

TABLE_FILE: Final = "predictions.parquet"
SUMMARY_FILE: Final = "baselines.json"

_ORIGIN: Final = "row"
_ACTUAL: Final = "label"
_PREDICTED: Final = "predicted/"


@dataclass(frozen=True, kw_only=True)
class Predictions:
    """What the baselines say of the eval rows, row by row.

    Attributes:
        origins: file and line of each row.
        actual: its label.
        predicted: each baseline's answers, by the baseline's name.
    """

    origins: Sequence[str]
    actual: Sequence[str]
    predicted: Mapping[str, Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class Summary:
    """How the baselines were made.

    Attributes:
        train_rows: rows that they were fitted on.
        train_rows_left_out: rows beyond the cap.
        fit_s: seconds of fitting, by the baseline's name.
        predict_s: seconds of predicting all eval rows.
    """

    train_rows: int
    train_rows_left_out: int
    fit_s: Mapping[str, float]
    predict_s: Mapping[str, float]


def write(folder: str, predictions: Predictions, summary: Summary) -> None:
    """Write both files into a folder that exists."""
    columns = {_ORIGIN: predictions.origins, _ACTUAL: predictions.actual}
    columns |= {f"{_PREDICTED}{name}": v for name, v in predictions.predicted.items()}
    arrays = {name: pa.array(values, pa.string()) for name, values in columns.items()}
    buffer = pa.BufferOutputStream()
    pq.write_table(pa.table(arrays), buffer)
    with fileio.open(f"{folder}/{TABLE_FILE}", "wb") as file:
        file.write(buffer.getvalue().to_pybytes())
    with fileio.open(f"{folder}/{SUMMARY_FILE}", "w") as file:
        file.write(json.dumps(asdict(summary), indent=2) + "\n")


def read(folder: str) -> Predictions:
    """Read the table that `write` wrote."""
    with fileio.open(f"{folder}/{TABLE_FILE}", "rb") as file:
        table = pq.read_table(pa.BufferReader(file.read()))
    columns = {name: table.column(name).to_pylist() for name in table.column_names}
    origins, actual = columns.pop(_ORIGIN), columns.pop(_ACTUAL)
    predicted = {name.removeprefix(_PREDICTED): values for name, values in columns.items()}
    return Predictions(origins=origins, actual=actual, predicted=predicted)


def read_summary(folder: str) -> Summary:
    """Read how the baselines were made."""
    with fileio.open(f"{folder}/{SUMMARY_FILE}") as file:
        return Summary(**json.loads(file.read()))
