"""The executor with artifacts as TFX hands them over, and what TFX's Pusher makes of the result."""

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from tfx.components.infra_validator import executor as infra_validator
from tfx.components.util import model_utils
from tfx.dsl.components.base.base_executor import BaseExecutor
from tfx.types import artifact_utils, channel, standard_artifacts

from components.canary import executor
from components.canary.component import Canary
from components.canary.record import Record
from components.canary.replay import LARGE_BATCH
from components.canary.settings import CanarySettings
from components.text_example_gen.source import Columns

Run = Callable[..., tuple[standard_artifacts.InfraBlessing, Record]]


@pytest.fixture
def run(house: Any, settings: CanarySettings, columns: Columns, tmp_path: Path) -> Run:
    def fly(**folders: Path) -> tuple[standard_artifacts.InfraBlessing, Record]:
        artifacts = {
            "model": standard_artifacts.Model(),
            "model_run": standard_artifacts.ModelRun(),
            "transform_graph": standard_artifacts.TransformGraph(),
            "examples": standard_artifacts.Examples(),
        }
        places = {name: house.folder / name for name in ("model", "model_run", "examples")}
        places["transform_graph"] = house.folder / "graph"
        for name, artifact in artifacts.items():
            artifact.uri = str({**places, **folders}[name])
        artifacts["examples"].split_names = artifact_utils.encode_split_names(["eval"])
        blessing = standard_artifacts.InfraBlessing()
        blessing.uri = str(tmp_path / "blessing")
        executor.Executor(BaseExecutor.Context()).Do(
            {name: [artifact] for name, artifact in artifacts.items()},
            {"blessing": [blessing]},
            {"settings": settings.model_dump_json(), "columns": columns.model_dump_json()},
        )
        text = Path(blessing.uri, "canary.json").read_text("utf-8")
        return blessing, Record.from_json(text)

    return fly


def files(blessing: standard_artifacts.InfraBlessing) -> list[str]:
    return sorted(path.name for path in Path(blessing.uri).iterdir())


def test_a_blessing_is_one_for_tfxs_pusher_and_tells_which_server_validated(
    run: Run, texts_known: int
) -> None:
    blessing, record = run()
    assert record.blessed, record.findings
    assert model_utils.is_infra_validated(blessing)
    assert files(blessing) == ["INFRA_BLESSED", "canary.json", "server.log"]
    assert blessing.get_string_custom_property("backend") == "embedded"
    assert "TensorFlow" in blessing.get_string_custom_property("server")
    assert record.server is not None
    assert (record.server.backend, record.server.program) == ("embedded", sys.executable)
    assert record.server.version == f"TensorFlow {tf.__version__}"
    assert (record.texts, record.replayed) == (texts_known, 3 * texts_known + 2 * LARGE_BATCH)
    assert record.ready_s is not None
    assert record.ready_s > 0
    assert record.latency is not None
    assert record.latency.requests == 20
    assert 0 < record.latency.p50_ms <= record.latency.p99_ms


def test_a_refusal_is_one_for_tfxs_pusher_and_keeps_its_reasons(
    run: Run, house: Any, tmp_path: Path
) -> None:
    model = shutil.copytree(house.folder / "model", tmp_path / "model")
    (model / "Format-Serving" / "saved_model.pb").write_bytes(b"\x0a\xff")
    blessing, record = run(model=model)
    assert not model_utils.is_infra_validated(blessing)
    assert files(blessing) == ["INFRA_NOT_BLESSED", "canary.json"]
    assert [finding.rule for finding in record.findings] == ["graph"]


def test_answers_of_another_training_are_refused(run: Run, house: Any, tmp_path: Path) -> None:
    head, *rows = (house.folder / "model_run" / "golden.jsonl").read_text("utf-8").splitlines()
    others = [json.dumps({**json.loads(row), "key": str(n)}) for n, row in enumerate(rows)]
    (tmp_path / "golden.jsonl").write_text("\n".join([head, *others]), "utf-8")
    blessing, record = run(model_run=tmp_path)
    assert not model_utils.is_infra_validated(blessing)
    assert {finding.rule for finding in record.findings} == {"golden"}
    assert "run the pipeline again from Transform" in record.findings[0].advice


def test_a_trainer_that_wrote_no_answers_is_a_fault(run: Run, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"golden\.jsonl.*again from Trainer"):
        run(model_run=tmp_path)


def test_files_and_property_have_the_names_of_tfxs_own_infra_validator() -> None:
    assert executor.BLESSED_FILE == infra_validator._BLESSED_FILENAME
    assert executor.NOT_BLESSED_FILE == infra_validator._NOT_BLESSED_FILENAME
    assert executor.BLESSED_PROPERTY == infra_validator._BLESSED_KEY


def test_a_binary_that_appears_on_the_path_changes_the_nodes_properties(
    columns: Columns, put_binary: Callable[[str], Path]
) -> None:
    def binary() -> str:
        return properties(columns)["binary"]

    assert binary() == ""
    assert binary() != str(put_binary("#!/bin/sh\n")) == binary()


def test_a_binary_that_is_upgraded_in_its_place_changes_the_nodes_properties(
    columns: Columns, put_binary: Callable[[str], Path]
) -> None:
    program = put_binary("#!/bin/sh\n")
    before = properties(columns)
    assert properties(columns) == before
    os.utime(program, (1, 1))
    assert properties(columns) != before


def properties(columns: Columns) -> Any:
    node = Canary(
        model=channel.Channel(type=standard_artifacts.Model),
        model_run=channel.Channel(type=standard_artifacts.ModelRun),
        transform_graph=channel.Channel(type=standard_artifacts.TransformGraph),
        examples=channel.Channel(type=standard_artifacts.Examples),
        settings=CanarySettings(),
        columns=columns,
        digest="0",
    )
    return node.exec_properties
