"""Interruption at any point leaves nothing half done, and the next run goes on from there.

The runs go through the nodes in one output folder, each continuing what the ones before finished.
"""

import shutil
import signal
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from ml_metadata.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2

AT_ONCE = 0.0
MOMENTS: list[tuple[str, float | str]] = [
    ("ImportSchemaGen", AT_ONCE),
    ("TextExampleGen", 0.2),
    ("DataQuality", 0.2),
    ("Production", AT_ONCE),
    ("TextStatisticsGen", 1.0),
    ("LastAccepted", AT_ONCE),
    ("DataGate", AT_ONCE),
    ("DataGateHalt", AT_ONCE),
    ("SimpleBaselines", 0.3),
    ("Transform", 2.0),
    ("Trainer", 3.0),
    ("Baseline", AT_ONCE),
    ("Evaluator", 0.8),
    ("ModelGate", 0.3),
    ("AtomicPusher", AT_ONCE),
    ("AtomicPusher", "saved_model.pb"),
    ("AtomicPusher", "variables.index"),
    ("AtomicPusher", "[1-9]*"),
]
"""A node, and the seconds after its beginning or the file at whose copying the signal comes."""

STATUS = {signal.SIGINT: 1, signal.SIGKILL: -signal.SIGKILL}
TEXTS = ["배송이 너무 늦어요", "환불해 주세요 ㅠㅠ", "주문을 취소하고 싶습니다", "ㅋㅋㅋ", "🙏"]


@pytest.fixture(scope="module")
def struck(build: Callable[..., Any]) -> Any:
    """The house whose runs are interrupted."""
    return build()


@pytest.fixture(scope="module")
def finished(struck: Any, malmoi: Callable[..., Any]) -> Any:
    """The run that nobody interrupts."""
    return malmoi("run", struck.config, "--json")


def half_written(models: Path) -> list[str]:
    """Versions as a server would see them that lack a part."""
    parts = ("saved_model.pb", "variables/variables.index", "assets/labels")
    return [
        f"{version.name}/{part}"
        for version in models.glob("[0-9]*")
        for part in parts
        if not (version / part).is_file()
    ]


@pytest.mark.parametrize(
    ("moment", "number"),
    list(product(MOMENTS, STATUS)),
    ids=lambda value: (
        value.name if isinstance(value, signal.Signals) else "-".join(map(str, value))
    ),
)
def test_a_run_that_is_struck_ends_and_leaves_no_half_version(
    struck: Any,
    malmoi: Callable[..., Any],
    moment: tuple[str, float | str],
    number: signal.Signals,
) -> None:
    node, when = moment
    strike = {"node": node, "number": number, "moment": when}
    done = malmoi("run", struck.config, "--json", strike=strike)
    assert done.status == STATUS[number]
    assert half_written(struck.models) == []
    assert "Traceback" not in done.err
    if number == signal.SIGINT:
        assert "Interrupted. Run the same command again" in done.err
        assert done.json()["verdict"] == "failed"
    else:
        assert done.out == ""


def test_the_next_run_finishes_and_pushes_one_whole_version(struck: Any, finished: Any) -> None:
    assert finished.status == 0, finished.err
    assert finished.json()["pushed"]["version"] in struck.versions()
    assert half_written(struck.models) == []
    assert [name for name in struck.versions() if not name.isdecimal()] == []


def test_no_execution_is_left_running(struck: Any, finished: Any) -> None:
    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = str(struck.output / "metadata.sqlite")
    states = [e.last_known_state for e in MetadataStore(config).get_executions()]
    assert states
    assert metadata_store_pb2.Execution.RUNNING not in states


def test_nothing_of_the_dead_runs_is_left_among_the_artifacts(struck: Any, finished: Any) -> None:
    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = str(struck.output / "metadata.sqlite")
    known = {artifact.uri for artifact in MetadataStore(config).get_artifacts()}
    folders = (struck.output / "artifacts").glob("[A-Z]*/[a-z]*/*")
    assert [str(folder) for folder in folders if str(folder) not in known] == []


def test_the_model_is_to_the_bit_the_one_of_an_undisturbed_run_elsewhere(
    house: Any, first: Any, struck: Any, finished: Any, malmoi: Callable[..., Any]
) -> None:
    version = first.json()["pushed"]["version"]
    alone = house.folder / "first"
    shutil.copytree(house.models / version, alone / "models" / "enquiries" / version)
    question = ("--top", 3, "--json", *TEXTS)
    theirs = malmoi("predict", house.config, "--set", f"output={alone}", *question).json()
    ours = malmoi("predict", struck.config, *question).json()
    assert (str(theirs["version"]), str(ours["version"])) == (
        version,
        finished.json()["pushed"]["version"],
    )
    assert ours["answers"] == theirs["answers"]
