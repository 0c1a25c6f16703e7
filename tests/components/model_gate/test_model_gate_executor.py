"""The gate on real SavedModels and examples, and who understands its blessing."""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from tfx.components.pusher.executor import Executor as StockPusher
from tfx.dsl.components.base.base_executor import BaseExecutor
from tfx.types import artifact_utils, channel, standard_artifacts

from components.artifacts import BaselinePredictions
from components.model_gate.component import ModelGate
from components.model_gate.executor import Executor
from components.model_gate.settings import ModelGateSettings
from components.model_gate.verdict import Verdict
from components.provenance import ROW_FEATURE, place
from components.simple_baselines.executor import Executor as BaselinesExecutor
from components.text_example_gen.source import Columns

LABELS = ("교환", "배송", "취소", "환불")
ROWS = 800
COLUMNS = Columns(text="글", label="분류", side={"경로": "str", "별점": "int", "점수": "float"})
CONTEXT = BaseExecutor.Context()

Answers = list[str]


class Lookup(tf.Module):
    """A classifier that gives each text the answer it was made with, as slowly as it is told."""

    def __init__(self, answers: dict[str, str], labels: Sequence[str], rounds: int) -> None:
        super().__init__()
        ids = [labels.index(answer) for answer in answers.values()]
        pairs = tf.lookup.KeyValueTensorInitializer(list(answers), tf.constant(ids, tf.int64))
        self.table = tf.lookup.StaticHashTable(pairs, 0)
        self.labels = tf.constant(labels)
        self.rounds = rounds

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def serving_default(self, text: tf.Tensor) -> dict[str, tf.Tensor]:
        weight = tf.eye(64)
        for _ in tf.range(self.rounds):
            weight = weight @ weight
        scores = tf.one_hot(self.table.lookup(text), len(self.labels), 0.97, 0.01) * weight[0, 0]
        probabilities, order = tf.math.top_k(scores, k=len(self.labels))
        return {"labels": tf.gather(self.labels, order), "probabilities": probabilities}


def texts() -> list[str]:
    return [f"{number}번 문의예요, 확인해 주세요" for number in range(ROWS)]


