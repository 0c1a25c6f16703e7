"""A folder of the shape of a SavedModel, a folder for its versions, and pushes into it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from serving.releases.manifest import Provenance
from serving.releases.publish import Pushed, push

FILES = 6
FILE_BYTES = 64 * 1024
KEEP = 5


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    (folder / "variables").mkdir(parents=True)
    (folder / "assets").mkdir()
    (folder / "saved_model.pb").write_bytes(b"graph")
    for n in range(FILES):
        (folder / "variables" / f"part-{n:02}").write_bytes(bytes([n]) * FILE_BYTES)
    (folder / "assets" / "labels").write_text("칭찬\n환불\n", "utf-8")
    return folder


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return tmp_path / "releases" / "enquiries"


@pytest.fixture
def release(model: Path, base: Path) -> Callable[..., Pushed]:
    """Pushes the model once more."""

    def once(**changed: object) -> Pushed:
        wanted = {"provenance": Provenance(model_uri="artifacts/model/7"), "keep": KEEP, **changed}
        return push(model, base, **wanted)  # type: ignore[arg-type]

    return once
