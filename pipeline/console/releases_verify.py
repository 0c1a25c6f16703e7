"""`malmoi releases verify`: whether every byte is as it was pushed."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from pipeline.console.arguments import (
    DONE,
    FAULT,
    REFUSED,
    AsJson,
    ConfigFile,
    Overrides,
    load_config,
)
from pipeline.console.output import tell
from pipeline.console.talk import complain


def verify(
    config: ConfigFile,
    version: Annotated[
        list[int] | None, typer.Argument(help="Versions; none: all that there are.")
    ] = None,
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Compare every file of a version with its manifest.

    Exit status: 0 all is as it was pushed, 1 a fault, 2 something has changed.

    Example: malmoi releases verify malmoi.yaml
    """
    from serving.releases.folder import in_words, versions
    from serving.releases.verify import file_count
    from serving.releases.verify import verify as changes_of

    base = load_config(config, overrides).models_dir
    try:
        there = versions(base)
        wanted = version or there
        absent = [number for number in wanted if number not in there]
        if absent or not wanted:
            named = f"version {absent[0]}" if absent else "version"
            complain(f"no {named} in {base}, {in_words(there)}")
            raise typer.Exit(FAULT)
        found = {number: changes_of(base / str(number)) for number in wanted}
    except OSError as error:  # a disk that fails, or a push that has just removed a version
        complain(f"{base} cannot be read: {error}")
        raise typer.Exit(FAULT) from error
    if as_json:
        tree = {str(n): [asdict(change) for change in changes] for n, changes in found.items()}
        tell(json.dumps({"whole": not any(found.values()), "changes": tree}, ensure_ascii=False))
    else:
        for number, changes in found.items():
            if not changes:
                tell(f"{number}: {file_count(base / str(number))} files are as they were pushed")
            for change in changes:
                tell(f"{number}: {change.in_words()}")
    raise typer.Exit(REFUSED if any(found.values()) else DONE)
