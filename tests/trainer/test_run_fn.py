"""The Trainer's `run_fn` and the fit within it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tfx.components.trainer.fn_args_utils import FnArgs

from trainer import assets, fitting, run
from trainer.averaging import AveragedWeights
from trainer.fitting import EDGE_SHARE, compiled, fit, learning_rate
from trainer.models import bigru
from trainer.run import run_fn
from trainer.settings import TrainingSettings


def arguments(folder: Path, transformed, settings) -> FnArgs:
    return FnArgs(
        train_files=[transformed.patterns["train"]],
        eval_files=[transformed.patterns["evaluation"]],
        transform_graph_path=transformed.folder,
        serving_model_dir=str(folder / "model"),
        model_run_dir=str(folder / "run"),
        custom_config={"settings": settings.model_dump()},
    )


def weights(folder: Path) -> dict[str, np.ndarray]:
    checkpoint = str(folder / "model" / "variables" / "variables")
    names = [name for name, _ in tf.train.list_variables(checkpoint) if "scorer" in name]
    return {name: tf.train.load_variable(checkpoint, name) for name in names}


@pytest.fixture(scope="module")
def ran(transformed, make_settings, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders of two runs of one configuration."""
    folders = {name: tmp_path_factory.mktemp(name) for name in ("first", "again")}
    for folder in folders.values():
        settings = make_settings(epochs=2, class_weights="balanced")
        run_fn(arguments(folder, transformed, settings))
    return folders


def test_the_same_seed_gives_the_same_weights_bit_for_bit(ran: dict[str, Path]) -> None:
    first, again = weights(ran["first"]), weights(ran["again"])
    assert len(first) == 20  # fifteen of the network, five of the linear channel
    for name, values in first.items():
        np.testing.assert_array_equal(again[name], values)


def test_a_summary_tells_what_the_fit_came_to(ran: dict[str, Path]) -> None:
    summary = json.loads((ran["first"] / "run" / "training.json").read_text("utf-8"))
    assert summary["epochs"] == 2
    assert summary["best_epoch"] in (1, 2)
    assert summary["eval_accuracy"] in (0.0, 0.25, 0.5, 0.75, 1.0)
    assert summary["fit_seconds"] > 0
    for channel in ("network", "linear"):
        assert summary[f"{channel}_accuracy"] in (0.0, 0.25, 0.5, 0.75, 1.0)
        assert len(summary["shares"][channel]) == 3
    assert summary["linear_rows"] == 54
    assert summary["text"]["splits"]["train"]["rows"] == 57
    assert 0 < len(summary["neighbours"]) <= 10
    for others in summary["neighbours"].values():
        assert all(-1.001 <= other["cosine"] <= 1.001 for other in others)


def test_tensorboard_events_tell_loss_and_accuracy_of_each_epoch(ran: dict[str, Path]) -> None:
    for split in ("train", "validation"):
        [file] = (ran["first"] / "run" / split).glob("events.out.tfevents.*")
        events = tf.compat.v1.train.summary_iterator(str(file))
        seen = {(value.tag, event.step) for event in events for value in event.summary.value}
        wanted = {(tag, step) for tag in ("epoch_loss", "epoch_accuracy") for step in (0, 1)}
        assert wanted <= seen


def test_the_export_of_a_run_serves(ran: dict[str, Path]) -> None:
    answer = tf.saved_model.load(str(ran["first"] / "model")).signatures["serving_default"](
        text=tf.constant(["배송이 늦네요"])
    )
    assert sorted(answer["labels"].numpy()[0]) == sorted(
        label.encode() for label in ("배송 지연", "칭찬", "환불")
    )


def toy(labels: list[int]) -> tf.data.Dataset:
    """Rows of one token, 1 for label 0 and 2 for label 1, or what `labels` says against it."""
    tokens = tf.constant([[1], [2]] * 8, tf.int64)
    return tf.data.Dataset.from_tensor_slices((tokens, tf.constant(labels * 8))).batch(4)


def embed_and_choose() -> tf.keras.Model:
    tokens = tf.keras.layers.Input([1], dtype=tf.int64)
    scores = tf.keras.layers.Embedding(3, 2, embeddings_initializer="zeros")(tokens)
    return tf.keras.Model(tokens, tf.keras.layers.Softmax()(scores[:, 0]))


