"""Old versions go, and never one that serves, served before, is tried or pinned."""

from collections.abc import Callable
from pathlib import Path

import pytest

from serving.releases import changes
from serving.releases.folder import REMOVED, versions
from serving.releases.publish import Pushed
from serving.releases.retention import surplus
from serving.releases.state import State, served

Release = Callable[..., Pushed]


@pytest.mark.parametrize(
    ("state", "keep", "leaving"),
    [
        (State().after_push(5), 5, []),
        (State().after_push(5), 2, [1, 2, 3]),
        (State().after_push(5), 1, [1, 2, 3, 4]),
        (State().after_push(4).after_push(5), 1, [1, 2, 3]),
        (State().after_push(1), 2, [2, 3]),
        (State().after_push(5).after_rollback(2), 1, [1, 3, 4]),
        (State().after_pin(2).after_push(3), 1, [1, 4]),
        (State(pinned=1, stable=5), 1, [2, 3, 4]),
    ],
)
def test_what_has_a_part_stays(state: State, keep: int, leaving: list[int]) -> None:
    assert surplus([1, 2, 3, 4, 5], state, keep=keep) == leaving


def test_a_push_removes_what_is_too_old_and_says_so(release: Release, base: Path) -> None:
    numbers = [release(keep=3).version for _ in range(3)]
    done = release(keep=3)
    assert done.removed == numbers[:1]
    assert versions(base) == [*numbers[1:], done.version]
    assert not list(base.glob(f"{REMOVED}*")), "its files are gone too"


def test_of_a_version_that_is_a_link_the_link_goes_and_what_it_points_to_stays(
    release: Release, base: Path, tmp_path: Path
) -> None:
    first = release(keep=1).folder
    elsewhere = first.rename(tmp_path / "another disk")
    first.symlink_to(elsewhere)
    for _ in range(2):
        done = release(keep=1)
    assert done.removed == [int(first.name)]
    assert not list(base.glob(f"{REMOVED}*"))
    assert (elsewhere / "saved_model.pb").is_file()
    changes.rollback(base)


def test_a_version_that_cannot_be_moved_is_told_and_the_push_and_the_other_removals_are_done(
    release: Release,
    base: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    first, second, *_ = (release().folder for _ in range(3))
    rename = Path.rename

    def refuse(folder: Path, target: Path) -> Path:
        if folder == first:  # as a sticky folder does with what another user has pushed
            raise PermissionError(1, "Operation not permitted", str(folder), None, str(target))
        return rename(folder, target)

    monkeypatch.setattr(Path, "rename", refuse)
    done = release(keep=1)
    assert done.removed == [int(second.name)]
    assert served(base) == done.version
    assert f"{first} cannot be removed: [Errno 1]" in caplog.text


def test_the_served_version_outlives_any_number_of_pushes(release: Release, base: Path) -> None:
    stable = release().version
    changes.pin(base, stable)
    canaries = [release(keep=1).version for _ in range(4)]
    assert versions(base) == [stable, canaries[-1]]
    assert served(base) == stable


def test_a_version_that_malmoi_did_not_push_is_not_removed(release: Release, base: Path) -> None:
    (base / "7").mkdir(parents=True)
    for _ in range(3):
        release(keep=1)
    assert 7 in versions(base)
