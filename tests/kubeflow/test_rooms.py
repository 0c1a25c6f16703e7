"""Each way of keeping a step apart, with a real step: the resolver's."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest
from typer.testing import CliRunner

from kubeflow.rehearse.isolation import Bubblewrap, Namespaces, Plain, choose
from kubeflow.rehearse.podman import Podman
from kubeflow.rehearse.result import TaskResult
from kubeflow.rehearse.room import Isolation, Prepared, Room
from kubeflow.rehearse.run import DEFAULT_ROOT, Rehearsal
from kubeflow.spec import Spec, executor
from pipeline.console.main import app

IMAGE = os.environ.get("MALMOI_TEST_IMAGE", "")
ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="the system may refuse others")
WAYS = [
    pytest.param(Plain(), id="none"),
    pytest.param(Namespaces(), id="unshare", marks=ROOT_ONLY),
    pytest.param(
        Bubblewrap(),
        id="bubblewrap",
        marks=pytest.mark.skipif(not shutil.which("bwrap"), reason="bwrap is not installed"),
    ),
]
MOUNTS = {"pvcMount": [{"constant": "models", "mountPath": "/malmoi"}]}
PLATFORM = {"platforms": {"kubernetes": {"deploymentSpec": {"executors": {"look": MOUNTS}}}}}


class Silent:
    def task_ended(self, result: TaskResult) -> None:
        pass


def start(prepared: Prepared) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        prepared.argv,
        env=dict(prepared.environment),
        cwd=prepared.folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def room(tmp_path: Path) -> Room:
    room = Room(folder=tmp_path / "room", volumes={"/malmoi": tmp_path / "claim"})
    room.folder.mkdir()
    room.prepare()
    return room


@pytest.mark.parametrize("way", WAYS)
def test_a_step_begins_in_an_empty_folder_with_an_image_s_environment(
    way: Isolation, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "비밀")
    look = "import json, os; print(json.dumps([os.listdir('.'), sorted(os.environ)]))"

    done = start(way.prepare(["python", "-c", look], room))

    assert done.returncode == 0, done.stderr
    files, variables = json.loads(done.stdout)
    assert files == []
    assert "AWS_SECRET_ACCESS_KEY" not in variables


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("paths", [("/malmoi", "/malmoi/scratch"), ("/malmoi/scratch", "/malmoi")])
def test_a_volume_may_lie_in_a_folder_of_another(
    way: Isolation, paths: tuple[str, ...], tmp_path: Path
) -> None:
    claims = {path: tmp_path / Path(path).name for path in paths}
    room = Room(folder=tmp_path / "room", volumes=claims)
    room.folder.mkdir()
    room.prepare()
    work = "open('/malmoi/scratch/안', 'w'); open('/malmoi/밖', 'w')"

    done = start(way.prepare(["python", "-c", work], room))

    assert done.returncode == 0, done.stderr
    assert (claims["/malmoi/scratch"] / "안").exists()
    assert (claims["/malmoi"] / "밖").exists()


@pytest.mark.parametrize("way", WAYS)
def test_the_exit_status_is_the_step_s(way: Isolation, room: Room) -> None:
    assert start(way.prepare(["python", "-c", "raise SystemExit(7)"], room)).returncode == 7


STARTER = """
import json, sys
from pathlib import Path
from kubeflow.rehearse import isolation
from kubeflow.rehearse.run import Rehearsal

way, folder, spec, platform = map(json.loads, sys.argv[1:])
rehearsal = Rehearsal(Path(folder), getattr(isolation, way)())
rehearsal.run(spec, platform, listener=None, parameters={})
"""
HOLD = """
import fcntl, pathlib, time
with open('/malmoi/held', 'w') as held:
    fcntl.flock(held, fcntl.LOCK_EX)
    pathlib.Path('/malmoi/ready').touch()
    time.sleep(60)
