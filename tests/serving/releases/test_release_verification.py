"""`verify` finds any changed byte, and what is missing or too much."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from serving.releases.errors import ReleaseError
from serving.releases.manifest import read_manifest
from serving.releases.publish import Pushed
from serving.releases.verify import file_count, verify

Release = Callable[..., Pushed]


@pytest.fixture
def version(release: Release) -> Path:
    return release().folder


def flip(file: Path, place: int) -> None:
    content = bytearray(file.read_bytes())
    content[place] ^= 1
    file.write_bytes(content)


def test_a_version_as_it_was_pushed_has_no_change(version: Path, model: Path) -> None:
    assert verify(version) == ()
    assert file_count(version) == sum(path.is_file() for path in model.rglob("*"))


@pytest.mark.parametrize("place", [0, 31_337, -1])
def test_one_flipped_bit_anywhere_in_a_file_is_found(version: Path, place: int) -> None:
    flip(version / "variables" / "part-02", place)
    (change,) = verify(version)
    assert (change.path, change.what) == ("variables/part-02", "changed")
    assert change.in_words().startswith("changed variables/part-02: expected 65,536 bytes, sha256 ")


def test_every_single_byte_of_the_papers_counts(version: Path) -> None:
    for name in ("manifest.json", "manifest.sha256"):
        file = version / "malmoi" / name
        for place in range(0, file.stat().st_size, 7):
            flip(file, place)
            assert verify(version), f"{name}, byte {place}"
            flip(file, place)
    assert verify(version) == ()


def test_missing_added_and_shortened_files_are_all_told_at_once(version: Path) -> None:
    (version / "assets" / "labels").unlink()
    for name in ("더 있는 것", "a", "b", "c", "d"):
        (version / "assets" / name).write_text("낯선 파일", "utf-8")
    (version / "variables" / "part-01").write_bytes(b"")
    assert [(change.what, change.path) for change in verify(version)] == [
        ("missing", "assets/labels"),
        ("changed", "variables/part-01"),
        *(("added", f"assets/{name}") for name in ("a", "b", "c", "d", "더 있는 것")),
    ]


def test_a_version_under_another_number_is_found_out(version: Path) -> None:
    moved = version.rename(version.with_name("17"))
    (change,) = verify(moved)
    assert change.in_words() == f"changed .: expected version {version.name}, found version 17"
    (moved / "assets" / "labels").unlink()
    assert [change.path for change in verify(moved)] == [".", "assets/labels"]


def test_a_changed_manifest_is_told_by_its_seal_and_its_own_digest(version: Path) -> None:
    seal = (version / "malmoi" / "manifest.sha256").read_text("utf-8")
    flip(version / "malmoi" / "manifest.json", 3)
    (change,) = verify(version)
    assert (change.path, change.what) == ("malmoi/manifest.json", "changed")
    assert change.expected == f"as its seal says, {seal.strip()!r}"
    digest = hashlib.sha256((version / "malmoi" / "manifest.json").read_bytes()).hexdigest()
    assert change.found == f"{digest}  manifest.json"


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"version": 1, "files": []}'])
def test_a_sealed_manifest_that_is_none_is_told(version: Path, content: str) -> None:
    manifest = version / "malmoi" / "manifest.json"
    manifest.write_text(content, "utf-8")
    digest = hashlib.sha256(content.encode()).hexdigest()
    (version / "malmoi" / "manifest.sha256").write_text(f"{digest}  manifest.json\n", "utf-8")
    (change,) = verify(version)
    assert (change.path, change.what) == ("malmoi/manifest.json", "changed")
    assert (change.expected, change.found) == ("a manifest", f"{len(content)} bytes of no manifest")


@pytest.mark.parametrize("name", ["manifest.json", "manifest.sha256"])
def test_a_version_without_papers_is_not_whole(version: Path, name: str) -> None:
    (version / "malmoi" / name).unlink()
    (change,) = verify(version)
    assert (change.path, change.what) == (f"malmoi/{name}", "missing")


def test_reading_a_manifest_that_is_not_there_tells_what_there_is(
    version: Path, base: Path
) -> None:
    with pytest.raises(ReleaseError, match=rf"no version 3 in .*, there are {version.name}$"):
        read_manifest(base, 3)
    (base / "4").mkdir()
    with pytest.raises(ReleaseError, match=r"version 4 has no malmoi/manifest\.json: it was not"):
        read_manifest(base, 4)
    (version / "malmoi" / "manifest.json").write_text("{}", "utf-8")
    with pytest.raises(ReleaseError, match="cannot be read"):
        read_manifest(base, int(version.name))
