"""`malmoi kubeflow`: the same graph on open-source Kubeflow Pipelines."""

import typer

from kubeflow.console.compile import compile_
from kubeflow.console.rehearse import rehearse
from kubeflow.console.submit import submit

app = typer.Typer(
    name="kubeflow",
    help="The same graph on open-source Kubeflow Pipelines.",
    no_args_is_help=True,
)
app.command("compile")(compile_)
app.command("rehearse")(rehearse)
app.command("submit")(submit)
