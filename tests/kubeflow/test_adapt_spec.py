"""The adapter: what it changes, what it leaves, and what it refuses."""

import copy
import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pytest

from kubeflow.adapt import adapt
from kubeflow.adapt.inline import MAX_BYTES
from kubeflow.adapt.plan import Plan
from kubeflow.admission import objections
from kubeflow.spec import Spec, UnsupportedSpecError, component, executor, tasks

Plans = Callable[..., Plan]


def argument(spec: Spec, task: str, flag: str) -> str:
    args = executor(spec, task)["container"]["args"]
    return args[args.index(flag) + 1]


def test_the_spec_that_is_given_stays_as_it_is(raw: Spec, plan: Plans) -> None:
    before = copy.deepcopy(raw)

    adapt(raw, plan())

    assert raw == before


def test_the_same_spec_gives_the_same_result(raw: Spec, plan: Plans) -> None:
    assert adapt(raw, plan()) == adapt(raw, plan())


def test_the_backend_objects_to_the_raw_spec_and_not_to_the_adapted_one(
    raw: Spec, plan: Plans
) -> None:
    adapted, _ = adapt(raw, plan())

    assert objections(raw)
    assert objections(adapted) == []


def test_a_task_name_that_argo_does_not_take_is_changed_wherever_it_stands(
    raw: Spec, plan: Plans
) -> None:
    adapted, _ = adapt(raw, plan())

    assert "model-of-before" in tasks(adapted)
    assert tasks(adapted)["model-of-before"]["taskInfo"]["name"] == "model-of-before"
    judge = tasks(adapted)["Judge"]
    assert judge["dependentTasks"] == ["Halt", "Rows", "model-of-before"]
    given = judge["inputs"]["artifacts"]["baseline_model"]["taskOutputArtifact"]
    assert given["producerTask"] == "model-of-before"


def test_two_names_that_would_become_one_are_refused(raw: Spec, plan: Plans) -> None:
    raw["components"]["again"] = {**raw["components"]["Contract"], "executorLabel": "again"}
    executors = raw["deploymentSpec"]["executors"]
    executors["again"] = copy.deepcopy(executors["Contract_executor"])
    tasks(raw)["model.of.before"] = {
        "taskInfo": {"name": "model.of.before"},
        "componentRef": {"name": "again"},
    }

    with pytest.raises(UnsupportedSpecError, match="two tasks would have one name"):
        adapt(raw, plan())


def test_a_resolver_becomes_a_container_that_looks_where_the_pusher_pushes(
    raw: Spec, plan: Plans
) -> None:
    adapted, platform = adapt(raw, plan())

    assert executor(adapted, "model-of-before")["container"]["command"][-1] == "kubeflow.resolve"
    assert argument(adapted, "model-of-before", "--models") == "/malmoi/models/enquiries"
    outputs = component(adapted, "model-of-before")["outputDefinitions"]["artifacts"]
    assert list(outputs) == ["model"]
    executors = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    assert executors["model_of_before_executor"] == executors["Push_executor"]


def test_what_a_resolver_feeds_is_optional_and_nothing_else_is(raw: Spec, plan: Plans) -> None:
    adapted, _ = adapt(raw, plan())

    inputs = component(adapted, "Judge")["inputDefinitions"]["artifacts"]
    assert {key for key, given in inputs.items() if given.get("isOptional")} == {"baseline_model"}
    declared = json.loads(argument(adapted, "Judge", "--json_serialized_inputs_spec_args"))
    assert declared["artifacts"]["baseline_model"]["isOptional"] is True


def test_an_unknown_strategy_is_refused_by_name(raw: Spec, plan: Plans) -> None:
    given = plan()
    origins = dataclasses.replace(given.origins, strategies={"model_of_before": "my.Strategy"})

    with pytest.raises(
        UnsupportedSpecError, match=r"model_of_before has the strategy my\.Strategy"
    ):
        adapt(raw, dataclasses.replace(given, origins=origins))


