"""`malmoi init`: a first configuration and schema for new data."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.console.arguments import FAULT
from pipeline.console.output import tell
from pipeline.console.talk import complain


def init(
    file: Annotated[Path, typer.Argument(help="A file of labelled rows.")],
    text: Annotated[str | None, typer.Option(help="Column of the text.")] = None,
    label: Annotated[str | None, typer.Option(help="Column of the label.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite what is there.")] = False,
) -> None:
    """Look at a file, then write malmoi.yaml and schema/ for it.

    Says why it chose what it wrote.

    Example: malmoi init reviews.csv --text review --label sentiment
    """
    from pydantic import ValidationError

    from components.text_example_gen.sniff import guess
    from components.text_example_gen.source import TextSource
    from pipeline import drafts
    from pipeline.config_faults import faults
    from serving.releases.durable import replace_file

    try:
        found = guess(str(file), text, label)
        name = drafts.name_of(file.name)
        files = {
            Path("malmoi.yaml"): drafts.draft_config(found, name=name, train=str(file)),
            Path("schema") / name / "schema.pbtxt": drafts.draft_schema(found),
        }
        _refuse_to_overwrite(files, force=force)
        for path, content in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path.resolve(), content.encode("utf-8"))
    except OSError as error:
        complain(f"{error.filename or file}: {error.strerror or error}")
        raise typer.Exit(FAULT) from error
    except ValidationError as error:  # what the file and the options come to is no source of rows
        complain("\n".join(faults(error, TextSource)))
        raise typer.Exit(FAULT) from error
    except ValueError as error:
        complain(str(error))
        raise typer.Exit(FAULT) from error
    for field, reason in (found.why | drafts.reasons(found, path=file.name)).items():
        tell(f"{field}: {reason}")
    tell(f"Wrote {' and '.join(map(str, files))}. Review both, then: malmoi run malmoi.yaml")


def _refuse_to_overwrite(files: dict[Path, str], *, force: bool) -> None:
    there = [str(path) for path in files if path.exists()]
    if there and not force:
        exist, them = ("exists", "it") if len(there) == 1 else ("exist", "them")
        raise ValueError(f"{' and '.join(there)} {exist} already; --force overwrites {them}")
