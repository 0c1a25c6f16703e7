"""`malmoi schema infer`: a first schema from data."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.console.arguments import FAULT, ConfigFile, Overrides, load_config
from pipeline.console.output import tell
from pipeline.console.talk import complain


def infer(
    config: ConfigFile,
    overrides: Overrides = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the schema.")] = False,
) -> None:
    """Read the labelled rows and write a first schema.

    Comments in it say what to review.

    Example: malmoi schema infer malmoi.yaml
    """
    from pipeline.schema_contract.observed import observe
    from pipeline.schema_contract.review import first_schema
    from serving.releases.durable import replace_file

    settings = load_config(config, overrides)
    path = Path(settings.schema_file)
    try:
        if path.exists() and not force:
            raise ValueError(f"{path} exists already; --force overwrites it")
        seen = observe(settings.data)
        limit = settings.gates.data.rows_per_label.limit
        schema = first_schema(settings.data.columns, seen, fewest_rows=limit)
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path.resolve(), schema.encode("utf-8"))
    except (OSError, ValueError) as error:
        complain(str(error))
        raise typer.Exit(FAULT) from error
    for number, line in enumerate(schema.splitlines(), start=1):
        if line.startswith("# REVIEW"):
            tell(f"{path}:{number}: {line.removeprefix('# ')}")
    tell(f"Wrote {path} from {seen.rows:,} rows, {len(seen.labels):,} labels. Review it, then:")
    tell(f"malmoi schema check {config}")
