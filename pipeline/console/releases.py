"""`malmoi releases`: what is pushed, what serves, and the way back."""

import typer

from pipeline.console.releases_files import files
from pipeline.console.releases_list import list_releases
from pipeline.console.releases_pin import pin
from pipeline.console.releases_rollback import rollback
from pipeline.console.releases_show import show
from pipeline.console.releases_verify import verify

app = typer.Typer(
    name="releases",
    help="Pushed versions: list, check, go back, hold, serve elsewhere.",
    no_args_is_help=True,
)
app.command("list")(list_releases)
for command in (show, verify, rollback, pin, files):
    app.command()(command)
