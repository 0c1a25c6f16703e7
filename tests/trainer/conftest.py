"""What Transform learns from a few dozen Korean rows, a tiny model trained on it, its export."""

import os
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

import trainer  # noqa: F401 - sets the Keras version before TensorFlow's first use

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

SUBJECTS: Final = ("택배", "주문한 신발", "어제 산 가방", "선물 세트", "노트북", "겨울 외투")
SENTENCES: Final = {
    "배송 지연": (
        "{} 언제 오나요?",
        "{} 아직도 안 왔어요 ㅠㅠ",
        "{} 배송이 너무 늦네요",
        "{} 도착 안 함",
    ),
    "칭찬": ("{} 정말 마음에 들어요!", "{} 최고예요 ㅋㅋㅋㅋ", "{} 잘 쓰고 있습니다 감사해요"),
    "환불": ("{} 환불해 주세요", "{} 돈 돌려받고 싶어요"),
}
"""24, 18 and 12 rows: the label ids follow from their number."""

UNLABELLED: Final = ("퀵 배달도 되나요", "퀵 서비스 문의", "퀵 비용")
EVALUATION: Final = (
    ("노트북 언제 와요?", "배송 지연"),
    ("신발 최고 ㅋㅋㅋ", "칭찬"),
    ("가방 환불 부탁드려요", "환불"),
    ("외투 늦네요", "배송 지연"),
    ("영업시간이 궁금합니다", "기타 문의"),
)
"""The last label does not stand in train."""

EDGE_TEXTS: Final = (
    "배송이 너무 늦네요",
    "ㅋㅋㅋㅋㅋㅋㅋ 최고예요",
    "환불해 주세요",
    "",
    "   \t\n\u3000",
    "\u200b\ufeff",
    "👨‍👩‍👧‍👦 선물 ❤️‍🔥🎁",
    "iPhone15프로 배송 ちょっと 遅い",
    "뷁 섊 배송",
    "a\x00b 환불",
    "\ufffe 칭찬 \U0010ffff",
    "가나다라마" * 700,
    "배송 " * 2_500,
    "...!!!???~~~^^",
    "[UNK] [PAD] ##배송",
)


