"""What the working tree changes in the repository's schemas: compared, acknowledged, replayed."""

from pathlib import Path

from pipeline.schema_contract.acknowledged import acknowledged
from pipeline.schema_contract.changes import Change
from pipeline.schema_contract.compare import Written, compare_files, parse, refuse_twins
from pipeline.schema_contract.parts import Parts, parts_of
from pipeline.schema_contract.pinned import pinned_files
from pipeline.schema_contract.replay import replay_files
from pipeline.schema_contract.report import SchemaReport
from pipeline.schema_contract.revisions import Version, Versions, read_versions


def diff(base: str, root: Path) -> list[SchemaReport]:
    """Report on every schema that the working tree changes.

    Args:
        base: a git revision.
        root: the folder that holds `schema/`.

    Raises:
        RevisionError: git cannot give the revision.
        ValueError: a schema or a pinned file cannot be read as what it is.
        OSError: a file cannot be read.
    """
    return [
        _report(versions, root)
        for versions in read_versions(base, root)
        if versions.before.schema != versions.after.schema
    ]


def _report(versions: Versions, root: Path) -> SchemaReport:
    was = _written(versions.before, path=versions.path, before=True)
    now = _written(versions.after, path=versions.path)
    if now:
        refuse_twins(now.schema, path=versions.path)
    changes = _changes(versions, was, now)
    replayed = []
    if now and any(change.kind != "cosmetic" for change in changes):
        replayed = pinned_files((root / versions.path).parent)
    return SchemaReport(
        schema=versions.name,
        changes=changes,
        acknowledged=acknowledged(versions.after.acknowledged, versions.before.acknowledged),
        pinned=len(replayed),
        refusals=replay_files(now.schema, replayed) if now else [],
    )


def _written(version: Version, *, path: str, before: bool = False) -> Written | None:
    """Read a version of a schema, if there is one."""
    if version.schema is None:
        return None
    return Written(version.schema, parse(version.schema, path=path, before=before))


def _changes(versions: Versions, was: Written | None, now: Written | None) -> list[Change]:
    """Class what changed between two versions of one schema."""
    if was is None or now is None:
        return [_whole(versions, added=was is None)]

    def parts(written: Written, version: Version) -> Parts:
        return parts_of(written.schema, path=versions.path, configs=version.configs)

    return compare_files(was, now, parts=(parts(was, versions.before), parts(now, versions.after)))


def _whole(versions: Versions, *, added: bool) -> Change:
    if added:
        why = "runs that name it are held to it from now on"
    else:
        why = "no model can follow those that were made under it"
    return Change(
        kind="tightens" if added else "breaking",
        what=f"schema-{'added' if added else 'removed'}",
        feature=versions.name,
        event=f"the schema is {'added' if added else 'removed'}",
        before="none" if added else versions.path,
        after=versions.path if added else "none",
        consequence=why,
    )
