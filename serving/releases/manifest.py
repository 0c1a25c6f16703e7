"""What a version is made from, and the digest of each of its files."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from serving.releases.errors import NoManifestError, ReleaseError
from serving.releases.folder import in_words, versions

OWN_FOLDER: Final = "malmoi"
"""Folder inside a version; TensorFlow Serving reads what the SavedModel names, and no more."""

MANIFEST_FILE: Final = f"{OWN_FOLDER}/manifest.json"
SEAL_FILE: Final = f"{OWN_FOLDER}/manifest.sha256"
"""The manifest's own digest, in the form that `sha256sum --check` reads."""

_CHUNK_BYTES: Final = 2**20
"""Read at once: large enough for the disk's full speed."""


class _Fields(BaseModel):
    model_config = ConfigDict(frozen=True)


class FileDigest(_Fields):
    """One file of a version."""

    sha256: str
    size_bytes: int


class Metric(_Fields):
    """A figure on the eval split; `low` and `high` are the model gate's interval, if it has one."""

    value: float | None
    low: float | None = None
    high: float | None = None


class Provenance(_Fields):
    """Where a version comes from.

    Attributes:
        pipeline: name of the pipeline.
        run_id: the run that trained or pushed it.
        model_uri: the model's artifact.
        model_id: the same in the metadata store.
        span: of the data; 0 where the paths have no spans.
        data_digest: SHA-256 over the example files.
        rows: examples by split.
        schema_digest: SHA-256 of the schema file.
        sources: digests of our code by what it did.
        metrics: overall figures by name.
        verdicts: what each gate said, by gate; at least `passed`.
        libraries: versions by distribution, and `python`.
    """

    pipeline: str = ""
    run_id: str = ""
    model_uri: str = ""
    model_id: int | None = None
    span: int | None = None
    data_digest: str = ""
    rows: Mapping[str, int] = Field(default_factory=dict)
    schema_digest: str = ""
    sources: Mapping[str, str] = Field(default_factory=dict)
    metrics: Mapping[str, Metric] = Field(default_factory=dict)
    verdicts: Mapping[str, Mapping[str, Any]] = Field(default_factory=dict)
    libraries: Mapping[str, str] = Field(default_factory=dict)


class Manifest(_Fields):
    """A version's papers, `malmoi/manifest.json` inside it."""

    model: str
    version: int
    created_at: str
    provenance: Provenance
    files: Mapping[str, FileDigest]

    @property
    def model_uri(self) -> str:
        """The artifact of the model in the pipeline's own storage."""
        return self.provenance.model_uri

    def to_json(self) -> str:
        """Write the manifest, always in the same order."""
        tree = self.model_dump(mode="json")
        return json.dumps(tree, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def read_manifest(base: Path, version: int) -> Manifest:
    """Read a version's manifest.

    Raises:
        NoManifestError: there is no such version, or it has no manifest.
        ReleaseError: the manifest cannot be read.
    """
    file = base / str(version) / MANIFEST_FILE
    try:
        return Manifest.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        if version in versions(base):
            raise NoManifestError(
                f"version {version} has no {MANIFEST_FILE}: it was not pushed by Malmoi, or before "
                "there were manifests"
            ) from None
        raise NoManifestError(
            f"no version {version} in {base}, {in_words(versions(base))}"
        ) from None
    except (OSError, ValidationError) as error:
        raise ReleaseError(
            f"{file} cannot be read: {_cause(error)}; put back a copy, or leave version {version} "
            "with `malmoi releases rollback CONFIG` and move its folder away"
        ) from error


def _cause(error: OSError | ValidationError) -> str:
    """Say on one line what is wrong: of several faults the first."""
    if isinstance(error, OSError):
        return str(error)
    first = error.errors()[0]
    return ": ".join([*map(str, first["loc"]), first["msg"]])


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest and its seal into a version that is not yet in its place."""
    content = manifest.to_json().encode()
    (folder / OWN_FOLDER).mkdir(exist_ok=True)
    (folder / MANIFEST_FILE).write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    (folder / SEAL_FILE).write_text(f"{digest}  {Path(MANIFEST_FILE).name}\n", "utf-8")


def file_digests(folder: Path) -> dict[str, FileDigest]:
    """Digest every file below a folder but the manifest and its seal, by path, in order."""
    names = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    return {
        name: file_digest(folder / name) for name in names if name not in (MANIFEST_FILE, SEAL_FILE)
    }


def file_digest(path: Path) -> FileDigest:
    """Digest one file, a piece at a time."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
    return FileDigest(sha256=digest.hexdigest(), size_bytes=size)
