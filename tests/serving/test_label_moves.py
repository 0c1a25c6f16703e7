"""Labels while versions come, go and fail; the models are stand-ins that load at once."""

import logging
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path

import pytest

from serving.catalog import Catalog
from serving.errors import ServingError, invalid
from serving.plans import ModelPlan, VersionPolicy
from serving.settings import RetryPolicy
from serving.states import State
from serving.watching import Watcher

MODEL = "reviews"


class Shelf:
    """A catalog over empty version folders; what is in `broken` does not load."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.broken: set[int] = set()
        self.catalog = Catalog(load=self._load, retry=RetryPolicy(1000, 0))

    def _load(self, path: Path, version: int) -> ExitStack:
        if version in self.broken:
            raise RuntimeError("out of memory")
        return ExitStack()

    def plan(self, versions: Iterable[int], **labels: int) -> list[ModelPlan]:
        for version in versions:
            (self.folder / str(version)).mkdir(exist_ok=True)
        policy = VersionPolicy(latest=None, specific=frozenset(versions))
        return [ModelPlan(MODEL, self.folder, policy, labels)]

    def apply(self, versions: Iterable[int], **labels: int) -> None:
        self.catalog.apply(self.plan(versions, **labels))

    def answers(self, label: str | None = None) -> int:
        with self.catalog.lease(MODEL, label=label) as (version, _):
            return version

    def states(self) -> dict[int, State]:
        return {one.version: one.state for one in self.catalog.statuses(MODEL)}


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def test_a_label_keeps_its_version_loaded_while_the_next_one_does_not_load(shelf: Shelf) -> None:
    shelf.apply([9, 10], stable=10)
    shelf.broken = {5}
    with pytest.raises(ServingError, match='label "stable" names version 5'):
        shelf.apply([4, 5], stable=5)
    shelf.catalog.poll()
    assert shelf.answers("stable") == 10
    loaded = {version for version, state in shelf.states().items() if state is State.AVAILABLE}
    assert loaded == {4, 10}


@pytest.mark.parametrize(("pause_s", "attempts"), [(0, 3), (3_600, 1)])
def test_a_version_that_failed_is_tried_again_after_the_pause_and_not_before(
    tmp_path: Path, pause_s: int, attempts: int
) -> None:
    tried: list[int] = []

    def load(_path: Path, version: int) -> ExitStack:
        tried.append(version)
        raise RuntimeError("out of memory")

    (tmp_path / "1").mkdir()
    catalog = Catalog(load=load, retry=RetryPolicy(5, pause_s * 1_000_000))
    catalog.apply([ModelPlan(MODEL, tmp_path)])
    for _ in range(2):
        catalog.poll()
    assert tried == [1] * attempts


def test_a_label_moves_by_itself_once_its_version_loads(shelf: Shelf) -> None:
    shelf.apply([10], stable=10)
    shelf.broken = {5}
    with pytest.raises(ServingError):
        shelf.apply([4, 5], stable=5)
    shelf.broken = set()
    shelf.catalog.poll()
    assert shelf.answers("stable") == 5
    assert shelf.states()[10] is State.END


def test_one_label_without_a_version_holds_up_no_other(shelf: Shelf) -> None:
    shelf.broken = {3}
    with pytest.raises(ServingError, match='label "canary" names version 3'):
        shelf.apply([2, 3], stable=2, canary=3)
    assert shelf.answers("stable") == 2
    with pytest.raises(ServingError, match=r'no version label "canary", it has \[\'stable\'\]'):
        shelf.answers("canary")


def test_a_label_that_the_plan_drops_is_gone_and_its_version_with_it(shelf: Shelf) -> None:
    shelf.apply([1, 2], stable=1, canary=2)
    shelf.apply([1], stable=1)
    assert shelf.states() == {1: State.AVAILABLE, 2: State.END}
    with pytest.raises(ServingError, match='no version label "canary"'):
        shelf.answers("canary")


def test_a_version_is_taken_back_while_its_last_request_still_runs(shelf: Shelf) -> None:
    shelf.apply([1, 2], stable=1)
    with shelf.catalog.lease(MODEL, label="stable"):
        shelf.apply([2], stable=2)
        assert shelf.states()[1] is State.UNLOADING
        shelf.apply([1], stable=1)
        assert shelf.answers("stable") == 1
    assert shelf.states() == {1: State.AVAILABLE, 2: State.END}


def test_no_request_by_label_falls_between_two_versions(shelf: Shelf) -> None:
    plans = [shelf.plan([1], stable=1), shelf.plan([2], stable=2)]
    shelf.catalog.apply(plans[0])
    faults, stop = [], threading.Event()

    def ask() -> None:
        while not stop.is_set():
            try:
                shelf.answers("stable")
            except ServingError as error:
                faults.append(error.message)

    clients = [threading.Thread(target=ask) for _ in range(3)]
    pause_s = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)  # so that threads change places in the middle of everything
    try:
        for client in clients:
            client.start()
        give_up_at = time.monotonic() + 1.5
        while time.monotonic() < give_up_at and not faults:
            for plan in reversed(plans):
                shelf.catalog.apply(plan)
    finally:
        sys.setswitchinterval(pause_s)
        stop.set()
        for client in clients:
            client.join()
    assert faults == []


def test_a_label_that_waits_is_told_once_and_again_when_it_waits_again(
    shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    shelf.apply([1], stable=1)
    waiting = [{"stable": 9}, {"stable": 9, "canary": 8}, {"canary": 8}, {"stable": 9}]
    for labels in waiting:
        with pytest.raises(ServingError):
            shelf.apply([1], **labels)
        shelf.catalog.poll()
    told = [record.message for record in caplog.records if record.levelno == logging.ERROR]
    assert told == [
        f'label "{label}" names version {version} of model "reviews", which is not available'
        for label, version in [("stable", 9), ("canary", 8), ("stable", 9)]
    ]


def looked_at(looks: list[Callable[[], None]]) -> None:
    """Has a watcher look once at each, in this order."""
    done = threading.Event()
    rest = iter([*looks, done.set])

    def look() -> None:
        next(rest, done.set)()

    watcher = Watcher(look, every_s=0.001, name="watcher")
    assert done.wait(10)
    watcher.close()


def test_a_fault_that_lasts_is_told_once_and_again_when_it_comes_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def refused() -> None:
        raise invalid("models.config is refused")

    def gone() -> None:
        raise FileNotFoundError("models.config is gone")

    def fine() -> None:
        pass

    looked_at([refused, refused, gone, gone, fine, gone])
    told = [record.message.partition(";")[0] for record in caplog.records if record.levelno > 20]
    assert told == ["models.config is refused", *["models.config is gone"] * 2]
    assert "Traceback" not in caplog.text


def test_a_fault_that_nobody_foresaw_is_told_with_its_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken() -> None:
        raise ZeroDivisionError("by a watcher")

    looked_at([broken, broken])
    (record,) = (one for one in caplog.records if one.levelno == logging.ERROR)
    assert "ZeroDivisionError: by a watcher" in caplog.text
    assert record.exc_info
