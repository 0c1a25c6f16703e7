"""`malmoi releases files`: TensorFlow Serving in containers."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.console.arguments import FAULT, ConfigFile, Overrides, load_config
from pipeline.console.output import tell
from pipeline.console.talk import complain


def files(
    config: ConfigFile,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder; made if need be.")],
    overrides: Overrides = None,
) -> None:
    """Write files that serve the versions elsewhere.

    A compose file, manifests for Kubernetes and KServe, and what they mount. Files of an
    earlier call are written over.

    Example: malmoi releases files malmoi.yaml -o deploy
    """
    from serving.releases.deployment import deployment_files

    settings = load_config(config, overrides)
    try:
        output.mkdir(parents=True, exist_ok=True)
        for name, text in deployment_files(settings.models_dir, settings.release.container).items():
            (output / name).write_text(text, "utf-8")
            tell(str(output / name))
    except OSError as error:
        complain(f"{output} cannot be written: {error}")
        raise typer.Exit(FAULT) from error
    tell(
        f"Here: docker compose -f {output}/compose.yaml up. In a cluster, the claim "
        f"{settings.release.container.claim!r} holds this folder's copy as {settings.name}: "
        f"{settings.models_dir}"
    )
