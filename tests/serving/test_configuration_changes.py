"""Policies, labels and changes of the configuration while the server runs."""

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest

from serving.catalog import Catalog
from serving.plans import ModelPlan
from serving.settings import Endpoints, RetryPolicy

PATIENCE_S = 10.0


def eventually(check: Callable[[], Any]) -> Any:
    """Waits until `check` gives something true, and returns it."""
    give_up_at = time.monotonic() + PATIENCE_S
    while time.monotonic() < give_up_at:
        found = check()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"did not happen within {PATIENCE_S:g} s")


def states(endpoints: Endpoints, model: str = "reviews") -> dict[int, str]:
    document = httpx.get(f"{endpoints.rest}/v1/models/{model}").json()
    return {int(one["version"]): one["state"] for one in document.get("model_version_status", [])}


def best_label(endpoints: Endpoints, where: str = "") -> str:
    url = f"{endpoints.rest}/v1/models/reviews{where}:predict"
    response = httpx.post(url, json={"instances": ["좋다"]})
    assert response.status_code == 200, response.text
    return str(response.json()["predictions"][0]["labels"][0])


def reload_config(endpoints: Endpoints, base: Path, **wanted: Any) -> None:
    from tensorflow_serving.apis import model_management_pb2, model_service_pb2_grpc

    request = model_management_pb2.ReloadConfigRequest()
    model = request.config.model_config_list.config.add(name="reviews", base_path=str(base))
    model.model_version_policy.specific.versions.extend(wanted["versions"])
    for label, version in wanted.get("labels", {}).items():
        model.version_labels[label] = version
    with grpc.insecure_channel(endpoints.grpc) as channel:
        model_service_pb2_grpc.ModelServiceStub(channel).HandleReloadConfigRequest(request)


def write_config(path: Path, base: Path, policy: str, labels: str = "") -> Path:
    path.write_text(
        f'model_config_list {{ config {{ name: "reviews" base_path: "{base}" '
        f"model_version_policy {{ {policy} }} {labels} }} }}",
        "utf-8",
    )
    return path


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("latest {}", [3]),
        ("latest { num_versions: 2 }", [2, 3]),
        ("specific { versions: 1 versions: 3 versions: 9 }", [1, 3]),
        ("all {}", [1, 2, 3]),
    ],
)
def test_the_policy_decides_what_is_loaded(
    start: Any, publish: Any, tmp_path: Path, policy: str, expected: list[int]
) -> None:
    for version in (1, 2, 3):
        publish("first", tmp_path / str(version))
    config = write_config(tmp_path / "models.config", tmp_path, policy)
    assert sorted(states(start(model_config_file=config))) == expected


def test_a_label_moves_between_loaded_versions_by_reload(
    start: Any, publish: Any, tmp_path: Path
) -> None:
    publish("first", tmp_path / "1")
    publish("second", tmp_path / "2")
    config = write_config(
        *(tmp_path / "models.config", tmp_path, "specific { versions: 1 }"),
        'version_labels { key: "stable" value: 1 }',
    )
    endpoints = start(model_config_file=config)
    assert best_label(endpoints, "/labels/stable") == "긍정"
    both = {"stable": 1, "canary": 2}
    reload_config(endpoints, tmp_path, versions=[1, 2], labels=both)
    assert best_label(endpoints, "/labels/canary") == "좋아요"
    reload_config(endpoints, tmp_path, versions=[2], labels={"stable": 2})
    assert best_label(endpoints, "/labels/stable") == "좋아요"
    assert states(endpoints) == {2: "AVAILABLE", 1: "END"}


def test_a_label_on_a_version_that_is_not_loaded_is_refused_and_the_old_one_stays(
    start: Any, publish: Any, tmp_path: Path
) -> None:
    publish("first", tmp_path / "1")
    endpoints = start(model_name="reviews", model_base_path=tmp_path)
    reload_config(endpoints, tmp_path, versions=[1], labels={"stable": 1})
    with pytest.raises(grpc.RpcError) as caught:
        reload_config(endpoints, tmp_path, versions=[1], labels={"stable": 9})
    assert caught.value.code().name == "FAILED_PRECONDITION"
    assert 'label "stable" names version 9' in caught.value.details()
    assert best_label(endpoints, "/labels/stable") == "긍정"


def test_a_model_that_moves_to_another_folder_is_served_all_the_while(
    start: Any, publish: Any, tmp_path: Path
) -> None:
    for name, folder in (("first", "old"), ("second", "new")):
        (tmp_path / folder).mkdir()
        publish(name, tmp_path / folder / "1")
    endpoints = start(model_name="reviews", model_base_path=tmp_path / "old")
    faults, stop = [], threading.Event()

    def ask() -> None:
        with httpx.Client() as client:
            while not stop.is_set():
                url = f"{endpoints.rest}/v1/models/reviews:predict"
                response = client.post(url, json={"instances": ["좋다"]})
                if response.status_code != 200:
                    faults.append(response.text)

    asker = threading.Thread(target=ask)
    asker.start()
    reload_config(endpoints, tmp_path / "new", versions=[1])
    stop.set()
    asker.join()
    assert faults == []
    assert best_label(endpoints) == "좋아요"


