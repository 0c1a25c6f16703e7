"""Versions appear whole or not at all, whatever happens on the way."""

import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.atomic_pusher import publish as publishing
from components.atomic_pusher.publish import UNFINISHED, publish, versions

FILES = 40
FILE_BYTES = 64 * 1024

ENDLESS = """
import sys
from pathlib import Path
from components.atomic_pusher.publish import publish

print("ready", flush=True)
while True:
    publish(Path(sys.argv[1]), Path(sys.argv[2]))
"""


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A folder of the shape of a SavedModel."""
    folder = tmp_path / "model"
    (folder / "variables").mkdir(parents=True)
    (folder / "assets").mkdir()
    (folder / "saved_model.pb").write_bytes(b"graph")
    for n in range(FILES):
        (folder / "variables" / f"part-{n:02}").write_bytes(bytes([n]) * FILE_BYTES)
    (folder / "assets" / "labels").write_text("칭찬\n환불\n", "utf-8")
    return folder


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return tmp_path / "releases" / "enquiries"


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_a_version_holds_every_file_of_the_model(model: Path, base: Path) -> None:
    version = publish(model, base)
    assert contents(version) == contents(model)
    assert version.parent == base
    assert [path.name for path in base.iterdir()] == [version.name]


def test_a_version_is_named_by_the_time(model: Path, base: Path) -> None:
    before = int(time.time())
    assert before <= int(publish(model, base).name) <= time.time()


def test_versions_rise_even_within_one_second(model: Path, base: Path) -> None:
    numbers = [int(publish(model, base).name) for _ in range(4)]
    assert numbers == sorted(set(numbers))
    assert versions(base) == numbers


def test_a_version_from_the_future_is_still_exceeded(model: Path, base: Path) -> None:
    (base / "9999999999").mkdir(parents=True)
    assert publish(model, base).name == "10000000000"


def test_versions_are_folders_with_numbers_alone(base: Path) -> None:
    for name in ("9", "10", "canary", f"{UNFINISHED}11", "1a", "-3"):
        (base / name).mkdir(parents=True)
    (base / "12").write_text("a file")
    assert versions(base) == [9, 10]
    assert versions(base / "nowhere") == []


def test_what_an_interrupted_push_left_is_removed(model: Path, base: Path) -> None:
    (base / f"{UNFINISHED}17" / "variables").mkdir(parents=True)
    version = publish(model, base)
    assert [path.name for path in base.iterdir()] == [version.name]


@pytest.fixture
def full_disk(model: Path) -> Iterator[None]:
    """No file may grow beyond half of the model's parts, as if the disk were full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES // 2, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_leaves_no_version(model: Path, base: Path) -> None:
    with pytest.raises(OSError, match="File too large"):
        publish(model, base)
    assert list(base.iterdir()) == []


def test_a_source_that_cannot_be_read_leaves_the_earlier_version_alone(
    model: Path, base: Path
) -> None:
    first = publish(model, base)
    (model / "variables" / "part-07").unlink()
    (model / "variables" / "part-07").symlink_to(model / "vanished")
    with pytest.raises(OSError, match="part-07"):
        publish(model, base)
    assert [path.name for path in base.iterdir()] == [first.name]


def test_a_model_that_is_not_there_leaves_no_version(base: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        publish(tmp_path / "nowhere", base)
    assert versions(base) == []


def test_a_kill_at_any_moment_leaves_whole_versions_only(model: Path, base: Path) -> None:
    whole, drawn = contents(model), random.Random(11)
    environment = os.environ | {"PYTHONPATH": str(Path(publishing.__file__).parents[2])}
    publish(model, base)
    unfinished = 0
    for _ in range(8):
        process = subprocess.Popen(
            [sys.executable, "-c", ENDLESS, str(model), str(base)],
            env=environment,
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(drawn.uniform(0.0, 0.15))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        unfinished += len(list(base.glob(f"{UNFINISHED}*")))
    found = versions(base)
    assert all(contents(base / str(version)) == whole for version in found)
    assert found
    assert unfinished, "no kill came in the middle of a copy: this test has shown nothing"
    publish(model, base)
    assert not list(base.glob(f"{UNFINISHED}*"))
