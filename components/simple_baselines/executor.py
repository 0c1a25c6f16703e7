"""Reads the rows, fits the baselines and writes down what they say."""

from itertools import islice
from typing import Any, Final

from tfx.dsl.components.base.base_executor import BaseExecutor
from tfx.dsl.io import fileio
from tfx.types import Artifact, artifact_utils

from components.examples import labelled_rows
from components.simple_baselines import fitting, predictions
from components.text_example_gen.source import Columns

EXAMPLES_KEY: Final = "examples"
BASELINES_KEY: Final = "baselines"
COLUMNS_KEY: Final = "columns"
DIGEST_KEY: Final = "digest"

TRAIN_SPLIT: Final = "train"
EVAL_SPLIT: Final = "eval"

Artifacts = dict[str, list[Artifact]]


class Executor(BaseExecutor):
    """Writes `predictions.parquet` and `baselines.json`."""

    def Do(  # noqa: N802 - TFX's name
        self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]
    ) -> None:
        """Fill the output artifact; its properties tell each baseline's share of right answers.

        Raises:
            ValueError: If the train split has no labelled row.
        """
        columns = Columns.model_validate_json(exec_properties[COLUMNS_KEY])
        examples = artifact_utils.get_single_instance(input_dict[EXAMPLES_KEY])
        output = artifact_utils.get_single_instance(output_dict[BASELINES_KEY])
        found, summary = _fitted(examples, columns)
        fileio.makedirs(output.uri)
        predictions.write(output.uri, found, summary)
        output.set_int_custom_property("train_rows", summary.train_rows)
        for name, predicted in found.predicted.items():
            right = sum(map(str.__eq__, predicted, found.actual))
            share = right / max(len(found.actual), 1)
            output.set_float_custom_property(f"accuracy_{name}", share)


def _fitted(
    examples: Artifact, columns: Columns
) -> tuple[predictions.Predictions, predictions.Summary]:
    rows = labelled_rows(examples, TRAIN_SPLIT, columns)
    read = list(islice(rows, fitting.MOST_TRAIN_ROWS))
    if not read:
        raise ValueError(
            f"split {TRAIN_SPLIT!r}: expected labelled rows, found none; "
            f"check data.columns.label, which is {columns.label!r}"
        )
    train = read[: fitting.most_rows(len({row.label for row in read}))]
    left_out = len(read) - len(train) + sum(1 for _ in rows)
    evaluation = list(labelled_rows(examples, EVAL_SPLIT, columns))
    found = fitting.answers(
        [row.text for row in train], [row.label for row in train], [row.text for row in evaluation]
    )
    return (
        predictions.Predictions(
            origins=[row.origin for row in evaluation],
            actual=[row.label for row in evaluation],
            predicted={name: answer.labels.tolist() for name, answer in found.items()},
        ),
        predictions.Summary(
            train_rows=len(train),
            train_rows_left_out=left_out,
            fit_s={name: round(answer.fit_s, 3) for name, answer in found.items()},
            predict_s={name: round(answer.predict_s, 3) for name, answer in found.items()},
        ),
    )
