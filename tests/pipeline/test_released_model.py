"""The served version in this process: what is told where there is none to load."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from pipeline.released import BATCH_ROWS, NoModelError, Ranked, ReleasedModel


def test_a_damaged_version_is_told_with_the_command_that_looks_closer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "7").mkdir()

    def load(*_: object) -> None:
        raise OSError("Cannot parse file")

    monkeypatch.setattr(ReleasedModel, "__init__", load)
    with pytest.raises(NoModelError) as caught:
        ReleasedModel.served(tmp_path)
    assert str(caught.value) == (
        f"version 7 in {tmp_path} cannot be loaded; `malmoi releases verify CONFIG` tells what has "
        "changed since it was pushed: Cannot parse file"
    )


def test_answers_come_batch_by_batch_so_that_those_to_many_rows_need_no_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []

    def classify(_: ReleasedModel, texts: Sequence[str]) -> list[Ranked]:
        asked.append(len(texts))
        return [[(text, 1.0)] for text in texts]

    monkeypatch.setattr(ReleasedModel, "_classify", classify)
    texts = [f"{number}번 문의" for number in range(BATCH_ROWS + 2)]
    answers = ReleasedModel.__new__(ReleasedModel).classify(texts)
    assert next(answers) == [("0번 문의", 1.0)]
    assert asked == [BATCH_ROWS]
    assert [best for ((best, _),) in answers] == texts[1:]
    assert asked == [BATCH_ROWS, 2]