def test_the_resolver_of_accepted_statistics_is_left_out_with_the_inputs_that_it_feeds(
    raw: Spec, plan: Plans
) -> None:
    given = plan()
    strategy = "components.baseline.accepted.LastAcceptedStatistics"
    origins = dataclasses.replace(given.origins, strategies={"model_of_before": strategy})

    adapted, _ = adapt(raw, dataclasses.replace(given, origins=origins))

    assert "model-of-before" not in tasks(adapted)
    assert "model_of_before_executor" not in adapted["deploymentSpec"]["executors"]
    assert set(component(adapted, "Judge")["inputDefinitions"]["artifacts"]) == {"examples"}
    assert tasks(adapted)["Judge"]["dependentTasks"] == ["Halt", "Rows"]


def test_an_output_that_no_release_remembers_is_refused(raw: Spec, plan: Plans) -> None:
    given = tasks(raw)["Judge"]["inputs"]["artifacts"]["baseline_model"]["taskOutputArtifact"]
    given["outputArtifactKey"] = "model_blessing"

    with pytest.raises(UnsupportedSpecError, match="reads model_blessing of the resolver"):
        adapt(raw, plan())


def test_a_driver_hook_becomes_a_flag_and_its_files_come_from_an_importer(
    raw: Spec, plan: Plans
) -> None:
    adapted, _ = adapt(raw, plan())

    assert "lifecycle" not in executor(adapted, "Rows")["container"]
    assert argument(adapted, "Rows", "--driver_class_path") == "nodes.RowsDriver"
    given = tasks(adapted)["Rows"]["inputs"]["artifacts"]["data"]["taskOutputArtifact"]
    assert given["producerTask"] == "import-data"
    importer = tasks(adapted)["import-data"]["inputs"]["parameters"]["uri"]
    assert importer == {"componentInputParameter": "data_uri"}
    parameters = adapted["root"]["inputDefinitions"]["parameters"]
    assert parameters["data_uri"]["defaultValue"] == "s3://rows/enquiries"


@pytest.mark.parametrize("drivers", [{}, {"Rows": "a.Driver", "Contract": "b.Driver"}])
def test_a_driver_without_a_hook_and_a_hook_without_a_driver_are_refused(
    raw: Spec, plan: Plans, drivers: dict[str, str]
) -> None:
    given = plan()
    origins = dataclasses.replace(given.origins, drivers=drivers)

    with pytest.raises(UnsupportedSpecError, match="expected a driver hook"):
        adapt(raw, dataclasses.replace(given, origins=origins))


def test_types_of_our_own_are_named_by_their_import_path(raw: Spec, plan: Plans) -> None:
    adapted, _ = adapt(raw, plan())

    declared = argument(adapted, "Rows", "--json_serialized_outputs_spec_args")
    assert "title: components.artifacts.Quarantine" in declared
    assert "malmoi.Quarantine" not in json.dumps(adapted)


def test_a_type_that_nobody_knows_is_refused(raw: Spec, plan: Plans) -> None:
    given = plan()
    origins = dataclasses.replace(given.origins, types={})

    with pytest.raises(UnsupportedSpecError, match=r"artifact type malmoi\.Quarantine"):
        adapt(raw, dataclasses.replace(given, origins=origins))


def test_a_type_that_says_nothing_is_refused(raw: Spec, plan: Plans) -> None:
    raw["components"]["Rows"]["outputDefinitions"]["artifacts"]["quarantine"] = {
        "artifactType": {"instanceSchema": "title: tfx.Artifact\ntype: object\n"}
    }

    with pytest.raises(UnsupportedSpecError, match=r"artifact type tfx\.Artifact"):
        adapt(raw, plan())


def test_a_small_file_of_this_machine_travels_in_its_parameter(raw: Spec, plan: Plans) -> None:
    adapted, _ = adapt(raw, plan())

    given = tasks(adapted)["Contract"]["inputs"]["parameters"]["schema_file"]
    assert given == {"runtimeValue": {"constant": 'feature { name: "문의" }'}}
    assert argument(adapted, "Contract", "--inline_file") == "schema_file"


