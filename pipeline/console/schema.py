"""`malmoi schema`: the data's contract in git, begun, held up to data, compared and loosened."""

import typer

from pipeline.console.schema_accept import accept
from pipeline.console.schema_check import check
from pipeline.console.schema_diff import diff
from pipeline.console.schema_infer import infer

app = typer.Typer(
    name="schema",
    help="The data's contract in git: begin, check, compare and loosen it.",
    no_args_is_help=True,
)
for command in (infer, check, diff, accept):
    app.command()(command)
