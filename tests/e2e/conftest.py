"""One small pipeline for all end-to-end tests, and ways to run the real command line on it."""

import csv
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.demo import corpus

REPOSITORY = Path(__file__).resolve().parents[2]
MALMOI = Path(sys.executable).with_name("malmoi")
PACKAGES = ("pipeline", "components", "trainer", "serving", "kubeflow")
NO_VERSIONS = {"releases.json", "models.config", "models.container.config", ".lock"}
LABELS = ("배송 지연", "주문 취소", "환불 요청")
ROWS = 300
TEST_ROWS = 60

SCHEMA = """
feature {{
  name: "text" type: BYTES
  presence {{ min_fraction: 1.0 min_count: 1 }} value_count {{ min: 1 max: 1 }}
}}
feature {{
  name: "label" type: BYTES domain: "labels" not_in_environment: "UNLABELLED"
  presence {{ min_fraction: 1.0 min_count: 1 }} value_count {{ min: 1 max: 1 }}
}}
string_domain {{ name: "labels" {values} }}
default_environment: "TRAINING"
default_environment: "SERVING"
default_environment: "UNLABELLED"
"""

TRAINING = {
    "embedding_dim": 8,
    "units": 8,
    "batch_size": 16,
    "epochs": 4,
    "patience": 4,
    "learning_rate": 0.02,
}
WORSE = ("training.epochs=1", "training.learning_rate=1e-9", "training.linear_penalty=1e-9")

Row = tuple[str, str]


@dataclass(frozen=True)
class Ended:
    """A command that has ended: exit status (minus the signal's number), output, seconds."""

    status: int
    out: str
    err: str
    seconds: float

    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class House:
    """A folder with a configuration, its schema and its rows."""

    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / "malmoi.yaml"

    @property
    def output(self) -> Path:
        return self.folder / "output"

    @property
    def models(self) -> Path:
        return self.output / "models" / "enquiries"

    def versions(self) -> list[str]:
        return sorted(path.name for path in self.models.glob("*") if path.name not in NO_VERSIONS)

    def write_rows(self, rows: Sequence[Row], name: str = "rows.csv") -> Path:
        path = self.folder / name
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("text", "label"), *rows])
        return path


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the packages, so that nobody's edit of the repository changes a run midway."""
    folder = tmp_path_factory.mktemp("sources")
    for package in PACKAGES:
        shutil.copytree(
            REPOSITORY / package,
            folder / package,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    for file in ("setup.py", "pyproject.toml", "README.md"):
        if (REPOSITORY / file).exists():
            shutil.copy(REPOSITORY / file, folder / file)
    shutil.copytree(REPOSITORY / "schema", folder / "schema")
    return folder


@pytest.fixture(scope="session")
def corpus_rows() -> list[Row]:
    """Enquiries of three labels, enough to train on and to test with."""
    found = ((row.text, row.label) for row in corpus.generate() if row.label in LABELS)
    return list(islice(found, ROWS + TEST_ROWS))


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory, corpus_rows: list[Row]) -> Callable[..., House]:
    """Makes a house of its own, with the common rows or others."""

    def make(rows: Sequence[Row] = tuple(corpus_rows[:ROWS]), **sections: Any) -> House:
        house = House(tmp_path_factory.mktemp("house"))
        values = " ".join(f'value: "{label}"' for label in LABELS)
        (house.folder / "schema.pbtxt").write_text(SCHEMA.format(values=values), "utf-8")
        house.write_rows(rows)
        house.write_rows(corpus_rows[ROWS:], "test.csv")
        config = {
            "name": "enquiries",
            "data": {"train": "rows.csv", "columns": {"text": "text", "label": "label"}},
            "schema": "schema.pbtxt",
            "text": {"vocabulary_size": 500},
            "training": TRAINING,
            "gates": {"model": {"accuracy": 0.1}},
            "output": "output",
            **sections,
        }
        house.config.write_text(yaml.safe_dump(config, allow_unicode=True), "utf-8")
        return house

    return make