def test_a_model_dropped_from_the_configuration_is_served_no_more(
    start: Any, publish: Any, tmp_path: Path
) -> None:
    publish("first", tmp_path / "1")
    config = write_config(tmp_path / "models.config", tmp_path, "latest {}")
    endpoints = start(model_config_file=config, model_config_file_poll_wait_seconds=0.05)
    config.write_text("model_config_list {}", "utf-8")
    eventually(lambda: states(endpoints) == {})
    assert httpx.get(f"{endpoints.rest}/v1/models/reviews").status_code == 404


def test_a_model_that_is_dropped_or_moved_gives_its_memory_back(tmp_path: Path) -> None:
    closed: list[Path] = []

    def load(path: Path, _version: int) -> ExitStack:
        servable = ExitStack()
        servable.callback(closed.append, path)
        return servable

    for folder in ("old", "new", "other"):
        (tmp_path / folder / "1").mkdir(parents=True)
    catalog = Catalog(load=load, retry=RetryPolicy())
    catalog.apply([ModelPlan("reviews", tmp_path / "old"), ModelPlan("other", tmp_path / "other")])
    catalog.apply([ModelPlan("reviews", tmp_path / "new"), ModelPlan("other", tmp_path / "other")])
    assert closed == [tmp_path / "old" / "1"]
    catalog.apply([ModelPlan("other", tmp_path / "other")])
    assert closed == [tmp_path / "old" / "1", tmp_path / "new" / "1"]
    catalog.close()
    assert closed[2:] == [tmp_path / "other" / "1"]


def test_a_changed_configuration_file_is_read_again_when_asked(
    start: Any, publish: Any, tmp_path: Path
) -> None:
    publish("first", tmp_path / "1")
    publish("second", tmp_path / "2")
    config = write_config(tmp_path / "models.config", tmp_path, "specific { versions: 1 }")
    endpoints = start(model_config_file=config, model_config_file_poll_wait_seconds=0.05)
    assert best_label(endpoints) == "긍정"
    config.write_text("model_config_list {", "utf-8")
    time.sleep(0.2)
    assert best_label(endpoints) == "긍정"
    write_config(config, tmp_path, "specific { versions: 2 }")
    eventually(lambda: states(endpoints) == {2: "AVAILABLE", 1: "END"})


def test_a_configuration_changed_while_the_server_starts_is_followed(
    start: Any, publish: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for version in (1, 2):
        publish("first", tmp_path / str(version))
    config = write_config(tmp_path / "models.config", tmp_path, "specific { versions: 2 }")
    apply = Catalog.apply

    def apply_and_roll_back(catalog: Any, plans: Any) -> None:
        apply(catalog, plans)
        monkeypatch.undo()
        write_config(config, tmp_path, "specific { versions: 1 }")

    monkeypatch.setattr(Catalog, "apply", apply_and_roll_back)
    endpoints = start(model_config_file=config, model_config_file_poll_wait_seconds=0.05)
    eventually(lambda: states(endpoints) == {1: "AVAILABLE", 2: "END"})


def test_a_server_starts_with_a_label_whose_version_does_not_load_and_sets_it_later(
    start: Any, publish: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    publish("first", tmp_path / "1")
    (tmp_path / "2").mkdir()
    config = write_config(
        *(tmp_path / "models.config", tmp_path, "all {}"),
        'version_labels { key: "stable" value: 1 } version_labels { key: "canary" value: 2 }',
    )
    retry = RetryPolicy(max_num_load_retries=1000, load_retry_interval_micros=50_000)
    endpoints = start(model_config_file=config, retry=retry)
    assert 'label "canary" names version 2' in caplog.text
    assert best_label(endpoints, "/labels/stable") == "긍정"
    (tmp_path / "2").rmdir()
    publish("second", tmp_path / "2")
    canary = f"{endpoints.rest}/v1/models/reviews/labels/canary/metadata"
    eventually(lambda: httpx.get(canary).status_code == 200)
    assert best_label(endpoints, "/labels/canary") == "좋아요"


def test_a_label_that_waits_is_told_once_by_the_start_and_both_watchers(
    start: Any, publish: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    publish("first", tmp_path / "1")
    config = write_config(
        *(tmp_path / "models.config", tmp_path, "all {}"),
        'version_labels { key: "canary" value: 2 }',
    )
    endpoints = start(model_config_file=config, model_config_file_poll_wait_seconds=0.05)
    publish("first", tmp_path / "3")
    write_config(
        *(config, tmp_path, "all {}"),
        'version_labels { key: "canary" value: 2 } version_labels { key: "stable" value: 3 }',
    )
    eventually(lambda: httpx.get(f"{endpoints.rest}/v1/models/reviews/labels/stable").is_success)
    time.sleep(0.2)
    assert caplog.text.count('label "canary" names version 2') == 1
