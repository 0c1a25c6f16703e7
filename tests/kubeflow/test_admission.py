"""The backend's own objections, each on a spec that has it."""

from collections.abc import Callable
from typing import Any

import pytest

from kubeflow.adapt import adapt
from kubeflow.adapt.plan import Plan
from kubeflow.admission import objections
from kubeflow.spec import Spec, component, executor, tasks


@pytest.fixture
def good(raw: Spec, plan: Callable[..., Plan]) -> Spec:
    return adapt(raw, plan())[0]


def container(spec: Spec, task: str) -> Spec:
    return executor(spec, task)["container"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda s: s.update(schemaVersion="2.0.0"),
            "KFP only supports schema version 2.1.0, but the pipeline spec has version 2.0.0",
        ),
        (
            lambda s: executor(s, "Judge").update(resolver={}),
            "Judge: non-container and non-importer executor not implemented: resolver",
        ),
        (
            lambda s: tasks(s).update(my_task=tasks(s)["Contract"]),
            "my_task: name of a task must consist of alpha-numeric characters",
        ),
        (
            lambda s: tasks(s).update({"a" * 129: tasks(s)["Contract"]}),
            "and have 128 of them at most",
        ),
        (
            lambda s: tasks(s)["Judge"]["dependentTasks"].append("Nobody"),
            "Judge: unknown producer task Nobody",
        ),
        (
            lambda s: component(s, "Judge")["outputDefinitions"]["artifacts"].clear(),
            "Push: cannot find output artifact key blessing in producer task Judge",
        ),
        (
            lambda s: component(s, "Push")["inputDefinitions"]["artifacts"].clear(),
            "Push: input artifact model_blessing is not defined in the component",
        ),
        (
            lambda s: tasks(s)["Push"]["inputs"]["parameters"].update(
                epochs={"runtimeValue": {"constantValue": {"intValue": 3}}}
            ),
            "Push: param runtime value spec of type constantValue not implemented: epochs",
        ),
        (
            lambda s: s["root"]["inputDefinitions"]["parameters"].update(
                epochs={"parameterType": "STRING"}
            ),
            "parameter epochs is not optional, yet has neither default value nor user provided",
        ),
        (
            lambda s: container(s, "Push").update(lifecycle={"preCacheCheck": {}}),
            "Push: lifecycle is ignored by the backend",
        ),
        (
            lambda s: container(s, "Push").update(container(s, "Judge")),
            "the container is that of Judge; both would share one component",
        ),
        (
            lambda s: container(s, "Push")["args"].append("가" * 43_690 + "ab"),
            "Push: an argument has 131,072 bytes, too long for Linux",
        ),
        (
            lambda s: container(s, "Push")["args"].append("x $(HOME)"),
            "Push: Kubernetes would replace $(HOME)",
        ),
        (
            lambda s: container(s, "Push")["args"].append("$(kfp.run)"),
            "Push: Kubernetes would replace $(kfp.run)",
        ),
        (
            lambda s: container(s, "Push")["args"].append("19$$"),
            "Push: Kubernetes would replace $$",
        ),
        (
            lambda s: tasks(s)["Contract"]["inputs"]["parameters"]["schema_file"].update(
                runtimeValue={"constant": 'string_domain { value: "$$" }'}
            ),
            "Contract: Kubernetes would replace $$ in schema_file",
        ),
        (
            lambda s: s["root"]["inputDefinitions"]["parameters"]["data_uri"].update(
                defaultValue="s3://rows/$$원"
            ),
            "Kubernetes would replace $$ in the parameter data_uri",
        ),
        (
            lambda s: s.update(defaultPipelineRoot="s3://malmoi/$(USER)"),
            "Kubernetes would replace $(USER) in the pipeline's root",
        ),
        (
            lambda s: s.update(defaultPipelineRoot="s3://malmoi//runs"),
            "the pipeline's root is s3://malmoi//runs: no output would have the expected bucket",
        ),
        (
            lambda s: s.update(defaultPipelineRoot="s3://malmoi/runs[1]"),
            "libraries would take [ in the pipeline's root for a pattern",
        ),
        (
            lambda s: s.update(defaultPipelineRoot="s3://malmoi/x/../runs"),
            "the pipeline's root is s3://malmoi/x/../runs: no output would have the expected",
        ),
        (
            lambda s: tasks(s)["Contract"]["retryPolicy"].pop("backoffMaxDuration"),
            "Contract: without backoffMaxDuration in its retryPolicy nothing is tried again",
        ),
    ],
)
def test_an_objection_is_raised_in_the_backend_s_words(
    good: Spec, change: Callable[[Spec], Any], words: str
) -> None:
    assert objections(good) == []

    change(good)

    assert any(words in objection for objection in objections(good)), objections(good)


@pytest.mark.parametrize(
    "root", ["s3://malmoi", "gs://malmoi/runs/", "s3://malmoi/문의?endpoint=https://s3.example"]
)
def test_a_plain_root_is_taken(good: Spec, root: str) -> None:
    good["defaultPipelineRoot"] = root

    assert objections(good) == []


def test_a_parameter_without_a_default_wants_a_value(good: Spec) -> None:
    definitions = good["root"]["inputDefinitions"]["parameters"]
    definitions["data_uri"] = {"parameterType": "STRING"}

    assert "parameter data_uri is not optional" in objections(good)[0]
    assert objections(good, {"data_uri": "s3://malmoi/rows"}) == []