def actual() -> Answers:
    return [LABELS[number // 10 % len(LABELS)] for number in range(ROWS)]


def wrong(rows: Sequence[int]) -> Answers:
    """Answers that are right but for these rows."""
    answers = actual()
    for row in rows:
        answers[row] = LABELS[(LABELS.index(answers[row]) + 1) % len(LABELS)]
    return answers


def permuted() -> Answers:
    answers = actual()
    random.Random(3).shuffle(answers)
    return answers


def example(text: str, label: str, number: int) -> bytes:
    values = {"글": text, "분류": label, "경로": ("앱", "웹")[number % 2]}
    features = {
        name: tf.train.Feature(bytes_list=tf.train.BytesList(value=[value.encode()]))
        for name, value in values.items()
        if value
    }
    origin = tf.train.BytesList(value=[place("문의.csv", number + 2)])
    features[ROW_FEATURE] = tf.train.Feature(bytes_list=origin)
    features["별점"] = tf.train.Feature(int64_list=tf.train.Int64List(value=[number % 3]))
    features["점수"] = tf.train.Feature(float_list=tf.train.FloatList(value=[0.5]))
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()


def write_split(folder: Path, split: str, rows: list[tuple[str, str]]) -> None:
    path = folder / f"Split-{split}" / "data_tfrecord-00000-of-00001.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    with tf.io.TFRecordWriter(str(path), "GZIP") as file:
        for number, (text, label) in enumerate(rows):
            file.write(example(text, label, number))


class House:
    """Examples and baselines on disk, and the gate to try models on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        rows = list(zip(texts(), actual(), strict=True))
        write_split(folder / "examples", "train", rows[:200])
        write_split(folder / "examples", "eval", [*rows, ("라벨 없는 글이에요", "")])
        self.examples = standard_artifacts.Examples()
        self.examples.uri = str(folder / "examples")
        self.examples.split_names = artifact_utils.encode_split_names(["train", "eval"])
        self.baselines = BaselinePredictions()
        self.baselines.uri = str(folder / "baselines")
        BaselinesExecutor(CONTEXT).Do(
            {"examples": [self.examples]},
            {"baselines": [self.baselines]},
            {"columns": COLUMNS.model_dump_json()},
        )
        self.models = 0

    def model(
        self, answers: Answers, *, labels: Sequence[str] = LABELS, rounds: int = 0
    ) -> standard_artifacts.Model:
        """Save a model with these answers to the eval rows."""
        self.models += 1
        made = standard_artifacts.Model()
        made.uri, made.id = str(self.folder / "models" / str(self.models)), self.models
        lookup = Lookup(dict(zip(texts(), answers, strict=True)), labels, rounds)
        signatures = {"serving_default": lookup.serving_default}
        tf.saved_model.save(lookup, f"{made.uri}/Format-Serving", signatures=signatures)
        return made

    def judge(
        self, model: Any, production: Any = None, **settings: Any
    ) -> tuple[Verdict, standard_artifacts.ModelBlessing]:
        blessing = standard_artifacts.ModelBlessing()
        blessing.uri = str(self.folder / "blessings" / f"{model.id}-{len(settings)}")
        inputs = {
            "examples": [self.examples],
            "model": [model],
            "production": [production] if production else [],
            "baselines": [self.baselines],
        }
        properties = {
            "settings": ModelGateSettings.model_validate(settings).model_dump_json(),
            "columns": COLUMNS.model_dump_json(),
        }
        Executor(CONTEXT).Do(inputs, {"blessing": [blessing]}, properties)
        text = (Path(blessing.uri) / "verdict.json").read_text("utf-8")
        return Verdict.from_json(text), blessing


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return House(tmp_path_factory.mktemp("gate"))


@pytest.fixture(scope="module")
def production(house: House) -> Any:
    """Wrong in a tenth of all rows."""
    return house.model(wrong(range(0, ROWS, 10)))


def test_the_first_model_is_blessed_as_the_stock_evaluator_does_it(
    house: House, production: Any
) -> None:
    verdict, blessing = house.judge(production)
    assert verdict.passed
    assert verdict.production.startswith("no baseline yet")
    assert verdict.rows == ROWS
    assert blessing.get_int_custom_property("blessed") == 1
    assert blessing.get_int_custom_property("current_model_id") == production.id
    assert blessing.get_string_custom_property("current_model") == production.uri
    assert not blessing.has_custom_property("baseline_model_id")
    assert sorted(path.name for path in Path(blessing.uri).iterdir()) == [
        *("BLESSED", "verdict.json", "verdict.txt"),
    ]


def test_a_better_model_is_blessed_against_production(house: House, production: Any) -> None:
    verdict, blessing = house.judge(house.model(wrong(range(0, ROWS, 20))), production)
    assert verdict.passed
    assert verdict.production == f"model {production.id}"
    assert blessing.get_int_custom_property("baseline_model_id") == production.id
    assert blessing.get_string_custom_property("baseline_model") == production.uri
    (told,) = (check for check in verdict.checks if check.rule == "accuracy_loss")
    assert "shown to be better than production" in told.sentence


WORSE = wrong(range(0, ROWS, 4))
ONE_LABEL = wrong([row for row in range(0, ROWS, 3) if actual()[row] == "환불"])


@pytest.mark.parametrize(
    ("answers", "rounds", "refusing"),
    [
        (WORSE, 0, {"accuracy_loss", "macro_f1_loss"}),
        (ONE_LABEL, 0, {"label_loss"}),
        (permuted(), 0, {"accuracy", "accuracy_loss", "macro_f1_loss", "label_loss"}),
        (actual(), 300, {"latency_ratio"}),
    ],
    ids=["worse", "worse-on-one-label", "permuted", "slow"],
)
def test_a_bad_model_is_refused_by_the_rule_that_should_refuse_it(
    house: House, production: Any, answers: Answers, rounds: int, refusing: set[str]
) -> None:
    found, blessing = house.judge(house.model(answers, rounds=rounds), production)
    refused = {check.rule for check in found.refusals}
    assert refused >= refusing
    assert refused <= refusing | {"label_loss", "length_loss", "side_loss", "script_loss"}
    assert ("latency_ratio" in refused) == bool(rounds)
    assert blessing.get_int_custom_property("blessed") == 0
    assert (Path(blessing.uri) / "NOT_BLESSED").is_file()
    assert not (Path(blessing.uri) / "BLESSED").exists()


def test_the_text_beside_the_blessing_says_why(house: House, production: Any) -> None:
    _, blessing = house.judge(house.model(ONE_LABEL), production)
    text = (Path(blessing.uri) / "verdict.txt").read_text("utf-8")
    refuses, _, _ = text.partition("Kept:")
    assert "label_loss: label '환불' went from " in refuses
    assert "경로 '앱'" in text
    assert "별점 '2'" in text
    assert "점수" not in text


def test_a_label_that_only_production_knows_is_matched_by_name(house: House) -> None:
    labels = ("칭찬", *reversed(LABELS))
    older = house.model(wrong(range(0, ROWS, 10)), labels=labels)
    verdict, _ = house.judge(house.model(wrong(range(5, ROWS, 10))), older)
    (told,) = (check for check in verdict.checks if check.rule == "accuracy_loss")
    assert told.figure.startswith("+0.0000")
    assert f"{ROWS // 10} rows won, {ROWS // 10} lost" in told.sentence


def test_the_stock_pusher_pushes_what_is_blessed_and_nothing_else(
    house: House, production: Any
) -> None:
    for limit, blessed in ((0.5, True), (0.99, False)):
        _, blessing = house.judge(production, None, accuracy=limit, confidence=0.9)
        found = StockPusher(CONTEXT).CheckBlessing({"model_blessing": [blessing]})
        assert found is blessed


def test_baselines_of_other_rows_are_a_fault_that_says_what_to_do(
    house: House, production: Any, tmp_path: Path
) -> None:
    write_split(tmp_path, "train", [("배송이 늦어요", "배송")])
    write_split(tmp_path, "eval", [("배송이 늦어요", "배송")])
    other = standard_artifacts.Examples()
    other.uri, other.split_names = str(tmp_path), house.examples.split_names
    mixed = House.__new__(House)
    mixed.folder, mixed.examples, mixed.baselines = tmp_path, other, house.baselines
    with pytest.raises(ValueError, match="run SimpleBaselines again on these examples"):
        mixed.judge(production)


def test_an_eval_split_without_labels_is_a_fault(
    house: House, production: Any, tmp_path: Path
) -> None:
    write_split(tmp_path, "eval", [("배송이 늦어요", "")])
    bare = House.__new__(House)
    bare.folder, bare.baselines = tmp_path, house.baselines
    bare.examples = standard_artifacts.Examples()
    bare.examples.uri, bare.examples.split_names = str(tmp_path), '["eval"]'
    with pytest.raises(ValueError, match="'eval': expected labelled rows, found none"):
        bare.judge(production)


def test_the_component_hands_its_settings_over_unchanged() -> None:
    settings = ModelGateSettings.model_validate({"accuracy": 0.85})
    node = ModelGate(
        examples=channel.Channel(type=standard_artifacts.Examples),
        model=channel.Channel(type=standard_artifacts.Model),
        production=channel.Channel(type=standard_artifacts.Model),
        baselines=channel.Channel(type=BaselinePredictions),
        settings=settings,
        columns=COLUMNS,
        digest="abc",
    )
    kept = ModelGateSettings.model_validate_json(node.exec_properties["settings"])
    assert kept == settings
    assert node.exec_properties["digest"] == "abc"
    assert node.outputs["blessing"].type is standard_artifacts.ModelBlessing
