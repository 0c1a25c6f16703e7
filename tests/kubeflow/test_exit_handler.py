"""The exit handler: compiled, rehearsed, and heard by a server on loopback."""

import json
import socketserver
import threading
import traceback
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from kubeflow import flags
from kubeflow.adapt import adapt
from kubeflow.adapt.plan import Plan
from kubeflow.admission import objections
from kubeflow.document import to_yaml
from kubeflow.post_verdict import NotPostedError, main, post, verdict
from kubeflow.rehearse.isolation import Plain
from kubeflow.rehearse.result import TaskResult
from kubeflow.rehearse.run import Rehearsal
from kubeflow.spec import Spec, UnsupportedSpecError, component, executor, tasks
from kubeflow.step.judgement import Judgement, kept
from pipeline.console.main import app

Plans = Callable[..., Plan]
MESSAGE = {"text": "문의: 버전 3"}

REFUSED = Judgement(step="DataGate", headline="refused", reasons=["drift: 너무 크다"])
BLESSED = Judgement(step="ModelGate", headline="blessed", remarks=["accuracy: 낮다"])
PUSHED = Judgement(step="AtomicPusher", headline="version 3 is pushed", version="3")
NOT_PUSHED = Judgement(step="AtomicPusher", headline="nothing is pushed")


class Receiver(ThreadingHTTPServer):
    """A webhook that answers with the statuses it is given, then with 200.

    With a status of the 300s it points to an address of its own.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.heard: list[dict[str, Any]] = []
        self.statuses: list[int] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hooks/malmoi"


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append(json.loads(body))
        status = self.server.statuses.pop(0) if self.server.statuses else 200
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", f"{self.server.url}/moved")
        self.end_headers()

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def webhook() -> Iterator[Receiver]:
    receiver = Receiver()
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    yield receiver
    receiver.shutdown()
    receiver.server_close()


SUMMARY = Path("enquiries", "enquiries-x7k2p", "post-verdict", "7", "summary")


def told(folder: Path, values: dict[str, object]) -> list[str]:
    """Return the arguments of the handler's container."""
    given = {
        "inputs": {"parameterValues": values},
        "outputs": {"artifacts": {flags.SUMMARY: {"artifacts": [{"uri": str(folder / SUMMARY)}]}}},
    }
    notes = str(folder / "notes")
    return [flags.STEP, "enquiries", flags.NOTES, notes, flags.INVOCATION, json.dumps(given)]


class Silent:
    def task_ended(self, result: TaskResult) -> None:
        pass


def test_without_a_webhook_no_step_is_added(raw: Spec, plan: Plans) -> None:
    adapted, _ = adapt(raw, plan())

    assert set(adapted["root"]["dag"]["tasks"]) == set(tasks(adapted))


def test_the_handler_waits_for_everything_and_runs_however_it_ended(raw: Spec, plan: Plans) -> None:
    adapted, platform = adapt(raw, plan(webhook="https://chat.example/hook"))

    top = adapted["root"]["dag"]["tasks"]
    assert set(top) == {"steps", "post-verdict"}
    assert top["post-verdict"]["dependentTasks"] == ["steps"]
    assert top["post-verdict"]["triggerPolicy"] == {"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"}
    given = top["post-verdict"]["inputs"]["parameters"]
    assert given["status"] == {"taskFinalStatus": {"producerTask": "steps"}}
    assert component(adapted, "post-verdict")["inputDefinitions"]["parameters"]["status"] == {
        "parameterType": "TASK_FINAL_STATUS",
        "isOptional": True,
    }
    assert objections(adapted) == []
    executors = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    assert executors["post-verdict-executor"] == executors["Push_executor"]


