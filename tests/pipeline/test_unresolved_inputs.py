"""A node whose inputs cannot be resolved fails with the reason, which TFX's launcher only logs."""

from pathlib import Path
from typing import Any

import pytest
from tfx.dsl.components.common.resolver import Resolver, ResolverStrategy
from tfx.v1.components import ImportSchemaGen

from pipeline import local_runner
from pipeline.causes import explain


class Refusing(ResolverStrategy):
    def resolve_artifacts(self, store: Any, input_dict: Any) -> None:
        raise LookupError("the manifest of version 7 is damaged")


class Silent:
    def node_started(self, node: str) -> None:
        pass

    def node_ended(self, result: local_runner.NodeResult) -> None:
        pass


def test_why_an_input_cannot_be_resolved_is_told(tmp_path: Path) -> None:
    (tmp_path / "schema.pbtxt").write_text('feature { name: "text" }')
    schema = ImportSchemaGen(schema_file=str(tmp_path / "schema.pbtxt"))
    latest = Resolver(strategy_class=Refusing, model=schema.outputs["schema"]).with_id("Latest")
    pipeline = local_runner.make_pipeline([schema, latest], name="small", root=tmp_path / "output")

    with pytest.raises(local_runner.NodeFailedError) as failed:
        local_runner.run(pipeline, Silent())

    assert failed.value.node == "Latest"
    assert explain(failed.value) == "the manifest of version 7 is damaged"
