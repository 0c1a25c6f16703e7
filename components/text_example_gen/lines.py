"""The physical lines of a text file, decoded one by one, so that a bad one spoils no other."""

import codecs
import re
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO, Final, NamedTuple

MAX_LINE_BYTES: Final = 64 * 1024 * 1024
"""A longer line is no row of text but a file without line ends; this bounds the memory."""

_LONE_SURROGATES = re.compile("[\ud800-\udfff]")
_FIRST_ESCAPED_BYTE: Final = 0xDC80
_LAST_ESCAPED_BYTE: Final = 0xDCFF
_BYTE_OF_ESCAPE: Final = 0xDC00


class Line(NamedTuple):
    """One line with its end; undecodable bytes stand in it as lone surrogates (PEP 383).

    `flaw` says why the line can be no good row, whatever its columns hold.
    """

    number: int
    text: str
    flaw: str | None = None


def read_lines(stream: BinaryIO, encoding: str) -> Iterator[Line]:
    """Yield the lines of a stream, numbered from 1. Only a line feed ends a line."""
    read = partial(stream.readline, MAX_LINE_BYTES)
    for number, raw in enumerate(iter(read, b""), start=1):
        if len(raw) == MAX_LINE_BYTES and not raw.endswith(b"\n"):
            yield _overlong(number, raw, stream, encoding)
        else:
            yield _decode(number, raw, encoding)


def printable(text: str) -> str:
    r"""Return text that UTF-8 can hold: an undecodable byte as `\xb0`, a surrogate as `\ud800`."""
    return _LONE_SURROGATES.sub(_spelt_out, text)


def without_end(text: str) -> str:
    r"""Return a line without its line feed, or carriage return and line feed."""
    return text.removesuffix("\n").removesuffix("\r")


def _decode(number: int, raw: bytes, encoding: str) -> Line:
    if number == 1 and encoding == "utf-8":
        raw = raw.removeprefix(codecs.BOM_UTF8)
    try:
        text, flaw = raw.decode(encoding), None
    except UnicodeDecodeError as error:
        text = raw.decode(encoding, "surrogateescape")
        flaw = f"bytes that are no {encoding}: 0x{raw[error.start]:02x} at byte {error.start + 1}"
    if b"\0" in raw:
        flaw = flaw or f"a NUL byte at byte {raw.index(0) + 1}"
    return Line(number, text, flaw)


def _overlong(number: int, head: bytes, stream: BinaryIO, encoding: str) -> Line:
    while (rest := stream.readline(MAX_LINE_BYTES)) and not rest.endswith(b"\n"):
        pass
    text = head.decode(encoding, "surrogateescape")
    return Line(number, text, f"a line of more than {MAX_LINE_BYTES} bytes")


def _spelt_out(found: re.Match[str]) -> str:
    code = ord(found.group())
    if _FIRST_ESCAPED_BYTE <= code <= _LAST_ESCAPED_BYTE:
        return f"\\x{code - _BYTE_OF_ESCAPE:02x}"
    return f"\\u{code:04x}"