def test_the_largest_file_travels(raw: Spec, plan: Plans) -> None:
    text = "가" * (MAX_BYTES // 3) + "1"

    adapted, _ = adapt(raw, dataclasses.replace(plan(), files={"/here/s": text}))

    assert len(text.encode()) == MAX_BYTES
    assert tasks(adapted)["Contract"]["inputs"]["parameters"]["schema_file"] == {
        "runtimeValue": {"constant": text}
    }


def test_a_file_too_large_for_an_argument_is_refused(raw: Spec, plan: Plans) -> None:
    large = dataclasses.replace(plan(), files={"/here/s": "가" * (MAX_BYTES // 3 + 1)})

    with pytest.raises(UnsupportedSpecError, match=r"/here/s has 65,538 bytes"):
        adapt(raw, large)


@pytest.mark.parametrize(
    "value", ["/here/질문.csv", '{"rows": [{"file": "/here/질문.csv"}], "limit": 2}']
)
def test_a_path_that_no_container_has_is_refused(raw: Spec, plan: Plans, value: str) -> None:
    tasks(raw)["Judge"]["inputs"]["parameters"] = {
        "questions": {"runtimeValue": {"constant": value}}
    }

    with pytest.raises(UnsupportedSpecError, match=r"Judge: questions has /here/질문\.csv, a path"):
        adapt(raw, plan())

    adapt(raw, plan(volumes=[{"claim": "c", "mount_path": "/here"}]))
    adapt(raw, plan(steps={"Judge": {"volumes": [{"claim": "c", "mount_path": "/here"}]}}))


def test_a_parameter_whose_default_tfx_has_dropped_is_refused(raw: Spec, plan: Plans) -> None:
    raw["root"]["inputDefinitions"] = {"parameters": {"epochs": {"parameterType": "STRING"}}}

    with pytest.raises(UnsupportedSpecError, match="epochs is not optional, yet has neither"):
        adapt(raw, plan())


def test_the_pipeline_root_of_the_settings_is_the_default_one(raw: Spec, plan: Plans) -> None:
    adapted, _ = adapt(raw, plan(pipeline_root="gs://runs/here"))

    assert adapted["defaultPipelineRoot"] == "gs://runs/here"


def given_artifact(spec: Spec) -> Spec:
    return tasks(spec)["Push"]["inputs"]["artifacts"]["model_blessing"]


def feed(spec: Spec, given: Spec) -> None:
    tasks(spec)["Push"]["inputs"]["parameters"]["span"] = given


def hook(spec: Spec) -> Spec:
    return executor(spec, "Rows")["container"]["lifecycle"]["preCacheCheck"]


def importing(spec: Spec, **importer: Any) -> None:
    executor(spec, "Push").clear()
    executor(spec, "Push")["importer"] = importer


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.update(schemaVersion="2.0.0"), "schemaVersion: expected 2.1.0, got 2.0.0"),
        (lambda s: s.update(extra=1), "the spec has extra"),
        (lambda s: s["components"]["Push"].update(dag={}), "component Push has dag: pipelines"),
        (lambda s: tasks(s)["Push"].update(triggerPolicy={}), "Push has triggerPolicy: conditions"),
        (lambda s: tasks(s)["Push"].update(iteratorPolicy={}), "Push has iteratorPolicy: loops"),
        (lambda s: executor(s, "Push").update(customJob={}), "executor of Push has customJob"),
        (
            lambda s: executor(s, "Push")["container"].update(env=[]),
            "the container of Push has env",
        ),
        (
            lambda s: executor(s, "Push")["container"].update(command=["sh"]),
            "expected the command of a TFX executor",
        ),
        (
            lambda s: executor(s, "Push")["container"]["args"].reverse(),
            "the container of Push: expected the arguments",
        ),
        (
            lambda s: tasks(s)["Push"]["dependentTasks"].append("Nobody"),
            "a task waits for Nobody",
        ),
        (
            lambda s: s["components"]["Push"]["outputDefinitions"].update(parameters={}),
            "the outputs of Push has parameters",
        ),
        (lambda s: s["deploymentSpec"].update(extra=1), "the deploymentSpec has extra"),
        (lambda s: s["root"]["dag"].update(outputs={}), "the root's dag has outputs"),
        (lambda s: tasks(s)["Push"]["inputs"].update(extra={}), "Push, in its inputs, has extra"),
        (
            lambda s: given_artifact(s).update(taskOutputArtifact={"artifactSelectors": []}),
            "input model_blessing of the task Push has artifactSelectors",
        ),
        (
            lambda s: given_artifact(s).clear(),
            "input model_blessing of the task Push has nothing: expected one of taskOutputArtifact",
        ),
        (
            lambda s: feed(s, {"componentInputParameter": "epochs"}),
            "span of the task Push reads the pipeline's epochs; expected one of none at all",
        ),
        (
            lambda s: feed(s, {"taskOutputParameter": {"producerTask": "Rows_task"}}),
            "span of the task Push has taskOutputParameter: outputs that are parameters",
        ),
        (
            lambda s: feed(s, {"runtimeValue": {"runtimeParameter": "span"}}),
            "span of the task Push has runtimeParameter: expected only constant",
        ),
        (
            lambda s: feed(s, {"runtimeValue": {"constant": 1}, "componentInputParameter": "a"}),
            "span of the task Push has componentInputParameter and runtimeValue: expected one of",
        ),
        (
            lambda s: executor(s, "Push").clear(),
            "executor of Push has nothing: expected one of container, importer, resolver",
        ),
        (
            lambda s: executor(s, "Push").update(importer={}),
            "executor of Push has container and importer: expected one of",
        ),
        (
            lambda s: executor(s, "Rows")["container"]["lifecycle"].update(postStop={}),
            "lifecycle of the container of Rows has postStop: expected only preCacheCheck",
        ),
        (
            lambda s: hook(s).update(command=["python", "-m", "my.driver"]),
            "hook of the container of Rows: expected the command of TFX's driver of files, got",
        ),
        (lambda s: hook(s).update(env=[]), "hook of the container of Rows has env"),
        (
            lambda s: executor(s, "model_of_before")["resolver"].update(limit=1),
            "resolver of model_of_before has limit: expected only outputArtifactQueries",
        ),
        (
            lambda s: executor(s, "model_of_before")["resolver"]["outputArtifactQueries"][
                "model"
            ].update(limit=2),
            "query for model, in the resolver of model_of_before, has limit",
        ),
        (
            lambda s: importing(s, artifactUri={"constant": "/here/x"}),
            "importer of Push has /here/x: expected one of gs://, minio://, s3://",
        ),
        (
            lambda s: importing(s, artifactUri={"runtimeParameter": "push_destination"}),
            r"importer of Push has \{.*: expected one of gs://",
        ),
        (
            lambda s: importing(s, artifactUri={}),
            "URI of the importer of Push has nothing: expected one of constant, runtimeParameter",
        ),
        (
            lambda s: importing(s, artifactUri={"constant": "s3://b/k"}, extra=1),
            "importer of Push has extra",
        ),
    ],
)
def test_whatever_is_unknown_is_refused_with_its_place(
    raw: Spec, plan: Plans, change: Callable[[Spec], Any], message: str
) -> None:
    change(raw)

    with pytest.raises(UnsupportedSpecError, match=message):
        adapt(raw, plan())


def test_containers_that_would_share_one_component_are_told_apart_by_their_step(
    raw: Spec, plan: Plans
) -> None:
    adapted, _ = adapt(raw, plan())

    written = [
        json.dumps(e.get("container")) for e in adapted["deploymentSpec"]["executors"].values()
    ]
    assert len(set(written)) == len(written)
