"""Versions appear whole or not at all; of two pushes at a time one wins and the other is told."""

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from serving import releases
from serving.releases import changes
from serving.releases.errors import BusyError, RefusedError
from serving.releases.folder import REMOVED, UNFINISHED, versions
from serving.releases.lock import locked
from serving.releases.manifest import Provenance, read_manifest
from serving.releases.publish import Pushed, push, recover
from serving.releases.state import read_state, served

ROOT = Path(releases.__file__).parents[2]
OWN_FILES = {".lock", "models.config", "models.container.config", "releases.json"}
Release = Callable[..., Pushed]

RACER = """
import sys
from pathlib import Path
from serving.releases.errors import BusyError
from serving.releases.manifest import Provenance
from serving.releases.publish import push

sys.stdin.readline()
try:
    done = push(
        Path(sys.argv[1]), Path(sys.argv[2]), provenance=Provenance(), keep=5, handover_s=1.0
    )
    print(f"pushed {done.version}")
except BusyError as error:
    print(f"told: {error}")
"""


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def names(base: Path) -> set[str]:
    return {path.name for path in base.iterdir()}


def test_a_version_holds_every_file_of_the_model_and_its_papers(
    release: Release, model: Path, base: Path
) -> None:
    done = release()
    found = contents(done.folder)
    papers = {name: found.pop(name) for name in list(found) if name.startswith("malmoi/")}
    assert found == contents(model)
    assert set(papers) == {"malmoi/manifest.json", "malmoi/manifest.sha256"}
    assert names(base) == {str(done.version), *OWN_FILES}


def test_the_manifest_tells_where_the_version_comes_from(release: Release, base: Path) -> None:
    origin = Provenance(model_uri="artifacts/model/7", span=3, libraries={"python": "3.10.13"})
    done = release(provenance=origin)
    manifest = read_manifest(base, done.version)
    assert (manifest.model, manifest.version) == ("enquiries", done.version)
    assert manifest.provenance == origin
    assert manifest.model_uri == "artifacts/model/7"
    assert manifest.files["saved_model.pb"].size_bytes == len(b"graph")


def test_the_same_push_writes_the_same_manifest_but_for_number_and_time(release: Release) -> None:
    one, other = (
        json.loads((release().folder / "malmoi" / "manifest.json").read_bytes()) for _ in range(2)
    )
    assert list(one) == list(other)
    for tree in (one, other):
        tree["version"] = tree["created_at"] = None
    assert json.dumps(one) == json.dumps(other)
    assert list(one["files"]) == sorted(one["files"])


