"""Placeholders in a path, which tell the span, the version or the day of the data in a file.

TFX knows `{SPAN}`, `{VERSION}` (both with a width: `{SPAN:3}`) and the three parts of a date;
`{DATE}` is ours and stands for `{YYYY}-{MM}-{DD}`.
"""

import re
from typing import Final

DATE: Final = "{DATE}"
ISO_DAY: Final = "{YYYY}-{MM}-{DD}"
DATE_PARTS: Final = ("{YYYY}", "{MM}", "{DD}")

_SPAN = re.compile(r"\{SPAN(?::\d+)?\}")
_VERSION = re.compile(r"\{VERSION(?::\d+)?\}")
_KNOWN = re.compile(r"\{(?:(?:SPAN|VERSION)(?::\d+)?|YYYY|MM|DD|DATE)\}")
_ANY = re.compile(r"\{[^{}]*\}")


def expanded(pattern: str) -> str:
    """Return the pattern in TFX's words: `{DATE}` becomes `{YYYY}-{MM}-{DD}`."""
    return pattern.replace(DATE, ISO_DAY)


def has_span(pattern: str) -> bool:
    """Tell whether the pattern chooses among spans or days."""
    return bool(_KNOWN.search(pattern))


def as_glob(pattern: str) -> str:
    """Return the pattern with each placeholder as `*`: the files of every span and version."""
    return _KNOWN.sub("*", expanded(pattern))


def faults(pattern: str) -> list[str]:
    """Return what is wrong with the placeholders of one pattern, in plain words."""
    text = expanded(pattern)
    spans, versions = len(_SPAN.findall(text)), len(_VERSION.findall(text))
    parts = [text.count(part) for part in DATE_PARTS]
    checks = {
        "{SPAN} may stand once": spans > 1,
        "{VERSION} may stand once": versions > 1,
        "use either {SPAN} or a date, not both": bool(spans) and any(parts),
        "a date is {DATE}, or each of {YYYY}, {MM}, {DD} once": any(parts) and parts != [1, 1, 1],
        "{VERSION} needs {SPAN} or a date beside it": versions > 0 and not spans and not any(parts),
    }
    unknown = [found for found in _ANY.findall(text) if not _KNOWN.fullmatch(found)]
    known = "{SPAN}, {VERSION}, {DATE}, {YYYY}, {MM}, {DD}"
    words = [f"{name} is no placeholder; known are {known}" for name in unknown]
    return words + [rule for rule, broken in checks.items() if broken]
