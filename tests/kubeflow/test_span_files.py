"""The driver in the step: spans, versions and fingerprints among the files that were downloaded."""

import json
from pathlib import Path

import pytest

from kubeflow.step import files

DRIVER = "components.text_example_gen.driver.Driver"


def input_config(pattern: str) -> dict[str, str]:
    return {"input_config": json.dumps({"splits": [{"name": "train", "pattern": pattern}]})}


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    for span in ("001", "002"):
        (tmp_path / f"span-{span}").mkdir()
        (tmp_path / f"span-{span}" / "문의.csv").write_text("text,label\n", "utf-8")
    return tmp_path


def test_the_newest_span_is_found_and_its_pattern_resolved(rows: Path) -> None:
    found = files.find(DRIVER, input_config("span-{SPAN:3}/*.csv"), base=str(rows))

    (split,) = json.loads(found.parameters["input_config"])["splits"]
    assert split["pattern"] == f"{rows}/span-002/*.csv"
    assert found.parameters["span"] == 2
    assert found.declared["span"] == {"parameterType": "NUMBER_INTEGER"}
    assert found.metadata["custom:span"] == 2
    assert "num_files:1" in found.metadata["input_fingerprint"]


def test_rows_without_a_span_have_span_zero_and_no_version(rows: Path) -> None:
    found = files.find(DRIVER, input_config("span-001/문의.csv"), base=str(rows))

    assert found.parameters["span"] == 0
    assert "version" not in found.parameters
    assert "version" not in found.declared


def test_a_changed_file_has_another_fingerprint(rows: Path) -> None:
    before = files.find(DRIVER, input_config("span-001/*.csv"), base=str(rows))
    (rows / "span-001" / "문의.csv").write_text("text,label\n환불,환불\n", "utf-8")

    after = files.find(DRIVER, input_config("span-001/*.csv"), base=str(rows))

    assert before.metadata["input_fingerprint"] != after.metadata["input_fingerprint"]


def test_a_span_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no span to read in"):
        files.find(DRIVER, input_config("span-{SPAN}/*.csv"), base=str(tmp_path))
