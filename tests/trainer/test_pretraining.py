"""The encoder learns from texts alone, and the Trainer starts from what it has learnt."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf
from tfx.components.trainer.fn_args_utils import FnArgs

from trainer import pretraining, run
from trainer.models import bigru
from trainer.models.cloze import NOISE, Cloze
from trainer.models.encoder import Encoder
from trainer.settings import PretrainingSettings

WORDS, CHANNELS, UNITS = 7, 8, 6
COUNTS = np.array([0, 1, 9, 9, 9, 9, 9])
TOKENS = [[2, 3, 4, 5], [6, 2, 0, 0], [3, 0, 0, 0]]

Texts = list[tuple[str, str | None]]


def encoder(*, fine_tune: bool = True, dropout: float = 0.0, seed: int = 3) -> Encoder:
    tf.keras.utils.set_random_seed(seed)
    made = bigru.encoder(
        vocabulary_size=WORDS,
        embedding_dim=CHANNELS,
        units=UNITS,
        dropout=dropout,
        vectors=np.random.default_rng(seed).normal(size=[WORDS, CHANNELS]).astype(np.float32),
        fine_tune=fine_tune,
    )
    made(tf.ones([1, 2], tf.int64))
    return made


def around(model: Cloze, tokens: list[list[int]]) -> npt.NDArray[np.float32]:
    found: npt.NDArray[np.float32] = model(tf.constant(tokens, tf.int64)).numpy()
    return found


def test_what_surrounds_a_token_tells_of_all_others_and_never_of_itself() -> None:
    model = Cloze(encoder(), COUNTS)
    before = around(model, [[2, 3, 4, 5]])
    for place in range(4):
        changed = [2, 3, 4, 5]
        changed[place] = 6
        same = np.isclose(around(model, [changed]), before, atol=1e-6).all(axis=1)
        assert list(same) == [other == place for other in range(4)]


def test_padding_surrounds_nothing_and_is_not_asked_for() -> None:
    model = Cloze(encoder(), COUNTS)
    alone = [around(model, [[token for token in row if token]]) for row in TOKENS]
    np.testing.assert_allclose(around(model, TOKENS), np.concatenate(alone), atol=1e-6)


def test_the_loss_estimates_that_of_a_softmax_over_all_tokens() -> None:
    """With noise drawn a thousand times for seven tokens, to a few per cent."""
    model = Cloze(encoder(), COUNTS)
    model.compile(tf.keras.optimizers.SGD(0.0))
    logits = around(model, TOKENS) @ model.encoder.embedding.get_weights()[0].T
    losses = [np.log(np.sum(np.exp(row))) for row in logits]
    wanted = np.mean(losses) - np.mean(logits[range(7), [2, 3, 4, 5, 6, 2, 3]])
    tokens = tf.constant(TOKENS, tf.int64)
    found = np.mean([float(model.train_step((tokens, None))["loss"]) for _ in range(20)])
    assert found == pytest.approx(wanted, rel=0.02)


def test_noise_is_drawn_by_counts_to_the_power_of_three_quarters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn = []

    def categorical(logits: Any, count: int) -> Any:
        drawn.append((tf.exp(logits).numpy(), count))
        return tf.zeros([1, count], tf.int64)

    monkeypatch.setattr(tf.random, "categorical", categorical)
    model = Cloze(encoder(), COUNTS)
    model.compile(tf.keras.optimizers.SGD(0.0))
    model.train_step((tf.constant(TOKENS, tf.int64), None))

    [(shares, count)] = drawn
    wanted = np.array([1, 1, 9, 9, 9, 9, 9]) ** 0.75
    np.testing.assert_allclose(shares, [wanted / wanted.sum()], rtol=1e-5)
    assert count == NOISE


@pytest.fixture
def wanted(make_settings: Any) -> PretrainingSettings:
    transform = make_settings().transform
    return PretrainingSettings(transform=transform, units=UNITS, epochs=1, seed=5)


def test_an_encoder_learns_what_must_stand_where_a_token_is_missing(
    wanted: PretrainingSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In texts that count from 2 to 6 and begin again, the neighbours tell every token."""
    monkeypatch.setattr(pretraining, "BATCH_SIZE", 32)
    drawn = np.random.default_rng(1)
    rows = [(drawn.integers(5) + np.arange(length)) % 5 + 2 for length in drawn.integers(2, 9, 999)]
    texts = tf.ragged.constant([row.tolist() for row in rows], tf.int64)
    learner = encoder()
    losses = pretraining.pretrain(
        learner,
        texts,
        vocabulary_size=WORDS,
        settings=wanted.model_copy(update={"epochs": 8}),
    )
    assert len(losses) == 8
    assert losses[-1] < losses[0] / 4


