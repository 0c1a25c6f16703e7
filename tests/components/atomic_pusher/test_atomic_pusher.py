"""The pusher's executor: what it pushes, and what it refuses to."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from tfx.types import Artifact, Channel, standard_artifacts

from components.atomic_pusher.component import AtomicPusher
from components.text_example_gen.source import Columns
from serving.errors import ServingError
from serving.releases.errors import BusyError
from serving.releases.folder import versions
from serving.releases.lock import locked
from serving.releases.manifest import read_manifest
from serving.releases.settings import ReleaseSettings
from serving.releases.state import read_state
from serving.releases.verify import verify

Push = Callable[..., Artifact]


def test_a_blessed_model_becomes_the_stable_version_and_the_artifact_names_it(
    push: Push, base: Path
) -> None:
    pushed = push()
    (version,) = versions(base)
    assert pushed.get_int_custom_property("pushed") == 1
    assert pushed.get_string_custom_property("pushed_version") == str(version)
    assert pushed.get_string_custom_property("pushed_destination") == str(base / str(version))
    assert pushed.get_string_custom_property("roles") == "stable"
    assert read_state(base).stable == version
    assert verify(base / str(version)) == ()


def test_a_step_that_is_tried_again_pushes_no_copy_of_its_model(push: Push, base: Path) -> None:
    first = push()
    again = push()
    (version,) = versions(base)
    for pushed in (first, again):
        assert pushed.get_string_custom_property("pushed_version") == str(version)
    assert again.get_string_custom_property("roles") == "stable"


@pytest.mark.parametrize("gate", ["model_blessing", "infra_blessing"])
def test_a_model_without_a_blessing_is_not_pushed(
    push: Push, inputs: dict[str, list[Artifact]], base: Path, gate: str
) -> None:
    kind = {
        "model_blessing": standard_artifacts.ModelBlessing,
        "infra_blessing": standard_artifacts.InfraBlessing,
    }[gate]
    refused = kind()
    refused.set_int_custom_property("blessed", 0)
    inputs[gate] = [refused]
    pushed = push()
    assert not base.exists()
    assert pushed.get_int_custom_property("pushed") == 0


def test_the_model_that_the_canary_carries_is_the_one_that_is_pushed(
    push: Push, inputs: dict[str, list[Artifact]], base: Path, tmp_path: Path, export: Path
) -> None:
    canary = standard_artifacts.InfraBlessing()
    canary.uri = str(tmp_path / "infra")
    canary.set_int_custom_property("blessed", 1)
    canary.set_int_custom_property("has_model", 1)
    stamped = tmp_path / "infra" / "stamped_model"
    shutil.copytree(export, stamped)
    (stamped / "assets.extra").mkdir()
    (stamped / "assets.extra" / "seal").write_text("of the canary", "utf-8")
    (tmp_path / "infra" / "canary.json").write_text('{"replayed": 64}', "utf-8")
    inputs["infra_blessing"] = [canary]
    push()
    (version,) = versions(base)
    assert (base / str(version) / "assets.extra" / "seal").is_file()
    verdicts = read_manifest(base, version).provenance.verdicts
    assert verdicts["infra"] == {"replayed": 64, "passed": True}


@pytest.mark.parametrize(
    ("missing", "named"),
    [
        ("saved_model.pb", "has no saved_model.pb"),
        ("assets/labels", "labels"),
        ("variables/variables.data-00000-of-00001", "variables"),
        ("variables/variables.index", "variables"),
    ],
)
def test_an_export_that_lacks_a_part_is_not_pushed(
    push: Push, inputs: dict[str, list[Artifact]], base: Path, missing: str, named: str
) -> None:
    Path(inputs["model"][0].uri, "Format-Serving", missing).unlink()
    with pytest.raises((ServingError, tf.errors.OpError, ValueError), match=named):
        push()
    assert versions(base) == []


def test_a_corrupt_export_is_not_pushed(
    push: Push, inputs: dict[str, list[Artifact]], base: Path
) -> None:
    file = Path(inputs["model"][0].uri, "Format-Serving", "variables", "variables.index")
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(tf.errors.OpError):
        push()
    assert versions(base) == []


def test_an_export_with_other_inputs_fails_by_the_record_that_names_them(
    push: Push, inputs: dict[str, list[Artifact]], base: Path
) -> None:
    place = Path(inputs["model"][0].uri, "Format-Serving")
    shutil.rmtree(place)
    module = tf.Module()
    spec = tf.TensorSpec([None], tf.string, "review")
    function = tf.function(lambda review: {"length": tf.strings.length(review)}, [spec])
    tf.saved_model.save(module, str(place), {"serving_default": function})
    with pytest.raises(ServingError, match=r"record 0: .*review"):
        push()
    assert versions(base) == []


def test_a_push_while_another_is_at_work_fails_by_name(push: Push, base: Path) -> None:
    with locked(base, "push"), pytest.raises(BusyError, match="held by a push of"):
        push()
    assert versions(base) == []


def node(**settings: Any) -> AtomicPusher:
    return AtomicPusher(
        base=Path("/srv/models/enquiries"),
        settings=ReleaseSettings(**settings),
        columns=Columns(text="본문", label="분류"),
        digest="fedcba9876543210",
        model=Channel(type=standard_artifacts.Model),
        schema=Channel(type=standard_artifacts.Schema),
    )


def test_the_node_takes_what_papers_there_are() -> None:
    assert set(node().inputs) == {"model", "schema"}
    assert list(node().outputs) == ["pushed_model"]


def test_only_settings_that_a_push_goes_by_push_again() -> None:
    before = dict(node().exec_properties)
    assert dict(node(container={"replicas": 7}).exec_properties) == before
    assert dict(node(warmup_requests=1).exec_properties) != before
