"""Fetches the export and training's answers, and writes the blessing."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import tensorflow_transform as tft
from tfx.dsl.components.base.base_executor import BaseExecutor
from tfx.types import Artifact, artifact_utils
from tfx.utils import io_utils, path_utils

from components.canary import golden
from components.canary.flight import Questions, fly
from components.canary.record import RECORD_FILE, SERVER_LOG, Record
from components.canary.settings import CanarySettings
from components.examples import labelled_rows
from components.text_example_gen.source import Columns
from trainer.golden import Features
from trainer.golden import read as read_golden

BLESSED_FILE: Final = "INFRA_BLESSED"
NOT_BLESSED_FILE: Final = "INFRA_NOT_BLESSED"
BLESSED_PROPERTY: Final = "blessed"
"""The names that TFX's InfraValidator gives them and its Pusher looks for."""

EVAL_SPLIT: Final = "eval"

_ROWS_READ: Final = 1_024
"""Eval rows that are read and transformed at once; a sixteenth of a large split usually does."""

Artifacts = dict[str, list[Artifact]]


class Executor(BaseExecutor):
    """Writes `canary.json`, the server's log, and TFX's mark of a blessing."""

    def Do(  # noqa: N802 - TFX's name
        self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]
    ) -> None:
        """Fly the canary and publish what it saw.

        Raises:
            FileNotFoundError: the settings want a server that is not on PATH.
            ValueError: training's answers cannot be read.
        """
        settings = CanarySettings.model_validate_json(exec_properties["settings"])
        columns = Columns.model_validate_json(exec_properties["columns"])
        blessing = artifact_utils.get_single_instance(output_dict["blessing"])
        questions = _questions(input_dict, columns, rows=settings.golden_rows)
        with TemporaryDirectory(prefix="canary-") as folder:
            export, log = Path(folder, "export"), Path(folder, SERVER_LOG)
            (model,) = input_dict["model"]
            old = path_utils.is_old_model_artifact(model)
            io_utils.copy_dir(path_utils.serving_model_path(model.uri, old), str(export))
            record = fly(export, questions, settings, log=log)
            if log.exists():
                io_utils.copy_file(str(log), f"{blessing.uri}/{SERVER_LOG}", overwrite=True)
        _publish(record, blessing)


def _questions(inputs: Artifacts, columns: Columns, *, rows: int) -> Questions:
    """Find texts that training has answered."""
    known = read_golden(artifact_utils.get_single_uri(inputs["model_run"]))
    graph = tft.TFTransformOutput(artifact_utils.get_single_uri(inputs["transform_graph"]))
    keys = Features(graph, columns.text).keys
    hostile = golden.hostile_cases(known, keys)
    examples = artifact_utils.get_single_instance(inputs["examples"])
    drawn = golden.eval_cases(_eval_rows(examples, columns), known, keys, rows=rows)
    return Questions(
        hostile=hostile,
        drawn=drawn,
        labels=known.labels,
        text_column=columns.text,
        faults=golden.missing(known, hostile=hostile, drawn=drawn, rows=rows),
    )


def _eval_rows(examples: Artifact, columns: Columns) -> Iterator[list[golden.Row]]:
    rows = labelled_rows(examples, EVAL_SPLIT, columns)
    while chunk := [golden.Row(r.origin, r.text.encode()) for r in islice(rows, _ROWS_READ)]:
        yield chunk


def _publish(record: Record, blessing: Artifact) -> None:
    io_utils.write_string_file(f"{blessing.uri}/{RECORD_FILE}", record.to_json())
    mark = BLESSED_FILE if record.blessed else NOT_BLESSED_FILE
    io_utils.write_string_file(f"{blessing.uri}/{mark}", "")
    blessing.set_int_custom_property(BLESSED_PROPERTY, int(record.blessed))
    if record.server is not None:
        blessing.set_string_custom_property("backend", record.server.backend)
        blessing.set_string_custom_property("server", record.server.in_words())