def test_the_handler_has_the_policies_of_every_step(raw: Spec, plan: Plans) -> None:
    settings = {
        "webhook": "",
        "step": {"cpu": 1, "retries": 2},
        "steps": {"post-verdict": {"memory_gb": 0.5}},
        "volumes": [{"claim": "scratch", "mount_path": "/scratch"}],
    }

    adapted, platform = adapt(raw, plan(**settings))

    handler = adapted["root"]["dag"]["tasks"]["post-verdict"]
    assert handler["cachingOptions"] == {"enableCache": False}
    assert handler["retryPolicy"]["maxRetryCount"] == 2
    assert executor(adapted, "post-verdict")["container"]["resources"] == {
        "cpuRequest": 1.0,
        "cpuLimit": 1.0,
        "memoryRequest": 0.5,
        "memoryLimit": 0.5,
    }
    executors = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    claims = [mount["constant"] for mount in executors["post-verdict-executor"]["pvcMount"]]
    assert claims == ["scratch", "models"]


def test_without_a_webhook_settings_of_the_handler_are_refused(raw: Spec, plan: Plans) -> None:
    with pytest.raises(UnsupportedSpecError, match="no step post-verdict"):
        adapt(raw, plan(steps={"post-verdict": {"cpu": 1}}))


def test_the_steps_still_get_the_pipeline_s_parameters(raw: Spec, plan: Plans) -> None:
    adapted, _ = adapt(raw, plan(webhook=""))

    handed = adapted["root"]["dag"]["tasks"]["steps"]["inputs"]["parameters"]
    assert handed == {"data_uri": {"componentInputParameter": "data_uri"}}
    declared = adapted["components"]["steps"]["inputDefinitions"]["parameters"]
    assert declared == {"data_uri": {"parameterType": "STRING"}}
    assert set(adapted["root"]["inputDefinitions"]["parameters"]) == {"data_uri", "webhook"}


def test_a_task_with_the_handler_s_name_is_refused(raw: Spec, plan: Plans) -> None:
    for named in (raw["components"], tasks(raw)):
        named["steps"] = named.pop("Contract")
    tasks(raw)["steps"]["componentRef"]["name"] = "steps"

    with pytest.raises(UnsupportedSpecError, match="steps: a name of the exit handler's"):
        adapt(raw, plan(webhook=""))


@pytest.mark.parametrize(
    ("judgements", "found", "words"),
    [
        ([PUSHED, BLESSED], "pushed", "enquiries: version 3 is pushed (run r)"),
        ([PUSHED, REFUSED], "pushed", "version 3 is pushed (run r)\nDataGate: drift: 너무 크다"),
        ([REFUSED], "refused", "refused, nothing is pushed (run r)\nDataGate: drift: 너무 크다"),
        ([NOT_PUSHED, BLESSED], "failed", "failed, nothing is pushed; the log of the step"),
        ([], "failed", "failed, nothing is pushed"),
    ],
)
def test_the_verdict_is_what_the_judges_said(
    judgements: list[Judgement], found: str, words: str
) -> None:
    message = verdict(judgements, pipeline="enquiries", run="r", state="FAILED")

    assert message["verdict"] == found
    assert words in message["text"]


def test_what_a_judge_says_is_kept_for_the_end_of_the_run(tmp_path: Path) -> None:
    for judgement in (PUSHED, REFUSED):
        judgement.keep(tmp_path / "run")

    found = kept(tmp_path / "run")

    assert [one.step for one in found] == ["AtomicPusher", "DataGate"]
    assert list(found[1].reasons) == ["drift: 너무 크다"]


def test_a_judge_that_ends_while_it_writes_keeps_the_handler_from_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, text: str, *_: object) -> int:
        path.touch()
        raise OSError("volume is full")

    REFUSED.keep(tmp_path)
    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="full"):
        BLESSED.keep(tmp_path)

    assert [one.step for one in kept(tmp_path)] == ["DataGate"]


def test_a_page_shows_reasons_and_warnings() -> None:
    text = Judgement(step="DataGate", headline="refused", reasons=["하나"], remarks=["둘"])

    assert text.to_markdown() == (
        "## DataGate: refused\n\n**Refused because**\n\n- 하나\n\n**Warnings**\n\n- 둘\n"
    )


