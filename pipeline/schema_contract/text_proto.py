"""Edits a message in text form in one place, leaving every other character as it stands.

Protobuf's own writer forgets comments, blank lines and layout. Here the text is only scanned for
where each field lies, by the language's specification at protobuf.dev.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from google.protobuf import text_encoding  # type: ignore[attr-defined]  # not in its stubs

_TOKEN: Final = re.compile(
    r"""(?P<blank>\s+|\#[^\n]*)|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|[{}<>\[\]:;,]"""
    r"""|[^\s{}<>\[\]:;,\#"']+"""
)
_CLOSING: Final = {"{": "}", "<": ">", "[": "]"}


@dataclass(frozen=True)
class Field:
    """Where a field lies in the text.

    Attributes:
        name: its name.
        start: where its name begins.
        value: where its value begins; a message's is its opening brace.
        end: where its value ends.
        fields: the fields of a message, in their order.
    """

    name: str
    start: int
    value: int
    end: int
    fields: tuple["Field", ...] = ()


def scan(text: str) -> tuple[Field, ...]:
    """Find every field of a message that protobuf can read."""
    return _fields(_Tokens(text), closing="")


def replace_scalar(text: str, field: Field, value: str) -> str:
    """Put another value into a field."""
    return text[: field.value] + value + text[field.end :]


def append_string(text: str, after: Field, value: str) -> str:
    """Add a value to a repeated field of strings, behind its last one and laid out like it."""
    if text[after.value] != "[":
        return append_entry(text, after, f"{after.name}: {quoted(value)}")
    *_, (_, _, last), _ = _Tokens(text[after.value : after.end]).tokens
    comma = ", " if last > 1 else ""
    at = after.value + last
    return f"{text[:at]}{comma}{quoted(value)}{text[at:]}"


def append_entry(text: str, after: Field, entry: str) -> str:
    """Add a field behind another: on a line of its own if that one has its own."""
    line = text.rfind("\n", 0, after.start) + 1
    indent = text[line : after.start]
    end = text.find("\n", after.end)
    end = len(text) if end < 0 else end
    rest = text[after.end : end].strip()
    if indent.strip() or (rest and not rest.startswith("#")):
        return f"{text[: after.end]} {entry}{text[after.end :]}"
    return f"{text[:end]}\n{indent}{entry}{text[end:]}"


def string_of(text: str, field: Field) -> str:
    """Read a field's string."""
    raw = text[field.value : field.end]
    parts = re.findall(r""""((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'""", raw)
    return "".join(unescaped("".join(part)) for part in parts)


def unescaped(value: str) -> str:
    """Undo the escapes of protobuf's text form."""
    return str(text_encoding.CUnescape(value).decode("utf-8"))


def quoted(value: str) -> str:
    """Write a string as protobuf's text form wants it."""
    return f'"{text_encoding.CEscape(value, as_utf8=True)}"'


class _Tokens:
    """The tokens ahead, each with its place; blanks and comments are none."""

    def __init__(self, text: str) -> None:
        found = (match for match in _TOKEN.finditer(text) if not match["blank"])
        self.tokens = [(match.group(), match.start(), match.end()) for match in found]
        self._next = 0

    def peek(self) -> str:
        return self.tokens[self._next][0] if self._next < len(self.tokens) else ""

    def take(self) -> tuple[str, int, int]:
        self._next += 1
        return self.tokens[self._next - 1]


def _fields(tokens: _Tokens, *, closing: str) -> tuple[Field, ...]:
    found = []
    while tokens.peek() != closing:
        found.append(_field(tokens))
        while tokens.peek() in (";", ","):
            tokens.take()
    return tuple(found)


def _field(tokens: _Tokens) -> Field:
    name, start, _ = tokens.take()
    if name == "[":  # an extension or an Any, named in brackets
        name = "".join(_until(tokens, "]"))
    if tokens.peek() == ":":
        tokens.take()
    first, value, end = tokens.take()
    if first in ("{", "<"):
        fields = _fields(tokens, closing=_CLOSING[first])
        return Field(name, start, value, tokens.take()[2], fields)
    if first == "[":
        *_, end = _list_end(tokens)
    while first[0] in "\"'" and tokens.peek()[:1] in ('"', "'") and tokens.peek():
        end = tokens.take()[2]  # strings that stand side by side are one
    return Field(name, start, value, end)


def _until(tokens: _Tokens, closing: str) -> Iterator[str]:
    while (token := tokens.take()[0]) != closing:
        yield token


def _list_end(tokens: _Tokens) -> Sequence[int]:
    """Skip a list with whatever it holds."""
    depth = 1
    while depth:
        token, start, end = tokens.take()
        depth += (token in _CLOSING) - (token in _CLOSING.values())
    return start, end
