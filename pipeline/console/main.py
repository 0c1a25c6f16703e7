"""The `malmoi` command."""

import sys
from io import TextIOWrapper

import typer

from kubeflow.console.main import app as kubeflow
from pipeline.console.arguments import FAULT
from pipeline.console.demo import demo
from pipeline.console.evaluate import evaluate
from pipeline.console.init import init
from pipeline.console.predict import predict
from pipeline.console.releases import app as releases
from pipeline.console.run import run
from pipeline.console.schema import app as schema
from pipeline.console.serve import serve

app = typer.Typer(
    name="malmoi",
    help="From labelled text to a gated model that answers.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # half of the time that help would take goes into importing rich
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (init, run, predict, serve, evaluate, demo):
    app.command()(command)
app.add_typer(schema)
app.add_typer(kubeflow)
app.add_typer(releases)


def main() -> None:
    """Run the command line; a wrong call of it is a fault, where click would end with 2."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal in EUC-KR has no emoji
    try:
        app()
    except SystemExit as ended:
        if isinstance(ended.__context__, typer.TyperException):  # it has said what was wrong
            sys.exit(FAULT)
        raise
