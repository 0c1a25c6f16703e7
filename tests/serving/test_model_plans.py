"""models.config, and which folders are versions."""

from pathlib import Path

import pytest

from serving.errors import ServingError
from serving.plans import ModelPlan, VersionPolicy, find_versions, read_plans

FULL = """
model_config_list {
  config {
    name: "reviews"
    base_path: "/models/reviews"
    model_platform: "tensorflow"
    model_version_policy { specific { versions: 3 versions: 4 } }
    version_labels { key: "stable" value: 3 }
    version_labels { key: "canary" value: 4 }
  }
  config { name: "topics" base_path: "/models/topics" }
}
"""


def test_models_policies_and_labels_are_read(tmp_path: Path) -> None:
    file = tmp_path / "models.config"
    file.write_text(FULL, "utf-8")
    assert read_plans(file) == (
        ModelPlan(
            "reviews",
            Path("/models/reviews"),
            VersionPolicy(latest=None, specific=frozenset({3, 4})),
            {"stable": 3, "canary": 4},
        ),
        ModelPlan("topics", Path("/models/topics"), VersionPolicy(latest=1)),
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "expected a model_config_list"),
        ("model_config_list { config { } }", "has no name"),
        ('model_config_list { config { name: "a" base_path: "b" } }', "must be absolute"),
        (
            'model_config_list { config { name: "a" base_path: "/a" } '
            'config { name: "a" base_path: "/b" } }',
            'model "a" is listed 2 times',
        ),
        (
            'model_config_list { config { name: "a" base_path: "/a" model_platform: "caffe" } }',
            'model_platform must be "tensorflow", not "caffe"',
        ),
        ("model_config_list {\n models {} }", "2:2"),
    ],
)
def test_a_faulty_file_is_refused_with_its_name(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "models.config"
    file.write_text(text, "utf-8")
    with pytest.raises(ServingError) as caught:
        read_plans(file)
    assert caught.value.message.startswith(str(file))
    assert words in caught.value.message


def test_a_file_in_another_encoding_is_refused_with_its_name(tmp_path: Path) -> None:
    file = tmp_path / "models.config"
    file.write_bytes("# 영화평 모델".encode("cp949"))
    with pytest.raises(ServingError, match="not a ModelServerConfig in text form"):
        read_plans(file)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (VersionPolicy(), {10}),
        (VersionPolicy(latest=2), {9, 10}),
        (VersionPolicy(latest=99), {2, 9, 10}),
        (VersionPolicy(latest=None), {2, 9, 10}),
        (VersionPolicy(latest=None, specific=frozenset({2, 7})), {2}),
    ],
)
def test_a_policy_chooses_by_number_and_not_by_text(
    policy: VersionPolicy, expected: set[int]
) -> None:
    assert policy.choose([2, 9, 10]) == expected


def test_leading_zeros_are_read_as_a_number(tmp_path: Path) -> None:
    (tmp_path / "007").mkdir()
    assert find_versions(tmp_path) == {7: tmp_path / "007"}
