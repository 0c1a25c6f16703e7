"""What Transform learns from a few dozen Korean rows, a tiny model trained on it, its export."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

import trainer as trainer  # sets the Keras version before TensorFlow's first use

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

SUBJECTS: Final = ("택배", "주문한 신발", "어제 산 가방", "선물 세트", "노트북", "겨울 외투")
SENTENCES: Final = {
    "배송 지연": ("{} 언제 오나요?", "{} 아직도 안 왔어요 ㅠㅠ", "{} 배송이 너무 늦네요", "{} 도착 안 함"),
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
    "환불해 주세요",  # decomposed below
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
    """Folders and file patterns of what TFT wrote."""

    folder: str
    train: str
    evaluation: str

    @property
    def output(self) -> Any:
        import tensorflow_transform as tft

        return tft.TFTransformOutput(self.folder)


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A Keras model and the export made of it."""

    model: Any
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
        "dropout": 0.1,
    }
    text = TextSettings(vocabulary_size=400, max_tokens=24)
    return TrainerSettings(
        transform=TransformSettings(text_column="글", label_column="분류", text=text),
        training=TrainingSettings(**(small | training)),
    )


def transform(folder: Path, train: Sequence[bytes], evaluation: Sequence[bytes]) -> Transformed:
    """Learn from `train`, transform both splits and write all that Transform writes."""
    import apache_beam as beam
    import tensorflow_transform.beam as tft_beam
    from tfx_bsl.coders.example_coder import RecordBatchToExamplesEncoder
    from tfx_bsl.public.tfxio import TFExampleBeamRecord

    from trainer.preprocessing import preprocessing_fn

    source = TFExampleBeamRecord(physical_format="memory", schema=schema())
    config = {"settings": settings().transform.model_dump()}
    splits = {"train": train, "evaluation": evaluation}
    with beam.Pipeline() as pipeline, tft_beam.Context(temp_dir=str(folder / "temp")):
        raw = {
            name: (
                pipeline | f"Create[{name}]" >> beam.Create(rows) | name >> source.BeamSource(),
                source.TensorAdapterConfig(),
            )
            for name, rows in splits.items()
        }
        graph = raw["train"] | tft_beam.AnalyzeDataset(
            lambda columns: preprocessing_fn(columns, config)
        )
        graph | tft_beam.WriteTransformFn(str(folder / "graph"))  # type: ignore[operator]
        from tensorflow_transform.tf_metadata import dataset_metadata

        dataset_metadata.DatasetMetadata(schema()) | tft_beam.WriteMetadata(  # type: ignore[operator]
            str(folder / "graph" / "metadata"), pipeline
        )
        for name in splits:
            rows, metadata = (raw[name], graph) | f"Transform[{name}]" >> tft_beam.TransformDataset(
                output_record_batches=True
            )
            encoder = RecordBatchToExamplesEncoder(metadata.schema)
            (
                rows
                | f"Encode[{name}]" >> beam.FlatMap(lambda pair, e=encoder: e.encode(pair[0]))
                | f"Write[{name}]"
                >> beam.io.WriteToTFRecord(str(folder / name), file_name_suffix=".gz")
            )
    return Transformed(
        folder=str(folder / "graph"),
        train=str(folder / "train-*.gz"),
        evaluation=str(folder / "evaluation-*.gz"),
    )