def fit_toy(
    folder: Path,
    *,
    wanted: list[int],
    class_weights: dict[int, float] | None = None,
    **fields: Any,
) -> tuple[dict[str, Any], Any]:
    """Learn 1 -> 0 and 2 -> 1, evaluated by what `wanted` says."""
    settings = TrainingSettings(**({"learning_rate": 0.5, "batch_size": 4} | fields))
    model = embed_and_choose()
    summary = fit(
        model,
        toy([0, 1]),
        toy(wanted),
        settings=settings,
        train_rows=16,
        class_weights=class_weights,
        log_dir=str(folder),
    )
    return summary, model


def test_training_stops_when_the_eval_accuracy_no_longer_rises(tmp_path: Path) -> None:
    summary, _ = fit_toy(tmp_path, wanted=[0, 1], epochs=30, patience=3)
    assert summary["epochs"] == summary["best_epoch"] + 3 < 30


def test_the_best_epochs_weights_come_back(tmp_path: Path) -> None:
    """Labels that contradict train make every further epoch worse than the first."""
    summary, model = fit_toy(tmp_path, wanted=[1, 0], epochs=12, patience=12, learning_rate=0.1)
    losses = epoch_losses(tmp_path / "validation")
    assert (summary["epochs"], summary["best_epoch"]) == (12, 1)
    assert model.evaluate(toy([1, 0]), verbose=0)[0] == pytest.approx(losses[0])
    assert losses[-1] > 2 * losses[0]


def epoch_losses(folder: Path) -> list[float]:
    [file] = folder.glob("events.out.tfevents.*")
    events = tf.compat.v1.train.summary_iterator(str(file))
    values = [value for event in events for value in event.summary.value]
    return [float(tf.make_ndarray(v.tensor)) for v in values if v.tag == "epoch_loss"]


def test_weights_that_ran_off_are_told_with_the_settings_that_hold_them(tmp_path: Path) -> None:
    wanted = r"finite eval loss, got nan in epoch 1; lower training.learning_rate \(1e\+300\) or "
    with pytest.raises(ValueError, match=wanted + r"training.max_gradient_norm \(0, "):
        fit_toy(tmp_path, wanted=[0, 1], epochs=1, learning_rate=1e300, max_gradient_norm=0)


def test_rows_of_a_class_that_weighs_nothing_teach_nothing(tmp_path: Path) -> None:
    _, model = fit_toy(tmp_path, wanted=[0, 1], epochs=1, class_weights={0: 0.0, 1: 1.0})
    of_label = model.layers[1].get_weights()[0][1:]
    assert not np.any(of_label[0])
    assert np.all(of_label[1])


@pytest.mark.parametrize("steps", [0, 30])
def test_the_weights_are_averaged_over_the_steps_of_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    told: list[int] = []

    class Spy(AveragedWeights):
        def __init__(self, steps: int) -> None:
            told.append(steps)
            super().__init__(steps)

    monkeypatch.setattr(fitting, "AveragedWeights", Spy)
    fit_toy(tmp_path, wanted=[0, 1], epochs=1, averaged_steps=steps)
    assert told == [steps] * (steps > 0)


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_of_a_row_s_weight_the_smoothing_goes_to_all_labels_alike(smoothing: float) -> None:
    model = embed_and_choose()
    model.set_weights([np.array([[0, 0], [1, 0], [-1, 2]])])
    compiled(model, TrainingSettings(label_smoothing=smoothing), train_rows=16)
    logs = np.log([[np.e / (np.e + 1), 1 / (np.e + 1)], [1 / (1 + np.e**3), 1 / (1 + np.e**-3)]])
    truth = (1 - smoothing) * np.eye(2) + smoothing / 2
    expected = -(truth * logs).sum(axis=1).mean()
    assert model.evaluate(toy([0, 1]), verbose=0)[0] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("longest", "told"), [(0.0, None), (0.5, 0.5)])
def test_gradients_are_cut_to_the_length_of_the_settings(
    longest: float, told: float | None
) -> None:
    settings = TrainingSettings(max_gradient_norm=longest)
    assert compiled(embed_and_choose(), settings, train_rows=16).optimizer.global_clipnorm == told


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_of_one_class_every_row_is_right(smoothing: float) -> None:
    model = bigru.build(TrainingSettings(embedding_dim=4, units=4), vocabulary_size=3, classes=1)
    settings = TrainingSettings(label_smoothing=smoothing)
    compiled(model, settings, train_rows=16)
    assert model.evaluate(toy([0, 0]), verbose=0, return_dict=True)["accuracy"] == 1


