"""The command line: `python -m serving.server` in a process of its own."""

import os
import re
import signal
import socket
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import httpx
import pytest

from serving import client
from serving.flags import read_flags
from serving.listening import listen
from serving.server import serve
from serving.settings import Endpoints, ServerSettings

PATIENCE_S = 60.0
REPOSITORY = Path(__file__).parents[2]
FREE_PORTS = ("--port=0", "--rest_api_port=0")
IN_HASTE = "import serving.settings as s; s.DRAIN_S = 0.5; from serving.server import main; main()"
AS_FIRST = "import os; os.getpid = lambda: 1; from serving.server import main; main()"


def command(*flags: str) -> list[str]:
    return [sys.executable, "-m", "serving.server", *flags]


@contextmanager
def started(line: list[str]) -> Iterator[tuple["subprocess.Popen[str]", IO[str], IO[str]]]:
    """A server process, its output and its log."""
    with subprocess.Popen(
        line,
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            yield process, process.stdout, process.stderr
        finally:
            process.kill()


def test_a_server_tells_its_ports_runs_tensorflow_text_and_ends_well_on_sigterm(
    publish: Callable[[str, Path], Path], tmp_path: Path
) -> None:
    publish("normalizer", tmp_path / "1")
    flags = [f"--model_base_path={tmp_path}", "--model_name=reviews"]
    with started(command(*flags, *FREE_PORTS)) as (process, output, _):
        line = output.readline()
        assert line.startswith("embedded server with TensorFlow Serving's API: REST http://127.")
        assert "docker run --rm -p 127.0.0.1:8501:8501" in line
        endpoints = Endpoints.from_start_line(line)
        decomposed = unicodedata.normalize("NFD", "좋은 영화")
        (prediction,) = client.predict(endpoints.rest, "reviews", [decomposed])
        assert prediction.label == "좋은 영화"
        process.send_signal(signal.SIGTERM)
        rest, errors = process.communicate(timeout=PATIENCE_S)
        assert (process.returncode, rest) == (0, "")
        assert "SIGTERM: draining" in errors
        assert {line.split()[0] for line in errors.splitlines()} == {"INFO"}


def test_signals_do_again_what_they_did_once_the_server_has_ended(tmp_path: Path) -> None:
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = [signal.getsignal(number) for number in numbers]
    settings = ServerSettings(model_base_path=tmp_path, port=0, rest_api_port=0)
    serve(settings, on_ready=lambda _: signal.raise_signal(signal.SIGTERM))
    assert [signal.getsignal(number) for number in numbers] == before


def test_a_request_that_outlasts_the_drain_does_not_keep_the_server_from_ending(
    publish: Callable[[str, Path], Path], tmp_path: Path
) -> None:
    publish("numbers", tmp_path / "1")
    line = [sys.executable, "-c", IN_HASTE, f"--model_base_path={tmp_path}", *FREE_PORTS]
    with started(line) as (process, output, _):
        rest = Endpoints.from_start_line(output.readline()).rest
        body = {"signature_name": "slow", "instances": [2**31 - 2]}
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(f"{rest}/v1/models/default:predict", json=body, timeout=1)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=10)  # the request itself has 30 s
        assert process.returncode == 0
        assert "work was still going on after 1.5 s and is cut off" in errors


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_before_the_server_is_ready_ends_it_at_once(
    tmp_path: Path, number: signal.Signals
) -> None:
    line = command(f"--model_base_path={tmp_path}", *FREE_PORTS, "--host=0.0.0.0")
    with started(line) as (process, _, log):
        assert "--host" in log.readline()  # the last line before the first load
        process.send_signal(number)
        rest, errors = process.communicate(timeout=PATIENCE_S)
        assert (process.returncode, rest) == (-number, "")
        assert "Traceback" not in errors


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_before_the_server_is_ready_ends_it_as_the_first_process_of_a_container(
    tmp_path: Path, number: signal.Signals
) -> None:
    flags = [f"--model_base_path={tmp_path}", *FREE_PORTS, "--host=0.0.0.0"]
    with started([sys.executable, "-c", AS_FIRST, *flags]) as (process, _, log):
        assert "--host" in log.readline()  # the last line before the first load
        process.send_signal(number)
        rest, errors = process.communicate(timeout=PATIENCE_S)
        assert (process.returncode, rest) == (128 + number, "")
        assert "Traceback" not in errors


