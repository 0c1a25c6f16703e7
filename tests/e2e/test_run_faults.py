"""What goes wrong outside: status 1, one clear message, and the traceback in the log alone."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.locking import locked

FAULT = 1
PATIENCE_S = 120
TINY_DISK = "700k"  # holds the metadata and the first artifacts, but no transform graph


@pytest.fixture(scope="module")
def broken(build: Callable[..., Any]) -> Any:
    """A house with every kind of bad file in it."""
    house = build()
    header = "text,label\n"
    unlabelled = "".join(f"라벨이 없는 문의 {number},\n" for number in range(50))
    files = {
        "empty.csv": "",
        "header.csv": header,
        "unlabelled.csv": header + unlabelled,
        "almost.csv": f"{header}환불해 주세요,환불 요청\n{unlabelled}",
        "broken.pbtxt": "feature {",
    }
    for name, content in files.items():
        (house.folder / name).write_text(content, "utf-8")
    (house.folder / "cp949.csv").write_bytes(
        (header + "환불해 주세요,환불 요청\n" * 50).encode("cp949")
    )
    return house


def failed_in(done: Any) -> str:
    """The run's folder in the JSON of a run that failed, whose reasons stand on stderr too."""
    told = done.json()
    assert told["verdict"] == "failed"
    assert told["reasons"]
    assert [reason for reason in told["reasons"] if reason not in done.err] == []
    assert (told["pushed"], told["metrics"]) == (None, {})
    return str(told["run_folder"])


@pytest.mark.parametrize(
    ("override", "parts"),
    [
        ("data.train=gone.csv", ["data.train: no file matches", "gone.csv; in", "lie"]),
        ("data.train=empty.csv", ["empty.csv: the file is empty"]),
        ("data.train=header.csv", ["header.csv: there is no row in it but the header"]),
        ("data.columns.text=본문", ["no column '본문'; it has 'text', 'label'"]),
        ("data.train=unlabelled.csv", ["none of the first 20 rows can be used; line 2: column"]),
        ("data.train=cp949.csv", ["cp949.csv: none of the first 20 rows can be used; line 2:"]),
        ("data.format=parquet", ["rows.csv"]),
        ("schema=gone.pbtxt", ["gone.pbtxt cannot be read", "`malmoi init` writes a first one"]),
        ("schema=broken.pbtxt", ["broken.pbtxt is not a schema in text form"]),
        ("output=rows.csv/output", ["cannot be written to", "with --set output=..."]),
        ("output=/proc/malmoi", ["cannot be written to", "with --set output=..."]),
        ("training.epohcs=3", ["training.epohcs: no such key"]),
        ("data.train=${NO_SUCH_FOLDER}/a.csv", ["${NO_SUCH_FOLDER}, which is not set; type: "]),
    ],
)
def test_what_can_be_known_before_is_told_before_any_node_runs(
    broken: Any, malmoi: Callable[..., Any], override: str, parts: list[str]
) -> None:
    done = malmoi("run", broken.config, "--json", "--set", override)
    assert done.status == FAULT
    assert [part for part in parts if part not in done.err] == []
    assert "Traceback" not in done.err
    assert failed_in(done) == ""
    assert [part for part in parts if part not in "".join(done.json()["reasons"])] == []
    assert not (broken.output / "runs").exists()


def test_all_that_is_wrong_is_told_at_once(broken: Any, malmoi: Callable[..., Any]) -> None:
    wrong = ("data.train=empty.csv", "schema=gone.pbtxt", "output=rows.csv/output")
    overrides = [part for override in wrong for part in ("--set", override)]
    lines = malmoi("run", broken.config, *overrides).err.splitlines()
    assert lines[0] == "This run cannot start:"
    assert [line.split(":")[0].strip() for line in lines[1:]] == ["data.train", "schema", "output"]


def test_a_fault_within_a_node_names_the_node_and_keeps_its_traceback_in_the_log(
    broken: Any, malmoi: Callable[..., Any]
) -> None:
    output = broken.folder / "failed"
    overrides = ("--set", "data.train=almost.csv", "--set", f"output={output}")
    done = malmoi("run", broken.config, "--json", *overrides)
    assert done.status == FAULT
    assert "TextExampleGen failed: eval: none of the 1 good training rows" in done.err
    assert "Traceback" not in done.err
    log = Path(done.err.splitlines()[-1].removeprefix("Log: "))
    assert log.parent.parent == output / "runs"
    assert "Traceback (most recent call last)" in log.read_text("utf-8")
    assert failed_in(done) == str(log.parent)


