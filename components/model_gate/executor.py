"""Fetches the artifacts, judges the model and marks the blessing as the stock Evaluator does."""

from typing import Any, Final

from tfx.components.evaluator import constants
from tfx.dsl.components.base.base_executor import BaseExecutor
from tfx.types import Artifact, artifact_utils
from tfx.utils import io_utils

from components.model_gate.gathering import gather
from components.model_gate.rules import judge
from components.model_gate.settings import ModelGateSettings
from components.model_gate.verdict import TEXT_FILE, VERDICT_FILE
from components.text_example_gen.source import Columns

EXAMPLES_KEY: Final = "examples"
MODEL_KEY: Final = "model"
PRODUCTION_KEY: Final = "production"
BASELINES_KEY: Final = "baselines"
BLESSING_KEY: Final = "blessing"
SETTINGS_KEY: Final = "settings"
COLUMNS_KEY: Final = "columns"
DIGEST_KEY: Final = "digest"

Artifacts = dict[str, list[Artifact]]


class Executor(BaseExecutor):
    """Writes `BLESSED` or `NOT_BLESSED`, and beside it the verdict with its reasons."""

    def Do(  # noqa: N802 - TFX's name
        self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]
    ) -> None:
        """Judge the model.

        Raises:
            ValueError: the model cannot be judged on these examples.
        """
        model = artifact_utils.get_single_instance(input_dict[MODEL_KEY])
        production = next(iter(input_dict.get(PRODUCTION_KEY) or []), None)
        evidence = gather(
            artifact_utils.get_single_instance(input_dict[EXAMPLES_KEY]),
            model=model,
            production=production,
            baselines=artifact_utils.get_single_instance(input_dict[BASELINES_KEY]),
            columns=Columns.model_validate_json(exec_properties[COLUMNS_KEY]),
        )
        settings = ModelGateSettings.model_validate_json(exec_properties[SETTINGS_KEY])
        verdict = judge(evidence, settings)
        blessing = artifact_utils.get_single_instance(output_dict[BLESSING_KEY])
        io_utils.write_string_file(f"{blessing.uri}/{VERDICT_FILE}", verdict.to_json())
        io_utils.write_string_file(f"{blessing.uri}/{TEXT_FILE}", verdict.to_text())
        _mark(blessing, verdict.passed, model=model, production=production)


def _mark(
    blessing: Artifact, blessed: bool, *, model: Artifact, production: Artifact | None
) -> None:
    """Say it in the properties and the file by which Pusher and resolvers know a blessing."""
    blessing.set_string_custom_property(
        constants.ARTIFACT_PROPERTY_CURRENT_MODEL_URI_KEY, model.uri
    )
    blessing.set_int_custom_property(constants.ARTIFACT_PROPERTY_CURRENT_MODEL_ID_KEY, model.id)
    if production:
        blessing.set_string_custom_property(
            constants.ARTIFACT_PROPERTY_BASELINE_MODEL_URI_KEY, production.uri
        )
        blessing.set_int_custom_property(
            constants.ARTIFACT_PROPERTY_BASELINE_MODEL_ID_KEY, production.id
        )
    name, value = (
        (constants.BLESSED_FILE_NAME, constants.BLESSED_VALUE)
        if blessed
        else (constants.NOT_BLESSED_FILE_NAME, constants.NOT_BLESSED_VALUE)
    )
    io_utils.write_string_file(f"{blessing.uri}/{name}", "")
    blessing.set_int_custom_property(constants.ARTIFACT_PROPERTY_BLESSED_KEY, value)
