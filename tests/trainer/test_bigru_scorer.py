"""The BiGRU in Keras, and the same function by hand."""

from typing import get_args

import numpy as np
import pytest
import tensorflow as tf

from trainer.models import bigru
from trainer.models.pooling import Pooling
from trainer.settings import TrainingSettings

VOCABULARY = 40
CLASSES = 4
SCALE = 4.0
"""Fresh weights answer nearly the same to every row; these tell the rows apart."""

TOLERANCE = 1e-5
LENGTHS = {
    "one row": [7],
    "one token": [1],
    "all of one length": [5, 5, 5],
    "mixed": [1, 9, 4, 2],
    "the longest first": [30, 1, 2],
    "the longest last": [1, 2, 30],
    "an empty row among others": [3, 0, 6],
    "empty rows alone": [0, 0],
    "no rows": [],
    "a long batch": [128, 127, 1, 0],
}


def rows(lengths: list[int]) -> tf.RaggedTensor:
    drawn = np.random.default_rng(sum(lengths))
    values = drawn.integers(1, VOCABULARY, sum(lengths))
    return tf.RaggedTensor.from_row_lengths(
        tf.constant(values, tf.int64), tf.constant(lengths, tf.int64)
    )


def build(pooling: Pooling) -> tf.keras.Model:
    tf.keras.utils.set_random_seed(3)
    settings = TrainingSettings(embedding_dim=8, units=5, pooling=pooling)
    built = bigru.build(settings, vocabulary_size=VOCABULARY, classes=CLASSES)
    drawn = np.random.default_rng(3)
    built.set_weights([SCALE * w + drawn.normal(0, 0.5, w.shape) for w in built.get_weights()])
    return built


def score(
    model: tf.keras.Model, tokens: tf.RaggedTensor, pooling: Pooling = "mean_max"
) -> np.ndarray:
    """The scorer's probabilities."""
    return np.exp(bigru.Scorer(model, pooling=pooling)(tokens))


@pytest.fixture(scope="module")
def model() -> tf.keras.Model:
    return build("mean_max")


@pytest.mark.parametrize("lengths", LENGTHS.values(), ids=LENGTHS.keys())
def test_the_scorer_answers_as_the_keras_model(model: tf.keras.Model, lengths: list[int]) -> None:
    tokens = rows(lengths)
    padded = tokens.to_tensor(0, shape=[None, max([1, *lengths])])
    expected = model(padded).numpy() if lengths else np.zeros([0, CLASSES])
    found = score(model, tokens)
    np.testing.assert_allclose(found, expected, atol=TOLERANCE)
    np.testing.assert_allclose(tf.reduce_sum(found, axis=1), np.ones(len(lengths)), atol=TOLERANCE)


@pytest.mark.parametrize("pooling", get_args(Pooling))
def test_the_scorer_pools_as_the_keras_model(pooling: Pooling) -> None:
    built, tokens = build(pooling), rows([1, 9, 0, 2])
    expected = np.exp(bigru.log_probabilities(built, tokens))
    np.testing.assert_allclose(score(built, tokens, pooling), expected, atol=TOLERANCE)


@pytest.mark.parametrize("lengths", LENGTHS.values(), ids=LENGTHS.keys())
def test_ragged_rows_are_padded_for_the_keras_model(
    model: tf.keras.Model, lengths: list[int]
) -> None:
    tokens = rows(lengths)
    found = np.exp(bigru.log_probabilities(model, tokens))
    np.testing.assert_allclose(found, score(model, tokens), atol=TOLERANCE)


def test_what_no_float_can_hold_as_a_probability_has_a_logarithm() -> None:
    built, tokens = build("mean_max"), rows([1, 9, 0, 2])
    dense = built.get_layer("probabilities")
    dense.set_weights([1_000 * w for w in dense.get_weights()])
    expected = bigru.Scorer(built, pooling="mean_max")(tokens).numpy()
    assert expected.min() < -1_000
    np.testing.assert_allclose(bigru.log_probabilities(built, tokens), expected, rtol=1e-4)


def test_training_starts_from_the_vectors_given() -> None:
    vectors = np.random.default_rng(1).normal(size=(50, 12)).astype(np.float32)
    settings = TrainingSettings(embedding_dim=12, units=7, fine_tune=False)
    built = bigru.build(settings, vocabulary_size=50, classes=3, vectors=vectors)
    embedding = built.get_layer("encoder").embedding
    np.testing.assert_array_equal(embedding.get_weights()[0], vectors)
    assert not embedding.trainable_variables


def test_the_rows_really_get_different_answers(model: tf.keras.Model) -> None:
    answers = score(model, rows([1, 9, 4, 2]))
    gaps = np.abs(answers[:, None] - answers[None]).max(axis=2) + np.eye(4)
    assert gaps.min() > 0.01


def test_an_answer_that_counts_the_padding_would_be_noticed(model: tf.keras.Model) -> None:
    padded = rows([1, 9, 4, 2]).to_tensor(0)
    unmasked = score(model, tf.RaggedTensor.from_tensor(padded))
    gaps = np.abs(unmasked - model(padded)).max(axis=1)
    assert gaps[[0, 2, 3]].min() > 1_000 * TOLERANCE
    assert gaps[1] < TOLERANCE


def test_a_row_is_answered_alike_alone_and_among_longer_ones(model: tf.keras.Model) -> None:
    batch = rows([3, 30, 0, 12])
    alone = np.concatenate([score(model, batch[i : i + 1]) for i in range(4)])
    np.testing.assert_allclose(score(model, batch), alone, atol=TOLERANCE)


def test_the_gru_meets_the_conditions_of_the_cudnn_kernel(model: tf.keras.Model) -> None:
    both = model.get_layer("encoder").bidirectional
    for layer in (both.forward_layer, both.backward_layer):
        wanted = {
            "activation": "tanh",
            "recurrent_activation": "sigmoid",
            "recurrent_dropout": 0.0,
            "unroll": False,
            "use_bias": True,
            "reset_after": True,
            "return_sequences": True,
        }
        assert {name: layer.get_config()[name] for name in wanted} == wanted
        assert layer._could_use_gpu_kernel


def test_the_settings_give_the_sizes() -> None:
    settings = TrainingSettings(embedding_dim=12, units=7, embedding_dropout=0.5, dropout=0.25)
    built = bigru.build(settings, vocabulary_size=50, classes=3)
    encoder = built.get_layer("encoder")
    assert encoder.embedding.get_weights()[0].shape == (50, 12)
    assert encoder.output_shape == (None, None, 14)
    assert built.output_shape == (None, 3)
    assert [layer.rate for layer in encoder.submodules if "dropout" in layer.name] == [0.5]
    assert [layer.rate for layer in built.layers if "dropout" in layer.name] == [0.25]


def test_rows_without_tokens_give_finite_gradients(model: tf.keras.Model) -> None:
    with tf.GradientTape() as tape:
        scores = model(tf.zeros([2, 1], tf.int64), training=True)
        loss = tf.reduce_mean(tf.keras.losses.sparse_categorical_crossentropy([0, 1], scores))
    for gradient in tape.gradient(loss, model.trainable_variables):
        assert np.isfinite(tf.convert_to_tensor(gradient)).all()
