"""Which statistics a span is compared with, and which model's vocabulary it is measured by."""

import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest
from ml_metadata.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2
from tfx.types import Artifact, standard_artifacts

from components.artifacts import Verdict
from components.baseline.accepted import STATISTICS_ID, LastAcceptedStatistics
from components.baseline.served import ServedModel, ancestors
from serving.releases.changes import rollback
from serving.releases.errors import ReleaseError
from serving.releases.manifest import MANIFEST_FILE, Provenance
from serving.releases.publish import push


def statistics(number: int) -> Artifact:
    artifact = standard_artifacts.ExampleStatistics()
    artifact.id = number
    return artifact


def verdict(number: int, *, of: int, passed: bool) -> Verdict:
    artifact = Verdict()
    artifact.id = number
    artifact.set_int_custom_property(STATISTICS_ID, of)
    artifact.set_int_custom_property("passed", int(passed))
    return artifact


@pytest.mark.parametrize(
    ("known", "verdicts", "candidate", "chosen"),
    [
        ([5], [], 5, []),
        ([5], [(8, 5, True)], 5, []),
        ([1, 5], [(8, 1, True)], 5, [1]),
        ([1, 5], [(8, 1, False)], 5, []),
        ([1, 2, 5], [(8, 1, True), (9, 2, False)], 5, [1]),
        ([1, 2, 5], [(8, 2, True), (9, 1, True)], 5, [1]),
    ],
    ids=["none", "its own", "another", "refused", "last was refused", "accepted again later"],
)
def test_the_last_accepted_statistics_but_the_candidates_are_the_baseline(
    known: list[int], verdicts: list[tuple[int, int, bool]], candidate: int, chosen: list[int]
) -> None:
    inputs = {
        "statistics": [statistics(number) for number in known],
        "verdict": [verdict(n, of=of, passed=passed) for n, of, passed in verdicts],
        "candidate": [statistics(candidate)],
    }

    resolved = LastAcceptedStatistics().resolve_artifacts(None, inputs)

    assert [artifact.id for artifact in resolved["statistics"]] == chosen
    assert len(resolved["verdict"]) == len(chosen)
    assert resolved["candidate"] == inputs["candidate"]


class Lineage:
    """A metadata store in memory, in which nodes make artifacts from others."""

    def __init__(self) -> None:
        connection = metadata_store_pb2.ConnectionConfig()
        connection.fake_database.SetInParent()
        self.store = MetadataStore(connection)
        kind = metadata_store_pb2.ArtifactType(name="thing")
        self._kind = self.store.put_artifact_type(kind)
        self._node = self.store.put_execution_type(metadata_store_pb2.ExecutionType(name="node"))

    def make(self, sources: Iterable[int] = ()) -> int:
        """Let a node make one artifact; returns its id."""
        artifact = metadata_store_pb2.Artifact(type_id=self._kind)
        node = metadata_store_pb2.Execution(type_id=self._node)
        (made,) = self.store.put_artifacts([artifact])
        (execution,) = self.store.put_executions([node])
        event = metadata_store_pb2.Event
        self.store.put_events(
            [
                event(artifact_id=made, execution_id=execution, type=event.OUTPUT),
                *(
                    event(artifact_id=source, execution_id=execution, type=event.INPUT)
                    for source in sources
                ),
            ]
        )
        return made


def test_ancestors_are_found_over_many_nodes() -> None:
    lineage = Lineage()
    examples, schema = lineage.make(), lineage.make()
    transformed = lineage.make([examples, schema])
    model = lineage.make([transformed])

    assert ancestors(lineage.store, model) == {examples, schema, transformed}
    assert ancestors(lineage.store, examples) == set()


