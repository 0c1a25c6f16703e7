"""`malmoi kubeflow submit` with Kubeflow's own SDK, against a server on loopback."""

import json
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from typer.testing import CliRunner

from kubeflow import document
from kubeflow.spec import Spec, tasks
from kubeflow.submission.request import PYTHON, NotSubmittedError, Request, send, six_fields
from pipeline.console.main import app
from pipeline.digests import ROOT

DONE, FAULT = 0, 1
API = "/apis/v2beta1"
PIPELINE = Path(__file__).with_name("golden") / "pipeline.yaml"


@dataclass
class Server:
    """What the API of Kubeflow Pipelines keeps, as far as a submission touches it."""

    url: str = ""
    kept: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    fault: tuple[int, str] | None = None
    login: tuple[str, ...] = ()
    """Requests that a page answers, as what stands before a cluster does: `POST runs`."""

    def get(self, kind: str) -> dict[str, Any]:
        if kind == "healthz":
            return {"multi_user": False}
        key = {"recurringruns": "recurringRuns"}.get(kind, kind)
        return {key: self.kept.get(kind, [])}

    def post(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        if kind.endswith(":disable"):
            _, _, which = kind.removesuffix(":disable").partition("/")
            (found,) = (r for r in self.kept["recurringruns"] if r["recurring_run_id"] == which)
            found["mode"] = "DISABLE"
            return {}
        ids = {
            "experiments": "experiment_id",
            "pipelines": "pipeline_id",
            "pipelines/upload_version": "pipeline_version_id",
            "recurringruns": "recurring_run_id",
            "runs": "run_id",
        }
        made = self.kept.setdefault(kind, [])
        made.append({**body, ids[kind]: f"{kind.rpartition('/')[2]}-{len(made) + 1}"})
        return made[-1]

    def only(self, kind: str) -> dict[str, Any]:
        (found,) = self.kept[kind]
        return found


class Handler(BaseHTTPRequestHandler):
    server: "Listener"

    def do_GET(self) -> None:
        self._answer(self.server.state.get)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer(lambda kind: self.server.state.post(kind, self._read(body)))

    def _read(self, body: bytes) -> dict[str, Any]:
        kind = self.headers.get("Content-Type", "")
        if not kind.startswith("multipart/"):
            return json.loads(body or b"{}")
        parts = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body).get_payload()
        query = {k: v for k, (v,) in parse_qs(urlsplit(self.path).query).items()}
        return {**query, "file": parts[0].get_payload(decode=True).decode("utf-8")}

    def _answer(self, answer: Any) -> None:
        state = self.server.state
        state.headers = dict(self.headers)
        kind = urlsplit(self.path).path.removeprefix(f"{API}/")
        if f"{self.command} {kind}".startswith(state.login):
            status, said = 200, "<!doctype html><title>Log in</title>"
        elif state.fault:
            status, message = state.fault
            said = {"error": message, "code": 3, "message": message, "details": []}
        else:
            status, said = 200, answer(kind)
        written = (said if isinstance(said, str) else json.dumps(said)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(written)))
        self.end_headers()
        self.wfile.write(written)

    def log_message(self, *_: object) -> None:
        pass


class Listener(ThreadingHTTPServer):
    def __init__(self, state: Server) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.state = state
        state.url = f"http://127.0.0.1:{self.server_port}"


@pytest.fixture
def server() -> Iterator[Server]:
    listener = Listener(Server())
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    yield listener.state
    listener.shutdown()
    listener.server_close()


