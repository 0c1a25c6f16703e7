"""What a command answers, on standard output."""

import os
import sys

import typer

from pipeline.console.arguments import FAULT
from pipeline.console.talk import complain


def tell(text: str) -> None:
    """Write an answer; end with a fault where it cannot be written."""
    try:
        print(text, flush=True)
    except OSError as error:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())  # takes what Python flushes once more at its end
        if not isinstance(error, BrokenPipeError):  # that is a reader who has had enough
            complain(f"standard output cannot be written: {error.strerror}")
        raise typer.Exit(FAULT) from error
