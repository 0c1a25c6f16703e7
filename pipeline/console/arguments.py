"""Arguments that several commands share."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.console.talk import complain

if TYPE_CHECKING:
    from pipeline.config import Config

DONE, FAULT, REFUSED = 0, 1, 2
"""Exit statuses: done, a fault, refused by a gate."""

ConfigFile = Annotated[
    Path, typer.Argument(metavar="CONFIG", help="Configuration file, such as malmoi.yaml.")
]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change one value, such as training.epochs=3."),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Write one JSON object on standard output, at the end.")
]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Show everything that the libraries log.")
]


def load_config(path: Path, overrides: list[str] | None) -> "Config":
    """Read the configuration, or list its faults and exit."""
    from pipeline.config import ConfigError, load

    try:
        return load(path, overrides or [])
    except ConfigError as error:
        complain(str(error))
        raise typer.Exit(FAULT) from error
