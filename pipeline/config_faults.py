"""What is wrong with a configuration, in words."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

_LONGEST_SHOWN: Final = 60
"""Characters of a value in a message: enough to know it by, and few where it is personal data."""


def faults(error: ValidationError, root: type[BaseModel]) -> Iterator[str]:
    """Tell each fault as `path: what is wrong`, one a line.

    Args:
        error: what pydantic found.
        root: the section that was validated, for the keys that there are.
    """
    for fault in error.errors():
        where = ".".join(str(part) for part in fault["loc"]) or "configuration"
        received = "" if isinstance(fault["input"], dict) else f", not {shown(fault['input'])}"
        match fault["type"]:
            case "extra_forbidden":
                yield f"{where}: no such key{_meant(fault['loc'], root)}"
            case "missing":
                yield f"{where}: is missing"
            case "model_type":
                yield f"{where}: must be a section{received}"
            case "value_error":
                for line in str(fault["ctx"]["error"]).splitlines():
                    yield f"{where}: {line}"
            case _:
                yield f"{where}: {fault['msg'][0].lower()}{fault['msg'][1:]}{received}"


def shown(value: Any) -> str:
    """Quote a value, of a long one its beginning."""
    quoted = repr(value)
    return quoted if len(quoted) <= _LONGEST_SHOWN else f"{quoted[:_LONGEST_SHOWN]} ..."


def section_in(annotation: Any) -> type[BaseModel] | None:
    """Return the section that a field holds, be it alone, in a list or in a mapping."""
    for part in (annotation, *get_args(annotation)):
        if isinstance(part, type) and issubclass(part, BaseModel):
            return part
    return None


def _meant(where: Sequence[str | int], root: type[BaseModel]) -> str:
    """Ask for the nearest key of the section, where one is near."""
    *sections, wrong = where
    near = get_close_matches(str(wrong), _keys(sections, root), n=1)
    return f"; did you mean {'.'.join(map(str, (*sections, *near)))}?" if near else ""


def _keys(path: Sequence[str | int], root: type[BaseModel]) -> list[str]:
    """List the keys of a section; a place in a list or a name in a mapping leads no deeper."""
    fields = _fields(root)
    for part in path:
        section = section_in(fields[part].annotation) if part in fields else None
        fields = _fields(section) if section else fields
    return [str(key) for key in fields]


def _fields(section: type[BaseModel]) -> dict[str | int, FieldInfo]:
    return {field.alias or name: field for name, field in section.model_fields.items()}
