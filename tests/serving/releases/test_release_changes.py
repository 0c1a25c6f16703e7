"""Rollback and pin: what serves, what is recorded, what is refused, and in which order it is told.

Versions are pushed in the order first, second, third.
"""

import shutil
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from serving.plans import ModelPlan, read_plans
from serving.releases import changes
from serving.releases.errors import BusyError, RefusedError, ReleaseError
from serving.releases.folder import versions
from serving.releases.lock import locked
from serving.releases.publish import Pushed
from serving.releases.serving_files import MODELS_CONFIG
from serving.releases.state import State, history, read_state, served

Release = Callable[..., Pushed]


@pytest.fixture
def three(release: Release) -> tuple[int, int, int]:
    first, second, third = (release().version for _ in range(3))
    return first, second, third


def plan(base: Path) -> ModelPlan:
    (found,) = read_plans(base / MODELS_CONFIG)
    return found


def loaded(base: Path) -> set[int]:
    return set(plan(base).policy.choose(versions(base)))


def test_a_push_is_stable_and_the_one_before_stays_loaded(
    three: tuple[int, int, int], base: Path
) -> None:
    assert plan(base).labels == {"stable": three[2]}
    assert loaded(base) == {three[1], three[2]}
    assert served(base) == three[2]


def test_a_rollback_goes_to_the_version_before_and_deletes_nothing(
    three: tuple[int, int, int], base: Path
) -> None:
    done = changes.rollback(base, reason="환불 문의를 놓침")
    assert (done.before.stable, done.after.stable) == (three[2], three[1])
    assert plan(base).labels == {"stable": three[1]}
    assert loaded(base) == {three[0], three[1]}, "the bad version is let go"
    assert versions(base) == list(three)
    last = history(base)[-1]
    assert (last.version, last.label, last.action) == (three[1], "stable", "rollback")
    assert last.reason == "환불 문의를 놓침"
    assert "@" in last.by
    assert last.at.endswith("+00:00")


def test_a_second_rollback_goes_further_back_and_not_forth(
    three: tuple[int, int, int], base: Path
) -> None:
    changes.rollback(base)
    changes.rollback(base)
    assert served(base) == three[0]
    with pytest.raises(ReleaseError, match=rf"no version was stable before {three[0]}, there are"):
        changes.rollback(base)


def test_after_a_rollback_and_a_push_the_bad_version_is_passed_over(
    three: tuple[int, int, int], release: Release, base: Path
) -> None:
    changes.rollback(base)
    fourth = release().version
    assert served(base) == fourth
    changes.rollback(base)
    assert served(base) == three[1]


def test_a_rollback_may_name_any_other_version(three: tuple[int, int, int], base: Path) -> None:
    changes.rollback(base, to=three[0])
    assert served(base) == three[0]
    changes.rollback(base, to=three[2])
    assert served(base) == three[2]


def test_a_version_that_has_changed_is_refused_and_what_serves_stays(
    three: tuple[int, int, int], base: Path
) -> None:
    (base / str(three[1]) / "assets" / "labels").write_text("칭찬\n", "utf-8")
    before = (base / MODELS_CONFIG).read_bytes()
    with pytest.raises(RefusedError) as caught:
        changes.rollback(base)
    assert f"version {three[1]} is not as it was pushed" in str(caught.value)
    assert "changed assets/labels: expected 14 bytes" in str(caught.value)
    assert "malmoi releases verify" in str(caught.value)
    assert (base / MODELS_CONFIG).read_bytes() == before
    assert read_state(base).stable == three[2]


@pytest.mark.parametrize(
    ("to", "message"), [(17, "no version 17 in .*, there are "), (None, "is stable already")]
)
def test_a_rollback_to_nowhere_tells_what_there_is(
    three: tuple[int, int, int], base: Path, to: int | None, message: str
) -> None:
    with pytest.raises(ReleaseError, match=message):
        changes.rollback(base, to=to or three[2])


def test_a_version_of_another_hand_is_refused_for_want_of_a_manifest(
    three: tuple[int, int, int], base: Path, model: Path
) -> None:
    shutil.copytree(model, base / "5")
    with pytest.raises(RefusedError, match=r"missing malmoi/manifest\.json"):
        changes.rollback(base, to=5)


def test_a_pin_on_nothing_and_on_a_changed_version_is_refused(
    three: tuple[int, int, int], base: Path
) -> None:
    with pytest.raises(ReleaseError, match=r"no version 17 in .*, there are "):
        changes.pin(base, 17)
    (base / str(three[1]) / "assets" / "labels").unlink()
    with pytest.raises(RefusedError, match=f"version {three[1]} is not as it was pushed"):
        changes.pin(base, three[1])
    assert (read_state(base).stable, read_state(base).pinned) == (three[2], None)


def test_a_folder_without_versions_is_called_empty(base: Path) -> None:
    with pytest.raises(ReleaseError, match=r"no version 17 in .*, there are none"):
        changes.pin(base, 17)


def test_a_rollback_during_a_push_is_told(three: tuple[int, int, int], base: Path) -> None:
    with locked(base, "push"), pytest.raises(BusyError, match=r"rollback: .* held by a push of"):
        changes.rollback(base)
    assert served(base) == three[2]


