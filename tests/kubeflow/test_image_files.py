"""The files that containers and clusters are made from, checked as far as no cluster is needed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from kubeflow.compile import APP

ROOT = Path(__file__).resolve().parents[2]
TOOLS = Path(sys.executable).parent
IMAGE = ROOT / "kubeflow" / "image"
MANIFESTS = sorted((ROOT / "kubeflow" / "manifests").glob("*.yaml"))
SDK_OF_KUBEFLOW = {"kfp", "kfp-kubernetes", "kfp-server-api", "kubeflow"}


def pinned(lock: str) -> dict[str, str]:
    text = (ROOT / "requirements" / lock).read_text("utf-8")
    return dict(re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE))


def test_hadolint_has_nothing_to_say_of_the_dockerfile() -> None:
    done = subprocess.run(
        [TOOLS / "hadolint", IMAGE / "Dockerfile"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda path: path.name)
def test_a_manifest_is_what_kubernetes_takes(manifest: Path) -> None:
    done = subprocess.run(
        [TOOLS / "kubernetes-validate", "--strict", manifest],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr


def test_there_are_manifests() -> None:
    assert MANIFESTS


def test_the_image_has_the_versions_that_are_tested_here() -> None:
    tested, image = pinned("lock.txt"), pinned("kubeflow-image.txt")

    differ = {name for name in image if tested.get(name) != image[name]}
    assert differ == {"tensorflow-cpu"}
    assert image["tensorflow-cpu"] == tested["tensorflow"]


def test_the_image_holds_this_project_where_a_step_packs_it_for_beam_s_workers() -> None:
    text = (IMAGE / "Dockerfile").read_text("utf-8")

    assert f"\nCOPY . {APP}\n" in text
    assert f"chmod -R g+w {APP}\n" in text


def test_the_image_renames_the_version_that_is_locked() -> None:
    text = (IMAGE / "Dockerfile").read_text("utf-8")

    assert f"tensorflow_cpu-{pinned('kubeflow-image.txt')['tensorflow-cpu']}.dist-info" in text


def test_the_image_holds_nothing_of_development_and_no_sdk_of_kubeflow_s() -> None:
    image = set(pinned("kubeflow-image.txt"))

    assert not image & {"pytest", "mypy", "ruff", "gensim", "tensorflow", *SDK_OF_KUBEFLOW}


@pytest.mark.parametrize("lock", ["kubeflow.txt", "kubeflow-image.txt"])
def test_every_locked_version_has_its_hashes_and_no_address(lock: str) -> None:
    text = (ROOT / "requirements" / lock).read_text("utf-8")

    blocks = re.split(r"^(?=[\w.-]+==)", text, flags=re.MULTILINE)[1:]
    assert all("--hash=sha256:" in block for block in blocks)
    assert "://" not in text


def test_the_build_copies_only_what_it_names() -> None:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    kept = [line.removeprefix("!") for line in lines if line.startswith("!")]

    assert "*" in lines
    assert [path for path in kept if not (ROOT / path).exists()] == []


def test_the_build_script_is_a_shell_script_without_faults() -> None:
    assert subprocess.run(["sh", "-n", IMAGE / "build.sh"], check=False).returncode == 0
