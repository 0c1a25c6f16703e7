"""SIGKILL at any moment of a push: what is served is the old or the new version, whole."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from serving import releases
from serving.plans import read_plans
from serving.releases.folder import REMOVED, UNFINISHED, versions
from serving.releases.publish import Pushed, recover
from serving.releases.serving_files import MODELS_CONFIG
from serving.releases.state import read_state
from serving.releases.verify import verify

ROOT = Path(releases.__file__).parents[2]
RANDOM_MOMENTS = 20
HANDOVER_S = 0.02
KEEP = 2
Release = Callable[..., Pushed]

# Forks a push for every line that it reads, and says how it ended. `step 7` dies before its seventh
# file operation, `rename releases.json` before the renaming to that name, `after 0.1` in 0.1 s.
FORKER = f"""
import os, signal, sys, time
from pathlib import Path
from serving.releases.manifest import Provenance
from serving.releases.publish import push

model, base = map(Path, sys.argv[1:])
steps = 0

def watch(event, arguments):
    global steps
    if event not in ("open", "os.rename", "os.mkdir", "os.remove", "os.rmdir"):
        return
    steps += 1
    place = os.path.basename(str(arguments[1])) if event == "os.rename" else ""
    if (kind == "step" and steps == int(value)) or (kind == "rename" and place == value):
        os.kill(os.getpid(), signal.SIGKILL)

for line in sys.stdin:
    kind, value = line.split()
    child = os.fork()
    if not child:
        sys.addaudithook(watch)
        push(model, base, provenance=Provenance(), keep={KEEP}, handover_s={HANDOVER_S})
        os._exit(0)
    if kind == "after":
        time.sleep(float(value))
        os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    print("killed" if os.WIFSIGNALED(status) else f"ended {{os.WEXITSTATUS(status)}}", flush=True)
"""


@pytest.fixture
def strike(model: Path, base: Path) -> Iterator[Callable[[str], str]]:
    """Pushes in another process, which dies as it is told."""
    process = subprocess.Popen(
        [sys.executable, "-c", FORKER, str(model), str(base)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def order(moment: str) -> str:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(moment + "\n")
        process.stdin.flush()
        return process.stdout.readline().strip()

    yield order
    process.communicate()


def labelled(base: Path) -> int:
    """The stable version that a server finds in models.config."""
    (plan,) = read_plans(base / MODELS_CONFIG)
    assert plan.labels["stable"] in plan.policy.choose(versions(base))
    return plan.labels["stable"]


def serving(base: Path) -> set[int | None]:
    """The stable version, by the file that servers read and by the truth.

    They differ where a kill came right between the two: the next push makes them agree first.
    """
    return {labelled(base), read_state(base).stable}


def assert_whole(base: Path, *, old: set[int | None]) -> None:
    """Every folder with a number is whole, and what serves is the old version or the new one."""
    for version in versions(base):
        assert verify(base / str(version)) == ()
    assert serving(base) <= old | {versions(base)[-1]}


def duration(strike: Callable[[str], str]) -> float:
    """Seconds of a push that nobody kills."""
    started = time.monotonic()
    assert strike("step 0") == "ended 0"
    return time.monotonic() - started


def test_at_twenty_random_moments(
    release: Release, strike: Callable[[str], str], base: Path
) -> None:
    release(keep=KEEP)
    assert strike("step 0") == "ended 0"  # also waits until the other process is ready
    seconds = min(duration(strike) for _ in range(5))  # a busy machine lengthens some
    drawn = random.Random(11)
    outcomes, unfinished = [], 0
    for _ in range(RANDOM_MOMENTS):
        old = serving(base)
        outcomes.append(strike(f"after {drawn.uniform(0.0, seconds):.4f}"))
        assert_whole(base, old=old)
        unfinished += len(list(base.glob(f"{UNFINISHED}*")))
    assert outcomes.count("killed") > RANDOM_MOMENTS // 2
    assert unfinished, "no kill came in the middle of a copy: this test has shown nothing"
    assert_the_next_push_succeeds(release, base)


def test_before_every_single_file_operation(
    release: Release, strike: Callable[[str], str], model: Path, base: Path
) -> None:
    for part in list((model / "variables").iterdir())[1:]:
        part.unlink()
    release(keep=KEEP)
    release(keep=KEEP)
    moved, step = set(), 0
    while True:
        step += 1
        old = serving(base)
        outcome = strike(f"step {step}")
        assert_whole(base, old=old)
        moved.add(labelled(base) not in old)
        if outcome != "killed":
            break
    assert outcome == "ended 0"
    assert step > 30, "far fewer than a push has: the hook hears nothing"
    assert moved == {True, False}
    assert_the_next_push_succeeds(release, base)


@pytest.mark.parametrize("file", ["releases.json", "models.config", "models.container.config"])
def test_before_the_writing_of_what_serves(
    release: Release, strike: Callable[[str], str], base: Path, file: str
) -> None:
    old = release().version
    assert strike(f"rename {file}") == "killed"
    assert_whole(base, old={old})
    assert labelled(base) == old
    assert_the_next_push_succeeds(release, base)


def test_after_the_truth_is_written_the_next_change_finishes_the_files(
    release: Release, base: Path
) -> None:
    old, config = release().version, (base / MODELS_CONFIG).read_bytes()
    new = release().version
    (base / MODELS_CONFIG).write_bytes(config)  # as a kill right after releases.json leaves it
    assert (labelled(base), read_state(base).stable) == (old, new)
    recover(base)
    assert labelled(base) == new


def assert_the_next_push_succeeds(release: Release, base: Path) -> None:
    newest = release(keep=KEEP).version
    assert labelled(base) == read_state(base).stable == newest
    assert not [p for p in base.iterdir() if p.name.startswith((UNFINISHED, REMOVED))]


def test_what_is_left_by_a_kill_loads_and_answers(
    saved: dict[str, Path], base: Path, strike: Callable[[str], str], model: Path
) -> None:
    """The same with a real SavedModel, killed at the moments that decide."""
    import shutil

    from serving.warmup import load_and_warm_up

    shutil.rmtree(model)
    shutil.copytree(saved["first"], model)
    assert strike("step 0") == "ended 0"
    for moment in ("step 9", "step 40", "rename releases.json", "rename models.config"):
        old = serving(base)
        assert strike(moment) == "killed"
        assert_whole(base, old=old)
        for version in versions(base):
            load_and_warm_up(base / str(version), time_limit_s=10.0).close()
