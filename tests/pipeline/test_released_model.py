"""The served version in this process: what is told where there is none to load."""

from pathlib import Path

import pytest

from pipeline.released import NoModelError, ReleasedModel


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
