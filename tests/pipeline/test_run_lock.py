"""The lock that keeps a second run out of an output folder."""

from pathlib import Path

import pytest

from pipeline.locking import BusyError, locked


@pytest.mark.parametrize("own", ["--set output=...", "--folder FOLDER"])
def test_a_second_run_is_told_how_to_have_a_folder_of_its_own(tmp_path: Path, own: str) -> None:
    with locked(tmp_path), pytest.raises(BusyError) as caught, locked(tmp_path, own=own):
        pass
    assert str(caught.value).startswith(f"run: {tmp_path} is held by a run of ")
    assert str(caught.value).endswith(
        f": wait for it, or give this run a folder of its own with {own}"
    )
