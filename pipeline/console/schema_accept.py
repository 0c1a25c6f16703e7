"""`malmoi schema accept`: loosen exactly one rule that refused the last run."""

from typing import Annotated

import typer

from pipeline.console.arguments import FAULT, ConfigFile, Overrides, load_config
from pipeline.console.output import tell
from pipeline.console.talk import complain


def accept(
    config: ConfigFile,
    rule: Annotated[
        str | None, typer.Option(help="Rule to loosen; none: list those that refused the run.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the edit without making it.")
    ] = False,
    overrides: Overrides = None,
) -> None:
    """Loosen one rule that refused the last run.

    The smallest edit of the schema or of the configuration: a label is added, one threshold is
    raised to just above the figure, one presence is lowered, one key is set. Everything
    else in the file stays as it stands.

    Example: malmoi schema accept malmoi.yaml --rule "label:value:환불 보류"
    """
    from pipeline.schema_contract.accept import NotAcceptedError, in_words, refused_rules
    from pipeline.schema_contract.accept import accept as loosen
    from pipeline.schema_contract.refusals import NotRefusedError
    from serving.releases.durable import replace_file

    settings = load_config(config, overrides)
    try:
        if rule is None:
            folder, rules = refused_rules(settings)
            tell(f"Refused by these rules ({folder}):\n{in_words(rules)}")
            return
        accepted = loosen(config, settings, rule)
        if not dry_run:
            replace_file(accepted.file.resolve(), accepted.after.encode("utf-8"))
    except (NotRefusedError, NotAcceptedError, OSError, ValueError) as error:
        complain(str(error))
        raise typer.Exit(FAULT) from error
    tell(accepted.diff())
    tell(f"{'Would write' if dry_run else 'Wrote'} {accepted.file}. A commit message:\n")
    tell("\n".join(f"    {line}".rstrip() for line in accepted.message.splitlines()))
