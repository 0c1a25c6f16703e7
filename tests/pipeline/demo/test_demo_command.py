"""`malmoi demo`: where the corpus lies."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.config import load
from pipeline.console.demo import PRESET
from pipeline.console.main import app


def write_corpus(*overrides: str) -> str:
    settings = [part for override in overrides for part in ("--set", override)]
    done = CliRunner().invoke(app, ["demo", "--corpus-only", *settings])
    assert done.exit_code == 0, done.output
    return done.output


def test_another_output_folder_gets_a_corpus_of_its_own(tmp_path: Path) -> None:
    told = write_corpus(f"output={tmp_path}")

    assert told.endswith(f"enquiries: {tmp_path / 'enquiries.csv'}\n")
    assert (tmp_path / "enquiries.csv").exists()


def test_a_corpus_that_is_named_lies_where_it_is_named(tmp_path: Path) -> None:
    named = tmp_path / "rows.csv"

    write_corpus(f"data.train={named}", f"output={tmp_path / 'output'}")

    assert named.exists()
    assert not (tmp_path / "output").exists()


def test_a_relative_path_starts_at_the_present_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    told = write_corpus("output=시험: 1")

    assert told.endswith(f"enquiries: {tmp_path / '시험: 1' / 'enquiries.csv'}\n")
    assert (tmp_path / "시험: 1" / "enquiries.csv").exists()


def test_a_run_of_the_preset_reads_the_corpus_that_the_demo_has_written() -> None:
    preset = load(PRESET)

    assert Path(preset.data.train) == preset.output_dir / "enquiries.csv"