@pytest.mark.parametrize("command", ["predict", "serve", "evaluate"])
def test_without_a_pushed_model_the_command_that_makes_one_is_named(
    broken: Any, malmoi: Callable[..., Any], command: str
) -> None:
    extra = [broken.folder / "test.csv"] if command == "evaluate" else []
    done = malmoi(command, broken.config, *extra)
    assert done.status == FAULT
    assert done.err == f"no pushed model in {broken.models}: `malmoi run` makes one\n"


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("gone.csv", "gone.csv: No such file or directory\n"),
        ("header.csv", "no row can be evaluated; first reason: the file has no row"),
        ("unlabelled.csv", "no row can be evaluated; first reason: "),
        ("broken.pbtxt", "the ending tells no format"),
    ],
)
def test_a_test_file_that_cannot_be_used_is_told_in_one_line(
    broken: Any, house: Any, first: Any, malmoi: Callable[..., Any], file: str, message: str
) -> None:
    done = malmoi("evaluate", house.config, broken.folder / file)
    assert (done.status, done.out) == (FAULT, "")
    assert message in done.err
    assert file in done.err
    assert len(done.err.splitlines()) == 1


def test_a_port_in_use_is_named_with_what_to_do(
    house: Any, first: Any, cold: Callable[..., Any]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ports = ("--set", f"serving.rest_port={port}", "--set", "serving.grpc_port=0")
        done = cold("serve", house.config, "--backend", "embedded", *ports)
    assert done.status == FAULT
    assert f"cannot listen on 127.0.0.1:{port} (Address already in use)" in done.err
    assert "choose another port" in done.err
    assert "Traceback" not in done.err


def test_a_folder_that_another_process_holds_is_left_alone(
    house: Any, first: Any, malmoi: Callable[..., Any]
) -> None:
    before = sorted((house.output / "runs").iterdir())
    with locked(house.output):
        done = malmoi("run", house.config, "--json")
    assert done.status == FAULT
    assert failed_in(done) == ""
    assert done.err.startswith(f"run: {house.output} is held by a run of ")
    assert sorted((house.output / "runs").iterdir()) == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_run_with_a_word_on_how_to_go_on(
    house: Any,
    first: Any,
    command: str,
    environment: dict[str, str],
    malmoi: Callable[..., Any],
    number: signal.Signals,
) -> None:
    with subprocess.Popen(
        [command, "run", str(house.config), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("enquiries: run folder ")
        busy = malmoi("run", house.config)
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE_S)
    assert busy.status == FAULT
    assert busy.err.startswith(f"run: {house.output} is held by a run of ")
    assert f"(process {process.pid}, since " in busy.err
    assert process.returncode == FAULT
    assert json.loads(out)["verdict"] == "failed"
    assert "Interrupted. Run the same command again: finished nodes come from the cache." in err
    assert "Traceback" not in err


def on_a_disk(options: str, *command: str) -> list[str]:
    """Run a command that sees a small file system of its own at the folder in `$DISK`."""
    script = f'mount -t tmpfs -o {options} malmoi "$DISK" && exec "$@"'
    alone = ["unshare", "--user", "--map-root-user", "--mount"]
    return [*alone, "sh", "-c", script, "sh", *command]


@pytest.fixture(scope="module")
def can_mount(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skips where this user may not mount, even in a namespace of its own."""
    folder = tmp_path_factory.mktemp("mount")
    tried = subprocess.run(
        on_a_disk("size=64k", sys.executable, "-c", ""),
        env={"DISK": str(folder), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        capture_output=True,
        check=False,
    )
    if tried.returncode:
        pytest.skip(f"no file system can be mounted here: {tried.stderr.decode().strip()}")


@pytest.mark.usefixtures("can_mount")
@pytest.mark.parametrize(
    ("options", "messages"),
    [
        ("ro", ["output: ", " cannot be written to (Read-only file system)"]),
        (f"size={TINY_DISK}", [" failed: the disk is full: free some space, or write", "Log: "]),
    ],
    ids=["read-only", "full"],
)
def test_a_disk_that_takes_nothing_more_is_told_with_the_way_out(
    build: Callable[..., Any],
    command: str,
    environment: dict[str, str],
    options: str,
    messages: list[str],
) -> None:
    house = build()
    house.output.mkdir()
    done = subprocess.run(
        on_a_disk(options, command, "run", str(house.config)),
        env={**environment, "DISK": str(house.output)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == FAULT
    assert [part for part in messages if part not in done.stderr] == []
    assert "--set output=" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