def test_every_text_is_read_once_an_epoch_in_the_order_of_the_seed(
    wanted: PretrainingSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fit(model: Cloze, batches: tf.data.Dataset, **_: Any) -> Any:
        read = [tuple(row[row > 0]) for batch, _ in batches for row in batch.numpy()]
        return type("History", (), {"history": {"loss": read}})

    monkeypatch.setattr(Cloze, "fit", fit)
    rows = [(2, 3), (4, 5, 6), (2, 2), (6, 5), (5, 6), (3, 2), (2, 4), (3, 3)]
    orders = [
        pretraining.pretrain(
            encoder(),
            tf.ragged.constant(rows, tf.int64),
            vocabulary_size=WORDS,
            settings=wanted.model_copy(update={"seed": seed}),
        )
        for seed in (5, 5, 6)
    ]
    assert [sorted(order) for order in orders] == [sorted(rows)] * 3
    assert orders[0] == orders[1] != orders[2]


@pytest.fixture(scope="module")
def raw(
    make_example: Any, train_texts: list[str], tmp_path_factory: pytest.TempPathFactory
) -> list[str]:
    """Patterns of the raw train split and of further texts, one empty and one of one token."""
    folder = tmp_path_factory.mktemp("raw")
    splits: dict[str, Texts] = {
        "train": [(text, "칭찬") for text in train_texts],
        "unlabelled": [
            *(("퀵 비용은 얼마인가요", None), ("", None), ("퀵", None)),
            ("퀵 서비스 문의드려요", None),
        ],
    }
    for split, rows in splits.items():
        (folder / f"Split-{split}").mkdir()
        place = str(folder / f"Split-{split}" / "data_tfrecord-00000-of-00001.gz")
        with tf.io.TFRecordWriter(place, "GZIP") as file:
            for text, label in rows:
                file.write(make_example(text, label))
    return [str(folder / f"Split-{split}" / "*") for split in splits]


def test_texts_get_the_tokens_that_transform_gives_them(raw: list[str], transformed: Any) -> None:
    read = pretraining.read_texts(raw[:1], transformed.output)
    assert read.to_list() == [tokens for tokens, _ in transformed.rows("train") if len(tokens) > 1]


def test_texts_without_a_label_are_read_and_those_of_less_than_two_tokens_left_out(
    raw: list[str], transformed: Any
) -> None:
    both = pretraining.read_texts(raw, transformed.output).to_list()
    labelled = pretraining.read_texts(raw[:1], transformed.output).to_list()
    assert both[: len(labelled)] == labelled
    assert len(both) == len(labelled) + 2
    assert min(map(len, both)) > 1


def test_no_more_is_read_after_enough_tokens(
    raw: list[str], transformed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pretraining, "PARSED_ROWS", 4)
    every = pretraining.read_texts(raw, transformed.output)
    monkeypatch.setattr(pretraining, "KEPT_TOKENS", 20)
    few = pretraining.read_texts(raw, transformed.output)
    assert few.to_list() == every.to_list()[: int(few.nrows())]
    assert 20 <= int(tf.size(few.flat_values)) < 20 + 4 * 24


def test_without_texts_the_setting_is_named_that_leaves_pretraining_out(
    transformed: Any, make_example: Any, tmp_path: Path
) -> None:
    with tf.io.TFRecordWriter(str(tmp_path / "rows.gz"), "GZIP") as file:
        file.write(make_example("", "칭찬"))
    with pytest.raises(ValueError, match=r"two tokens or more, found none.*pretraining_epochs=0"):
        pretraining.read_texts([str(tmp_path / "*.gz")], transformed.output)


@pytest.mark.parametrize("fine_tune", [True, False])
def test_an_encoder_gets_back_what_another_has_written(tmp_path: Path, fine_tune: bool) -> None:
    learnt, other = encoder(), encoder(fine_tune=fine_tune, seed=4)
    pretraining.write(learnt, str(tmp_path / "model"))
    pretraining.restore(other, str(tmp_path / "model"))
    np.testing.assert_array_equal(other.embedding.embeddings, learnt.embedding.embeddings)
    tokens = tf.constant(TOKENS, tf.int64)
    np.testing.assert_array_equal(other(tokens), learnt(tokens))


def pretrain_in(folder: Path, raw: list[str], transformed: Any, wanted: PretrainingSettings) -> str:
    arguments = FnArgs(
        train_files=raw,
        transform_graph_path=transformed.folder,
        serving_model_dir=str(folder / "model"),
        model_run_dir=str(folder / "run"),
        custom_config={"settings": wanted.model_dump()},
    )
    pretraining.run_fn(arguments)
    return arguments.serving_model_dir


def arrays(folder: str) -> list[npt.NDArray[np.float32]]:
    with np.load(Path(folder, "encoder.npz")) as held:
        return [held[name] for name in held.files]


def test_the_same_seed_gives_the_same_weights_and_a_summary_tells_of_them(
    raw: list[str], transformed: Any, wanted: PretrainingSettings, tmp_path: Path
) -> None:
    first, again, other = (
        arrays(pretrain_in(tmp_path / name, raw, transformed, used))
        for name, used in (
            ("first", wanted),
            ("again", wanted),
            ("other", wanted.model_copy(update={"seed": 6})),
        )
    )
    for one, same in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, same)
    assert any(np.any(one != changed) for one, changed in zip(first, other, strict=True))

    summary = json.loads((tmp_path / "first" / "run" / "pretraining.json").read_text("utf-8"))
    texts = pretraining.read_texts(raw, transformed.output)
    assert summary["texts"] == texts.nrows()
    assert summary["tokens"] == tf.size(texts.flat_values)
    assert len(summary["losses"]) == 1
    assert summary["seconds"] > 0


class HeardError(Exception):
    """Enough was heard."""


def test_training_starts_from_the_pretrained_encoder(
    raw: list[str],
    transformed: Any,
    make_settings: Any,
    wanted: PretrainingSettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = pretrain_in(tmp_path, raw, transformed, wanted)
    begun: list[npt.NDArray[np.float32]] = []

    def fit(model: tf.keras.Model, *_: Any, **__: Any) -> None:
        reader = model.get_layer("encoder")
        begun.extend([*reader.embedding.get_weights(), *reader.bidirectional.get_weights()])
        raise HeardError

    monkeypatch.setattr(run, "fit", fit)
    arguments = FnArgs(
        train_files=[transformed.patterns["train"]],
        eval_files=[transformed.patterns["evaluation"]],
        transform_graph_path=transformed.folder,
        serving_model_dir=str(tmp_path / "trained"),
        model_run_dir=str(tmp_path / "trained-run"),
        base_model=folder,
        custom_config={"settings": make_settings().model_dump()},
    )
    with pytest.raises(HeardError):
        run.run_fn(arguments)

    for found, written in zip(begun, arrays(folder), strict=True):
        np.testing.assert_array_equal(found, written)