def test_a_next_attempt_says_the_same_and_posts_nothing(
    tmp_path: Path, webhook: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = tmp_path / SUMMARY
    argv = told(tmp_path, {flags.WEBHOOK: webhook.url, flags.STATUS: {}})
    REFUSED.keep(tmp_path / "notes" / "enquiries-x7k2p")

    main(argv)
    first = summary.read_text("utf-8")
    summary.unlink()
    main(argv)

    assert summary.read_text("utf-8") == first
    assert "refused" in first
    assert [message["verdict"] for message in webhook.heard] == ["refused"]
    assert "posted before" in capsys.readouterr().out


def test_a_receiver_that_stumbles_is_asked_again(webhook: Receiver) -> None:
    webhook.statuses = [503, 500]

    post(webhook.url, MESSAGE, wait_s=0.0)

    assert webhook.heard == [MESSAGE] * 3


def test_a_receiver_that_stays_away_fails_the_step(webhook: Receiver) -> None:
    webhook.statuses = [503] * 3

    with pytest.raises(NotPostedError, match=r"503.*expected an address that takes JSON"):
        post(webhook.url, MESSAGE, wait_s=0.0)


def test_a_receiver_that_refuses_is_asked_once(webhook: Receiver) -> None:
    webhook.statuses = [404]

    with pytest.raises(NotPostedError, match="404"):
        post(webhook.url, MESSAGE, wait_s=0.0)

    assert len(webhook.heard) == 1


@pytest.mark.parametrize("status", [408, 429])
def test_a_receiver_that_has_too_much_to_do_is_asked_again(webhook: Receiver, status: int) -> None:
    webhook.statuses = [status]

    post(webhook.url, MESSAGE, wait_s=0.0)

    assert webhook.heard == [MESSAGE] * 2


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_receiver_that_has_moved_is_not_followed_but_named(
    webhook: Receiver, status: int
) -> None:
    webhook.statuses = [status]

    with pytest.raises(NotPostedError, match=f"{status}.*moved to {webhook.url}/moved; expected"):
        post(webhook.url, MESSAGE, wait_s=0.0)

    assert len(webhook.heard) == 1


@pytest.mark.parametrize(
    "address",
    [
        "chat.example/hooks/geheim",
        "https://user:geheim@127.0.0.1/hook",
        "https://127.0.0.1/알림/geheim",
        "https://127.0.0.1/a b/geheim",
        f"file://{__file__}?geheim",
        "http://알림.example/geheim",
        "http://chat..example/geheim",
    ],
)
def test_what_is_no_address_is_refused_and_not_quoted(address: str) -> None:
    with pytest.raises(NotPostedError, match="no address that can be posted to") as caught:
        post(address, MESSAGE, wait_s=0.0)

    assert "geheim" not in "".join(traceback.format_exception(caught.value))


def test_a_receiver_that_does_not_speak_http_fails_the_step() -> None:
    class Mail(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.rfile.readline()
            self.wfile.write("220 우편\r\n".encode())

    with socketserver.TCPServer(("127.0.0.1", 0), Mail) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(NotPostedError, match="220"):
            post(f"http://127.0.0.1:{server.server_address[1]}/", MESSAGE, wait_s=0.0)
        server.shutdown()


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ({"state": "FAILED"}, "FAILED"),
        ('{"state": "FAILED"}', "FAILED"),
        ('"FAILED"', "FAILED"),
        ("FAILED", "FAILED"),
        ("", ""),
        ("null", ""),
        (None, ""),
    ],
)
def test_the_state_is_read_however_the_backend_writes_it(
    tmp_path: Path, webhook: Receiver, status: object, state: str
) -> None:
    main(told(tmp_path, {flags.WEBHOOK: webhook.url, flags.STATUS: status}))

    assert [message["state"] for message in webhook.heard] == [state]


