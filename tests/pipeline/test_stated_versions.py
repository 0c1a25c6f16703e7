"""README, pyproject.toml and the lock name the same versions."""

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PROJECT = (REPOSITORY / "pyproject.toml").read_text("utf-8")
PINS = dict(re.findall(r'"([a-z0-9-]+)(?:\[[a-z]+\])?==([0-9.]+)"', PROJECT))


def locked() -> dict[str, str]:
    lock = (REPOSITORY / "requirements" / "lock.txt").read_text("utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)(?:\[[a-z]+\])?==([^ \\]+)", lock, re.MULTILINE))


def stated(name: str) -> set[str]:
    """The versions that README gives a package, in the form of `tfx 1.16.0` or `| tfx | 1.16.0`."""
    readme = (REPOSITORY / "README.md").read_text("utf-8")
    between = r"(?:\[[a-z]+\])?[`*]*(?: \| | ?== ?| )[`*]*"
    return set(
        re.findall(rf"(?<![\w-]){re.escape(name)}{between}(\d+\.\d+[\d.]*\d|\d+\.\d+)", readme)
    )


def test_there_are_pins_to_compare() -> None:
    assert {"tfx", "tensorflow", "apache-beam", "protobuf", "pyarrow"} <= PINS.keys()


@pytest.mark.parametrize("name", sorted(PINS))
def test_the_lock_holds_every_pin(name: str) -> None:
    assert locked()[name] == PINS[name]


@pytest.mark.parametrize("name", sorted(PINS))
def test_readme_gives_no_other_version_than_the_pin(name: str) -> None:
    assert stated(name) <= {PINS[name]}


@pytest.mark.parametrize("name", ["tfx", "tensorflow", "apache-beam"])
def test_readme_gives_the_version_of_what_the_pipeline_stands_on(name: str) -> None:
    assert stated(name) == {PINS[name]}


def test_readme_and_python_version_file_name_the_python_of_the_project() -> None:
    (python,) = re.findall(r'requires-python = ">=(\d+\.\d+),', PROJECT)
    assert (REPOSITORY / ".python-version").read_text("utf-8").strip().startswith(python)
    readme = (REPOSITORY / "README.md").read_text("utf-8")
    assert set(re.findall(r"Python (\d+\.\d+)", readme)) == {python}
