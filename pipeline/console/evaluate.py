"""`malmoi evaluate`: the pushed model on a labelled file."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.console.arguments import FAULT, AsJson, ConfigFile, Overrides, load_config
from pipeline.console.output import tell
from pipeline.console.talk import complain

if TYPE_CHECKING:
    from pipeline.test_file import Score


def evaluate(
    config: ConfigFile,
    file: Annotated[Path, typer.Argument(help="Labelled rows, written as the training rows are.")],
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Measure the version that serves on a file that no run has seen.

    Example: malmoi evaluate malmoi.yaml test.csv --json
    """
    from pipeline.released import NoModelError, ReleasedModel
    from pipeline.test_file import UnusableFileError, score_file

    settings = load_config(config, overrides)
    try:
        model = ReleasedModel.served(settings.models_dir)
        score = score_file(model, file, settings.data)
    except OSError as error:
        complain(f"{error.filename or file}: {error.strerror or error}")
        raise typer.Exit(FAULT) from error
    except (NoModelError, UnusableFileError, ValueError) as error:
        complain(str(error))
        raise typer.Exit(FAULT) from error
    tell(json.dumps(score.to_dict(), ensure_ascii=False) if as_json else _table(score))


def _table(score: "Score") -> str:
    lines = [
        f"version {score.version} on {score.rows:,} rows ({score.unusable:,} unusable)",
        f"accuracy {score.accuracy:.4f}",
        f"macro F1 {score.macro_f1:.4f}",
        "",
        "precision  recall      F1     rows  label",
    ]
    lines += [
        f"{row.precision:9.4f}  {row.recall:6.4f}  {row.f1:6.4f}  {row.rows:7,}  {row.label}"
        for row in score.labels
    ]
    return "\n".join(lines)
