"""The REST API's paths."""

import re
from dataclasses import dataclass
from urllib.parse import unquote

from serving.errors import invalid
from serving.plans import LARGEST_VERSION

_WHERE = r"(?:/versions/(?P<version>[0-9]+)|/labels/(?P<label>[^/:]+))?"
_POST = re.compile(
    rf"/v1/models/(?P<model>[^/:]+){_WHERE}:(?P<verb>predict|classify|regress)", re.IGNORECASE
)
_GET = re.compile(rf"/v1/models(?:/(?P<model>[^/:]+))?{_WHERE}(?P<verb>/metadata)?", re.IGNORECASE)


@dataclass(frozen=True)
class Target:
    """What a request is about: a model, perhaps one version by number or label, and the verb.

    The verb is `predict`, `classify`, `regress`, `metadata` or `status`.
    """

    model: str
    verb: str
    version: int | None = None
    label: str | None = None


def parse_target(method: str, path: str) -> Target:
    """Reads a method and a path, still percent-encoded.

    Raises:
        ServingError: INVALID_ARGUMENT for any other method or path.
    """
    pattern = {"POST": _POST, "GET": _GET}.get(method)
    found = pattern.fullmatch(path) if pattern else None
    if found is None:
        raise invalid(
            f"Malformed request: {method} {path}; expected GET /v1/models/NAME[/metadata] or "
            "POST /v1/models/NAME:predict, NAME may be followed by /versions/N or /labels/LABEL"
        )
    if not found["model"]:
        raise invalid("Missing model name in request: expected GET /v1/models/NAME")
    return Target(
        model=unquote(found["model"]),
        verb=(found["verb"] or "status").lower().strip("/"),
        version=_version(found["version"]) if found["version"] else None,
        label=unquote(found["label"]) if found["label"] else None,
    )


def _version(digits: str) -> int:
    significant = digits.lstrip("0") or "0"
    # Counted first, since `int` raises a ValueError for more than 4,300 digits.
    if len(significant) > len(str(LARGEST_VERSION)) or int(significant) > LARGEST_VERSION:
        raise invalid(f"version {significant} is no 64-bit number")
    return int(significant)
