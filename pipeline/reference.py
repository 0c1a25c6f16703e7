"""Renders docs/configuration.md from the configuration's own fields."""

import sys
from collections.abc import Iterator
from types import UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from components.gate_rules import Rule
from pipeline.config import Config
from pipeline.config_faults import section_in

_HEADING: Final = """# Configuration

One YAML file; unknown keys are refused, and all faults are listed together. Every key can be set
for one run with `--set section.key=value`. Relative paths start at the folder of the file;
`${NAME}` and `${NAME:-default}` in a value stand for environment variables. `malmoi init` writes a
first file.

This page is generated from the code: `python -m pipeline.reference > docs/configuration.md`.
"""

_RULES: Final = """\
A rule takes a `level` (`off`; `warn` reports what it finds; `refuse` also stops the run) and what
else its default shows: a `limit`, where it begins to complain, or `min_rows`, the rows that both
data sets must have, for with fewer chance alone is a distance. What is left out of a rule keeps its
default, and a bare number in place of a rule is its `limit`, as in `leakage: 0.02`, a bare word its
`level`, as in `imbalance: off`.
"""

_FIRST_RULES: Final = "gates.data"
"""The section where rules appear first."""

_PLAIN: Final = {str: "text", int: "integer", float: "number", bool: "true or false"}


def render() -> str:
    """Write the page: a table for each section, in the order of the code."""
    return "\n".join([_HEADING, *_section(Config, path="")])


def _section(model: type[BaseModel], *, path: str) -> Iterator[str]:
    """Yield the table of a section and then its sections; a rule is told by its default alone."""
    below = []
    yield f"## `{path}`\n" if path else "## Top level\n"
    if path == _FIRST_RULES:
        yield _RULES
    yield "| key | value | default | |\n|---|---|---|---|"
    for name, field in model.model_fields.items():
        key = field.alias or name
        section = section_in(field.annotation)
        if section and not issubclass(section, Rule):
            below.append((section, f"{path}.{key}".lstrip(".")))
        kind = _kind_of_section(section) if section else _kind(field.annotation)
        yield f"| `{key}` | {kind} | {_default(field)} | {field.description or ''} |"
    yield ""
    for section, name in below:
        yield from _section(section, path=name)


def _kind_of_section(section: type[BaseModel]) -> str:
    return "rule" if issubclass(section, Rule) else "section"


def _kind(annotation: Any) -> str:
    """Put a type into words."""
    origin = get_origin(annotation)
    if origin is Literal:
        return ", ".join(f"`{value}`" for value in get_args(annotation))
    if origin in (Union, UnionType):
        return " or ".join(_kind(part) for part in get_args(annotation) if part is not type(None))
    if origin is tuple:
        return f"list of {_kind(get_args(annotation)[0])}"
    if origin is dict:
        return f"a mapping to {_kind(get_args(annotation)[1])}"
    return _PLAIN.get(annotation, str(annotation))


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if isinstance(value, BaseModel):
        shown = ", ".join(f"{key}: {v}" for key, v in value.model_dump().items())
        return f"`{shown}`" if len(shown) < 40 else ""
    if value is None or value in ((), {}):
        return "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


if __name__ == "__main__":
    sys.stdout.write(render())