@dataclass(frozen=True, kw_only=True)
class Transformed:
    """The folder of a transform graph and the file pattern of each transformed split."""

    folder: str
    patterns: dict[str, str]

    @property
    def output(self) -> Any:
        import tensorflow_transform as tft

        return tft.TFTransformOutput(self.folder)

    def rows(self, split: str, feature: str = "tokens") -> list[tuple[list[int], int]]:
        """The tokens, or another feature, and the label id of each row."""
        import tensorflow as tf

        spec = self.output.transformed_feature_spec()
        files = sorted(tf.io.gfile.glob(self.patterns[split]))
        records = list(tf.data.TFRecordDataset(files, "GZIP"))
        features = tf.io.parse_example(records, spec)
        return list(zip(features[feature].to_list(), features["label"].numpy(), strict=True))


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A Keras model, the mixture around it, and the export made of both."""

    model: Any
    keras: Any
    export: str


def train_rows() -> list[tuple[str, str | None]]:
    rows: list[tuple[str, str | None]] = [
        (sentence.format(subject), label)
        for label, sentences in SENTENCES.items()
        for sentence in sentences
        for subject in SUBJECTS
    ]
    return rows + [(text, None) for text in UNLABELLED]


def example(text: str | bytes | None, label: str | None = None, **more: int) -> bytes:
    """Serialize a row with the columns of `schema()`; None leaves a column out."""
    import tensorflow as tf

    feature = {
        name: tf.train.Feature(bytes_list=tf.train.BytesList(value=[_bytes(value)]))
        for name, value in (("글", text), ("분류", label))
        if value is not None
    }
    for name, value in more.items():
        feature[name] = tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))
    return tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString()


def _bytes(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value


def schema() -> Any:
    """Text, label, an id and a number at the side, as the schema of a data set has them."""
    import tensorflow as tf
    import tensorflow_transform as tft

    kinds = {"글": tf.string, "분류": tf.string, "번호": tf.string, "별점": tf.int64}
    spec = {name: tf.io.VarLenFeature(kind) for name, kind in kinds.items()}
    return tft.DatasetMetadata.from_feature_spec(spec).schema


def settings(**training: Any) -> Any:
    from trainer.settings import TextSettings, TrainerSettings, TrainingSettings, TransformSettings

    small: dict[str, Any] = {
        "embedding_dim": 8,
        "units": 6,
        "batch_size": 8,
        "epochs": 6,
        "patience": 6,
        "learning_rate": 0.02,
        "embedding_dropout": 0.1,
        "dropout": 0.1,
    }
    text = TextSettings(vocabulary_size=400, max_tokens=24)
    wanted = TrainingSettings(**(small | training))
    return TrainerSettings(
        transform=TransformSettings(
            text_column="글",
            label_column="분류",
            text=text,
            embedding_dim=wanted.embedding_dim,
        ),
        training=wanted,
    )


def transform(folder: Path, splits: dict[str, Sequence[bytes]]) -> Transformed:
    """Learn from the split `train`, transform all, and write what Transform writes."""
    import apache_beam as beam
    import tensorflow_transform.beam as tft_beam
    from tensorflow_transform.tf_metadata.dataset_metadata import DatasetMetadata
    from tfx_bsl.coders.example_coder import RecordBatchToExamplesEncoder
    from tfx_bsl.public.tfxio import TFExampleBeamRecord

    from trainer.preprocessing import preprocessing_fn

    custom_config = {"settings": settings().transform.model_dump()}
    source = TFExampleBeamRecord(physical_format="memory", schema=schema())
    layout = source.TensorAdapterConfig()
    graph_folder = folder / "graph"
    with beam.Pipeline() as pipeline, tft_beam.Context(temp_dir=str(folder / "temp")):
        raw = {
            name: pipeline | f"Create[{name}]" >> beam.Create(rows) | name >> source.BeamSource()
            for name, rows in splits.items()
        }
        graph = (raw["train"], layout) | tft_beam.AnalyzeDataset(
            lambda columns: preprocessing_fn(columns, custom_config)
        )
        graph | tft_beam.WriteTransformFn(str(graph_folder))
        metadata = tft_beam.WriteMetadata(str(graph_folder / "metadata"), pipeline)
        DatasetMetadata(schema()) | metadata
        for name, batches in raw.items():
            rows, written = ((batches, layout), graph) | name + "Rows" >> tft_beam.TransformDataset(
                output_record_batches=True
            )
            encoder = RecordBatchToExamplesEncoder(written.schema)
            encoded = rows | name + "Encode" >> beam.FlatMap(
                lambda batch, encoder=encoder: encoder.encode(batch[0])
            )
            encoded | name + "Write" >> beam.io.WriteToTFRecord(
                str(folder / name), file_name_suffix=".gz"
            )
    return Transformed(
        folder=str(graph_folder), patterns={name: str(folder / f"{name}-*.gz") for name in splits}
    )


@pytest.fixture(scope="session")
def edge_texts() -> list[str]:
    """Texts that normalisation, tokenizer and batching must all survive."""
    return [*EDGE_TEXTS, unicodedata.normalize("NFD", EDGE_TEXTS[2])]


@pytest.fixture(scope="session")
def transformed(tmp_path_factory: pytest.TempPathFactory, edge_texts: list[str]) -> Transformed:
    splits = {
        "train": [example(text, label) for text, label in train_rows()],
        "evaluation": [example(text, label) for text, label in EVALUATION],
        "edge": [example(text) for text in edge_texts],
    }
    return transform(tmp_path_factory.mktemp("transformed"), splits)


@pytest.fixture(scope="session")
def trained(transformed: Transformed, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Fits as `run_fn` does, and exports."""
    import tensorflow as tf

    from trainer import export
    from trainer.batches import batches
    from trainer.channels import fit_linear, fit_mixture
    from trainer.fitting import fit
    from trainer.models import bigru

    folder = tmp_path_factory.mktemp("trained")
    output, wanted = transformed.output, settings()
    spec = output.transformed_feature_spec()
    train, evaluation = [transformed.patterns["train"]], [transformed.patterns["evaluation"]]
    tf.keras.utils.set_random_seed(wanted.training.seed)
    model = bigru.build(
        wanted.training, vocabulary_size=output.vocabulary_size_by_name("subwords"), classes=3
    )
    fit(
        model,
        batches(train, spec, batch_size=8, seed=1),
        batches(evaluation, spec, batch_size=8),
        settings=wanted.training,
        train_rows=54,
        class_weights=None,
        log_dir=str(folder / "logs"),
    )
    side = fit_linear(train, spec, settings=wanted, classes=3, class_weights=None)
    scorer = bigru.Scorer(model, pooling=wanted.training.pooling)
    mixed = fit_mixture(scorer, side, evaluation, spec)
    export.save(
        export.Classifier(output, mixed.around(scorer), wanted.transform), str(folder / "export")
    )
    keras = mixed.around(lambda tokens: bigru.log_probabilities(model, tokens))
    return Trained(model=model, keras=keras, export=str(folder / "export"))


@pytest.fixture(scope="session")
def train_texts() -> list[str]:
    return [text for text, _ in train_rows()]


@pytest.fixture(scope="session")
def make_example() -> Callable[..., bytes]:
    return example


@pytest.fixture(scope="session")
def make_settings() -> Callable[..., Any]:
    return settings