def test_a_pinned_version_holds_and_pushes_become_the_canary(
    three: tuple[int, int, int], release: Release, base: Path
) -> None:
    changes.pin(base, three[1], reason="새 판을 시험함")
    assert history(base)[-1].reason == "새 판을 시험함"
    fourth = release().version
    fifth = release().version
    assert plan(base).labels == {"stable": three[1], "canary": fifth}
    assert loaded(base) == {three[0], three[1], fifth}
    assert [entry.label for entry in history(base)[-2:]] == ["canary", "canary"]
    changes.unpin(base, reason="시험이 끝남")
    *earlier, last = history(base)
    assert [entry.action for entry in earlier] == ["push", "push", "push", "pin", "push", "push"]
    assert (last.version, last.action, last.reason) == (three[1], "unpin", "시험이 끝남")
    assert plan(base).labels == {"stable": three[1], "canary": fifth}
    assert release().version == served(base)
    assert plan(base).labels == {"stable": served(base)}
    assert fourth in versions(base)


def test_the_canary_becomes_stable_and_is_the_canary_no_more(
    three: tuple[int, int, int], release: Release, base: Path
) -> None:
    changes.pin(base, three[2])
    fourth = release().version
    changes.pin(base, fourth)
    assert plan(base).labels == {"stable": fourth}
    assert read_state(base).pinned == fourth


def test_the_version_before_is_that_of_the_first_time_whatever_served_in_between() -> None:
    state = State().after_push(1).after_push(2).after_push(3)
    state = state.after_rollback(1).after_push(4).after_rollback(3)
    assert state.before({1, 2, 3, 4}) == 2


def test_the_canary_stays_while_another_version_becomes_stable() -> None:
    state = State().after_push(1).after_pin(1).after_push(2).after_pin(3)
    assert (state.stable, state.canary) == (3, 2)
    assert (state.after_rollback(1).stable, state.after_rollback(1).canary) == (1, 2)


def test_a_rollback_of_a_pinned_version_tells_how_to_move_the_pin(
    three: tuple[int, int, int], base: Path
) -> None:
    changes.pin(base, three[2])
    with pytest.raises(ReleaseError, match=rf"pinned: move the pin with .* {three[1]}`, or lift"):
        changes.rollback(base)


def test_lifting_a_pin_that_is_not_there_is_a_fault(
    three: tuple[int, int, int], base: Path
) -> None:
    with pytest.raises(ReleaseError, match="no version is pinned"):
        changes.unpin(base)


def test_the_way_back_never_leads_to_a_newer_version() -> None:
    state = State().after_push(1).after_pin(1).after_push(5).after_unpin()
    state = state.after_push(6).after_rollback(5)
    assert (state.stable, state.before([1, 5, 6])) == (5, 1)


def test_the_way_back_leads_to_versions_that_are_still_there(release: Release, base: Path) -> None:
    *_, third, fourth = (release(keep=1).version for _ in range(4))
    assert versions(base) == [third, fourth]
    changes.rollback(base)
    assert loaded(base) == plan(base).policy.specific == {third}
    with pytest.raises(ReleaseError, match=f"no version was stable before {third}, .*with --to"):
        changes.rollback(base)


def test_a_version_that_was_taken_away_is_passed_over(
    three: tuple[int, int, int], base: Path
) -> None:
    shutil.rmtree(base / str(three[1]))
    changes.rollback(base)
    assert served(base) == three[0]


def test_no_label_moves_to_a_version_that_servers_were_not_told_to_load(
    three: tuple[int, int, int],
    release: Release,
    base: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """TensorFlow Serving refuses such a file, and never loads the version."""
    files = [plan(base)]

    def look(seconds: float) -> None:
        assert seconds == 0.5
        files.append(plan(base))

    monkeypatch.setattr(time, "sleep", look)
    release(handover_s=0.5)
    files.append(plan(base))
    changes.rollback(base, handover_s=0.5)
    files.append(plan(base))
    changes.rollback(base, to=three[0], handover_s=0.5)
    files.append(plan(base))
    changes.pin(base, three[1], handover_s=0.5)
    files.append(plan(base))
    for _ in range(2):
        release(handover_s=0.5)
        files.append(plan(base))
    for before, after in pairwise(files):
        there = before.policy.specific or frozenset()
        for label, version in after.labels.items():
            unused = label not in before.labels
            assert version in there or unused, f"{before} -> {after}"


def test_a_rollback_to_the_version_before_is_not_kept_waiting(
    three: tuple[int, int, int], base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", pytest.fail)
    changes.rollback(base, handover_s=30.0)


def test_the_first_push_is_not_kept_waiting(
    release: Release, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", pytest.fail)
    first = release(handover_s=30.0).version
    assert served(base) == first


def test_a_truth_that_cannot_be_read_is_told_with_the_way_out(
    three: tuple[int, int, int], base: Path
) -> None:
    entry = (
        (base / "releases.json")
        .read_text("utf-8")
        .replace(f'"version": {three[0]}', '"version": "1"')
    )
    for broken in (
        *("{", "[]", '{"stable": 1}', '{"history": [{"who": 1}]}'),
        *('{"stable": "1", "history": []}', '{"pinned": 1.0, "history": []}', entry),
    ):
        (base / "releases.json").write_text(broken, "utf-8")
        with pytest.raises(ReleaseError, match=r"releases\.json cannot be read: .*put back a copy"):
            read_state(base)
    (base / "releases.json").unlink()
    assert served(base) == three[2]
    (base / "releases.json").mkdir()
    with pytest.raises(ReleaseError, match=r"releases\.json cannot be read: .*put back a copy"):
        read_state(base)
