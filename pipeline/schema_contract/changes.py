"""What a change of a schema is: its class, its words, and an id by which it can be acknowledged."""

import hashlib
from dataclasses import dataclass
from typing import Any, Final, Literal

from google.protobuf import text_format

Kind = Literal["breaking", "retraining", "loosens", "tightens", "cosmetic"]

KINDS: Final[dict[Kind, str]] = {
    "breaking": "Breaking for the served model",
    "retraining": "Needs retraining",
    "loosens": "Loosens a gate",
    "tightens": "Tightens a gate",
    "cosmetic": "Cosmetic",
}
"""The classes, the gravest first, with their headings."""

NOTHING: Final = "none"
"""What stands for a value that is not there, before or after."""

_WITH_TOTALS: Final = ("label-added", "label-removed")
"""Changes whose before and after count all labels, which other changes move as well."""

_ID_BYTES: Final = 4
"""Eight hexadecimal digits: enough to tell apart the changes of one schema."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One change between two versions of a schema.

    Attributes:
        kind: its class.
        what: the sort of change as a slug, such as `label-removed`.
        feature: the feature it is about, or `the data set`.
        event: what happened, in words.
        before: the value in the old version.
        after: the value in the new version.
        consequence: what follows from it for models, clients or the gate.
    """

    kind: Kind
    what: str
    feature: str
    event: str
    before: str
    after: str
    consequence: str

    @property
    def id(self) -> str:
        """Name the change: the same change has the same id on every machine and every day."""
        values = () if self.what in _WITH_TOTALS else (self.before, self.after)
        parts = "\0".join((self.what, self.feature, self.event, *values))
        digest = hashlib.blake2b(parts.encode("utf-8", "surrogatepass"), digest_size=_ID_BYTES)
        return f"{self.what}-{digest.hexdigest()}"

    def in_words(self) -> str:
        """Say in one sentence what changed, from what to what, and what follows."""
        return (
            f"{self.feature!r}: {self.event} (before: {self.before}; after: {self.after}): "
            f"{self.consequence}."
        )


def in_one_line(message: Any) -> str:
    """Write a message in text form on one line, Korean as Korean."""
    return text_format.MessageToString(message, as_utf8=True, as_one_line=True) or NOTHING
