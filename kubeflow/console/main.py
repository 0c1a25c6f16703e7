"""`malmoi kubeflow`: the same graph on open-source Kubeflow Pipelines."""

import typer

from kubeflow.console.compile import compile_
from kubeflow.console.rehearse import rehearse

app = typer.Typer(
    name="kubeflow",
    help="The same graph on open-source Kubeflow Pipelines: compile and rehearse it.",
    no_args_is_help=True,
)
app.command("compile")(compile_)
app.command("rehearse")(rehearse)
