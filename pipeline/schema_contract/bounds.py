"""The bounds that a schema sets to data, each a number that can be tightened or loosened."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from pipeline.schema_contract.changes import NOTHING, Change, Kind


@dataclass(frozen=True)
class Bound:
    """A number in a schema: data must not fall below it (`least`) or rise above it (`most`).

    Attributes:
        path: the field's path from its message, with dots.
        side: which side of it is allowed.
        words: what it bounds.
        default: what holds where the field is not set; none: no bound.
        implied: what TFDV takes where the message around it is set without it; none: `default`.
    """

    path: str
    side: Literal["least", "most"]
    words: str
    default: float | None = None
    implied: float | None = None

    @property
    def slug(self) -> str:
        """Name it in a change's id."""
        return self.path.replace(".", "-").replace("_", "-")


_MEASURES: Final = {
    "infinity_norm": "L-infinity distance",
    "jensen_shannon_divergence": "Jensen-Shannon divergence",
    "normalized_abs_difference": "normalised absolute difference",
}

COMPARATORS: Final = tuple(
    Bound(f"{kind}_comparator.{measure}.threshold", "most", f"{kind} by {words}")
    for kind in ("drift", "skew")
    for measure, words in _MEASURES.items()
)

PRESENCE: Final = Bound("presence.min_fraction", "least", "share of rows that have it")

FEATURE_BOUNDS: Final = (
    PRESENCE,
    Bound("presence.min_count", "least", "number of rows that have it", 0),
    Bound("value_count.min", "least", "values in a row"),
    Bound("value_count.max", "most", "values in a row"),
    Bound("unique_constraints.min", "least", "different values"),
    Bound("unique_constraints.max", "most", "different values", implied=0),
    Bound("distribution_constraints.min_domain_mass", "least", "share within the domain", 1.0),
    *COMPARATORS,
)

DATASET_BOUNDS: Final = (
    Bound("min_examples_count", "least", "rows"),
    Bound("max_examples_count", "most", "rows"),
    Bound("num_examples_drift_comparator.min_fraction_threshold", "least", "rows, by drift"),
    Bound("num_examples_drift_comparator.max_fraction_threshold", "most", "rows, by drift"),
    Bound("num_examples_version_comparator.min_fraction_threshold", "least", "rows, by version"),
    Bound("num_examples_version_comparator.max_fraction_threshold", "most", "rows, by version"),
)


def compare_bounds(
    old: Any, new: Any, *, bounds: Iterable[Bound], feature: str
) -> Iterator[Change]:
    """Yield a change for each bound that differs between two messages."""
    for bound in bounds:
        before, after = read(old, bound), read(new, bound)
        if before != after:
            yield _moved(bound, before, after, feature=feature)


def read(message: Any, bound: Bound) -> float | None:
    """Read a bound; none where it is not set and has no default."""
    *messages, scalar = bound.path.split(".")
    for name in messages:
        if not message.HasField(name):
            return bound.default
        message = getattr(message, name)
    if message.HasField(scalar):
        return getattr(message, scalar)
    return bound.default if bound.implied is None else bound.implied


def clear(message: Any, bound: Bound) -> None:
    """Take a bound out of a message, and the messages around it that it leaves empty."""
    first, _, rest = bound.path.partition(".")
    if not message.HasField(first):
        return
    below = getattr(message, first)
    if rest:
        clear(below, Bound(rest, bound.side, bound.words))
        if below.ListFields():
            return
    message.ClearField(first)


def is_tighter(bound: Bound, before: float | None, after: float | None) -> bool:
    """Tell whether less data passes after than before; no bound lets everything pass."""
    if before is None or after is None:
        return before is None
    return after > before if bound.side == "least" else after < before


def shown(value: float | None) -> str:
    """Write a number in full, without a useless `.0`: two that differ must look different.

    A float domain's ends have 32 bits: what a short number comes to in them is told as that number.
    """
    if value is None:
        return NOTHING
    short = float(f"{value:.6g}")
    if value != short and value == float(np.float32(short)):
        value = short
    return f"{value:,}".removesuffix(".0")


def _moved(bound: Bound, before: float | None, after: float | None, *, feature: str) -> Change:
    tighter = is_tighter(bound, before, after)
    kind: Kind = "tightens" if tighter else "loosens"
    verb = {(True, False): "set", (False, True): "removed"}.get(
        (before is None, after is None), "raised" if (after or 0) > (before or 0) else "lowered"
    )
    limit = "lower" if bound.side == "least" else "upper"
    return Change(
        kind=kind,
        what=f"{bound.slug}-{verb}",
        feature=feature,
        event=f"the {limit} limit of its {bound.words} is {verb}",
        before=shown(before),
        after=shown(after),
        consequence="the data gate refuses data that it let pass before"
        if tighter
        else "the data gate lets data pass that it refused before",
    )
