"""Renders docs/configuration.md from the configuration's own fields."""

import sys
from collections.abc import Iterator
from types import UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from pipeline.config import Config

_HEADING: Final = """# Configuration

One YAML file; unknown keys are refused, and all faults are listed together. Every key can be set
for one run with `--set section.key=value`. Relative paths start at the folder of the file;
`${NAME}` and `${NAME:-default}` in a value stand for environment variables. `malmoi init` writes a
first file.

This page is generated from the code: `python -m pipeline.reference > docs/configuration.md`.
"""

_PLAIN: Final = {str: "text", int: "integer", float: "number", bool: "true or false"}


def render() -> str:
    """Write the page: a table for each section, in the order of the code."""
    return "\n".join([_HEADING, *_section(Config, path="")])


def _section(model: type[BaseModel], *, path: str) -> Iterator[str]:
    """Yield the table of a section and then its sections."""
    below = []
    yield f"## `{path}`\n" if path else "## Top level\n"
    yield "| key | value | default | |\n|---|---|---|---|"
    for name, field in model.model_fields.items():
        key = field.alias or name
        section = _model_in(field.annotation)
        if section:
            below.append((section, f"{path}.{key}".lstrip(".")))
        kind = "section" if section else _kind(field.annotation)
        yield f"| `{key}` | {kind} | {_default(field)} | {field.description or ''} |"
    yield ""
    for section, name in below:
        yield from _section(section, path=name)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    for part in (annotation, *get_args(annotation)):
        if isinstance(part, type) and issubclass(part, BaseModel):
            return part
    return None


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
