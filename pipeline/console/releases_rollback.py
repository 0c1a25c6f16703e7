"""`malmoi releases rollback`: an earlier version serves again."""

from typing import Annotated

import typer

from pipeline.console.arguments import FAULT, REFUSED, ConfigFile, Overrides, load_config
from pipeline.console.output import tell
from pipeline.console.talk import complain

Reason = Annotated[str, typer.Option(help="Why, for the history.")]


def rollback(
    config: ConfigFile,
    to: Annotated[
        int | None, typer.Option(help="Version; none: the one that was stable before.")
    ] = None,
    reason: Reason = "",
    overrides: Overrides = None,
) -> None:
    """Make another verified version the stable one.

    Nothing is deleted.
    Exit status: 0 done, 1 a fault, 2 the version is not as it was pushed.

    Example: malmoi releases rollback malmoi.yaml --reason "환불 문의를 놓침"
    """
    from serving.releases import changes
    from serving.releases.errors import RefusedError, ReleaseError

    settings = load_config(config, overrides)
    try:
        done = changes.rollback(
            settings.models_dir, to=to, reason=reason, handover_s=settings.release.handover_s
        )
    except (ReleaseError, OSError) as error:
        complain(str(error))
        raise typer.Exit(REFUSED if isinstance(error, RefusedError) else FAULT) from error
    tell(f"stable: {done.before.stable or 'none'} -> {done.after.stable}")
    tell(
        "Servers that follow models.config answer from it within a second or two; one that was "
        "started with --model_base_path serves the newest version still."
    )
