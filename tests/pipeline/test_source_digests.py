"""The cache hears of changed code, and of nothing else."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline import digests

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the trainer to edit, which the digests are taken of."""
    shutil.copytree(REPOSITORY / "trainer", tmp_path / "trainer")
    monkeypatch.setattr(digests, "ROOT", tmp_path)
    digests.source_digest.cache_clear()
    yield tmp_path
    digests.source_digest.cache_clear()


def fresh(*places: str) -> str:
    digests.source_digest.cache_clear()
    return digests.source_digest(*places)


def test_an_edit_of_any_module_changes_the_digest_of_its_package(tree: Path) -> None:
    for module in sorted((tree / "trainer").rglob("*.py")):
        before = fresh("trainer")
        with module.open("a", encoding="utf-8") as file:
            file.write("\n# 바뀐 줄\n")
        assert fresh("trainer") != before, module


def test_a_new_and_a_renamed_module_change_the_digest(tree: Path) -> None:
    before = fresh("trainer")
    (tree / "trainer" / "models" / "new.py").write_text("", "utf-8")
    added = fresh("trainer")
    (tree / "trainer" / "models" / "new.py").rename(tree / "trainer" / "models" / "other.py")
    assert len({before, added, fresh("trainer")}) == 3


@pytest.mark.parametrize("name", ["README.md", "trainer/README.md", "trainer/text.pyc"])
def test_what_is_no_code_leaves_the_digest_alone(tree: Path, name: str) -> None:
    before = fresh("trainer")
    (tree / name).write_text("말모이", "utf-8")
    assert fresh("trainer") == before


def test_a_module_of_its_own_is_digested_alone(tree: Path) -> None:
    before = fresh("trainer/text.py")
    (tree / "trainer" / "settings.py").write_text("", "utf-8")
    assert fresh("trainer/text.py") == before
    (tree / "trainer" / "text.py").write_text("", "utf-8")
    assert fresh("trainer/text.py") != before


def test_an_edit_counts_wherever_it_is_imported_and_nowhere_else(tree: Path) -> None:
    starts = ("trainer/preprocessing.py", "trainer/run.py")
    before = {start: fresh(start) for start in starts}
    (tree / "trainer" / "models" / "gru.py").write_text("", "utf-8")
    assert [fresh(start) == before[start] for start in starts] == [True, False]
    (tree / "trainer" / "normalisation.py").write_text("", "utf-8")
    assert [fresh(start) == before[start] for start in starts] == [False, False]


def test_an_import_within_a_function_counts(tree: Path) -> None:
    (tree / "trainer" / "late.py").write_text("", "utf-8")
    (tree / "trainer" / "text.py").write_text("def f():\n    from trainer import late\n", "utf-8")
    before = fresh("trainer/text.py")
    (tree / "trainer" / "late.py").write_text("LATE = True\n", "utf-8")
    assert fresh("trainer/text.py") != before


LOADED = """
import json, sys, importlib
importlib.import_module(sys.argv[1])
files = [getattr(module, "__file__", None) or "" for module in list(sys.modules.values())]
print(json.dumps(files))
"""


def test_all_that_python_loads_of_ours_is_digested(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python is asked which files it reads, and each must have been read for the digest."""
    command = [sys.executable, "-c", LOADED, "components.model_gate.executor"]
    told = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    loaded = [Path(file) for file in json.loads(told.stdout.splitlines()[-1])]
    ours = {file for file in loaded if file.is_relative_to(REPOSITORY)}
    read: set[Path] = set()
    read_bytes = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: read.add(path) or read_bytes(path))
    fresh("components/model_gate/executor.py")
    assert {file for file in ours if ".venv" not in file.parts} <= read
    assert REPOSITORY / "trainer" / "preprocessing.py" in read
    assert REPOSITORY / "components" / "halt" / "component.py" not in read


def test_the_same_code_elsewhere_has_the_same_digest(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = fresh("trainer")
    monkeypatch.setattr(digests, "ROOT", REPOSITORY)
    assert fresh("trainer") == copied


def test_an_upgraded_library_changes_the_digest(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = fresh("trainer")
    monkeypatch.setattr(digests.metadata, "version", lambda name: "99.0")
    assert fresh("trainer") != before


def test_a_file_is_digested_by_its_bytes(tmp_path: Path) -> None:
    schema, copy = tmp_path / "schema.pbtxt", tmp_path / "copy.pbtxt"
    schema.write_text("feature {}", "utf-8")
    copy.write_text("feature {}", "utf-8")
    assert digests.file_digest(schema) == digests.file_digest(copy)
    copy.write_text("feature { }", "utf-8")
    assert digests.file_digest(schema) != digests.file_digest(copy)
