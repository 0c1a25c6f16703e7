"""The folder that `malmoi serve` serves: after a move, in a copy, behind a link, out of reach."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipeline.console.main import app
from serving.releases.manifest import Provenance
from serving.releases.publish import push
from serving.releases.serving_files import MODELS_CONFIG

FREE_PORT = 28_561  # of two; the binary takes no 0


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


def serve(
    config_file: Path, monkeypatch: pytest.MonkeyPatch, *options: str, port: int = 0
) -> Result:
    def become(*command: object) -> None:
        raise ReplacedError

    monkeypatch.setattr(os, "execvp", become)
    monkeypatch.chdir(config_file.parent)  # and back when the test ends
    ports = (
        "--set",
        f"serving.rest_port={port}",
        "--set",
        f"serving.grpc_port={port and port + 1}",
    )
    line = ["serve", str(config_file), *(options or ("--backend", "embedded")), *ports]
    done = CliRunner().invoke(app, line)
    assert isinstance(done.exception, ReplacedError), done.stderr
    return done


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


@pytest.mark.usefixtures("pushed")
def test_a_file_beside_the_rows_does_not_take_the_place_of_one_of_pythons(
    config_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`python -m` looks into the working folder first."""
    config_file.with_name("queue.py").write_text("raise SystemExit('not this one')")
    serve(config_file, monkeypatch)
    line = [sys.executable, "-m", "serving.server", "--help"]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.usefixtures("pushed")
def test_tensorflow_servings_binary_is_said_to_listen_everywhere(
    config_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin" / "tensorflow_model_server"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    told = "listens on every address, not on 127.0.0.1 alone"
    assert told in serve(config_file, monkeypatch, "--backend", "auto", port=FREE_PORT).stderr
    open_to_all = ("--backend", "auto", "--set", "serving.host=0.0.0.0")
    assert serve(config_file, monkeypatch, *open_to_all, port=FREE_PORT).stderr == ""
    assert serve(config_file, monkeypatch).stderr == ""
