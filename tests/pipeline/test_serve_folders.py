"""The folder that `malmoi serve` serves: after a move, in a copy, behind a link, out of reach."""

import os
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.console.main import app
from serving.releases.manifest import Provenance
from serving.releases.publish import push
from serving.releases.serving_files import MODELS_CONFIG


class ReplacedError(Exception):
    """In the place of becoming the server."""


@pytest.fixture
def pushed(config_file: Path, tmp_path: Path) -> Path:
    """The folder of a model with one version."""
    model = tmp_path / "model"
    model.mkdir()
    (model / "saved_model.pb").write_bytes(b"graph")
    base = config_file.parent / "output" / "models" / "reviews"
    push(model, base, provenance=Provenance(model_uri="artifacts/Trainer/model/7"), keep=5)
    return base


def serve(config_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def become(*command: object) -> None:
        raise ReplacedError

    monkeypatch.setattr(os, "execvp", become)
    ports = ("--set", "serving.rest_port=0", "--set", "serving.grpc_port=0")
    line = ["serve", str(config_file), "--backend", "embedded", *ports]
    assert isinstance(CliRunner().invoke(app, line).exception, ReplacedError)


def test_a_copy_serves_its_own_versions(
    config_file: Path,
    pushed: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    copied = tmp_path_factory.mktemp("copy") / "project"
    shutil.copytree(config_file.parent, copied)

    serve(copied / config_file.name, monkeypatch)

    own = copied / pushed.relative_to(config_file.parent)
    assert f'base_path: "{own}"' in (own / MODELS_CONFIG).read_text("utf-8")
    assert f'base_path: "{pushed}"' in (pushed / MODELS_CONFIG).read_text("utf-8")


def test_a_link_to_the_folder_leaves_its_file_as_it_is(
    config_file: Path, pushed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (pushed / MODELS_CONFIG).stat().st_ino  # writing it anew makes another file
    link = config_file.parent / "link"
    link.symlink_to(config_file.parent / "output")
    linked = config_file.with_name("linked.yaml")
    linked.write_text(config_file.read_text("utf-8") + "output: link\n", "utf-8")

    serve(linked, monkeypatch)

    assert (pushed / MODELS_CONFIG).stat().st_ino == before


def test_a_folder_that_cannot_be_looked_into_is_told_in_one_line(config_file: Path) -> None:
    done = CliRunner().invoke(app, ["serve", str(config_file), "--set", f"output={'x' * 300}"])
    assert done.exit_code == 1
    assert "File name too long" in done.stderr
    assert len(done.stderr.splitlines()) == 1