@pytest.fixture(scope="module", autouse=True)
def sdk() -> None:
    """The environment with the SDK, made as a user makes it where it is not there yet."""
    if not PYTHON.exists():
        subprocess.run(["make", "--silent", "kubeflow-env"], cwd=ROOT, check=True)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No context that this user has stored for the SDK."""
    monkeypatch.setenv("HOME", str(tmp_path))


def submit(server: Server, *arguments: object) -> tuple[int, str]:
    words = [str(word) for word in (PIPELINE, "--host", server.url, *arguments)]
    done = CliRunner().invoke(app, ["kubeflow", "submit", *words])
    return done.exit_code, done.output


def cached(spec: Spec) -> dict[str, bool]:
    options = {name: task.get("cachingOptions", {}) for name, task in tasks(spec).items()}
    return {name: found.get("enableCache", False) for name, found in options.items()}


def test_a_run_carries_both_documents_and_the_parameters(server: Server) -> None:
    status, told = submit(server, "--parameter", "data_uri=s3://other/rows")

    started = server.only("runs")
    assert status == DONE, told
    assert f"{server.url}/#/runs/details/runs-1" in told
    assert started["experiment_id"] == server.only("experiments")["experiment_id"]
    assert started["display_name"].startswith("enquiries 2")
    assert started["runtime_config"] == {
        "parameters": {"data_uri": "s3://other/rows"},
        "pipeline_root": "s3://malmoi/runs",
    }
    pipeline, platform = document.read(PIPELINE)
    assert started["pipeline_spec"]["platform_spec"] == platform
    assert set(tasks(started["pipeline_spec"]["pipeline_spec"])) == set(tasks(pipeline))


@pytest.mark.parametrize(
    ("kind", "words"), [("runs", ()), ("recurringruns", ("--cron", "0 3 * * *"))]
)
def test_a_run_is_told_where_its_artifacts_go_for_the_backend_does_not_read_it_in_the_pipeline(
    server: Server, kind: str, words: tuple[str, ...]
) -> None:
    submit(server, *words)

    assert server.only(kind)["runtime_config"]["pipeline_root"] == "s3://malmoi/runs"


def test_without_a_folder_for_the_artifacts_the_cluster_s_own_is_left(
    server: Server, tmp_path: Path
) -> None:
    pipeline, platform = document.read(PIPELINE)
    del pipeline["defaultPipelineRoot"]
    silent = tmp_path / "silent.yaml"
    silent.write_text(document.to_yaml(pipeline, platform), "utf-8")

    done = CliRunner().invoke(app, ["kubeflow", "submit", str(silent), "--host", server.url])

    assert done.exit_code == DONE, done.output
    assert "pipeline_root" not in server.only("runs")["runtime_config"]


@pytest.mark.parametrize(
    ("kind", "words"), [("runs", ()), ("recurringruns", ("--cron", "0 3 * * *"))]
)
def test_what_may_be_cached_is_what_the_compiled_pipeline_says(
    server: Server, kind: str, words: tuple[str, ...]
) -> None:
    submit(server, *words)

    compiled, _ = document.read(PIPELINE)
    assert True in cached(compiled).values()
    assert False in cached(compiled).values()
    assert cached(server.only(kind)["pipeline_spec"]["pipeline_spec"]) == cached(compiled)


def test_the_first_version_makes_the_pipeline_and_the_second_does_not(server: Server) -> None:
    submit(server, "--version", "첫째")
    status, told = submit(server, "--version", "둘째")

    versions = server.kept["pipelines/upload_version"]
    assert status == DONE, told
    assert server.only("pipelines")["display_name"] == "enquiries"
    assert [v["name"] for v in versions] == ["첫째", "둘째"]
    assert {v["pipelineid"] for v in versions} == {"pipelines-1"}
    assert versions[0]["file"] == PIPELINE.read_text("utf-8")
    assert "runs" not in server.kept


def test_a_recurring_run_keeps_to_its_schedule_one_at_a_time_and_makes_up_for_none(
    server: Server,
) -> None:
    status, told = submit(server, "--cron", "30 3 * * 1")

    made = server.only("recurringruns")
    assert status == DONE, told
    assert made["trigger"] == {"cron_schedule": {"cron": "0 30 3 * * 1"}}
    assert (made["mode"], made["max_concurrency"], made["no_catchup"]) == ("ENABLE", 1, True)


def test_a_recurring_run_takes_the_place_of_the_one_with_its_name(server: Server) -> None:
    submit(server, "--cron", "0 3 * * *")
    submit(server, "--cron", "0 3 * * *", "--name", "다른 것")

    _, told = submit(server, "--cron", "0 4 * * *")

    modes = [run["mode"] for run in server.kept["recurringruns"]]
    assert modes == ["DISABLE", "ENABLE", "ENABLE"]
    assert "takes the place of recurringruns-1" in told


def test_a_recurring_run_takes_no_place_that_is_empty(server: Server) -> None:
    for hour in (3, 4):
        submit(server, "--cron", f"0 {hour} * * *")

    _, told = submit(server, "--cron", "0 5 * * *", "--json")

    assert json.loads(told)["disabled"] == ["recurringruns-2"]


def test_a_token_is_sent_and_never_asked_for_on_the_command_line(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MALMOI_KUBEFLOW_TOKEN", "비밀".encode().hex())

    submit(server)

    assert server.headers["authorization"] == f"Bearer {'비밀'.encode().hex()}"


def test_a_token_read_from_a_file_may_end_in_a_line_s_end(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MALMOI_KUBEFLOW_TOKEN", "secret\n")

    status, told = submit(server)

    assert status == DONE, told
    assert server.headers["authorization"] == "Bearer secret"


def test_an_authority_that_is_no_file_is_told_by_its_name(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MALMOI_KUBEFLOW_CA", str(tmp_path / "ca.pem"))

    status, told = submit(server)

    assert status == FAULT
    assert f"MALMOI_KUBEFLOW_CA names {tmp_path / 'ca.pem'}, which is no file" in told
    assert server.headers == {}


def test_a_namespace_goes_with_what_belongs_to_it(server: Server) -> None:
    submit(server, "--namespace", "team-a")

    assert server.only("experiments")["namespace"] == "team-a"


def test_the_receipt_is_one_json_object(server: Server) -> None:
    _, told = submit(server, "--json")

    url = f"{server.url}/#/runs/details/runs-1"
    assert json.loads(told) == {"id": "runs-1", "url": url, "disabled": []}


@pytest.mark.parametrize("words", [(), ("--namespace", "team-a"), ("--version", "1")])
def test_what_the_server_refuses_is_told_in_its_words(
    server: Server, words: tuple[str, ...]
) -> None:
    server.fault = (401, "권한 없음")

    status, told = submit(server, *words)

    assert status == FAULT
    assert "the server answered 401 Unauthorized: 권한 없음" in told


@pytest.mark.parametrize(
    ("login", "words"),
    [
        (("GET", "POST"), ()),
        (("GET", "POST"), ("--version", "1")),
        (("GET", "POST"), ("--cron", "0 3 * * *")),
        (("POST runs",), ()),
        (("POST pipelines/upload",), ("--version", "1")),
    ],
)
def test_the_page_of_a_login_is_no_success(
    server: Server, login: tuple[str, ...], words: tuple[str, ...]
) -> None:
    server.login = login

    status, told = submit(server, *words)

    assert status == FAULT
    assert "something else than Kubeflow Pipelines answers here, such as the page of a" in told


def test_before_a_page_no_pipeline_is_sent(server: Server) -> None:
    server.login = ("POST experiments",)

    submit(server)

    assert server.kept == {}


def test_a_recurring_run_that_was_not_made_takes_no_place(server: Server) -> None:
    submit(server, "--cron", "0 3 * * *")
    server.login = ("POST recurringruns",)

    status, _ = submit(server, "--cron", "0 4 * * *")

    assert status == FAULT
    assert server.only("recurringruns")["mode"] == "ENABLE"


def test_a_server_that_is_not_there_is_told(server: Server) -> None:
    server.url = "http://127.0.0.1:9"

    status, told = submit(server)

    assert status == FAULT
    assert "http://127.0.0.1:9: the server cannot be reached" in told


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--cron", "0 3 * *"), "--cron takes five fields (minute, hour"),
        (("--cron", "0 3 * * *", "--version", "1"), "expected one of them"),
        (("--cron", ""), "--cron takes five fields (minute, hour"),
        (("--version", ""), "--version takes a name, got an empty one"),
        (("--version", "1", "--parameter", "data_uri=s3://b"), "expected no --parameter"),
        (("--parameter", "data_ur=s3://b"), "no parameter data_ur; expected one of data_uri"),
        (("--parameter", "data_uri=rows"), "data_uri: no provider scheme found: rows; expected"),
        (("--parameter", "data_uri=s3://b"), "data_uri: URI s3://b has empty key"),
        (("--parameter", "data_uri=s3://b/d//rows"), "s3://b/d//rows: write the path without //"),
        (("--parameter", "data_uri=s3://b/./rows"), "s3://b/./rows: write the path without //"),
        (("--parameter", "data_uri=s3:///rows"), "data_uri: no provider scheme found: s3:///rows"),
        (("--host", ""), "--host takes an address such as http://localhost:8080, not ''"),
        (("--host", "localhost:8080"), "such as http://localhost:8080, not 'localhost:8080'"),
        (("--parameter", "data_uri=s3://b/$$"), "would replace $$ in --parameter data_uri"),
        (("--parameter", "webhook=chat.example/hook"), "webhook: the webhook is no address"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_sent(
    server: Server, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: str
) -> None:
    monkeypatch.setenv("KF_PIPELINES_ENDPOINT", server.url)  # the SDK's, for want of a host

    status, told = submit(server, *words)

    assert status == FAULT
    assert said in told
    assert server.headers == {}


def test_a_pipeline_that_the_backend_rejects_is_not_sent(server: Server, tmp_path: Path) -> None:
    pipeline, platform = document.read(PIPELINE)
    old = tmp_path / "old.yaml"
    old.write_text(document.to_yaml({**pipeline, "schemaVersion": "2.0.0"}, platform), "utf-8")

    done = CliRunner().invoke(app, ["kubeflow", "submit", str(old), "--host", server.url])

    assert done.exit_code == FAULT
    assert "but the pipeline spec has version 2.0.0" in done.output
    assert server.headers == {}


def test_without_the_sdk_s_environment_the_command_that_makes_it_is_named(tmp_path: Path) -> None:
    request = Request(
        host="http://127.0.0.1:9",
        action="run",
        pipeline=str(PIPELINE),
        name="enquiries",
        experiment="enquiries",
        parameters={},
    )

    with pytest.raises(NotSubmittedError, match="type: make kubeflow-env"):
        send(request, python=tmp_path / "python")


def test_a_cron_expression_with_seconds_stays_as_it_is() -> None:
    assert six_fields(" 15 0  3 * * 1") == "15 0 3 * * 1"
