"""The cause of a failure, in one paragraph for people."""

import errno
import re
import traceback
from collections.abc import Iterator
from typing import Final

from pipeline.digests import PACKAGES

_LONGEST: Final = 700
"""Characters of a cause on the terminal; the log has all."""

_STEP: Final = re.compile(r"\s*\[while running '[^']*'\]\s*$")
"""What Beam appends to every message that passes through it."""

_KNOWN: Final = (
    (
        re.compile(r"no space left|disk is full|ENOSPC|EDQUOT|disk quota exceeded", re.IGNORECASE),
        "the disk is full: free some space, or write elsewhere with --set output=/another/disk; "
        "what was finished stays, and the next run goes on from there",
    ),
    (
        re.compile(r"cannot allocate memory|out of memory|MemoryError|OOM when allocating"),
        "memory ran out: lower training.batch_size or text.max_tokens, or read fewer rows",
    ),
    (
        re.compile(r"read-only file system|permission denied", re.IGNORECASE),
        "a folder cannot be written to; check its permissions, or choose another one with "
        "--set output=...",
    ),
    (
        re.compile(r"database is locked"),
        "another process works on this output folder's metadata; end it and run again",
    ),
    (
        re.compile(r"file is not a database|database disk image is malformed"),
        "the output folder's metadata.sqlite is damaged: move it and artifacts/ away, and every "
        "node runs again, with no model to compare with; the pushed versions stay",
    ),
)


def explain(error: BaseException) -> str:
    """Name the cause of a failure.

    What a node's own code has raised tells more than what it was raised from, and that more than
    what libraries have made of it.

    Args:
        error: whatever was raised.

    Returns:
        What happened and, where it is known, what to do; one paragraph.
    """
    chain = list(_chain(error))
    for link in reversed(chain):
        for pattern, advice in _KNOWN:
            if pattern.search(_searched(link)):
                return f"{advice} ({_message(link)})"
    return _message(next(filter(_is_ours, chain), chain[-1]))


def _searched(error: BaseException) -> str:
    """Give type, system's name and message: one of the three tells the cause."""
    number = error.errno if isinstance(error, OSError) else None
    return f"{type(error).__name__} {errno.errorcode.get(number or 0, '')}: {error}"


def _chain(error: BaseException) -> Iterator[BaseException]:
    link: BaseException | None = error
    while link is not None:
        yield link
        link = link.__cause__


def _is_ours(error: BaseException) -> bool:
    """Tell whether the code of a node of ours has raised an error."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    module = frames[-1].f_globals.get("__name__", "") if frames else ""
    return module.partition(".")[0] in PACKAGES


def _message(error: BaseException) -> str:
    """Take the message without Beam's step, and the type where the message says little alone."""
    text = _STEP.sub("", str(error)).strip()
    if isinstance(error, KeyError | AssertionError) or not text:
        text = f"{type(error).__name__}: {text}".removesuffix(": ")
    return text if len(text) <= _LONGEST else text[:_LONGEST] + " ..."