@pytest.fixture(scope="session")
def environment(sources: Path) -> dict[str, str]:
    """The environment in which `malmoi` runs the copied packages."""
    return {**os.environ, "PYTHONPATH": str(sources), "TF_CPP_MIN_LOG_LEVEL": "0"}


@pytest.fixture(scope="session")
def cold(environment: dict[str, str]) -> Callable[..., Ended]:
    """Runs `malmoi` as a user does: a process of its own."""

    def run(
        *arguments: object, folder: Path | None = None, stdin: str = "", **variables: str
    ) -> Ended:
        started = time.monotonic()
        done = subprocess.run(
            [MALMOI, *map(str, arguments)],
            input=stdin.encode(),
            capture_output=True,
            cwd=folder,
            env={**environment, **variables},
            check=False,
        )
        seconds = time.monotonic() - started
        return Ended(done.returncode, done.stdout.decode(), done.stderr.decode(), seconds)

    return run


@pytest.fixture(scope="session")
def malmoi(
    environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Ended]]:
    """Runs `malmoi` in a fork of a process that has imported everything."""
    streams = tmp_path_factory.mktemp("streams")
    out, err, read = (streams / name for name in ("out", "err", "in"))
    log = (streams / "server").open("wb")
    server = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("warm_server.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        env=environment,
        text=True,
    )

    def run(
        *arguments: object,
        folder: Path | None = None,
        stdin: bytes | str = b"",
        strike: dict[str, Any] | None = None,
        **variables: str,
    ) -> Ended:
        assert server.stdin is not None
        assert server.stdout is not None
        read.write_bytes(stdin.encode() if isinstance(stdin, str) else stdin)
        request = {
            "arguments": [str(argument) for argument in arguments],
            "folder": str(folder or streams),
            "environment": variables,
            "strike": strike,
            "input": str(read),
            "out": str(out),
            "err": str(err),
        }
        started = time.monotonic()
        server.stdin.write(json.dumps(request) + "\n")
        server.stdin.flush()
        status = server.stdout.readline()
        assert status, (streams / "server").read_text("utf-8")
        seconds = time.monotonic() - started
        return Ended(int(status), out.read_text("utf-8"), err.read_text("utf-8"), seconds)

    yield run
    server.communicate()
    log.close()


@pytest.fixture(scope="session")
def house(build: Callable[..., House]) -> House:
    """The house that most tests look at; its runs are these, in the order of the tests."""
    return build()


@pytest.fixture(scope="session")
def first(house: House, cold: Callable[..., Ended]) -> Ended:
    """The first run, of the real command in a process of its own."""
    return cold("run", house.config, "--json")


@pytest.fixture(scope="session")
def second(house: House, first: Ended, malmoi: Callable[..., Ended]) -> Ended:
    """The same run again."""
    return malmoi("run", house.config, "--json")


@pytest.fixture(scope="session")
def versions_before_refusals(house: House, second: Ended) -> list[str]:
    """What is pushed before a gate refuses anything."""
    return house.versions()


@pytest.fixture(scope="session")
def too_strict(
    house: House, versions_before_refusals: list[str], malmoi: Callable[..., Ended]
) -> Ended:
    """The first run's model before a gate that asks for more than it can."""
    return malmoi("run", house.config, "--json", "--set", "gates.model.accuracy=1.0")


@pytest.fixture(scope="session")
def worse(house: House, versions_before_refusals: list[str], malmoi: Callable[..., Ended]) -> Ended:
    """A model that has learnt nothing, after one that has."""
    overrides = [part for change in WORSE for part in ("--set", change)]
    return malmoi("run", house.config, "--json", "--set", "gates.model.accuracy=0.0", *overrides)


@pytest.fixture(scope="session")
def command() -> str:
    """The installed `malmoi`, for tests that hold its process in their hands."""
    return str(MALMOI)
