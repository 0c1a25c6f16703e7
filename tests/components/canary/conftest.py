"""A real export of a small model, with training's answers, as TFX hands them over."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

import trainer  # noqa: F401 - sets the Keras version before TensorFlow's first use
from components.canary import golden as drawing
from components.canary.flight import Questions
from components.canary.settings import CanarySettings
from components.text_example_gen.source import Columns
from trainer.golden import Features, Golden, golden_answers, write
from trainer.hostile import HOSTILE

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

COLUMNS: Final = Columns(text="글", label="분류")
LABELS: Final = ("배송 지연", "칭찬", "환불")
ROWS: Final = [
    (f"{thing} {said}", label)
    for said, label in (
        ("아직도 안 왔어요 ㅠㅠ", "배송 지연"),
        ("언제 도착하나요?", "배송 지연"),
        ("배송이 너무 늦네요", "배송 지연"),
        ("정말 마음에 들어요!", "칭찬"),
        ("최고예요 ㅋㅋㅋㅋ", "칭찬"),
        ("환불해 주세요", "환불"),
    )
    for thing in ("택배", "주문한 신발", "어제 산 가방", "선물 세트", "노트북", "겨울 외투")
]
EVAL_ROWS: Final = 12
"""The first rows stand in the eval split too."""

VOCABULARY_SIZE: Final = 500
"""Enough for what so few rows yield."""

SETTINGS: Final = CanarySettings(
    golden_rows=EVAL_ROWS, latency_requests=20, max_p50_ms=2_000.0, max_p99_ms=None
)
"""Limits that a busy machine keeps; the tests of a limit set their own."""


@dataclass(frozen=True, kw_only=True)
class House:
    """What Transform and Trainer left behind.

    Attributes:
        folder: `examples`, `graph`, `model` and `model_run` as artifacts' folders.
        classifier: what was exported.
        questions: what a canary asks.
    """

    folder: Path
    classifier: Any
    questions: Questions

    @property
    def export(self) -> Path:
        return self.folder / "model" / "Format-Serving"


def example(text: bytes, label: str, line: int) -> bytes:
    import tensorflow as tf

    values = {"글": text, "분류": label.encode(), "malmoi/row": f"문의.csv:{line}".encode()}
    feature = {
        name: tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))
        for name, value in values.items()
    }
    return tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString()


def write_eval_split(folder: Path) -> None:
    import tensorflow as tf

    split = folder / "Split-eval"
    split.mkdir(parents=True)
    with tf.io.TFRecordWriter(str(split / "data-00000.gz"), "GZIP") as file:
        for line, (text, label) in enumerate(ROWS[:EVAL_ROWS], start=2):
            file.write(example(text.encode(), label, line))


def transform(folder: Path, settings: Any) -> None:
    """Learn the vocabularies of the rows and write what Transform writes."""
    import apache_beam as beam
    import tensorflow as tf
    import tensorflow_transform as tft
    import tensorflow_transform.beam as tft_beam
    from tfx_bsl.public.tfxio import TFExampleBeamRecord

    from trainer.preprocessing import preprocessing_fn

    spec = {name: tf.io.VarLenFeature(tf.string) for name in ("글", "분류")}
    schema = tft.DatasetMetadata.from_feature_spec(spec).schema
    source = TFExampleBeamRecord(physical_format="memory", schema=schema)
    rows = [example(text.encode(), label, line) for line, (text, label) in enumerate(ROWS)]
    config = {"settings": settings.model_dump()}
    with beam.Pipeline() as pipeline, tft_beam.Context(temp_dir=str(folder / "temp")):
        raw = pipeline | beam.Create(rows) | source.BeamSource()
        graph = (raw, source.TensorAdapterConfig()) | tft_beam.AnalyzeDataset(
            lambda columns: preprocessing_fn(columns, config)
        )
        graph | tft_beam.WriteTransformFn(str(folder))
        metadata = tft_beam.WriteMetadata(str(folder / "metadata"), pipeline)
        tft.DatasetMetadata(schema) | metadata


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """Builds a bag of tokens with random weights: it has answers like any other model."""
    import tensorflow_transform as tft

    from trainer import export
    from trainer.settings import EmbeddingSettings, TextSettings, TransformSettings

    folder = tmp_path_factory.mktemp("house")
    no_vectors = EmbeddingSettings(method="off")
    text = TextSettings(vocabulary_size=200, max_tokens=24, embeddings=no_vectors)
    settings = TransformSettings(text_column="글", label_column="분류", text=text, embedding_dim=4)
    write_eval_split(folder / "examples")
    transform(folder / "graph", settings)
    output = tft.TFTransformOutput(str(folder / "graph"))
    features = Features(output, "글")
    weights = np.random.default_rng(5).normal(size=[VOCABULARY_SIZE, len(LABELS)])

    def score(row: Mapping[str, Any]) -> Any:
        """Training's form of the model: it adds in another order than the served one."""
        bags = [weights[tokens].sum(axis=0) / max(len(tokens), 1) for tokens in row["tokens"]]
        shares = np.exp(bags)
        return shares / shares.sum(axis=1, keepdims=True)

    evaluation = [features([text.encode() for text, _ in ROWS[:EVAL_ROWS]])]
    golden = golden_answers(score, evaluation, features=features, labels=LABELS)
    (folder / "model_run").mkdir()
    write(golden, str(folder / "model_run"))
    classifier = export.Classifier(output, make_scorer(weights), settings)
    export.save(classifier, str(folder / "model" / "Format-Serving"))
    return House(folder=folder, classifier=classifier, questions=questions(golden, features))


