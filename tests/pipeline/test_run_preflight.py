"""What is said against a run before its first node."""

import shutil
from pathlib import Path

import pytest

from pipeline.config import load
from pipeline.preflight import problems, run_problems
from serving.backends import BINARY


def test_a_server_that_the_canary_shall_ask_and_that_is_not_there_is_told_before_the_training(
    config_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    config = load(config_file, ["gates.canary.server=binary"])
    [problem] = [problem for problem in run_problems(config) if "gates.canary" in problem]
    assert problem.startswith(f"gates.canary.server is binary, but {BINARY} is not on PATH")
    assert problem not in problems(config), "a look at the data needs no server"
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    assert not [problem for problem in run_problems(config) if "gates.canary" in problem]
