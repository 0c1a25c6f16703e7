"""Renders the report and writes it."""

import unicodedata
from pathlib import Path
from typing import Any, Final

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipeline.config import Config
from pipeline.report import tables
from pipeline.report.facts import Facts

FILE_NAME: Final = "report.html"
TEMPLATE: Final = "page.html.j2"

_LAYOUT: Final = "\n\t"
"""The control characters that HTML allows and that a configuration is laid out with."""

_UNPRINTABLE: Final = frozenset({"Cc", "Cs"})
"""Unicode's categories of what HTML may not hold: control characters and lone surrogates."""

_TURNING: Final = frozenset({"LRE", "RLE", "LRO", "RLO", "LRI", "RLI", "FSI"})
"""Bidirectional classes that turn what follows: behind a label with one, 0.12 would read 21.0."""


def write(facts: Facts, path: Path) -> None:
    """Render the report into a file, whole or not at all.

    Raises:
        OSError: the file cannot be written; nothing of it stays.
    """
    unfinished = path.with_name(f".{path.name}.new")
    try:
        unfinished.write_text(render(facts), "utf-8")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def render(facts: Facts) -> str:
    """Render the report: one page of HTML that refers to nothing outside of itself."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        finalize=_printable,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(percent=_percent, thousands=_thousands)
    return environment.get_template(TEMPLATE).render(
        facts=facts,
        summary=facts.summary,
        tables=tables,
        chosen=_yaml(facts.config, exclude_defaults=True),
        settings=_yaml(facts.config, exclude_defaults=False),
    )


def _yaml(config: Config, *, exclude_defaults: bool) -> str:
    """Write a configuration but for what only a cluster reads: its webhook may be a secret."""
    fields = config.model_dump(
        mode="json", by_alias=True, exclude={"kubeflow"}, exclude_defaults=exclude_defaults
    )
    return yaml.safe_dump(fields, allow_unicode=True, sort_keys=False)


def _printable(value: Any) -> Any:
    """Put a sign in place of what a page may not hold, in every text that the template inserts."""
    if not isinstance(value, str) or all(map(_is_printable, value)):
        return value
    shown = "".join(c if _is_printable(c) else "\N{REPLACEMENT CHARACTER}" for c in value)
    return type(value)(shown)  # what is markup already stays it


def _is_printable(character: str) -> bool:
    return character in _LAYOUT or not (
        unicodedata.category(character) in _UNPRINTABLE
        or unicodedata.bidirectional(character) in _TURNING
    )


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def _thousands(number: int) -> str:
    return f"{number:,}"
