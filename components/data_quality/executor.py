"""Runs the Beam pipeline of one DataQuality."""

from typing import Any, Final

from tfx.dsl.components.base import base_beam_executor
from tfx.dsl.io import fileio
from tfx.types import Artifact, artifact_utils

from components.data_quality import stages
from components.data_quality.fingerprints import partition_count
from components.data_quality.reading import SplitFile
from components.data_quality.report import FILE_NAME, Quality
from components.text_example_gen.source import Columns

EXAMPLES_KEY: Final = "examples"
QUALITY_KEY: Final = "quality"
COLUMNS_KEY: Final = "columns"
DIGEST_KEY: Final = "digest"

ROWS_PROPERTY: Final = "rows_kept"
"""TextExampleGen's count of all rows of the examples."""

Artifacts = dict[str, list[Artifact]]


class Executor(base_beam_executor.BaseBeamExecutor):
    """Writes `quality.json`, and its main figures as the artifact's properties."""

    def Do(  # noqa: N802 - TFX's name
        self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]
    ) -> None:
        """Fill the output artifact.

        Raises:
            ValueError: If an example does not tell where its row stands.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        columns = Columns.model_validate_json(exec_properties[COLUMNS_KEY])
        examples = artifact_utils.get_single_instance(input_dict[EXAMPLES_KEY])
        output = artifact_utils.get_single_instance(output_dict[QUALITY_KEY])
        path = f"{output.uri}/{FILE_NAME}"
        self._run(examples, columns, path=path, folder=f"{output.uri}/records")
        with fileio.open(path) as file:
            quality = Quality.from_json(file.read())
        for name, figure in quality.figures().items():
            if isinstance(figure, int):
                output.set_int_custom_property(name, figure)
            else:
                output.set_float_custom_property(name, figure)

    def _run(self, examples: Artifact, columns: Columns, *, path: str, folder: str) -> None:
        partitions = partition_count(examples.get_int_custom_property(ROWS_PROPERTY))
        fileio.makedirs(folder)
        with self._make_beam_pipeline() as pipeline:
            stages.build(
                pipeline,
                _files(examples),
                columns,
                partitions=partitions,
                folder=folder,
                path=path,
            )
        fileio.rmtree(folder)


def _files(examples: Artifact) -> list[SplitFile]:
    return [
        SplitFile(split, path)
        for split in artifact_utils.decode_split_names(examples.split_names)
        for path in fileio.glob(f"{artifact_utils.get_split_uri([examples], split)}/*")
    ]
