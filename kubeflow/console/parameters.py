"""`--parameter KEY=VALUE`: values of the pipeline's own parameters."""

from typing import Annotated

import typer

from pipeline.console.arguments import FAULT
from pipeline.console.talk import complain

Parameters = Annotated[
    list[str] | None,
    typer.Option("--parameter", metavar="KEY=VALUE", help="A value for the pipeline's parameter."),
]


def values_of(given: list[str]) -> dict[str, str]:
    """Read the values, or tell what is wrong with one and exit."""
    pairs = [parameter.partition("=") for parameter in given]
    wrong = [
        text for text, (name, equals, _) in zip(given, pairs, strict=True) if not (name and equals)
    ]
    if wrong:
        complain(
            f"--parameter takes KEY=VALUE, such as data_uri=s3://bucket/rows, not {wrong[0]!r}"
        )
        raise typer.Exit(FAULT)
    return {name: value for name, _, value in pairs}
