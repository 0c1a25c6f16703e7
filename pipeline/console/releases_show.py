"""`malmoi releases show`: one version's papers."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.console.arguments import FAULT, AsJson, ConfigFile, Overrides, load_config
from pipeline.console.output import tell
from pipeline.console.talk import complain

if TYPE_CHECKING:
    from serving.releases.manifest import Manifest, Metric
    from serving.releases.state import Activation


def show(
    config: ConfigFile,
    version: Annotated[int | None, typer.Argument(help="Version; none: the stable one.")] = None,
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Show where a version comes from and how it was judged.

    The times at which it served stand below.

    Example: malmoi releases show malmoi.yaml 1795239051
    """
    from serving.releases.errors import ReleaseError
    from serving.releases.manifest import read_manifest
    from serving.releases.state import read_state, served

    base = load_config(config, overrides).models_dir
    try:
        wanted = served(base) if version is None else version
        if wanted is None:
            raise ReleaseError(f"no version in {base}: `malmoi run` pushes one")
        manifest, state = read_manifest(base, wanted), read_state(base)
    except (ReleaseError, OSError) as error:
        complain(str(error))
        raise typer.Exit(FAULT) from error
    roles = state.roles(wanted)
    entries = [entry for entry in state.history if entry.version == wanted]
    if as_json:
        tree = {
            "roles": roles,
            "history": [asdict(entry) for entry in entries],
            "manifest": manifest.model_dump(mode="json"),
        }
        tell(json.dumps(tree, ensure_ascii=False))
        return
    tell("\n".join(_lines(manifest, roles, entries)))


def _lines(manifest: "Manifest", roles: list[str], entries: "list[Activation]") -> Iterator[str]:
    origin = manifest.provenance
    size = sum(file.size_bytes for file in manifest.files.values())
    rows = ", ".join(f"{count:,} {split}" for split, count in origin.rows.items())
    yield f"version   {manifest.version} of {manifest.model}  {', '.join(roles)}".rstrip()
    yield f"pushed    {manifest.created_at} by run {origin.run_id or 'unknown'}"
    yield f"model     {origin.model_uri}"
    yield f"files     {len(manifest.files)}, {size:,} bytes"
    yield f"data      span {origin.span or 0}: {rows or 'rows unknown'}"
    yield f"          sha256 {origin.data_digest or 'unknown'}"
    yield f"schema    sha256 {origin.schema_digest or 'unknown'}"
    yield from (f"source    {name} {digest}" for name, digest in origin.sources.items())
    yield from (f"metric    {name} {_figure(m)}" for name, m in origin.metrics.items())
    for gate, said in origin.verdicts.items():
        yield f"verdict   {gate}: {'passed' if said.get('passed') else 'not passed'}"
    yield "libraries " + ", ".join(f"{name} {v}" for name, v in origin.libraries.items())
    for entry in entries:
        reason = f": {entry.reason}" if entry.reason else ""
        yield f"history   {entry.at} {entry.action} to {entry.label} by {entry.by}{reason}"


def _figure(metric: "Metric") -> str:
    if metric.value is None:
        return "is no number"
    if metric.low is None or metric.high is None:
        return f"{metric.value:.4f}"
    return f"{metric.value:.4f} ({metric.low:.4f} to {metric.high:.4f})"
