"""`malmoi kubeflow compile`: from the configuration to pipeline.yaml."""

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.console.arguments import FAULT, ConfigFile, Overrides, Verbose, load_config
from pipeline.console.output import tell
from pipeline.console.talk import complain

if TYPE_CHECKING:
    from pipeline.config import Config

Output = Annotated[
    Path, typer.Option("--output", "-o", metavar="FILE", help="Where to write the pipeline.")
]


def compile_(
    config: ConfigFile,
    output: Output = Path("pipeline.yaml"),
    overrides: Overrides = None,
    verbose: Verbose = False,
) -> None:
    """Write the pipeline for Kubeflow.

    Needs no cluster, no bucket and no SDK.

    Exit status: 0 done, 1 a fault.

    Example: malmoi kubeflow compile malmoi.yaml -o pipeline.yaml
    """
    loaded = load_config(config, overrides)
    from pipeline.capture import captured

    with captured(Path(os.devnull), show=verbose):
        from kubeflow.compile import NoKubeflowSettingsError, compile_config
        from kubeflow.data_folder import DataFolderError
        from kubeflow.document import write
        from kubeflow.spec import UnsupportedSpecError, all_tasks

        try:
            pipeline, platform = compile_config(loaded)
            write(output, pipeline, platform)
        except (NoKubeflowSettingsError, DataFolderError, UnsupportedSpecError, OSError) as error:
            fault = str(error)
        else:
            fault = ""
    if fault:
        complain(f"{config} cannot be compiled: {fault}")
        raise typer.Exit(FAULT)
    rehearse = f"malmoi kubeflow rehearse {shlex.quote(str(output))} --data {_rows_of(loaded)}"
    tell(f"{output}: {len(all_tasks(pipeline))} tasks; try it here: {rehearse}")


def _rows_of(config: "Config") -> str:
    """Name the folder here that `rehearse` takes for the bucket's: nobody knows a bucket's copy."""
    from kubeflow.compile import settings_of
    from kubeflow.data_folder import split_off

    within, _ = split_off(config.data, settings_of(config).data)
    folder = config.data.train.removesuffix(within.train)
    return "FOLDER" if "://" in folder else shlex.quote(folder)