class TestRehearsed:
    """The handler as it was compiled, around steps that are one line of Python."""

    @pytest.fixture
    def rehearse(self, tmp_path: Path, raw: Spec, plan: Plans) -> Callable[..., Any]:
        def run(program: str, url: str) -> dict[str, TaskResult]:
            spec, platform = adapt(raw, plan(webhook=url))
            only = tasks(spec)["Contract"]
            spec["components"]["steps"]["dag"]["tasks"] = {"Contract": only}
            how = executor(spec, "Contract")["container"]
            how.update(command=["python", "-c"], args=[program, "/malmoi/verdicts/", "{{$}}"])
            label = component(spec, "Contract")["executorLabel"]
            mount = {"pvcMount": [{"constant": "models", "mountPath": "/malmoi"}]}
            platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"][label] = mount
            rehearsal = Rehearsal(tmp_path / "rehearsal", Plain())
            return rehearsal.run(spec, platform, listener=Silent(), parameters={})

        return run

    def test_a_failed_run_is_posted(self, rehearse: Any, webhook: Receiver) -> None:
        results = rehearse("raise SystemExit(1)", webhook.url)

        (message,) = webhook.heard
        assert results["Contract"].state == "failed"
        assert results["post-verdict"].state == "ran", results["post-verdict"].why
        assert (message["verdict"], message["state"]) == ("failed", "FAILED")
        assert message["pipeline"] == "enquiries"

    def test_what_a_judge_of_this_run_has_left_is_posted_once_and_then_removed(
        self, rehearse: Any, webhook: Receiver, tmp_path: Path
    ) -> None:
        judge = (
            "import json, pathlib, sys\n"
            "from kubeflow.step.judgement import Judgement\n"
            "from kubeflow.step.places import made_by\n"
            "told = json.loads(sys.argv[2])\n"
            "uri = told['outputs']['artifacts']['schema']['artifacts'][0]['uri']\n"
            "place = pathlib.Path(sys.argv[1], 'enquiries', made_by(uri).run)\n"
            "Judgement(step='DataGate', headline='no', reasons=['중복된 행']).keep(place)\n"
            "raise SystemExit('중복된 행')"
        )

        results = rehearse(judge, webhook.url)

        (message,) = webhook.heard
        assert message["reasons"] == ["DataGate: 중복된 행"], results["Contract"].why
        assert message["verdict"] == "refused"
        summary = results["post-verdict"].artifacts["summary"].read_text("utf-8")
        assert summary.startswith("## enquiries: refused, nothing is pushed")
        notes = tmp_path / "rehearsal" / "volumes" / "models" / "verdicts" / "enquiries"
        assert [path.name for path in notes.iterdir()] == [f"{message['run']}.posted"]

    def test_nobody_is_told_where_the_parameter_is_empty(
        self, rehearse: Any, webhook: Receiver
    ) -> None:
        results = rehearse("pass", "")

        assert results["post-verdict"].state == "ran", results["post-verdict"].why
        assert webhook.heard == []

    def test_the_command_calls_no_webhook_for_a_step_has_no_network(
        self, tmp_path: Path, raw: Spec, plan: Plans, webhook: Receiver
    ) -> None:
        spec, platform = adapt(raw, plan(webhook=webhook.url))
        only = tasks(spec)["Contract"]
        spec["components"]["steps"]["dag"]["tasks"] = {"Contract": only}
        executor(spec, "Contract")["container"].update(command=["python", "-c"], args=["pass"])
        file, rows, kept_in = (tmp_path / name for name in ("pipeline.yaml", "rows", "rehearsal"))
        file.write_text(to_yaml(spec, platform), "utf-8")
        rows.mkdir()

        words = [file, "--data", rows, "--folder", kept_in]
        done = CliRunner().invoke(app, ["kubeflow", "rehearse", *map(str, words)])

        assert done.exit_code == 0, done.output
        assert webhook.heard == []
        (log,) = kept_in.glob("runs/*/post-verdict/log.txt")
        assert "the parameter webhook is empty: nobody is told" in log.read_text("utf-8")
