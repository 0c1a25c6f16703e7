"""`malmoi releases pin`: hold a version while newer ones are tried."""

from typing import Annotated

import typer

from pipeline.console.arguments import FAULT, REFUSED, ConfigFile, Overrides, load_config
from pipeline.console.output import tell
from pipeline.console.talk import complain


def pin(
    config: ConfigFile,
    version: Annotated[int | None, typer.Argument(help="Version; none: the stable one.")] = None,
    off: Annotated[bool, typer.Option("--off", help="Let the next push take over again.")] = False,
    reason: Annotated[str, typer.Option(help="Why, for the history.")] = "",
    overrides: Overrides = None,
) -> None:
    """Make a version stable and hold it.

    What is pushed meanwhile becomes the canary.
    Exit status: 0 done, 1 a fault, 2 the version is not as it was pushed.

    Example: malmoi releases pin malmoi.yaml 1795239051 --reason "A/B 시험"
    """
    from serving.releases import changes
    from serving.releases.errors import RefusedError, ReleaseError
    from serving.releases.state import served

    settings = load_config(config, overrides)
    base = settings.models_dir
    try:
        if off and version is not None:
            raise ReleaseError(f"--off lifts any pin: leave {version} out")
        if off:
            tell(f"unpinned {changes.unpin(base, reason=reason).before.pinned}")
            return
        wanted = served(base) if version is None else version
        if wanted is None:
            raise ReleaseError(f"no version in {base}: `malmoi run` pushes one")
        changes.pin(base, wanted, reason=reason, handover_s=settings.release.handover_s)
    except (ReleaseError, OSError) as error:
        complain(str(error))
        raise typer.Exit(REFUSED if isinstance(error, RefusedError) else FAULT) from error
    tell(f"stable and pinned: {wanted}; lift it with `malmoi releases pin {config} --off`")