class House:
    """A metadata store and a folder of releases."""

    def __init__(self, folder: Path) -> None:
        self.lineage = Lineage()
        self.base = folder / "releases"
        self._model = folder / "model"
        self._model.mkdir()
        (self._model / "saved_model.pb").write_bytes(b"graph")
        self.models: list[Artifact] = []

    def train(self, examples: int) -> Artifact:
        model = standard_artifacts.Model()
        model.id = self.lineage.make([self.lineage.make([examples])])
        model.uri = f"/artifacts/model/{model.id}"
        self.models.append(model)
        return model

    def push(self, model: Artifact, *, keep: int = 5) -> int:
        origin = Provenance(model_uri=model.uri)
        return push(self._model, self.base, provenance=origin, keep=keep).version

    def resolve(self, candidate: Artifact) -> list[Artifact]:
        inputs = {"model": self.models, "candidate": [candidate]}
        resolved = ServedModel(str(self.base)).resolve_artifacts(self.lineage.store, inputs)
        assert resolved["candidate"] == [candidate]
        return resolved["model"]

    def examples(self, number: int) -> Artifact:
        artifact = standard_artifacts.Examples()
        artifact.id = number
        return artifact


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_nothing_is_in_production_at_first(house: House) -> None:
    model = house.train(house.lineage.make())
    assert house.resolve(model) == []


def test_a_model_that_was_not_pushed_is_not_in_production(house: House) -> None:
    pushed, refused = house.train(house.lineage.make()), house.train(house.lineage.make())
    house.push(pushed)
    assert house.resolve(house.train(house.lineage.make())) == [pushed]
    assert house.resolve(refused) == [pushed]


def test_the_latest_pushed_model_is_in_production(house: House) -> None:
    first, second = house.train(house.lineage.make()), house.train(house.lineage.make())
    house.push(first)
    house.push(second)
    assert house.resolve(house.train(house.lineage.make())) == [second]


def test_a_repeated_run_does_not_meet_itself(house: House) -> None:
    spans = [house.lineage.make(), house.lineage.make()]
    first, second = map(house.train, spans)
    house.push(first)
    assert house.resolve(first) == []
    assert house.resolve(house.examples(spans[0])) == []
    house.push(second)
    assert house.resolve(second) == [first]
    assert house.resolve(house.examples(spans[1])) == [first]


def test_after_a_rollback_the_version_put_back_is_in_production(house: House) -> None:
    first, second = house.train(house.lineage.make()), house.train(house.lineage.make())
    back = house.push(first)
    house.push(second)
    rollback(house.base, to=back)
    assert house.resolve(house.train(house.lineage.make())) == [first]
    assert house.resolve(second) == [first]


def test_a_version_that_is_gone_is_passed_over(house: House) -> None:
    first, second = house.train(house.lineage.make()), house.train(house.lineage.make())
    house.push(first)
    shutil.rmtree(house.base / str(house.push(second)))
    assert house.resolve(house.train(house.lineage.make())) == [first]


def test_a_damaged_manifest_is_told_and_a_rollback_leaves_it(house: House) -> None:
    first, second = house.train(house.lineage.make()), house.train(house.lineage.make())
    house.push(first)
    version = house.push(second)
    file = house.base / str(version) / MANIFEST_FILE
    file.write_bytes(file.read_bytes()[:100])
    candidate = house.train(house.lineage.make())
    with pytest.raises(ReleaseError) as caught:
        house.resolve(candidate)
    assert str(caught.value).startswith(f"{file} cannot be read: ")
    assert str(caught.value).endswith(
        f"; put back a copy, or leave version {version} with `malmoi releases rollback CONFIG` and "
        "move its folder away"
    )
    rollback(house.base)
    assert house.resolve(candidate) == [first]
    with pytest.raises(ReleaseError, match=r"and move its folder away$"):
        house.resolve(first)  # which was left for `second` and now serves again
    file.parent.parent.rename(house.base.parent / "moved")
    assert house.resolve(first) == []


def test_a_release_of_a_model_that_the_store_does_not_know_is_passed_over_and_told(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    known, lost = house.train(house.lineage.make()), house.train(house.lineage.make())
    house.push(known)
    assert house.resolve(lost) == [known]
    assert not caplog.messages
    version = house.push(lost)
    house.models.remove(lost)
    assert house.resolve(house.train(house.lineage.make())) == [known]
    assert caplog.messages == [
        f"version {version} has served, but the metadata do not know its model: nothing is "
        "compared with it"
    ]
