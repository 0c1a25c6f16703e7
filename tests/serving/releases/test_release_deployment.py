"""The compose file and the manifests, read back: what is mounted, probed and limited."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from serving.backends import Backend, command_line
from serving.releases.deployment import deployment_files
from serving.releases.kubernetes import deployment
from serving.releases.settings import ContainerSettings
from serving.settings import ServerSettings

SETTINGS = ContainerSettings(claim="모델", replicas=3, cpus=4, memory_mib=1024)
FOLLOWED = {
    "--model_config_file": "/mnt/models/models.container.config",
    "--model_config_file_poll_wait_seconds": "1",
    "--allow_version_labels_for_unavailable_models": "true",
    "--enable_batching": "true",
    "--batching_parameters_file": "/etc/malmoi/batching_parameters.txt",
    "--monitoring_config_file": "/etc/malmoi/monitoring.config",
}


@pytest.fixture
def files() -> dict[str, str]:
    return deployment_files(Path("/srv/models/korean_reviews"), SETTINGS)


def documents(text: str) -> dict[str, Any]:
    return {document["kind"]: document for document in yaml.safe_load_all(text)}


def flags(listed: list[str]) -> dict[str, str]:
    return dict(flag.split("=", 1) for flag in listed)


def test_there_is_every_file_and_each_says_who_wrote_it(files: dict[str, str]) -> None:
    assert list(files) == [
        "batching_parameters.txt",
        "monitoring.config",
        "compose.yaml",
        "kubernetes.yaml",
        "kserve.yaml",
    ]
    for name in ("compose.yaml", "kubernetes.yaml", "kserve.yaml"):
        assert files[name].startswith("# Written by `malmoi releases files`")
        assert "&id" not in files[name]


def test_the_compose_file_serves_the_releases_read_only_on_loopback(files: dict[str, str]) -> None:
    (service,) = yaml.safe_load(files["compose.yaml"])["services"].values()
    assert service["image"] == "tensorflow/serving:2.16.1"
    assert service["entrypoint"] == ["tensorflow_model_server"]
    assert flags(service["command"]) == FOLLOWED | {"--port": "8500", "--rest_api_port": "8501"}
    assert service["ports"] == ["127.0.0.1:8500:8500", "127.0.0.1:8501:8501"]
    assert {volume["target"]: volume["source"] for volume in service["volumes"]} == {
        "/mnt/models": "/srv/models/korean_reviews",
        "/etc/malmoi/batching_parameters.txt": "./batching_parameters.txt",
        "/etc/malmoi/monitoring.config": "./monitoring.config",
    }
    assert all(volume["read_only"] for volume in service["volumes"])
    limits = service["deploy"]["resources"]["limits"]
    assert limits == {"cpus": "4", "memory": "1024m"}


def test_a_dollar_is_no_variable_of_the_compose_file() -> None:
    text = deployment_files(Path("/srv/$HOME/reviews"), SETTINGS)["compose.yaml"]
    (service,) = yaml.safe_load(text)["services"].values()
    assert service["volumes"][0]["source"] == "/srv/$$HOME/reviews"
    assert "$$answer" in service["healthcheck"]["test"][-1]


@pytest.mark.parametrize("name", ["y", "1e5", "2026-1-1", "0x1f"])
def test_a_name_that_kubernetes_would_take_for_no_text_is_quoted(name: str) -> None:
    files = deployment_files(Path("/srv/models") / name, ContainerSettings(claim=name))
    assert f"subPath: '{name}'\n" in files["kubernetes.yaml"]
    assert f"claimName: '{name}'\n" in files["kubernetes.yaml"]


def test_kubernetes_asks_the_stable_version_whether_a_pod_is_ready(files: dict[str, str]) -> None:
    found = documents(files["kubernetes.yaml"])
    assert list(found) == ["ConfigMap", "Deployment", "Service"]
    spec = found["Deployment"]["spec"]
    (container,) = spec["template"]["spec"]["containers"]
    assert spec["replicas"] == 3
    assert container["image"] == "tensorflow/serving:2.16.1"
    assert flags(container["args"]) == FOLLOWED | {"--port": "8500", "--rest_api_port": "8501"}
    ready = "/v1/models/korean_reviews/labels/stable/metadata"
    assert container["readinessProbe"]["httpGet"] == {"path": ready, "port": 8501}
    for probe in ("startupProbe", "livenessProbe"):
        assert container[probe]["httpGet"]["path"] == "/v1/models/korean_reviews"
    assert container["resources"]["limits"] == {"cpu": "4", "memory": "1024Mi"}


def test_kubernetes_mounts_the_models_folder_of_the_claim_read_only(files: dict[str, str]) -> None:
    found = documents(files["kubernetes.yaml"])
    pod = found["Deployment"]["spec"]["template"]["spec"]
    mounts = {mount["name"]: mount for mount in pod["containers"][0]["volumeMounts"]}
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    assert volumes["models"]["persistentVolumeClaim"] == {"claimName": "모델", "readOnly": True}
    assert mounts["models"]["mountPath"] == "/mnt/models"
    assert mounts["models"]["subPath"] == "korean_reviews"
    assert mounts["models"]["readOnly"]
    assert volumes["settings"]["configMap"]["name"] == found["ConfigMap"]["metadata"]["name"]
    assert found["ConfigMap"]["data"]["monitoring.config"] == files["monitoring.config"]
    assert set(found["ConfigMap"]["data"]) == {"batching_parameters.txt", "monitoring.config"}


def test_the_service_finds_the_pods(files: dict[str, str]) -> None:
    found = documents(files["kubernetes.yaml"])
    labels = found["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert found["Service"]["spec"]["selector"] == labels
    assert found["Deployment"]["spec"]["selector"]["matchLabels"] == labels
    assert {port["port"] for port in found["Service"]["spec"]["ports"]} == {8500, 8501}


def test_kserve_gets_a_runtime_of_our_own_and_mounts_the_claim(files: dict[str, str]) -> None:
    found = documents(files["kserve.yaml"])
    assert list(found) == ["ConfigMap", "ServingRuntime", "InferenceService"]
    model = found["InferenceService"]["spec"]["predictor"]["model"]
    assert model["runtime"] == found["ServingRuntime"]["metadata"]["name"]
    assert model["storageUri"] == "pvc://모델/korean_reviews"
    (container,) = found["ServingRuntime"]["spec"]["containers"]
    assert container["name"] == "kserve-container"
    assert container["image"] == "tensorflow/serving:2.16.1"
    assert flags(container["args"]) == FOLLOWED | {"--port": "9000", "--rest_api_port": "8080"}
    ready = {"path": "/v1/models/korean_reviews/labels/stable/metadata", "port": 8080}
    assert container["readinessProbe"]["httpGet"] == ready
    assert container["ports"] == [{"containerPort": 8080, "protocol": "TCP"}]


@pytest.mark.parametrize("name", ["demo", "a-b", "a_b", "odd_", "odd-", "x" * 60, "_x" * 60])
def test_names_are_such_as_kubernetes_and_kserve_take(name: str) -> None:
    title = deployment(name, SETTINGS)["metadata"]["name"]
    assert re.fullmatch(r"malmoi-[a-z0-9-]*[a-z0-9]", title)
    assert len(f"{title}-predictor") <= 63


def test_models_of_similar_names_share_nothing() -> None:
    names = ("a-b", "a_b", "a_b_", "a-b-", "x" * 60, "x" * 61)
    titles = {deployment(name, SETTINGS)["metadata"]["name"] for name in names}
    assert len(titles) == len(names)
    assert "malmoi-a-b" in titles, "a name that needs no change keeps its own"


@pytest.mark.parametrize("backend", [Backend.BINARY, Backend.DOCKER])
def test_tensorflow_serving_on_this_machine_takes_labels_at_its_start(
    tmp_path: Path, backend: Backend
) -> None:
    config = tmp_path / "reviews" / "models.config"
    config.parent.mkdir()
    config.write_text(
        f'model_config_list {{ config {{ name: "reviews" base_path: "{config.parent}" }} }}'
    )
    line = command_line(
        ServerSettings(model_config_file=config, model_config_file_poll_wait_seconds=1.0), backend
    )
    assert f"--model_config_file={config}" in line
    assert "--allow_version_labels_for_unavailable_models=true" in line
    assert "--model_config_file_poll_wait_seconds=1" in line
    mounts = [line[at + 1] for at, word in enumerate(line) if word == "-v"]
    assert mounts == [f"{config.parent}:{config.parent}:ro"] * (backend is Backend.DOCKER)
