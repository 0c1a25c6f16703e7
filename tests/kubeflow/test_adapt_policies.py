"""The adapter: caching, resources, retries and volumes of every step."""

import dataclasses
import re
from collections.abc import Callable

import pytest

from kubeflow.adapt import adapt
from kubeflow.adapt.plan import Plan
from kubeflow.spec import Spec, UnsupportedSpecError, executor, tasks

Plans = Callable[..., Plan]


@pytest.mark.parametrize(
    ("task", "cached"),
    [
        ("Contract", True),
        ("Judge", True),
        ("Halt", True),
        ("Rows", False),
        ("model-of-before", False),
        ("Push", False),
        ("import-data", False),
    ],
)
def test_only_what_the_cache_key_sees_through_is_cached(
    raw: Spec, plan: Plans, task: str, cached: bool
) -> None:
    adapted, _ = adapt(raw, plan())

    assert tasks(adapted)[task]["cachingOptions"] == {"enableCache": cached}


def test_a_step_s_own_settings_come_before_the_common_ones(raw: Spec, plan: Plans) -> None:
    settings = {
        "step": {"cpu": 1, "memory_gb": 2, "retries": 2},
        "steps": {"Judge": {"memory_gb": 8, "retries": 0}},
    }

    adapted, _ = adapt(raw, plan(**settings))

    assert executor(adapted, "Contract")["container"]["resources"] == {
        "cpuRequest": 1.0,
        "cpuLimit": 1.0,
        "memoryRequest": 2.0,
        "memoryLimit": 2.0,
    }
    assert executor(adapted, "Judge")["container"]["resources"]["memoryLimit"] == 8.0
    assert tasks(adapted)["Contract"]["retryPolicy"]["maxRetryCount"] == 2
    assert "retryPolicy" not in tasks(adapted)["Judge"]


def test_a_step_is_tried_once_more_where_the_settings_say_nothing(raw: Spec, plan: Plans) -> None:
    adapted, _ = adapt(raw, plan(step={"cpu": 1}))

    assert tasks(adapted)["Contract"]["retryPolicy"]["maxRetryCount"] == 1


def test_there_is_time_for_another_attempt_after_a_long_one(raw: Spec, plan: Plans) -> None:
    adapted, _ = adapt(raw, plan())

    # From the first attempt's start, and 0 where it is left out.
    assert tasks(adapted)["Contract"]["retryPolicy"]["backoffMaxDuration"] == "604800s"


def test_a_gate_is_not_tried_again(raw: Spec, plan: Plans) -> None:
    adapted, _ = adapt(raw, plan(step={"retries": 3}))

    assert "retryPolicy" not in tasks(adapted)["Halt"]


def test_settings_of_a_step_that_is_not_there_are_refused(raw: Spec, plan: Plans) -> None:
    with pytest.raises(UnsupportedSpecError, match=r"no step Trainr; expected .*Push"):
        adapt(raw, plan(steps={"Trainr": {"cpu": 1}}))


def test_the_models_volume_is_mounted_where_a_path_on_it_is_named_and_others_everywhere(
    raw: Spec, plan: Plans
) -> None:
    _, platform = adapt(raw, plan(volumes=[{"claim": "scratch", "mount_path": "/scratch"}]))

    executors = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    scratch = {"constant": "scratch", "mountPath": "/scratch"}
    models = {"constant": "models", "mountPath": "/malmoi"}
    assert executors["Contract_executor"] == {"pvcMount": [scratch]}
    assert executors["Push_executor"] == {"pvcMount": [scratch, models]}


def test_a_step_can_have_a_volume_of_its_own(raw: Spec, plan: Plans) -> None:
    own = {"Judge": {"volumes": [{"claim": "fast", "mount_path": "/fast"}]}}
    common = [{"claim": "scratch", "mount_path": "/scratch"}]

    _, platform = adapt(raw, plan(steps=own, volumes=common))

    executors = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    scratch = {"constant": "scratch", "mountPath": "/scratch"}
    fast = {"constant": "fast", "mountPath": "/fast"}
    assert executors["Judge_executor"] == {"pvcMount": [scratch, fast]}
    assert executors["Contract_executor"] == {"pvcMount": [scratch]}


def test_a_bucket_with_the_volume_s_name_is_not_a_path_on_it(raw: Spec, plan: Plans) -> None:
    executor(raw, "Judge")["container"]["args"].append("--temp_location=gs://malmoi/tmp")

    adapted, platform = adapt(raw, plan())

    executors = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    assert "Judge_executor" not in executors
    assert tasks(adapted)["Judge"]["cachingOptions"] == {"enableCache": True}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"volumes": [{"claim": "models", "mount_path": "/scratch"}]},
            "volumes of model-of-before: two with the claim models; expected a claim once",
        ),
        (
            {"volumes": [{"claim": "scratch", "mount_path": "/malmoi"}]},
            "volumes of model-of-before: two with the mount path /malmoi; expected a path once",
        ),
        (
            {
                "volumes": [{"claim": "scratch", "mount_path": "/scratch"}],
                "steps": {"Judge": {"volumes": [{"claim": "fast", "mount_path": "/x/../scratch"}]}},
            },
            "volumes of Judge: two with the mount path /scratch",
        ),
        (
            {"volumes": [{"claim": "scratch", "mount_path": "/app"}]},
            "scratch has the mount path /app; expected none in /app, /.cache",
        ),
        (
            {"volumes": [{"claim": "scratch", "mount_path": "/s3/malmoi"}]},
            "scratch has the mount path /s3/malmoi; expected none in",
        ),
        (
            {"volumes": [{"claim": "scratch", "mount_path": "/opt/malmoi"}]},
            "scratch has the mount path /opt/malmoi, which would hide /opt/malmoi of the image; "
            "expected a folder of its own, such as /scratch",
        ),
    ],
)
def test_volumes_that_kubernetes_refuses_or_that_hide_a_step_s_own_folders_are_refused(
    raw: Spec, plan: Plans, settings: dict[str, object], words: str
) -> None:
    with pytest.raises(UnsupportedSpecError, match=re.escape(words)):
        adapt(raw, plan(**settings))


def test_a_models_volume_in_a_folder_that_every_container_has_is_refused(
    raw: Spec, plan: Plans
) -> None:
    given = plan(models={"claim": "models", "mount_path": "/minio"})
    moved = dataclasses.replace(given, models_dir="/minio/models/enquiries")
    tasks(raw)["Push"]["inputs"]["parameters"].clear()

    with pytest.raises(UnsupportedSpecError, match="models has the mount path /minio; expected"):
        adapt(raw, moved)


def test_every_fault_of_the_volumes_is_told_once(raw: Spec, plan: Plans) -> None:
    volumes = [{"claim": "models", "mount_path": path} for path in ("/app", "/gcs")]

    with pytest.raises(UnsupportedSpecError) as caught:
        adapt(raw, plan(volumes=volumes))

    assert len(str(caught.value).splitlines()) == 3
