"""The schema must fit the configuration's columns; preflight tells all that does not."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from components.text_example_gen.source import Columns
from pipeline.config import Config, load
from pipeline.contract import contract_problems
from pipeline.preflight import problems

COLUMNS = Columns(text="본문", label="감성", date="날짜")
TRAINING = 'default_environment: "TRAINING" '
GOOD = TRAINING + 'feature { name: "본문" } feature { name: "감성" } feature { name: "날짜" }'


def found(folder: Path, schema: str | bytes) -> list[str]:
    path = folder / "schema.pbtxt"
    path.write_bytes(schema.encode() if isinstance(schema, str) else schema)
    return contract_problems(path, COLUMNS)


def test_a_schema_that_names_every_column_is_accepted(tmp_path: Path) -> None:
    assert found(tmp_path, GOOD) == []


def test_a_missing_schema_comes_with_the_command_that_writes_one(tmp_path: Path) -> None:
    path = tmp_path / "schema.pbtxt"
    assert contract_problems(path, COLUMNS) == [
        f"schema: {path} cannot be read (No such file or directory); "
        "`malmoi init` writes a first one"
    ]


@pytest.mark.parametrize("schema", ["feature {", "featur { }", "본문".encode("cp949")])
def test_what_is_no_schema_is_refused(tmp_path: Path, schema: str | bytes) -> None:
    (told,) = found(tmp_path, schema)
    assert told.startswith(f"schema: {tmp_path / 'schema.pbtxt'} is not a schema in text form")


def test_every_missing_column_and_fixed_shape_is_told(tmp_path: Path) -> None:
    schema = (
        TRAINING + 'feature { name: "본문" shape { dim { size: 1 } } } feature { name: "label" }'
    )
    start = f"schema: {tmp_path / 'schema.pbtxt'}: "
    assert found(tmp_path, schema) == [
        start + "feature '본문' has a fixed shape: delete `shape`, keep `value_count`",
        start + "no feature '감성', which the configuration names; there are: 본문, label",
        start + "no feature '날짜', which the configuration names; there are: 본문, label",
    ]


def test_a_missing_environment_comes_with_the_line_that_adds_it(tmp_path: Path) -> None:
    path = tmp_path / "schema.pbtxt"
    path.write_text(GOOD.removeprefix(TRAINING), "utf-8")
    wanted = ("TRAINING", "UNLABELLED")
    assert contract_problems(path, COLUMNS, environments=wanted) == [
        f'schema: {path}: no environment {name}: add the line `default_environment: "{name}"`'
        for name in wanted
    ]


def test_a_feature_that_is_declared_twice_is_told(tmp_path: Path) -> None:
    """TFDV would read the first alone, and let every value pass that the second forbids."""
    schema = f'{GOOD} feature {{ name: "감성" string_domain {{ value: "긍정" }} }}'
    (told,) = found(tmp_path, schema)
    assert told.endswith(": feature '감성' is declared 2 times: keep one `feature` of it")


def test_a_domain_that_is_not_there_is_told(tmp_path: Path) -> None:
    (told,) = found(tmp_path, GOOD.replace('name: "감성"', 'name: "감성" domain: "labels"'))
    assert "feature '감성': the schema has no domain 'labels'; add a string_domain" in told


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A configuration that nothing can be said against."""
    (tmp_path / "rows.csv").write_text("본문,감성\n좋아요,긍정\n별로예요,부정\n", "utf-8")
    (tmp_path / "schema.pbtxt").write_text(GOOD, "utf-8")
    tree: dict[str, Any] = {
        "name": "reviews",
        "data": {"train": "rows.csv", "columns": {"text": "본문", "label": "감성"}},
        "schema": "schema.pbtxt",
    }
    path = tmp_path / "malmoi.yaml"
    path.write_text(yaml.safe_dump(tree), "utf-8")
    return load(path)


def test_preflight_is_silent_about_a_good_configuration_and_leaves_no_file(config: Config) -> None:
    assert problems(config) == []
    assert list(config.output_dir.iterdir()) == []


def test_preflight_tells_of_data_schema_and_output_at_once(config: Config) -> None:
    wrong = config.model_copy(
        update={
            "data": config.data.model_copy(update={"eval": f"{config.data.train}.gone"}),
            "schema_file": f"{config.schema_file}.gone",
            "output": f"{config.data.train}/output",
        }
    )
    told = [problem.split(":")[0] for problem in problems(wrong)]
    assert told == ["data.eval", "schema", "output"]


def test_preflight_tells_of_a_folder_that_cannot_be_written_to(config: Config) -> None:
    wrong = config.model_copy(update={"output": "/proc/malmoi"})
    (told,) = problems(wrong)
    assert told.startswith("output: /proc/malmoi cannot be written to (")
    assert told.endswith("choose another folder with --set output=...")
