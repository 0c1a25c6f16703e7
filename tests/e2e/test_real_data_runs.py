"""The presets on slices of the real corpora that they are for."""

import gzip
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

DATA = os.environ.get("MALMOI_DATA") or "/nonexistent"
ROWS = 2_000
SMALLER = (
    *("text.vocabulary_size=2000", "training.embedding_dim=16", "training.units=16"),
    *("training.epochs=1", "gates.model.accuracy=0.1", "gates.model.macro_f1=0.0"),
)


def slice_of(whole: Path, part: Path, *, header: int) -> None:
    """Take rows from everywhere in a file, so that every label is among them."""
    with gzip.open(whole, "rb") as stream:
        lines = stream.readlines()
    rows = lines[header:]
    step = max(1, len(rows) // ROWS)
    part.write_bytes(b"".join([*lines[:header], *rows[::step][:ROWS]]))


@pytest.mark.parametrize(
    ("preset", "file", "labels"),
    [
        ("nsmc", "nsmc/train.csv.gz", {"negative", "positive"}),
        ("3i4k", "3i4k/train_val.tsv.gz", set("0123456")),
    ],
)
def test_a_slice_of_real_text_goes_the_whole_way(
    sources: Path,
    tmp_path: Path,
    malmoi: Callable[..., Any],
    preset: str,
    file: str,
    labels: set[str],
) -> None:
    whole = Path(DATA) / file
    if not whole.is_file():
        pytest.skip(f"MALMOI_DATA names no folder with {file}")
    part = tmp_path / whole.name.removesuffix(".gz")
    slice_of(whole, part, header=int(preset == "nsmc"))
    more = tmp_path / "all_ratings.csv"
    slice_of(Path(DATA, "nsmc/all_ratings.csv.gz"), more, header=1)
    changes = [*SMALLER, f"data.train={part}", f"output={tmp_path / 'output'}"]
    changes.append(f"data.unlabelled.path={more}")
    overrides = [word for change in changes for word in ("--set", change)]
    config = sources / "pipeline" / "presets" / f"{preset}.yaml"
    done = malmoi("run", config, "--json", *overrides)
    assert done.status == 0, done.err
    (read,) = re.findall(r"([\d,]+) rows read", done.err)
    assert ROWS <= int(read.replace(",", "")) <= 2 * ROWS
    summary = json.loads(done.out)
    assert summary["metrics"]["example_count"] > ROWS / 20
    answer = malmoi("predict", config, "정말 재미있는 영화였어요", "--top", 9, "--json", *overrides)
    assert set(answer.json()["answers"][0]["labels"]) == labels