"""


@pytest.mark.parametrize("way", WAYS)
def test_a_step_ends_with_a_rehearsal_that_is_killed(way: Isolation, tmp_path: Path) -> None:
    spec, claim = resolver_spec(), tmp_path / "volumes" / "models"
    executor(spec, "Baseline")["container"].update(command=["python", "-c", HOLD], args=[])
    told = (type(way).__name__, str(tmp_path), spec, PLATFORM)
    argv = [sys.executable, "-c", STARTER, *map(json.dumps, told)]

    with subprocess.Popen(argv) as rehearsal:
        within((claim / "ready").exists)
        rehearsal.kill()

    with (claim / "held").open() as held:
        within(lambda: is_free(held))


def is_free(held: IO[str]) -> bool:
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def within(so: Callable[[], bool], seconds: float = 20.0) -> None:
    give_up_at = time.monotonic() + seconds
    while not so():
        assert time.monotonic() < give_up_at
        time.sleep(0.05)


@pytest.mark.parametrize("way", WAYS[1:])
def test_the_system_is_read_only_and_this_machine_s_folders_are_not_there(
    way: Isolation, room: Room, tmp_path: Path
) -> None:
    look = (
        "import os, sys\n"
        f"assert not os.path.exists({str(tmp_path / 'claim')!r})\n"
        "try:\n open('/usr/trial', 'w')\n"
        "except OSError as error:\n sys.exit(error.errno)"
    )

    done = start(way.prepare(["python", "-c", look], room))

    assert done.returncode == 30, done.stderr  # EROFS


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("root", [DEFAULT_ROOT, "s3://malmoi/runs"])
def test_a_resolver_s_step_finds_the_release_on_its_volume(
    way: Isolation, root: str, tmp_path: Path
) -> None:
    rehearsal = Rehearsal(tmp_path / "rehearsal", way)
    version = rehearsal.folder / "volumes" / "models" / "models" / "문의" / "3"
    version.mkdir(parents=True)
    (version / "saved_model.pb").touch()
    spec = {**resolver_spec(), "defaultPipelineRoot": root}

    results = rehearsal.run(spec, PLATFORM, listener=Silent(), parameters={})

    assert results["Baseline"].state == "ran", results["Baseline"].why
    assert results["Baseline"].metadata["model"]["pushed_version"] == "3"
    assert (results["Baseline"].artifacts["model"] / "Format-Serving" / "saved_model.pb").exists()


def test_a_container_has_no_network_no_capabilities_and_the_launcher_s_folders(room: Room) -> None:
    prepared = Podman("malmoi:1").prepare(["python", "-m", "kubeflow.resolve", "가"], room)

    argv = list(prepared.argv)
    assert argv[argv.index("--network") + 1] == "none"
    assert argv[argv.index("--cap-drop") + 1] == "ALL"
    assert f"{room.volumes['/malmoi']}:/malmoi" in argv
    assert f"{room.folder / 's3'}:/s3" in argv
    assert argv[-6:] == ["--entrypoint", "python", "malmoi:1", "-m", "kubeflow.resolve", "가"]


@pytest.mark.parametrize(
    ("user", "mapped"), [(0, []), (1001, ["--userns", "keep-id:uid=1000,gid=0"])]
)
def test_an_ordinary_user_is_the_image_s_user(
    room: Room, monkeypatch: pytest.MonkeyPatch, user: int, mapped: list[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)

    argv = list(Podman("malmoi:1").prepare(["python"], room).argv)

    begin = argv.index("--userns") if "--userns" in argv else len(argv)
    assert argv[begin : begin + 2] == mapped


@pytest.mark.skipif(not IMAGE, reason="MALMOI_TEST_IMAGE names no image of ours")
def test_a_resolver_s_step_runs_in_a_container_as_the_image_s_user(tmp_path: Path) -> None:
    test_a_resolver_s_step_finds_the_release_on_its_volume(Podman(IMAGE), DEFAULT_ROOT, tmp_path)


def test_without_podman_the_package_to_install_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    done = CliRunner().invoke(
        app, ["kubeflow", "rehearse", str(tmp_path / "p.yaml"), "--podman", "malmoi:1"]
    )

    assert done.exit_code == 1
    assert "apt install podman" in done.output


def test_the_strictest_way_that_works_is_chosen() -> None:
    assert choose().name in ("bubblewrap", "unshare", "none")
    if os.geteuid() == 0 and shutil.which("unshare") and not shutil.which("bwrap"):
        assert choose().name == "unshare"


def resolver_spec() -> Spec:
    args = ["--step", "Baseline", "--models", "/malmoi/models/문의"]
    container = {
        "image": "image:1",
        "command": ["python", "-m", "kubeflow.resolve"],
        "args": [*args, "--json_serialized_invocation_args", "{{$}}"],
    }
    model = {"artifactType": {"instanceSchema": "title: tfx.Model\ntype: object\n"}}
    return {
        "pipelineInfo": {"name": "look"},
        "schemaVersion": "2.1.0",
        "components": {
            "Baseline": {
                "executorLabel": "look",
                "outputDefinitions": {"artifacts": {"model": model}},
            }
        },
        "deploymentSpec": {"executors": {"look": {"container": container}}},
        "root": {
            "dag": {
                "tasks": {
                    "Baseline": {
                        "taskInfo": {"name": "Baseline"},
                        "componentRef": {"name": "Baseline"},
                    }
                }
            }
        },
    }
