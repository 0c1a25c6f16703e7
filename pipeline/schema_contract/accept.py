"""Loosens one rule that refused the last run, as an edit ready to commit."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.config import Config
from pipeline.schema_contract.compare import compare, parse, refuse_twins
from pipeline.schema_contract.edits import Edit, SetKey
from pipeline.schema_contract.parts import Parts
from pipeline.schema_contract.refusals import Refused, newest_verdict, read_refusals


class NotAcceptedError(Exception):
    """The rule cannot be loosened; the message lists those that refused the run."""


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """An edit that loosens one rule.

    Attributes:
        file: the file that it changes.
        before: its content before.
        after: its content after.
        message: a commit message.
    """

    file: Path
    before: str
    after: str
    message: str

    def diff(self) -> str:
        """Write the edit as a unified diff."""
        lines = difflib.unified_diff(
            self.before.split("\n"),
            self.after.split("\n"),
            f"a/{self.file.name}",
            f"b/{self.file.name}",
            lineterm="",
        )
        return "\n".join(lines)


def refused_rules(config: Config) -> tuple[Path, list[Refused]]:
    """List the rules that refused the pipeline's newest run, with the folder of its verdict.

    Raises:
        NotRefusedError: there is no refused run.
    """
    folder = newest_verdict(config.output_dir, config.name)
    return folder, read_refusals(folder, config.gates.data)


def in_words(rules: Sequence[Refused]) -> str:
    """List rules by the names that `--rule` takes."""
    return "\n".join(
        f"  {rule.rule}\n    {rule.words}" + ("" if rule.edit else "\n    (no single edit does it)")
        for rule in rules
    )


def accept(config_file: Path, config: Config, rule: str) -> Accepted:
    """Make the smallest edit by which one rule no longer refuses the newest run; write nothing.

    Args:
        config_file: the file that `config` was read from.
        config: the configuration.
        rule: the rule's name, as `refused_rules` lists it.

    Raises:
        NotRefusedError: there is no refused run.
        NotAcceptedError: the rule did not refuse it, or no single edit loosens the rule.
        ValueError: the place of the edit is not there, or the file cannot be read as what it is.
    """
    folder, rules = refused_rules(config)
    by_name = {refused.rule: refused for refused in rules}
    refused = by_name.get(rule)
    if refused is None:
        raise NotAcceptedError(
            f"rule {rule!r} did not refuse the run; these did:\n{in_words(rules)}"
        )
    if refused.edit is None:
        raise NotAcceptedError(
            f"no single edit accepts {refused.words}; mend the data, or write the new contract "
            "by hand and look at it with `malmoi schema diff`"
        )
    in_config = isinstance(refused.edit, SetKey)
    file = config_file if in_config else Path(config.schema_file)
    before = file.read_bytes().decode("utf-8")
    if in_config:
        after = _applied(refused.edit, before)
        title = f"gates({config.name}): {_setting(refused)}"
    else:
        refuse_twins(parse(before, path=str(file)), path=str(file))
        after = _applied(refused.edit, before)
        title = f"schema({config.name}): {_meaning(before, after, file, config)}"
    return Accepted(
        file=file,
        before=before,
        after=after,
        message=_message(title, refused, run=folder.parent.name),
    )


def _applied(edit: Edit, text: str) -> str:
    """Edit a text, in the line ends that it has."""
    if not 0 < text.count("\n") == text.count("\r\n"):
        return edit.apply(text)
    return edit.apply(text.replace("\r\n", "\n")).replace("\n", "\r\n")


def _setting(refused: Refused) -> str:
    assert isinstance(refused.edit, SetKey)
    return f"set {'.'.join(refused.edit.keys)} to {refused.edit.value}"


def _meaning(before: str, after: str, file: Path, config: Config) -> str:
    """Say what the edit means, and make sure that it means one thing."""
    columns = config.data.columns
    parts = Parts(text=columns.text, label=columns.label)
    changes = compare(
        parse(before, path=str(file)), parse(after, path=str(file)), parts=(parts, parts)
    )
    if len(changes) != 1:
        told = "; ".join(change.in_words() for change in changes) or "nothing"
        raise ValueError(
            f"{file}: the edit would mean {told}, where one change was wanted; features may "
            "share the domain, or the schema may be loose enough already: edit it by hand"
        )
    change = changes[0]
    return f"{change.feature}: {change.event}, {change.before} -> {change.after}"


def _message(title: str, refused: Refused, *, run: str) -> str:
    return (
        f"{title}\n\n"
        f"Run {run} was refused: {refused.words}\n"
        "Accepted because: (say why the world has changed and the data is right)"
    )