def test_the_learning_rate_rises_to_its_peak_and_falls_as_a_cosine() -> None:
    settings = TrainingSettings(schedule="cosine", epochs=10, batch_size=10, learning_rate=0.01)
    rate = learning_rate(settings, train_rows=1_000)
    rates = np.array([float(rate(step)) for step in range(0, 1_001, 10)])
    assert rates[0] == pytest.approx(0.01 * EDGE_SHARE)
    assert rates.argmax() == 10
    assert rates.max() == pytest.approx(0.01)
    assert (np.diff(rates[:11]) > 0).all()
    assert (np.diff(rates[10:]) <= 0).all()
    assert rates[-1] == pytest.approx(0.01 * EDGE_SHARE)


def test_a_constant_learning_rate_stays_at_its_peak() -> None:
    settings = TrainingSettings(schedule="constant", learning_rate=0.01)
    assert learning_rate(settings, train_rows=1_000) == 0.01


def test_a_last_batch_that_is_not_full_counts_as_a_step() -> None:
    settings = TrainingSettings(schedule="cosine", epochs=10, batch_size=64, learning_rate=0.01)
    rate = learning_rate(settings, train_rows=127)
    assert float(rate(15)) > 2 * 0.01 * EDGE_SHARE
    assert float(rate(20)) == pytest.approx(0.01 * EDGE_SHARE)


def test_an_eval_split_without_a_known_label_is_refused(
    transformed, make_settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    unknown = {"label": tf.constant([], tf.int64)}
    monkeypatch.setattr(run, "parsed", lambda *_: iter([unknown, unknown]))
    with pytest.raises(ValueError, match="eval split: expected rows with a label"):
        run.run_fn(arguments(tmp_path, transformed, make_settings()))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("train_rows", [1, 7, 64])
def test_a_tiny_split_still_has_a_learning_rate(train_rows: int) -> None:
    rate = learning_rate(TrainingSettings(schedule="cosine", epochs=1), train_rows=train_rows)
    assert all(0 < float(rate(step)) <= 3e-3 + 1e-9 for step in range(4))


class HeardError(Exception):
    """Enough was heard."""


@pytest.mark.parametrize("wanted", ["off", "balanced"])
def test_class_weights_reach_both_channels(
    transformed, make_settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: str
) -> None:
    told: list[dict[int, float] | None] = []

    def fit(*_: Any, class_weights: dict[int, float] | None, **__: Any) -> dict[str, Any]:
        told.append(class_weights)
        return {}

    def fit_linear(*_: Any, class_weights: dict[int, float] | None, **__: Any) -> None:
        told.append(class_weights)
        raise HeardError

    monkeypatch.setattr(run, "fit", fit)
    monkeypatch.setattr(run, "fit_linear", fit_linear)
    with pytest.raises(HeardError):
        run.run_fn(arguments(tmp_path, transformed, make_settings(class_weights=wanted)))

    assert told[0] == told[1]
    assert (told[0] is None) == (wanted == "off")


def test_training_starts_from_the_vectors_of_transform(
    transformed, make_settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[np.ndarray] = []

    def fit(model: tf.keras.Model, *_: Any, **__: Any) -> None:
        begun.extend(model.get_layer("encoder").embedding.get_weights())
        raise HeardError

    monkeypatch.setattr(run, "fit", fit)
    with pytest.raises(HeardError):
        run.run_fn(arguments(tmp_path, transformed, make_settings()))

    [vectors] = begun
    np.testing.assert_array_equal(vectors, assets.embeddings(transformed.output))
    assert np.any(vectors)


def test_the_golden_answers_are_given_in_full_precision(
    transformed, make_settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_short: list[bool] = []

    def golden_answers(*_: Any, **__: Any) -> None:
        in_short.append(tf.config.experimental.tensor_float_32_execution_enabled())
        raise HeardError

    monkeypatch.setattr(run, "fit", lambda *_, **__: {})
    monkeypatch.setattr(run.golden, "golden_answers", golden_answers)
    tf.config.experimental.enable_tensor_float_32_execution(True)
    with pytest.raises(HeardError):
        run.run_fn(arguments(tmp_path, transformed, make_settings()))

    assert in_short == [False]
