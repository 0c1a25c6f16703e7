"""Transformed examples, batched by length."""

import random
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
import tensorflow as tf

from trainer import batches as module
from trainer.batches import batches

SPEC = {
    "tokens": tf.io.RaggedFeature(tf.int64, value_key="tokens", row_splits_dtype=tf.int64),
    "label": tf.io.FixedLenFeature([], tf.int64),
}
ROWS = 300
Row = tuple[tuple[int, ...], int]


def write(path: Path, rows: list[Row]) -> str:
    with tf.io.TFRecordWriter(str(path), "GZIP") as writer:
        for tokens, label in rows:
            feature = {
                "tokens": tf.train.Feature(int64_list=tf.train.Int64List(value=tokens)),
                "label": tf.train.Feature(int64_list=tf.train.Int64List(value=[label])),
            }
            example = tf.train.Example(features=tf.train.Features(feature=feature))
            writer.write(example.SerializeToString())
    return str(path)


def drawn_rows() -> list[Row]:
    """Rows of 0 to 60 tokens, most of them short; the first token tells the row."""
    drawn = random.Random(5)
    lengths = [min(60, int(drawn.expovariate(1 / 12))) for _ in range(ROWS)]
    return [((n + 1, *[7] * (length - 1))[:length], n % 3) for n, length in enumerate(lengths)]


def rows_of(dataset: tf.data.Dataset) -> list[Row]:
    return [
        (tuple(token for token in tokens if token), label)
        for batch, labels in dataset.as_numpy_iterator()
        for tokens, label in zip(batch.tolist(), labels.tolist(), strict=True)
    ]


def padded_share(dataset: tf.data.Dataset) -> float:
    shapes = [(batch.size, (batch == 0).sum()) for batch, _ in dataset.as_numpy_iterator()]
    return sum(zeros for _, zeros in shapes) / sum(size for size, _ in shapes)


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("split")
    rows = drawn_rows()
    write(folder / "part-0.gz", rows[:200])
    write(folder / "part-1.gz", rows[200:])
    return [str(folder / "part-*.gz")]


@pytest.mark.parametrize("seed", [None, 3])
def test_every_row_comes_exactly_once(split: list[str], seed: int | None) -> None:
    found = rows_of(batches(split, SPEC, batch_size=16, seed=seed))
    assert Counter(found) == Counter(drawn_rows())


@pytest.mark.parametrize("kept", [False, True])
def test_no_tuner_can_hold_up_the_end_of_an_epoch(split: list[str], kept: bool) -> None:
    assert (
        batches(split, SPEC, batch_size=16, seed=1, kept=kept).options().autotune.enabled is False
    )


def test_batches_hold_rows_of_similar_length(split: list[str]) -> None:
    for tokens, _ in batches(split, SPEC, batch_size=16, seed=1).as_numpy_iterator():
        lengths = (tokens != 0).sum(axis=1)
        assert lengths.max() - lengths.min() <= max(3, lengths.max() / 2)
        assert tokens.shape[1] == max(1, lengths.max())
        assert len(tokens) <= 16


def test_little_is_padded_compared_with_batches_as_the_rows_come(split: list[str]) -> None:
    unbucketed = tf.data.Dataset.from_generator(
        lambda: iter([tokens for tokens, _ in drawn_rows()]),
        output_signature=tf.TensorSpec([None], tf.int64),
    ).padded_batch(16)
    plain = padded_share(unbucketed.map(lambda tokens: (tokens, 0)))
    assert plain > 0.6
    assert padded_share(batches(split, SPEC, batch_size=16, seed=1)) < plain / 3


