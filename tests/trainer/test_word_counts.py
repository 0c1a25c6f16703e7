"""The vocabulary's analyzer on Beam: counts of all bundles together, bounded and in one order."""

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import apache_beam as beam
import numpy as np
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.testing.util import assert_that, equal_to

from trainer import word_counts
from trainer.vocabulary import PADDING, UNKNOWN, learn_characters
from trainer.word_counts import VOCABULARY_ASSET, LearnVocabulary

WORDS = ["배송", "배송", "환불", "배송", "교환", "환불", "ㅋㅋㅋ", "👍"]


def counted(counts: Mapping[str, int], *, size: int) -> list[str]:
    """A learner that tells what it was given, in its order."""
    return [f"{word} {count}" for word, count in list(counts.items())[:size]]


def learnt(
    batches: list[list[str]], folder: Path, *, learner: Callable[..., list[str]] = counted
) -> list[str]:
    learn = LearnVocabulary(learner=learner, size=100)
    learn.base_temp_dir = str(folder / "temp")
    path = folder / "temp" / VOCABULARY_ASSET
    arrays = [(np.array([word.encode() for word in batch], object),) for batch in batches]
    threads = PipelineOptions(direct_num_workers=3, direct_running_mode="multi_threading")
    with beam.Pipeline(options=threads) as pipeline:  # a bundle for each thread
        created = pipeline | beam.Create(arrays).with_output_types(Any)  # as TFT hands them over
        assert_that(created | learn, equal_to([str(path)]))
    return path.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("batch_words", [1, 3, len(WORDS)])
def test_the_words_of_all_bundles_are_counted_together_the_most_frequent_first(
    batch_words: int, tmp_path: Path
) -> None:
    batches = [WORDS[i : i + batch_words] for i in range(0, len(WORDS), batch_words)]
    found = learnt([*batches, []], tmp_path)
    assert dict(line.split() for line in found) == {
        word: str(count) for word, count in Counter(WORDS).items()
    }
    assert found == ["배송 3", "환불 2", "👍 1", "교환 1", "ㅋㅋㅋ 1"]


def test_the_learner_sees_the_most_frequent_words_up_to_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(word_counts, "MAX_WORDS", 3)
    for number, batches in enumerate([[WORDS], [[word] for word in reversed(WORDS)]]):
        assert learnt(batches, tmp_path / str(number)) == ["배송 3", "환불 2", "👍 1"]


@pytest.mark.parametrize("batches", [[], [[], []]])
def test_without_words_a_vocabulary_is_written_too(batches: list[Any], tmp_path: Path) -> None:
    found = learnt(batches, tmp_path, learner=learn_characters)
    assert found == [PADDING, UNKNOWN, " "]
