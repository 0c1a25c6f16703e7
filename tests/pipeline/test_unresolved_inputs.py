"""A node whose inputs cannot be resolved fails with the reason, which TFX's launcher only logs."""

import logging
from pathlib import Path
from typing import Any

import pytest
from tfx.dsl.components.common.resolver import Resolver, ResolverStrategy
from tfx.v1.components import ImportSchemaGen

from pipeline import local_runner, outcome
from pipeline.causes import explain


class Refusing(ResolverStrategy):
    def resolve_artifacts(self, store: Any, input_dict: Any) -> None:
        raise LookupError("the manifest of version 7 is damaged")


class Doubting(ResolverStrategy):
    def resolve_artifacts(self, store: Any, input_dict: Any) -> Any:
        logging.getLogger("components.baseline").warning("version %d has served", 7)
        return input_dict


class Silent:
    def node_started(self, node: str) -> None:
        pass

    def node_ended(self, result: local_runner.NodeResult) -> None:
        pass


def resolve(folder: Path, strategy: type[ResolverStrategy]) -> dict[str, local_runner.NodeResult]:
    (folder / "schema.pbtxt").write_text('feature { name: "text" }')
    schema = ImportSchemaGen(schema_file=str(folder / "schema.pbtxt"))
    latest = Resolver(strategy_class=strategy, model=schema.outputs["schema"]).with_id("Latest")
    pipeline = local_runner.make_pipeline([schema, latest], name="small", root=folder / "output")
    return local_runner.run(pipeline, Silent())


def test_what_a_strategy_of_ours_warns_of_is_told_with_its_node(tmp_path: Path) -> None:
    results = resolve(tmp_path, Doubting)
    assert results["Latest"].warnings == ["version 7 has served"]
    assert outcome.describe(results["Latest"]) == "version 7 has served"
    assert outcome.describe(results["ImportSchemaGen"]) == ""


def test_why_an_input_cannot_be_resolved_is_told(tmp_path: Path) -> None:
    with pytest.raises(local_runner.NodeFailedError) as failed:
        resolve(tmp_path, Refusing)

    assert failed.value.node == "Latest"
    assert explain(failed.value) == "the manifest of version 7 is damaged"
