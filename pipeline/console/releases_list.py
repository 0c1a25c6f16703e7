"""`malmoi releases list`: every version, and which of them serves."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

import typer

from pipeline.console.arguments import FAULT, AsJson, ConfigFile, Overrides, load_config
from pipeline.console.output import tell
from pipeline.console.talk import complain

if TYPE_CHECKING:
    from serving.releases.overview import Row

_SHOWN_METRICS: Final = ("accuracy", "macro_f1")


def list_releases(config: ConfigFile, overrides: Overrides = None, as_json: AsJson = False) -> None:
    """List the versions, the newest first, with what each is.

    Stable, canary, pinned or before; `before` is where a rollback goes.

    Example: malmoi releases list malmoi.yaml
    """
    from serving.releases.errors import ReleaseError
    from serving.releases.overview import overview
    from serving.releases.state import read_state

    base = load_config(config, overrides).models_dir
    try:
        state = read_state(base)
        rows = overview(base, state)
    except (ReleaseError, OSError) as error:
        complain(str(error))
        raise typer.Exit(FAULT) from error
    if as_json:
        found = {"folder": str(base), **asdict(state), "versions": [asdict(row) for row in rows]}
        tell(json.dumps(found, ensure_ascii=False))
        return
    if not rows:
        tell(f"no version in {base}: `malmoi run` pushes one")
        return
    tell(f"{'version':<12}{'':<16}{'pushed (UTC)':<21}{'span':>5}  metrics")
    for row in rows:
        tell(_line(row))


def _line(row: "Row") -> str:
    head = f"{row.version:<12}{', '.join(row.roles):<16}"
    if row.problem:
        return f"{head}{row.problem}"
    pushed = row.created_at.removesuffix("+00:00").replace("T", " ")
    shown = [
        f"{name} {value:.4f}"
        for name, value in row.metrics.items()
        if name in _SHOWN_METRICS and value is not None
    ]
    return f"{head}{pushed:<21}{row.span or 0:>5}  {', '.join(shown)}".rstrip()