@pytest.mark.parametrize("flag", ["port", "rest_api_port"])
def test_a_port_in_use_is_told_with_its_flag_and_no_traceback(flag: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ports = {"port": 0, "rest_api_port": 0, flag: port}
        done = subprocess.run(
            command(
                f"--model_base_path={tmp_path}",
                *(f"--{name}={value}" for name, value in ports.items()),
            ),
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
    assert done.returncode == 1
    assert f"error: --{flag}={port}: cannot listen on 127.0.0.1:{port}" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_second_server_cannot_share_the_grpc_port(
    start: Callable[..., Endpoints], tmp_path: Path
) -> None:
    first = start(model_base_path=tmp_path)
    with pytest.raises(Exception, match=f"--port={first.port}: cannot listen"):
        start(model_base_path=tmp_path, port=first.port)


def test_answers_on_a_kept_alive_connection_wait_for_no_delayed_acknowledgement() -> None:
    with listen("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP


def test_a_faulty_configuration_file_ends_the_start_with_file_line_and_column(
    tmp_path: Path,
) -> None:
    config = tmp_path / "models.config"
    config.write_text("model_config_list {\n  konfig {}\n}")
    done = subprocess.run(
        command(f"--model_config_file={config}", "--port=0", "--rest_api_port=0"),
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 1
    assert re.search(rf"error: {re.escape(str(config))}: .* 2:3 ", done.stderr)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ([], "exactly one of --model_base_path and --model_config_file"),
        (["--model_base_path=a", "--model_config_file=b"], "exactly one of"),
        (["--model_base_path=a", "--port=9", "--rest_api_port=9"], "must differ, both are 9"),
        (["--model_base_path=a", "--port=-3"], "--port must be from 0 to 65535, not -3"),
        (["--model_base_path=a", "--rest_api_port=65536"], "--rest_api_port must be from 0 to"),
        (["--model_config_file=b/no"], "--model_config_file=b/no: there is no such file"),
        (["--model_base_path=a", "--enable_batching=maybe"], "expected true or false, not 'maybe'"),
        (["--model_base_path=a", "--batching_parameters_file=b"], "needs --enable_batching=true"),
        (
            ["--model_base_path=a", "--request_timeout_s=0"],
            "--request_timeout_s must be from 0.001 to 86400, not 0.0",
        ),
        (["--model_base_path=a", "--request_timeout_s=inf"], "to 86400, not inf"),
        (["--model_base_path=a", "--request_timeout_s=nan"], "to 86400, not nan"),
        (
            ["--model_base_path=a", "--max_request_bytes=0"],
            "--max_request_bytes must be from 1 to 2147483647, not 0",
        ),
        (["--model_base_path=a", "--max_request_bytes=2147483648"], "to 2147483647, not 2147483"),
        (
            ["--model_base_path=a", "--file_system_poll_wait_seconds=0"],
            "--file_system_poll_wait_seconds must be from 0.001 to 86400, not 0.0",
        ),
        (["--model_base_path=a", "--file_system_poll_wait_seconds=inf"], "to 86400, not inf"),
        (
            ["--model_base_path=a", "--model_config_file_poll_wait_seconds=-1"],
            "--model_config_file_poll_wait_seconds must be from 0 to 86400, not -1.0",
        ),
        (
            ["--model_base_path=a", "--max_num_load_retries=-1"],
            "--max_num_load_retries must be at least 0, not -1",
        ),
        (
            ["--model_base_path=a", "--load_retry_interval_micros=-1"],
            "--load_retry_interval_micros must be from 0 to 86400000000, not -1",
        ),
        (
            [
                "--model_base_path=a",
                "--max_running_requests=0",
                "--max_waiting_requests=-99",
            ],
            "--max_running_requests must be at least 1, not 0; "
            "--max_waiting_requests must be at least 0, not -99",
        ),
    ],
)
def test_faulty_flags_are_refused_with_status_two(
    flags: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        read_flags(flags)
    assert caught.value.code == 2
    assert words in capsys.readouterr().err


def test_flags_become_settings_with_tensorflow_servings_names() -> None:
    assert read_flags(["--model_base_path=base"]) == ServerSettings(model_base_path=Path("base"))
    settings = read_flags(
        ["--model_base_path=base", "--enable_batching", "--max_num_load_retries=0", "--port=0"]
    )
    assert settings.enable_batching
    assert settings.retry.max_num_load_retries == 0
    assert (settings.port, settings.rest_api_port) == (0, 8501)


def test_an_open_host_is_warned_about_and_a_loopback_one_is_not(
    start: Callable[..., Endpoints], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    start(model_base_path=tmp_path, host="localhost")
    assert "--host" not in caplog.text
    start(model_base_path=tmp_path, host="0.0.0.0")
    assert "--host=0.0.0.0: every machine that reaches this one may query" in caplog.text


@pytest.mark.parametrize(
    "endpoints", [Endpoints("127.0.0.1", 8500, 8501), Endpoints("::1", 1, 65535)]
)
def test_the_start_up_line_reads_back(endpoints: Endpoints) -> None:
    assert Endpoints.from_start_line(endpoints.start_line()) == endpoints
    with pytest.raises(ValueError, match="expected the local server's start-up line"):
        Endpoints.from_start_line("listening")


def test_the_pure_parts_are_imported_without_tensorflow() -> None:
    modules = "serving.client, serving.backends, serving.settings, serving.server"
    code = f"import sys, {modules}; sys.exit('tensorflow' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, check=False)
    assert done.returncode == 0
