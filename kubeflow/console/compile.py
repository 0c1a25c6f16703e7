"""`malmoi kubeflow compile`: from the configuration to pipeline.yaml."""

import os
from pathlib import Path
from typing import Annotated

import typer

from pipeline.console.arguments import FAULT, ConfigFile, Overrides, Verbose, load_config
from pipeline.console.talk import complain

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
        from kubeflow.compile import NoKubeflowSettingsError, compile_yaml
        from kubeflow.data_folder import DataFolderError
        from kubeflow.document import read
        from kubeflow.spec import UnsupportedSpecError, all_tasks

        try:
            text = compile_yaml(loaded)
            output.write_text(text, "utf-8")
        except (NoKubeflowSettingsError, DataFolderError, UnsupportedSpecError, OSError) as error:
            fault = str(error)
        else:
            fault = ""
    if fault:
        complain(f"{config} cannot be compiled: {fault}")
        raise typer.Exit(FAULT)
    steps = len(all_tasks(read(output)[0]))
    print(f"{output}: {steps} tasks; try it here: malmoi kubeflow rehearse {output}")
