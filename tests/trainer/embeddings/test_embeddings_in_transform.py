"""The analyzer on Beam, alone and in the transform graph, and what an export carries of it."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import apache_beam as beam
import numpy as np
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.testing.util import assert_that, equal_to

from trainer import assets
from trainer.embeddings import analyzer, cooccurrence, glove, table, word2vec
from trainer.embeddings.analyzer import EMBEDDINGS_ASSET, LearnEmbeddings
from trainer.settings import EmbeddingSettings
from trainer.vocabulary import PADDING_ID

DIM: Final = 8
WINDOW: Final = 3

Batch = analyzer.Batch


@pytest.fixture(scope="module")
def batches() -> list[Batch]:
    """Forty batches, empty ones, empty rows and rows of one token among them."""
    random = np.random.default_rng(5)
    lengths = [random.integers(0, 9, size) for size in random.integers(0, 12, 40)]
    return [(random.zipf(1.4, n.sum()) % 60 + 1, n.astype(np.int64)) for n in lengths]


@pytest.fixture(scope="module")
def counts(batches: list[Batch]) -> cooccurrence.Counts:
    ids, lengths = map(np.concatenate, zip(*batches, strict=True))
    return cooccurrence.symmetric(cooccurrence.count(ids, lengths, window=WINDOW))


def learnt_in_beam(batches: list[Batch], folder: Path, method: str) -> table.Learnt:
    learn = LearnEmbeddings(EmbeddingSettings(method=method, window=WINDOW), dim=DIM)
    learn.base_temp_dir = str(folder / "temp")
    path = Path(learn.base_temp_dir, EMBEDDINGS_ASSET)
    threads = PipelineOptions(direct_num_workers=3, direct_running_mode="multi_threading")
    with beam.Pipeline(options=threads) as pipeline:  # a bundle for each thread
        created = pipeline | beam.Create(batches).with_output_types(Any)  # as TFT hands them over
        assert_that(created | learn, equal_to([str(path)]))
    return table.from_bytes(path.read_bytes())


@pytest.mark.parametrize("method", ["word2vec", "glove"])
def test_bundles_learn_what_is_learnt_in_memory(
    batches: list[Batch],
    counts: cooccurrence.Counts,
    method: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(analyzer, "TOKENS_AT_ONCE", 100)
    in_memory = {
        "word2vec": lambda: word2vec.learn(counts, dim=DIM),
        "glove": lambda: glove.learn(counts, window=WINDOW, dim=DIM),
    }
    expected = table.select(in_memory[method](), cooccurrence.counted(counts))
    found = learnt_in_beam(batches, tmp_path, method)
    np.testing.assert_array_equal(found.ids, expected.ids)
    np.testing.assert_array_equal(found.vectors, expected.vectors)


def test_no_batches_learn_nothing(tmp_path: Path) -> None:
    assert learnt_in_beam([], tmp_path, "word2vec").ids.size == 0


def test_the_trainer_reads_a_vector_for_each_subword(transformed: Any) -> None:
    subwords = assets.subwords(transformed.output)
    found = assets.embeddings(transformed.output)
    assert found is not None
    assert found.shape == (len(subwords), DIM)
    assert found.dtype == np.float32
    assert not found[PADDING_ID].any()


def test_the_vectors_are_those_of_the_tokens_that_train_has(transformed: Any) -> None:
    rows = [np.array(tokens, np.int64) for tokens, _ in transformed.rows("train")]
    lengths = np.array([len(row) for row in rows])
    pairs = cooccurrence.count(np.concatenate(rows), lengths, window=EmbeddingSettings().window)
    both = cooccurrence.symmetric(pairs)
    learnt = table.select(word2vec.learn(both, dim=DIM), cooccurrence.counted(both))
    expected = table.embedding_table(learnt, rows=len(assets.subwords(transformed.output)))
    np.testing.assert_array_equal(assets.embeddings(transformed.output), expected)


def test_unlabelled_rows_teach_vectors(transformed: Any) -> None:
    found = assets.embeddings(transformed.output)
    assert found is not None
    only_unlabelled = assets.subwords(transformed.output).index("퀵")
    unseen = found[1]  # no row of train has an unknown token
    assert np.abs(found[only_unlabelled] - unseen).max() > table.STANDARD_DEVIATION / 10


def test_the_export_leaves_the_vectors_behind(transformed: Any, trained: Any) -> None:
    beside_the_graph = Path(transformed.output.transform_savedmodel_dir, "assets")
    assert (beside_the_graph / EMBEDDINGS_ASSET).stat().st_size > 0
    exported = {path.name for path in Path(trained.export).rglob("*") if path.is_file()}
    assert {"subwords", "labels"} <= exported
    assert EMBEDDINGS_ASSET not in exported


def test_without_a_method_there_is_no_file_and_no_table(
    tmp_path: Path, make_settings: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    import tensorflow as tf
    import tensorflow_transform as tft
    import tensorflow_transform.beam as tft_beam

    from trainer.preprocessing import preprocessing_fn

    settings = copy.deepcopy(make_settings().transform.model_dump())
    settings["text"]["embeddings"]["method"] = "off"
    spec = {name: tf.io.VarLenFeature(tf.string) for name in ("글", "분류")}
    rows = [{"글": ["택배 언제 오나요"], "분류": ["배송 지연"]}]
    metadata = tft.DatasetMetadata.from_feature_spec(spec)
    with tft_beam.Context(temp_dir=str(tmp_path / "temp")):
        graph = (rows, metadata) | tft_beam.AnalyzeDataset(
            lambda columns: preprocessing_fn(columns, {"settings": settings})
        )
        graph | tft_beam.WriteTransformFn(str(tmp_path / "graph"))
    output = tft.TFTransformOutput(str(tmp_path / "graph"))
    assert assets.subwords(output)
    assert assets.embeddings(output) is None
