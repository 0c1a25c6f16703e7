"""What the working tree changes in the repository's schemas: compared, acknowledged, replayed."""

from pathlib import Path

from pipeline.schema_contract.acknowledged import acknowledged
from pipeline.schema_contract.changes import Change
from pipeline.schema_contract.compare import compare_texts, parse, refuse_twins
from pipeline.schema_contract.parts import parts_of
from pipeline.schema_contract.pinned import pinned_files
from pipeline.schema_contract.replay import replay_files
from pipeline.schema_contract.report import SchemaReport
from pipeline.schema_contract.revisions import Versions, read_versions


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


def changes_of(versions: Versions) -> list[Change]:
    """Class what changed between two versions of one schema.

    Raises:
        ValueError: one of them is no schema.
    """
    before, after = versions.before.schema, versions.after.schema
    if before is None:
        return [_whole(versions, added=True)]
    if after is None:
        return [_whole(versions, added=False)]
    was = parts_of(
        parse(before, path=versions.path, before=True),
        path=versions.path,
        configs=versions.before.configs,
    )
    now = parts_of(
        parse(after, path=versions.path), path=versions.path, configs=versions.after.configs
    )
    return compare_texts(before, after, path=versions.path, parts=(was, now))


def _report(versions: Versions, root: Path) -> SchemaReport:
    schema = parse(versions.after.schema or "", path=versions.path)
    refuse_twins(schema, path=versions.path)
    changes = changes_of(versions)
    pinned = pinned_files((root / versions.path).parent) if versions.after.schema else []
    replayed = pinned if any(change.kind != "cosmetic" for change in changes) else []
    return SchemaReport(
        schema=versions.name,
        changes=changes,
        acknowledged=acknowledged(versions.after.acknowledged, versions.before.acknowledged),
        pinned=len(replayed),
        refusals=replay_files(schema, replayed),
    )


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
