"""Which model a candidate is compared with, on artifacts as the metadata store has them."""

import pytest
from tfx.components.evaluator import constants
from tfx.types import Artifact, standard_artifacts

from components.baseline.strategy import LatestOtherBlessedModel


def model(number: int) -> standard_artifacts.Model:
    artifact = standard_artifacts.Model()
    artifact.id = number
    return artifact


def blessing(number: int, *, of: int, blessed: bool = True) -> standard_artifacts.ModelBlessing:
    artifact = standard_artifacts.ModelBlessing()
    artifact.id = number
    artifact.set_int_custom_property(constants.ARTIFACT_PROPERTY_CURRENT_MODEL_ID_KEY, of)
    artifact.set_int_custom_property(constants.ARTIFACT_PROPERTY_BLESSED_KEY, int(blessed))
    return artifact


def resolve(
    models: list[Artifact], blessings: list[Artifact], candidate: int
) -> tuple[list[int], list[int]]:
    """The ids of the chosen model and of its blessing."""
    inputs = {"model": models, "model_blessing": blessings, "candidate": [model(candidate)]}
    chosen = LatestOtherBlessedModel().resolve_artifacts(None, inputs)
    assert chosen["candidate"] == inputs["candidate"]
    return [m.id for m in chosen["model"]], [b.id for b in chosen["model_blessing"]]


CASES = {
    "nothing yet": ([], [], 1, ([], [])),
    "the candidate alone": ([1], [], 1, ([], [])),
    "the candidate's own earlier blessing": ([1], [(10, 1, True)], 1, ([], [])),
    "another blessed model": ([1, 2], [(10, 1, True)], 2, ([1], [10])),
    "another model without blessing": ([1, 2], [(10, 1, False)], 2, ([], [])),
    "a model that was never judged": ([1, 2, 3], [(10, 1, True)], 3, ([1], [10])),
    "the latest of several": ([1, 2, 3], [(10, 1, True), (11, 2, True)], 3, ([2], [11])),
    "an unblessed later one is passed over": (
        [1, 2, 3],
        [(10, 1, True), (11, 2, False)],
        3,
        ([1], [10]),
    ),
    "the latest blessing, not the latest model": (
        [1, 2, 3],
        [(10, 2, True), (11, 1, True)],
        3,
        ([1], [11]),
    ),
    "a model that was blessed twice": (
        [1, 2],
        [(10, 1, True), (12, 1, True)],
        2,
        ([1], [12]),
    ),
    "the candidate's later blessing hides none": (
        [1, 2],
        [(10, 1, True), (11, 2, True)],
        2,
        ([1], [10]),
    ),
    "a blessing whose model is gone": ([2], [(10, 1, True)], 2, ([], [])),
}


@pytest.mark.parametrize(
    ("models", "blessings", "candidate", "expected"), CASES.values(), ids=CASES
)
def test_the_latest_blessed_model_other_than_the_candidate_is_chosen(
    models: list[int],
    blessings: list[tuple[int, int, bool]],
    candidate: int,
    expected: tuple[list[int], list[int]],
) -> None:
    judged = [blessing(n, of=of, blessed=blessed) for n, of, blessed in blessings]
    found = [model(number) for number in models]
    assert resolve(found, judged, candidate) == expected
    assert resolve(found[::-1], judged[::-1], candidate) == expected
