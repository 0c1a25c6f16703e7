"""`malmoi schema diff`: what a change of schema means."""

import json
from pathlib import Path
from typing import Annotated

import typer

from pipeline.console.arguments import FAULT, REFUSED, AsJson
from pipeline.console.output import tell
from pipeline.console.talk import complain


def diff(
    base: Annotated[
        str, typer.Option(metavar="REVISION", help="Git revision to compare the files with.")
    ] = "origin/main",
    as_json: AsJson = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Write Markdown, for a pull request.")
    ] = False,
) -> None:
    """Say what the changes of the schemas mean.

    Each schema/*/schema.pbtxt is replayed over its pinned statistics as well.
    Classes: breaking for the served model, needs retraining, loosens a gate, tightens a gate,
    cosmetic. Exit status: 0 fine, 1 a fault, 2 a breaking change that schema/NAME/ACKNOWLEDGED.md
    does not acknowledge.

    Example: malmoi schema diff --base origin/main
    """
    from pipeline.schema_contract import report
    from pipeline.schema_contract.diff import diff as compare
    from pipeline.schema_contract.revisions import RevisionError

    if as_json and markdown:
        complain("--json and --markdown: choose one of them")
        raise typer.Exit(FAULT)
    try:
        reports = compare(base, Path.cwd())
    except (RevisionError, OSError, ValueError) as error:
        complain(str(error))
        raise typer.Exit(FAULT) from error
    if as_json:
        tell(json.dumps(report.as_tree(reports, base=base), ensure_ascii=False))
    else:
        write = report.as_markdown if markdown else report.as_text
        tell(write(reports, base=base))
    if not report.passed(reports):
        raise typer.Exit(REFUSED)
