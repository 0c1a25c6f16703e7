"""Which statistics a span is compared with, and which model's vocabulary it is measured by."""

from collections.abc import Iterable

import pytest
from ml_metadata.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2
from tfx.components.evaluator import constants
from tfx.types import Artifact, standard_artifacts

from components.artifacts import Verdict
from components.baseline.accepted import STATISTICS_ID, LastAcceptedStatistics
from components.baseline.production import LatestModelOfOtherData, ancestors


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

    def resolve(self, models: list[int], examples: int) -> list[int]:
        """The models chosen for a run on these examples, all models being blessed in order."""
        blessings = []
        for number, model in enumerate(models, start=1):
            blessing = standard_artifacts.ModelBlessing()
            blessing.id = number
            blessing.set_int_custom_property(
                constants.ARTIFACT_PROPERTY_CURRENT_MODEL_ID_KEY, model
            )
            blessing.set_int_custom_property(constants.ARTIFACT_PROPERTY_BLESSED_KEY, 1)
            blessings.append(blessing)
        artifacts = [standard_artifacts.Model() for _ in models]
        for artifact, number in zip(artifacts, models, strict=True):
            artifact.id = number
        candidate = standard_artifacts.Examples()
        candidate.id = examples
        inputs = {"model": artifacts, "model_blessing": blessings, "candidate": [candidate]}
        resolved = LatestModelOfOtherData().resolve_artifacts(self.store, inputs)
        return [model.id for model in resolved["model"]]


def test_ancestors_are_found_over_many_nodes() -> None:
    lineage = Lineage()
    examples, schema = lineage.make(), lineage.make()
    transformed = lineage.make([examples, schema])
    model = lineage.make([transformed])

    assert ancestors(lineage.store, model) == {examples, schema, transformed}
    assert ancestors(lineage.store, examples) == set()


def test_the_latest_model_of_other_data_is_the_one_in_production() -> None:
    lineage = Lineage()
    first, second = lineage.make(), lineage.make()
    old, new = lineage.make([lineage.make([first])]), lineage.make([lineage.make([second])])

    assert lineage.resolve([old, new], examples=lineage.make()) == [new]


def test_a_model_made_from_the_runs_own_examples_is_passed_over() -> None:
    lineage = Lineage()
    first, second = lineage.make(), lineage.make()
    old, new = lineage.make([lineage.make([first])]), lineage.make([lineage.make([second])])

    assert lineage.resolve([old, new], examples=second) == [old]
    assert lineage.resolve([new], examples=second) == []


def test_there_is_no_production_model_at_first() -> None:
    assert Lineage().resolve([], examples=1) == []
