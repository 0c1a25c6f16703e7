"""The look at the output folder before a run."""

from pathlib import Path

import pytest

from pipeline.config import load
from pipeline.preflight import problems


def told(config_file: Path, output: Path) -> list[str]:
    found = problems(load(config_file, [f"output='{output}'"]))
    return [problem for problem in found if problem.startswith("output:")]


@pytest.mark.parametrize("name", ["리뷰 [1]", "what?", "a*b", "a\\b"])
def test_a_folder_whose_name_is_a_pattern_is_refused_and_not_made(
    config_file: Path, tmp_path: Path, name: str
) -> None:
    (problem,) = told(config_file, tmp_path / name / "output")
    assert problem.startswith(f"output: {tmp_path / name / 'output'} holds what libraries take ")
    assert not (tmp_path / name).exists()


def test_blanks_korean_and_other_signs_may_stand_in_it(config_file: Path, tmp_path: Path) -> None:
    output = tmp_path / "집 one, {x}% #1"
    assert told(config_file, output) == []
    assert list(output.iterdir()) == []
