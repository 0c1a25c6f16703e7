"""The cache: what nothing has changed for is not run again, and what has is."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

NODES = {
    *("ImportSchemaGen", "TextExampleGen", "DataQuality", "TextStatisticsGen"),
    *("DataGate", "DataGateHalt", "SimpleBaselines", "Transform", "Trainer", "Evaluator"),
    *("ModelGate", "Canary", "AtomicPusher"),
}


@pytest.fixture(scope="module")
def edited(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources once more, to edit."""
    return Path(shutil.copytree(sources, tmp_path_factory.mktemp("edited") / "sources"))


@pytest.fixture(scope="module")
def after_readme(house: Any, second: Any, cold: Callable[..., Any], edited: Path) -> Any:
    """A run of sources whose README was edited."""
    with (edited / "README.md").open("a", encoding="utf-8") as file:
        file.write("\n덧붙인 줄\n")
    return cold("run", house.config, "--json", PYTHONPATH=str(edited))


@pytest.fixture(scope="module")
def after_edit(house: Any, after_readme: Any, cold: Callable[..., Any], edited: Path) -> Any:
    """A run of sources in which a comment was added to the network."""
    with (edited / "trainer" / "models" / "bigru.py").open("a", encoding="utf-8") as file:
        file.write("# 덧붙인 줄\n")
    return cold("run", house.config, "--json", PYTHONPATH=str(edited))


def test_the_same_run_again_comes_from_the_cache_with_the_same_version(
    first: Any, second: Any
) -> None:
    assert second.status == 0
    assert set(second.json()["cached"]) == NODES
    assert second.json()["pushed"] == first.json()["pushed"]
    assert second.json()["metrics"] == first.json()["metrics"]


def test_the_report_of_a_cached_run_tells_as_much_and_marks_what_is_cached(
    first: Any, second: Any
) -> None:
    fresh, cached = (Path(run.json()["report"]).read_text("utf-8") for run in (first, second))
    assert fresh.count("<td>cached</td>") == 0
    assert cached.count("<td>cached</td>") == len(NODES)
    assert cached.count("<h2>") == fresh.count("<h2>")


def test_an_edit_of_readme_runs_nothing_again(after_readme: Any) -> None:
    assert after_readme.status == 0, after_readme.err
    assert set(after_readme.json()["cached"]) == NODES


def test_an_edit_of_the_networks_code_runs_the_trainer_but_not_transform_again(
    first: Any, after_edit: Any
) -> None:
    assert after_edit.status == 0, after_edit.err
    assert NODES - set(after_edit.json()["cached"]) == {
        *("Trainer", "Evaluator", "ModelGate", "Canary", "AtomicPusher")
    }
    assert after_edit.json()["pushed"]["version"] > first.json()["pushed"]["version"]


def test_a_changed_training_setting_runs_the_trainer_but_not_transform_again(
    worse: Any,
) -> None:
    cached = set(worse.json()["cached"])
    assert "Transform" in cached
    assert "Trainer" not in cached


def test_a_threshold_runs_the_model_gate_again_and_nothing_before_it(too_strict: Any) -> None:
    cached = set(too_strict.json()["cached"])
    assert cached >= {"SimpleBaselines", "Trainer", "Evaluator"}
    assert "ModelGate" not in cached


def test_a_touched_row_runs_everything_behind_the_rows_again(
    build: Callable[..., Any], malmoi: Callable[..., Any], corpus_rows: list[tuple[str, str]]
) -> None:
    one_label = [row for row in corpus_rows if row[1] == corpus_rows[0][1]]
    house = build(one_label)
    malmoi("run", house.config)
    assert "TextExampleGen" in malmoi("run", house.config, "--json").json()["cached"]
    house.write_rows([*one_label, ("새로 들어온 문의예요", one_label[0][1])])
    cached = malmoi("run", house.config, "--json").json()["cached"]
    assert cached == ["ImportSchemaGen"]