def make_scorer(weights: Any) -> Any:
    """The served form of the model."""
    import tensorflow as tf

    class Scorer(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weights = tf.Variable(weights, dtype=tf.float32)
            self.slowness = tf.Variable(0)

        def __call__(self, features: Mapping[str, tf.RaggedTensor]) -> tf.Tensor:
            tokens = features["tokens"]
            bags = tf.reduce_sum(tf.gather(self.weights, tokens), axis=1)
            lengths = tf.cast(tokens.row_lengths(), tf.float32)
            probabilities = tf.nn.softmax(bags / tf.maximum(lengths, 1.0)[:, None])
            return probabilities + 0.0 * self.way_round()

        def way_round(self) -> tf.Tensor:
            turns, square = self.slowness.read_value(), tf.random.uniform([300, 300])
            _, spent = tf.while_loop(
                lambda turn, _: turn < turns,
                lambda turn, m: (turn + 1, tf.linalg.matmul(m, m) * 1e-3),
                (0, square),
            )
            return tf.clip_by_value(spent[0, 0], -1.0, 1.0)

    return Scorer()


def questions(golden: Golden, features: Features) -> Questions:
    rows = [drawing.Row(f"문의.csv:{n}", t.encode()) for n, (t, _) in enumerate(ROWS, start=2)]
    return Questions(
        hostile=drawing.hostile_cases(golden, features.keys),
        drawn=drawing.eval_cases([rows], golden, features.keys, rows=EVAL_ROWS),
        labels=golden.labels,
        text_column="글",
    )


@pytest.fixture
def put_binary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Puts a script on PATH under the name of TensorFlow Serving's binary."""

    def put(script: str) -> Path:
        folder = tmp_path / "bin"
        folder.mkdir()
        file = folder / "tensorflow_model_server"
        file.write_text(script, "utf-8")
        file.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
        return file

    return put


@pytest.fixture(scope="session")
def texts_known() -> int:
    """Texts that a canary of the house asks for."""
    return len(HOSTILE) + EVAL_ROWS


@pytest.fixture(scope="session")
def settings() -> CanarySettings:
    return SETTINGS


@pytest.fixture(scope="session")
def columns() -> Columns:
    return COLUMNS
