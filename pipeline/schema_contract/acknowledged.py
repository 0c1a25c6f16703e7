"""Acknowledgements of breaking changes: lines of a file beside the schema, each with a reason."""

import re
from typing import Final

ACKNOWLEDGED_FILE: Final = "ACKNOWLEDGED.md"

_LINE: Final = re.compile(r"^\s*[-*]\s*`(?P<id>[a-z-]+-[0-9a-f]{8})`\s*:\s*(?P<reason>\S.*)$")
"""A list item: the change's id in backticks, a colon, and why it is meant."""


def acknowledged(now: str, base: str = "") -> dict[str, str]:
    """Read the reasons by a change's id.

    Args:
        now: the file's content.
        base: its content in the version compared with; what already stood there acknowledged an
            earlier change, even one with the same id.
    """
    earlier = set(base.splitlines())
    found = (_LINE.match(line) for line in now.splitlines() if line not in earlier)
    return {match["id"]: match["reason"] for match in found if match}
