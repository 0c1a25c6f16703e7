"""Gathers a release's papers, and pushes it if it is blessed."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

from tfx.components.pusher import executor as pusher_executor
from tfx.types import Artifact, artifact_utils
from tfx.utils import io_utils, path_utils

from components.atomic_pusher import facts, origin
from components.atomic_pusher.statistics import keep_statistics
from components.atomic_pusher.texts import eval_texts
from components.examples import data_digest, span_of
from components.text_example_gen.source import Columns
from serving.releases.accepted import STATISTICS_FOLDER
from serving.releases.manifest import Provenance
from serving.releases.publish import push
from serving.releases.settings import ReleaseSettings

WARMUP_LIMIT_S: Final = 60.0
"""For one replayed request: far more than any needs, so that a model that hangs is an error."""

_HAS_MODEL: Final = "has_model"
"""Property of an InfraBlessing that carries the model it has validated."""

Artifacts = dict[str, list[Artifact]]


class Executor(pusher_executor.Executor):
    """Copies beside the destination, then renames; the stock executor copies into it."""

    def Do(  # noqa: N802 - TFX's name
        self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]
    ) -> None:
        """Push the model if every gate has blessed it, and say so in the output's properties.

        Raises:
            BusyError: another push to the same folder is at work.
            ServingError: the export does not load, or a warm-up request fails; names the record.
            RefusedError: the copy differs from the model.
        """
        pushed = artifact_utils.get_single_instance(output_dict["pushed_model"])
        if not self.CheckBlessing(input_dict):
            self._MarkNotPushed(pushed)
            return
        settings = ReleaseSettings.model_validate_json(exec_properties["settings"])
        base = Path(exec_properties["base"])
        done = push(
            Path(self.GetModelPath(input_dict)),
            base,
            provenance=self._provenance(input_dict, exec_properties, pushed),
            keep=settings.keep,
            handover_s=settings.handover_s,
            prepare=_preparation(input_dict, exec_properties, settings, model=base.name),
        )
        self._MarkPushed(
            pushed, pushed_destination=str(done.folder), pushed_version=str(done.version)
        )
        pushed.set_string_custom_property("roles", ", ".join(done.state.roles(done.version)))

    def GetModelPath(self, input_dict: Artifacts) -> str:  # noqa: N802 - TFX's name
        """Find the model: the one that the canary has validated, where it carries one.

        The stock executor prefers `model`, and loses the warm-up file of the validated one.
        """
        for blessing in input_dict.get("infra_blessing") or []:
            if blessing.get_int_custom_property(_HAS_MODEL) == 1:
                return str(path_utils.stamped_model_path(blessing.uri))
        return str(super().GetModelPath(input_dict))

    def _provenance(
        self, inputs: Artifacts, properties: dict[str, Any], pushed: Artifact
    ) -> Provenance:
        context = self._context
        info = context.pipeline_info if context else None
        run_id = context.pipeline_run_id if context else None
        model = artifact_utils.get_single_instance(inputs["model"])
        verdicts = _verdicts(inputs)
        measured = _with(inputs, "evaluation", lambda a: facts.metrics(a.uri), {})
        return Provenance(
            pipeline=info.id if info else pushed.get_string_custom_property(origin.PIPELINE),
            run_id=run_id or pushed.get_string_custom_property(origin.RUN),
            model_uri=model.get_string_custom_property(origin.STORED_AT) or model.uri,
            model_id=model.id or None,
            sources=json.loads(properties["sources"]),
            libraries=facts.libraries(),
            verdicts=verdicts,
            **_of_examples(inputs),
            schema_digest=_with(inputs, "schema", lambda a: facts.schema_digest(Path(a.uri)), ""),
            metrics=facts.with_intervals(measured, verdicts.get("model", {})),
        )


def _preparation(
    inputs: Artifacts, properties: dict[str, Any], settings: ReleaseSettings, *, model: str
) -> Callable[[Path], None]:
    columns = Columns.model_validate_json(properties["columns"])
    return partial(_prepare, inputs=inputs, settings=settings, columns=columns, model=model)


def _prepare(
    version: Path, *, inputs: Artifacts, settings: ReleaseSettings, columns: Columns, model: str
) -> None:
    """Add statistics and warm-up requests to the copy, then load it and replay them."""
    from serving.warmup import WARMUP_FILE, load_and_warm_up, write_requests

    if inputs.get("statistics") and inputs.get("schema"):
        artifact = Path(artifact_utils.get_single_uri(inputs["statistics"]))
        keep_statistics(
            artifact, version / STATISTICS_FOLDER, schema=_schema(inputs), columns=columns
        )
    if inputs.get("examples") and not (version / WARMUP_FILE).exists():
        examples = artifact_utils.get_single_instance(inputs["examples"])
        texts = eval_texts(examples, columns, settings.warmup_requests)
        write_requests(version, texts, model=model)
    load_and_warm_up(version, time_limit_s=WARMUP_LIMIT_S).close()


def _schema(inputs: Artifacts) -> Any:
    uri = artifact_utils.get_single_uri(inputs["schema"])
    return io_utils.SchemaReader().read(str(Path(uri, facts.SCHEMA_FILE)))


def _verdicts(inputs: Artifacts) -> dict[str, dict[str, Any]]:
    flags = {"data_verdict": "passed", "model_blessing": "blessed", "infra_blessing": "blessed"}
    return {
        key.split("_")[0]: facts.verdict(artifact_utils.get_single_instance(inputs[key]), flag)
        for key, flag in flags.items()
        if inputs.get(key)
    }


def _of_examples(inputs: Artifacts) -> dict[str, Any]:
    if not inputs.get("examples"):
        return {}
    examples = artifact_utils.get_single_instance(inputs["examples"])
    digest = data_digest(Path(examples.uri))
    return {"span": span_of(examples), "data_digest": digest, "rows": facts.rows(examples)}


def _with(inputs: Artifacts, key: str, read: Callable[[Artifact], Any], otherwise: Any) -> Any:
    """Read an input that need not be there."""
    if not inputs.get(key):
        return otherwise
    return read(artifact_utils.get_single_instance(inputs[key]))
