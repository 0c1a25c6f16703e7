"""What is known of a data set's texts so far: the sums of every profile measure."""

from dataclasses import dataclass, field

from components.text_statistics.columns import FLAGS, LENGTHS
from components.text_statistics.profile import Profile
from components.text_statistics.summaries import (
    LENGTH_EDGES,
    SHARE_EDGES,
    NumberSummary,
    Presence,
)
from components.text_statistics.tokens import FrequentTokens


@dataclass
class Sums:
    """Sums over batches.

    Attributes:
        texts: which rows have a text.
        numbers: by measure.
        flagged: texts with each flag.
        distinct: the different tokens of the texts.
        tokens: the same tokens, counted.
        columns: every column seen, to tell where the text column is missing.
    """

    texts: Presence = field(default_factory=Presence)
    numbers: dict[str, NumberSummary] = field(default_factory=dict)
    flagged: dict[str, int] = field(default_factory=lambda: dict.fromkeys(FLAGS, 0))
    distinct: Presence = field(default_factory=Presence)
    tokens: FrequentTokens = field(default_factory=FrequentTokens)
    columns: frozenset[str] = frozenset()

    def add(self, profile: Profile) -> None:
        """Take a batch's profile in."""
        for measure, values in profile.numbers.items():
            edges = LENGTH_EDGES if measure in LENGTHS else SHARE_EDGES
            self._add_number(measure, NumberSummary.of(values, edges=edges))
        for measure, flags in profile.flags.items():
            self.flagged[measure] += int(flags.sum())
        self.distinct += Presence.of(profile.distinct_per_text)
        self.tokens.add(profile.distinct)

    def merge(self, other: "Sums") -> None:
        """Take what is known of other rows in."""
        for measure, summary in other.numbers.items():
            self._add_number(measure, summary)
        for measure, flagged in other.flagged.items():
            self.flagged[measure] += flagged
        self.texts += other.texts
        self.distinct += other.distinct
        self.tokens.merge(other.tokens)
        self.columns |= other.columns

    def _add_number(self, measure: str, summary: NumberSummary) -> None:
        known = self.numbers.get(measure)
        self.numbers[measure] = known + summary if known else summary
