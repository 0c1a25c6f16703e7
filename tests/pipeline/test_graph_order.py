"""The graph: its order, what waits for the data gate, and what the cache goes by."""

import json
from pathlib import Path
from typing import Any

import pytest
from tfx.dsl.compiler import compiler
from tfx.dsl.components.base.base_node import BaseNode

from pipeline import graph, local_runner
from pipeline.config import Config, load
from pipeline.digests import source_digest

ORDER = [
    "TextExampleGen",
    "DataQuality",
    "Production",
    "TextStatisticsGen",
    "ImportSchemaGen",
    "LastAccepted",
    "DataGate",
    "DataGateHalt",
    "SimpleBaselines",
    "Transform",
    "Trainer",
    "Baseline",
    "Evaluator",
    "ModelGate",
    "Canary",
    "AtomicPusher",
]


@pytest.fixture
def config(config_file: Path) -> Config:
    return load(config_file)


def changed(config: Config, **sections: Any) -> Config:
    return Config.model_validate(config.model_dump(by_alias=True) | sections)


def nodes(config: Config) -> dict[str, BaseNode]:
    return {node.id: node for node in graph.build(config)}


def properties(config: Config) -> dict[str, dict[str, Any]]:
    return {name: dict(node.exec_properties) for name, node in nodes(config).items()}


def differing(before: Config, after: Config) -> list[str]:
    old, new = properties(before), properties(after)
    return [name for name in ORDER if old[name] != new[name]]


@pytest.fixture
def upstream(config: Config, tmp_path: Path) -> dict[str, list[str]]:
    """What each node waits for, as the runner sees it, in the runner's order."""
    pipeline = local_runner.make_pipeline(graph.build(config), name="reviews", root=tmp_path)
    spec = compiler.Compiler().compile(pipeline)
    found = [node.pipeline_node for node in spec.nodes]
    return {node.node_info.id: list(node.upstream_nodes) for node in found}


def test_the_nodes_stand_in_the_order_of_the_data(config: Config) -> None:
    assert list(nodes(config)) == ORDER


def test_a_graph_that_ends_early_knows_of_no_later_node(config: Config) -> None:
    kept = graph.build_until(config, "DataGateHalt")
    assert [node.id for node in kept] == ORDER[: ORDER.index("DataGateHalt") + 1]
    assert [node.id for node in kept if node.downstream_nodes - {*kept}] == []
    assert nodes(config)["DataGateHalt"].downstream_nodes


def test_the_runner_keeps_the_order_of_what_depends_on_each_other(
    upstream: dict[str, list[str]],
) -> None:
    order = list(upstream)
    assert sorted(order) == sorted(ORDER)
    spine = [node for node in ORDER if node != "ImportSchemaGen"]
    assert [node for node in order if node != "ImportSchemaGen"] == spine
    assert order.index("ImportSchemaGen") < order.index("DataGate")


def test_all_that_learns_waits_for_the_data_gates_halt(upstream: dict[str, list[str]]) -> None:
    assert "DataGateHalt" in upstream["Transform"]
    assert "DataGateHalt" in upstream["SimpleBaselines"]
    for name in ("Trainer", "Evaluator", "ModelGate", "Canary", "AtomicPusher"):
        waited_for, todo = set[str](), [name]
        while todo:
            above = upstream[todo.pop()]
            todo += [node for node in above if node not in waited_for]
            waited_for.update(above)
        assert "DataGateHalt" in waited_for, name


@pytest.mark.parametrize(
    "name", sorted({*ORDER} - {"Production", "LastAccepted", "DataGateHalt", "Baseline"})
)
def test_a_digest_of_its_code_is_among_a_nodes_properties(config: Config, name: str) -> None:
    found = nodes(config)[name].exec_properties
    custom = json.loads(found.get("custom_config") or "{}")
    digest = found.get("digest") or custom["digest"]
    assert len(digest) == 16
    assert int(digest, 16) >= 0


@pytest.mark.parametrize(
    ("sections", "affected"),
    [
        ({"training": {"epochs": 3}}, ["Trainer"]),
        ({"text": {"vocabulary_size": 500}}, ["Transform", "Trainer"]),
        ({"gates": {"model": {"accuracy": 0.7}}}, ["ModelGate"]),
        ({"gates": {"data": {"labels": {"limit": 3}}}}, ["DataGate"]),
        ({"serving": {"rest_port": 0}}, []),
        ({"gates": {"canary": {"golden_rows": 8}}}, ["Canary"]),
        ({"output": "/elsewhere"}, ["Production", "DataGate", "Baseline", "AtomicPusher"]),
    ],
)
def test_a_changed_section_reaches_the_nodes_it_is_about(
    config: Config, sections: dict[str, Any], affected: list[str]
) -> None:
    assert differing(config, changed(config, **sections)) == affected


def test_an_edit_of_the_schema_file_reaches_its_node(config: Config) -> None:
    before = properties(config)["ImportSchemaGen"]
    Path(config.schema_file).write_text('feature { name: "본문" }', "utf-8")
    assert properties(config)["ImportSchemaGen"] != before


@pytest.fixture
def pretraining(config: Config) -> Config:
    return changed(config, training={"pretraining_epochs": 2})


def test_a_pretrainer_stands_before_the_trainer_and_gives_it_a_model(pretraining: Config) -> None:
    found = nodes(pretraining)
    before = [*found][: [*found].index("Trainer")]
    assert before == [*ORDER[: ORDER.index("Trainer")], "Pretrainer"]
    assert found["Trainer"].inputs["base_model"] == found["Pretrainer"].outputs["model"]
    assert found["Pretrainer"].inputs["examples"] == found["TextExampleGen"].outputs["examples"]


def test_a_digest_of_the_pretrainers_code_is_among_its_properties(pretraining: Config) -> None:
    custom = json.loads(nodes(pretraining)["Pretrainer"].exec_properties["custom_config"])
    assert custom["digest"] == source_digest("trainer/pretraining.py")


@pytest.mark.parametrize(
    ("training", "affected"),
    [
        ({"epochs": 3, "dropout": 0.1, "fine_tune": False}, False),
        ({"units": 16}, True),
        ({"seed": 18}, True),
        ({"embedding_dim": 16}, True),
        ({"pretraining_epochs": 3}, True),
    ],
)
def test_the_pretrainer_runs_anew_only_for_what_it_reads(
    pretraining: Config, training: dict[str, Any], affected: bool
) -> None:
    other = changed(pretraining, training={"pretraining_epochs": 2} | training)
    before, after = (properties(read)["Pretrainer"] for read in (pretraining, other))
    assert (before != after) is affected


@pytest.mark.parametrize("unlabelled", [False, True])
def test_the_pretrainer_reads_the_splits_that_are_learnt_from(
    pretraining: Config, unlabelled: bool
) -> None:
    more = {"unlabelled": {"path": "/more.csv"} if unlabelled else None}
    data = pretraining.data.model_dump() | more
    found = nodes(changed(pretraining, data=data))["Pretrainer"].exec_properties["train_args"]
    assert json.loads(found)["splits"] == ["train"] + ["unlabelled"] * unlabelled


def test_unlabelled_text_is_learnt_from_but_not_transformed(config: Config) -> None:
    data = config.data.model_dump() | {"unlabelled": {"path": "/more.csv"}}
    splits = json.loads(
        nodes(changed(config, data=data))["Transform"].exec_properties["splits_config"]
    )
    assert splits == {"analyze": ["train", "unlabelled"], "transform": ["train", "eval"]}
