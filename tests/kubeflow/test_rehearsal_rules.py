"""The stand-in for the backend, with steps that are one line of Python."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from kubeflow.rehearse import outputs
from kubeflow.rehearse.isolation import choose
from kubeflow.rehearse.ledger import Ledger
from kubeflow.rehearse.result import TaskResult
from kubeflow.rehearse.run import Rehearsal, RejectedError, order
from kubeflow.rehearse.store import Store
from kubeflow.spec import Spec, tasks

TYPE = {"artifactType": {"schemaTitle": "system.Artifact"}}

WRITE = """
import json, pathlib, sys
told = json.loads(sys.argv[1])
(key,) = set(told['outputs']['artifacts']) - {'executor-logs'}
(artifact,) = told['outputs']['artifacts'][key]['artifacts']
place = pathlib.Path('/' + artifact['uri'].replace('://', '/', 1))
place.mkdir()
(place / '문의').write_text('환불')
(place / 'empty').mkdir()
"""

SAY = """
said = {'artifacts': {key: {'artifacts': [%s]}}}
pathlib.Path(told['outputs']['outputFile']).write_text(json.dumps(said))
"""


class Heard(list[TaskResult]):
    """Keeps what it hears."""

    def task_ended(self, result: TaskResult) -> None:
        self.append(result)


def pipeline(**programs: str) -> Spec:
    """Make a chain of steps: each is a program and reads the output of the one before."""
    spec: Spec = {
        "pipelineInfo": {"name": "chain"},
        "schemaVersion": "2.1.0",
        "components": {},
        "deploymentSpec": {"executors": {}},
        "root": {"dag": {"tasks": {}}},
    }
    before: str | None = None
    for name, program in programs.items():
        spec["components"][name] = {
            "executorLabel": name,
            "outputDefinitions": {"artifacts": {"out": TYPE}},
        }
        args = [program, "{{$}}", name]
        spec["deploymentSpec"]["executors"][name] = {
            "container": {"image": "image:1", "command": ["python", "-c"], "args": args}
        }
        task: Spec = {
            "taskInfo": {"name": name},
            "componentRef": {"name": name},
            "cachingOptions": {"enableCache": True},
        }
        if before:
            spec["components"][name]["inputDefinitions"] = {"artifacts": {"in": TYPE}}
            source = {"producerTask": before, "outputArtifactKey": "out"}
            task["inputs"] = {"artifacts": {"in": {"taskOutputArtifact": source}}}
        tasks(spec)[name] = task
        before = name
    return spec


@pytest.fixture
def rehearse(tmp_path: Path) -> Callable[..., dict[str, TaskResult]]:
    def run(spec: Spec, platform: Spec | None = None) -> dict[str, TaskResult]:
        rehearsal = Rehearsal(tmp_path / "rehearsal", choose())
        return rehearsal.run(spec, platform or {}, listener=Heard(), parameters={})

    return run


Rehearse = Callable[..., dict[str, TaskResult]]

needs_a_room = pytest.mark.skipif(
    choose().name == "none", reason="this system allows no namespaces: nothing keeps steps apart"
)


@needs_a_room
def test_a_step_sees_its_inputs_its_places_and_nothing_else_of_this_machine(
    rehearse: Rehearse, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.touch()
    look = WRITE + (
        "\nimport os, socket"
        "\nfound = {"
        f"\n 'secret': os.path.exists({str(secret)!r}),"
        "\n 'home': os.listdir(os.getcwd()),"
        "\n 'environment': sorted(os.environ),"
        "\n 'buckets': [str(p) for p in pathlib.Path('/minio').rglob('*') if p.is_file()],"
        "\n}"
        "\ntry:\n socket.create_connection(('192.0.2.1', 80), 1); found['network'] = True"
        "\nexcept OSError:\n found['network'] = False"
        "\nserver = socket.create_server(('127.0.0.1', 0))"
        "\nsocket.create_connection(server.getsockname()).close()"
        "\n(place / 'found').write_text(json.dumps(found))"
    )

    results = rehearse(pipeline(first=WRITE, other=WRITE, last=look))

    assert results["last"].state == "ran", results["last"].why
    found = json.loads((results["last"].artifacts["out"] / "found").read_text("utf-8"))
    assert found["secret"] is False
    assert found["home"] == []
    assert found["network"] is False
    assert "PYTEST_CURRENT_TEST" not in found["environment"]
    files = [path for path in found["buckets"] if "/last/" not in path]
    assert len(files) == 1
    assert "/other/" in files[0]


@needs_a_room
def test_files_are_carried_and_empty_folders_vanish(rehearse: Rehearse) -> None:
    results = rehearse(pipeline(first=WRITE, last=WRITE))

    assert (results["first"].uploaded, results["last"].downloaded) == (1, 1)
    assert (results["last"].artifacts["out"] / "문의").read_text("utf-8") == "환불"
    assert not (results["last"].artifacts["out"] / "empty").exists()


@needs_a_room
def test_the_query_of_the_root_stays_at_the_end_of_every_uri(rehearse: Rehearse) -> None:
    root = "s3://b/문의?region=x&endpoint=https://s3.example"

    results = rehearse({**pipeline(first=WRITE, last=WRITE), "defaultPipelineRoot": root})

    assert results["last"].downloaded == 1
    place = results["last"].artifacts["out"]
    assert (place.name, place.parents[5].name) == ("s3.example", "문의")
    assert place.parent.name == "out?region=x&endpoint=https:"


@needs_a_room
def test_a_step_that_fails_stops_what_waits_for_it_and_keeps_its_last_words(
    rehearse: Rehearse,
) -> None:
    results = rehearse(pipeline(first=WRITE, bad="raise SystemExit('배송 지연')", last=WRITE))

    assert [result.state for result in results.values()] == ["ran", "failed", "not run"]
    assert "exit status 1" in results["bad"].why
    assert "배송 지연" in results["bad"].why
    assert results["last"].why == "waits for bad"


@needs_a_room
def test_the_same_step_on_the_same_inputs_comes_from_the_cache(rehearse: Rehearse) -> None:
    rehearse(pipeline(first=WRITE, last=WRITE))

    results = rehearse(pipeline(first=WRITE, last=WRITE))

    assert {result.state for result in results.values()} == {"cached"}
    assert (results["last"].artifacts["out"] / "문의").exists()


def test_a_ledger_is_put_in_the_place_of_the_old_one_and_never_written_over_it(
    tmp_path: Path,
) -> None:
    ledger = Ledger(tmp_path / "ledger.json")
    ledger.imports("s3://b/문의")
    ledger.save()
    old = tmp_path / "old.json"
    old.hardlink_to(ledger.path)

    ledger.imports("s3://b/환불")
    ledger.save()

    assert set(Ledger.open(old).imported) == {"s3://b/문의"}
    assert set(Ledger.open(ledger.path).imported) == {"s3://b/문의", "s3://b/환불"}


@needs_a_room
def test_a_changed_step_and_all_behind_it_run_again(rehearse: Rehearse) -> None:
    rehearse(pipeline(first=WRITE, middle=WRITE, last=WRITE))

    results = rehearse(pipeline(first=WRITE, middle=WRITE + "\n", last=WRITE))

    assert [result.state for result in results.values()] == ["cached", "ran", "ran"]


@needs_a_room
def test_a_step_whose_cache_is_off_runs_again_and_so_does_what_reads_it(rehearse: Rehearse) -> None:
    spec = pipeline(first=WRITE, last=WRITE)
    tasks(spec)["first"]["cachingOptions"] = {"enableCache": False}
    rehearse(spec)

    assert [result.state for result in rehearse(spec).values()] == ["ran", "ran"]


@needs_a_room
def test_a_failed_step_is_not_cached(rehearse: Rehearse) -> None:
    spec = pipeline(bad="raise SystemExit(1)")
    rehearse(spec)

    assert rehearse(spec)["bad"].state == "failed"


@needs_a_room
def test_a_volume_keeps_what_a_step_writes_for_the_next_run(rehearse: Rehearse) -> None:
    count = WRITE + (
        "\nkept = pathlib.Path('/malmoi/count')"
        "\nkept.write_text((kept.read_text() if kept.exists() else '') + '가')"
        "\n(place / 'count').write_text(kept.read_text())"
    )
    mounts = {"pvcMount": [{"constant": "models", "mountPath": "/malmoi"}]}
    platform = {"platforms": {"kubernetes": {"deploymentSpec": {"executors": {"step": mounts}}}}}
    spec = pipeline(step=count)
    tasks(spec)["step"]["cachingOptions"] = {}
    rehearse(spec, platform)

    results = rehearse(spec, platform)

    assert (results["step"].artifacts["out"] / "count").read_text("utf-8") == "가가"


@needs_a_room
@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("{'metadata': {'x': None}}", "unknown/unsupported value type for x: null"),
        ("{'uri': 'minio://elsewhere/model'}", "does not have expected bucket prefix"),
        ("{'path': '/x'}", "failed to unmarshall ExecutorOutput"),
    ],
)
def test_an_output_that_the_backend_refuses_fails_the_step(
    rehearse: Rehearse, said: str, words: str
) -> None:
    results = rehearse(pipeline(step=WRITE + SAY % said))

    assert results["step"].state == "failed"
    assert words in results["step"].why


def test_lists_and_structs_come_back_wrapped_as_from_the_metadata_store() -> None:
    said = {"artifacts": {"out": {"artifacts": [{"metadata": {"a": ["가"], "b": {"c": 1}}}]}}}
    provisioned = {"out": {"artifacts": [{"uri": "s3://b/run/out"}]}}

    merged = outputs.artifacts(said, provisioned, root="s3://b/run")

    assert merged["out"]["metadata"] == {"a": {"list": ["가"]}, "b": {"struct": {"c": 1}}}


def test_a_step_that_writes_no_output_file_has_nothing_to_say(tmp_path: Path) -> None:
    assert outputs.read(tmp_path / "none.json") == {}


def test_tasks_come_after_those_they_wait_for_and_else_by_name() -> None:
    spec = pipeline(z=WRITE, a=WRITE)
    tasks(spec)["m"] = {"taskInfo": {"name": "m"}}

    assert order(spec) == ["m", "z", "a"]


def test_a_parameter_that_the_pipeline_has_not_is_refused(tmp_path: Path) -> None:
    rehearsal = Rehearsal(tmp_path, choose())

    with pytest.raises(RejectedError, match="the pipeline has no parameter data_ur"):
        rehearsal.run(
            pipeline(step=WRITE), {}, listener=Heard(), parameters={"data_ur": "s3://b/k"}
        )


def test_a_value_that_kubernetes_would_change_is_refused_as_submit_does(tmp_path: Path) -> None:
    spec = pipeline(step=WRITE)
    spec["root"]["inputDefinitions"] = {"parameters": {"data_uri": {"defaultValue": "s3://b/k"}}}

    with pytest.raises(RejectedError, match=r"would replace \$\(HOME\) in --parameter data_uri"):
        Rehearsal(tmp_path, choose()).run(
            spec, {}, listener=Heard(), parameters={"data_uri": "s3://b/$(HOME)"}
        )


def test_a_pipeline_that_the_backend_rejects_is_not_begun(rehearse: Rehearse) -> None:
    spec = pipeline(my_step=WRITE)

    with pytest.raises(RejectedError, match="name of a task must consist of"):
        rehearse(spec)


class TestMirror:
    """A folder here that stands for a bucket's."""

    @pytest.fixture
    def rows(self, tmp_path: Path) -> Path:
        (tmp_path / "train.csv").write_text("문의", "utf-8")
        return tmp_path

    def found(self, store: Store) -> list[str]:
        place = store.place("s3://b/rows")
        return sorted(str(path.relative_to(place)) for path in place.rglob("*"))

    def test_what_a_rehearsal_keeps_among_the_rows_is_no_row(self, rows: Path) -> None:
        store = Store(rows / "rehearsal" / "buckets")
        (rows / "rehearsal" / "volumes").mkdir(parents=True)
        (rows / "rehearsal" / "volumes" / "model").touch()

        copied = [store.mirror(rows, "s3://b/rows") for _ in range(2)]

        assert copied == [1, 1]
        assert self.found(store) == ["train.csv"]

    def test_a_link_to_a_folder_is_a_folder_unless_it_leads_back(self, tmp_path: Path) -> None:
        rows, elsewhere = tmp_path / "rows", tmp_path / "elsewhere"
        rows.mkdir()
        elsewhere.mkdir()
        (elsewhere / "문의.csv").touch()
        (elsewhere / "back").symlink_to(elsewhere)
        for span in (1, 2):
            (rows / f"span-{span}").symlink_to(elsewhere)
        store = Store(tmp_path / "rehearsal" / "buckets")

        store.mirror(rows, "s3://b/rows")

        files = ["span-1", "span-1/문의.csv", "span-2", "span-2/문의.csv"]
        assert self.found(store) == files

    def test_the_copy_itself_may_be_named(self, rows: Path) -> None:
        store = Store(rows / "rehearsal" / "buckets")
        store.mirror(rows, "s3://b/rows")

        assert store.mirror(store.place("s3://b/rows"), "s3://b/rows") == 1
        assert self.found(store) == ["train.csv"]

    def test_what_is_no_longer_in_the_folder_goes(self, rows: Path) -> None:
        store = Store(rows / "rehearsal" / "buckets")
        store.mirror(rows, "s3://b/rows")
        (rows / "train.csv").rename(rows / "new.csv")

        store.mirror(rows, "s3://b/rows")

        assert self.found(store) == ["new.csv"]