def test_a_seed_shuffles_the_same_way_in_every_run(split: list[str]) -> None:
    first, again, other = (
        rows_of(batches(split, SPEC, batch_size=16, seed=seed)) for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_every_epoch_has_its_own_order_and_a_run_repeats_them(split: list[str]) -> None:
    dataset = batches(split, SPEC, batch_size=16, seed=1)
    epochs = [rows_of(dataset) for _ in range(3)]
    assert epochs[0] != epochs[1] != epochs[2] != epochs[0]
    dataset = batches(split, SPEC, batch_size=16, seed=1)
    assert [rows_of(dataset) for _ in range(3)] == epochs


def test_short_and_long_batches_change_places_from_epoch_to_epoch(split: list[str]) -> None:
    dataset = batches(split, SPEC, batch_size=16, seed=1)
    first, second = (
        [tokens.shape[1] for tokens, _ in dataset.as_numpy_iterator()] for _ in range(2)
    )
    assert sorted(first) == sorted(second)
    assert first != second


@pytest.mark.parametrize("kept", [True, False])
def test_a_kept_split_is_read_once_and_shuffled_in_every_epoch(
    split: list[str], tmp_path: Path, kept: bool
) -> None:
    anew = batches(split, SPEC, batch_size=16, seed=3)
    expected = [rows_of(anew), rows_of(anew)]
    copy = tmp_path / "rows.gz"
    write(copy, drawn_rows())
    asked = batches([str(copy)], SPEC, batch_size=16, seed=3, kept=kept)
    assert rows_of(asked) == expected[0]
    copy.unlink()
    if kept:
        assert rows_of(asked) == expected[1] != expected[0]
    else:
        with pytest.raises(tf.errors.NotFoundError):
            rows_of(asked)


def test_rows_of_a_length_keep_their_order_without_a_seed(split: list[str]) -> None:
    found = [row for row in rows_of(batches(split, SPEC, batch_size=16)) if len(row[0]) == 9]
    assert found == [row for row in drawn_rows() if len(row[0]) == 9]
    assert len(found) > 5


def test_rows_without_a_known_label_are_left_out(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.gz", [((5, 6), 0), ((7,), -1), ((8, 9), 2)])
    assert rows_of(batches([path], SPEC, batch_size=2)) == [((5, 6), 0), ((8, 9), 2)]


@pytest.mark.parametrize("seed", [None, 3])
def test_a_split_without_a_known_label_has_no_batches(tmp_path: Path, seed: int | None) -> None:
    path = write(tmp_path / "rows.gz", [((5, 6), -1), ((), -1)])
    assert rows_of(batches([path], SPEC, batch_size=2, seed=seed)) == []


def test_a_split_smaller_than_a_batch_is_one_batch(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.gz", [((5, 6), 0), ((7,), 1), ((), 2)])
    [(tokens, labels)] = batches([path], SPEC, batch_size=64).as_numpy_iterator()
    assert tokens.tolist() == [[0, 0], [7, 0], [5, 6]]
    assert labels.tolist() == [2, 1, 0]


def test_a_very_long_row_is_kept(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.gz", [(tuple(range(1, 1_001)), 0), ((4,), 1)])
    assert {len(tokens) for tokens, _ in rows_of(batches([path], SPEC, batch_size=4))} == {1, 1_000}


def test_rows_without_tokens_give_a_batch_of_one_padded_step(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.gz", [((), 0), ((), 1)])
    [(tokens, labels)] = batches([path], SPEC, batch_size=2).as_numpy_iterator()
    assert tokens.tolist() == [[0], [0]]
    assert labels.tolist() == [0, 1]


class TestSeveralWindows:
    """A split of several windows, each of several pools."""

    BATCH_SIZE = 8

    @pytest.fixture(autouse=True)
    def small(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "WINDOW_ROWS", 90)
        monkeypatch.setattr(module, "POOLED_BATCHES", 3)

    def test_every_row_comes_exactly_once(self, split: list[str]) -> None:
        for kept in (False, True):
            dataset = batches(split, SPEC, batch_size=self.BATCH_SIZE, seed=3, kept=kept)
            for _ in range(2):
                assert Counter(rows_of(dataset)) == Counter(drawn_rows())

    def test_the_steps_of_an_epoch_are_known_before_it(self, split: list[str]) -> None:
        found = [len(self.widths(split, seed=seed)) for seed in (None, 3)]
        assert found == [module.steps(len(drawn_rows()), self.BATCH_SIZE)] * 2

    def test_without_a_seed_each_pool_begins_with_its_shortest_rows(self, split: list[str]) -> None:
        widths = self.widths(split, seed=None)
        pools = [widths[at : at + 3] for at in range(0, 9, 3)]
        assert all(pool == sorted(pool) for pool in pools)
        assert widths != sorted(widths)

    def test_short_and_long_batches_alternate(self, split: list[str]) -> None:
        """In ten epochs, since one is short and depends on the seed that earlier tests have set."""
        widths = self.widths(split, seed=3, epochs=10)
        falls = sum(later < earlier for earlier, later in pairwise(widths))
        assert falls > len(widths) * 0.4  # in the pools' own order a third at most

    def test_every_epoch_draws_the_rows_of_its_batches_anew(self, split: list[str]) -> None:
        dataset = batches(split, SPEC, batch_size=self.BATCH_SIZE, seed=3)
        first, second = (
            {frozenset(tokens[:, 0]) for tokens, _ in dataset.as_numpy_iterator()} for _ in range(2)
        )
        assert len(first & second) < len(first) / 2

    def widths(self, split: list[str], *, seed: int | None, epochs: int = 1) -> list[int]:
        dataset = batches(split, SPEC, batch_size=self.BATCH_SIZE, seed=seed)
        return [t.shape[1] for _ in range(epochs) for t, _ in dataset.as_numpy_iterator()]