def test_a_version_is_on_the_disk_before_it_has_its_number_and_that_before_it_serves(
    release: Release, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a power cut could leave a served version whose files are empty."""
    synced: list[tuple[int, list[int]]] = []
    monkeypatch.setattr(
        os, "fsync", lambda file: synced.append((os.fstat(file).st_ino, versions(base)))
    )
    done = release()
    for path in (done.folder, *done.folder.rglob("*")):
        assert (path.stat().st_ino, []) in synced, path
    named = synced.index((base.stat().st_ino, [done.version]))
    serves = synced.index(((base / "releases.json").stat().st_ino, [done.version]))
    assert named < serves
    assert synced[serves + 1] == synced[named], "the renaming of releases.json is on the disk too"


def test_a_version_is_named_by_the_time(release: Release) -> None:
    before = int(time.time())
    assert before <= release().version <= time.time()


def test_versions_rise_even_within_one_second(release: Release, base: Path) -> None:
    numbers = [release().version for _ in range(4)]
    assert numbers == sorted(set(numbers))
    assert versions(base) == numbers


ORIGIN = Provenance(run_id="run-7", model_uri="s3://runs/enquiries/run-7/model")


def test_a_run_that_pushes_its_model_again_gets_the_version_that_it_has(
    release: Release, base: Path
) -> None:
    before = release()
    first = release(provenance=ORIGIN)
    again = release(provenance=ORIGIN)
    assert (again.folder, again.state, again.removed) == (first.folder, first.state, [])
    assert versions(base) == [before.version, first.version]
    assert read_state(base).before(versions(base)) == before.version


@pytest.mark.parametrize("other", [{"run_id": "run-8"}, {"model_uri": "s3://runs/another/model"}])
def test_another_run_and_another_model_are_a_new_version(
    release: Release, base: Path, other: dict[str, str]
) -> None:
    first = release(provenance=ORIGIN)
    second = release(provenance=ORIGIN.model_copy(update=other))
    assert versions(base) == [first.version, second.version]


def test_a_run_that_is_not_told_is_never_the_same(release: Release, base: Path) -> None:
    origin = Provenance(model_uri="artifacts/model/7")
    numbers = [release(provenance=origin).version for _ in range(2)]
    assert versions(base) == numbers


def test_a_version_that_has_never_taken_over_is_pushed_anew(release: Release, base: Path) -> None:
    first = release(provenance=ORIGIN)
    (base / "releases.json").unlink()
    assert release(provenance=ORIGIN).version > first.version


def test_a_newest_version_whose_papers_are_damaged_stops_no_push(
    release: Release, base: Path
) -> None:
    first = release(provenance=ORIGIN)
    (first.folder / "malmoi" / "manifest.json").write_text("{", "utf-8")
    assert release(provenance=ORIGIN).version > first.version


def test_a_version_from_the_future_is_still_exceeded(release: Release, base: Path) -> None:
    (base / "9999999999").mkdir(parents=True)
    assert release().version == 10000000000


def test_a_number_is_never_given_twice_even_if_its_version_is_gone(
    release: Release, base: Path
) -> None:
    (base / "9999999999").mkdir(parents=True)
    newest = release().folder
    newest.rename(base / "taken-away")
    assert release().version == int(newest.name) + 1


def test_versions_are_folders_with_plain_numbers_alone(base: Path) -> None:
    for name in ("9", "10", "canary", f"{UNFINISHED}11", "1a", "-3", "٣", "１４"):
        (base / name).mkdir(parents=True)
    (base / "12").write_text("a file")
    (base / "20261122150112123456").mkdir()  # a date to the microsecond: beyond 64 bits
    assert versions(base) == [9, 10]
    assert versions(base / "nowhere") == []


def test_what_an_interrupted_push_or_removal_left_is_removed(release: Release, base: Path) -> None:
    for name in (f"{UNFINISHED}17", f"{REMOVED}16"):
        (base / name / "variables").mkdir(parents=True)
    version = release().version
    assert names(base) == {str(version), *OWN_FILES}


def test_what_cannot_be_removed_stops_no_change_and_is_told(
    release: Release,
    base: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """On a network drive a file that a server holds open stays, and its folder with it."""
    first = release(keep=1).version
    for name in (f"{UNFINISHED}16", f"{UNFINISHED}17"):
        (base / name).mkdir()

    def refuse(folder: Path) -> None:
        raise PermissionError(13, "Permission denied", "v")

    monkeypatch.setattr(shutil, "rmtree", refuse)
    second, third = (release(keep=1) for _ in range(2))
    assert third.removed == [first]
    assert changes.rollback(base).after.stable == second.version
    assert versions(base) == [second.version, third.version]
    told = [record.message for record in caplog.records]
    assert any(f"{base / UNFINISHED}16 cannot be removed" in message for message in told)
    assert any(f"{base / REMOVED}{first} cannot be removed" in message for message in told)


def test_a_file_named_as_a_leftover_stops_no_push(release: Release, base: Path) -> None:
    base.mkdir(parents=True)
    (base / f"{UNFINISHED}note").write_text("왜 멈췄는지 확인할 것")
    version = release().version
    assert names(base) == {str(version), f"{UNFINISHED}note", *OWN_FILES}


def test_recovery_removes_leftovers_but_not_those_of_a_push_at_work(base: Path) -> None:
    (base / f"{UNFINISHED}17").mkdir(parents=True)
    with locked(base, "push"):
        recover(base)
        assert (base / f"{UNFINISHED}17").is_dir()
    recover(base)
    assert names(base) == {".lock"}
    recover(base / "nowhere")
    assert not (base / "nowhere").exists()


@pytest.fixture
def full_disk(model: Path) -> Iterator[None]:
    """No file may grow beyond half of the model's parts, as if the disk were full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (32 * 1024, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_leaves_no_version(release: Release, base: Path) -> None:
    with pytest.raises(OSError, match="File too large"):
        release()
    assert names(base) == {".lock"}


def test_a_disk_that_is_full_at_a_rollback_is_told_and_changes_nothing(
    release: Release, base: Path
) -> None:
    release()
    second = release().version
    before = contents(base)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        with pytest.raises(OSError, match=r"File too large: '.*releases\.json"):
            changes.rollback(base)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    before.pop(".lock")
    assert {name: contents(base)[name] for name in before} == before
    assert served(base) == second


def test_a_source_that_cannot_be_read_leaves_what_serves_alone(
    release: Release, model: Path, base: Path
) -> None:
    first = release()
    before = contents(base)
    (model / "variables" / "part-03").unlink()
    (model / "variables" / "part-03").symlink_to(model / "vanished")
    with pytest.raises(OSError, match="part-03"):
        release()
    assert contents(base).keys() == before.keys()
    assert served(base) == first.version


def test_a_model_that_is_not_there_leaves_no_version(base: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        push(tmp_path / "nowhere", base, provenance=Provenance(), keep=5)
    assert versions(base) == []


def test_a_copy_that_differs_from_its_model_is_refused(release: Release, base: Path) -> None:
    def flip(unfinished: Path) -> None:
        (unfinished / "variables" / "part-03").write_bytes(b"something else")

    with pytest.raises(RefusedError, match=r"changed variables/part-03: expected 65,536 bytes"):
        release(prepare=flip)
    assert versions(base) == []


def test_what_is_added_to_the_copy_is_in_the_manifest(release: Release, base: Path) -> None:
    def add(unfinished: Path) -> None:
        (unfinished / "more").mkdir()
        (unfinished / "more" / "비고.txt").write_text("시험", "utf-8")

    done = release(prepare=add)
    assert read_manifest(base, done.version).files["more/비고.txt"].size_bytes == 6


def test_what_fails_to_prepare_is_not_pushed(release: Release, base: Path) -> None:
    first = release()

    def refuse(_: Path) -> None:
        raise ValueError("record 2: no signature")

    with pytest.raises(ValueError, match="record 2"):
        release(prepare=refuse)
    assert versions(base) == [first.version]
    assert served(base) == first.version


def test_a_push_during_a_push_is_told_by_whom_and_changes_nothing(
    release: Release, base: Path
) -> None:
    told = []

    def meanwhile(_: Path) -> None:
        with pytest.raises(BusyError) as caught:
            release()
        told.append(str(caught.value))

    done = release(prepare=meanwhile)
    assert versions(base) == [done.version]
    assert f"push: {base} is held by a push of " in told[0]
    assert f"(process {os.getpid()}, since " in told[0]
    assert "nothing was changed; wait for it, then try again" in told[0]


def test_of_two_processes_that_push_at_once_one_wins_and_the_other_is_told(
    release: Release, model: Path, base: Path
) -> None:
    first = release().version
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, str(model), str(base)],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("\n")
        racer.stdin.flush()
    loser, winner = sorted((racer.communicate()[0] for racer in racers), reverse=True)
    assert winner.startswith("pushed ")
    assert "told: push: " in loser
    assert "is held by a push of" in loser
    version = int(winner.split()[1])
    assert versions(base) == [first, version]
    assert read_state(base).stable == version
