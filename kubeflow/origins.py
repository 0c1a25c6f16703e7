"""What TFX's compiler leaves out of a spec, kept beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Origins:
    """What the compiled spec does not say.

    Attributes:
        drivers: import path of the driver that looks for a node's files, by node id.
        strategies: import path of a resolver's strategy, by node id.
        waits: ids of the nodes that a resolver waits for, by node id.
        types: import path of an artifact type of our own, by its title in the spec.
    """

    drivers: Mapping[str, str]
    strategies: Mapping[str, str]
    waits: Mapping[str, Sequence[str]]
    types: Mapping[str, str]
