"""One unit read by one worker: good rows go on, bad ones go to a file of the unit's own.

So no process holds the bad rows, and a feed in the wrong encoding, where every row is bad, needs no
more memory than a good one. The files of all units become one at the end, in their order.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import Final

from apache_beam.io.filesystems import FileSystems

from components.text_example_gen import quarantine
from components.text_example_gen.counts import QUARANTINED, Tally
from components.text_example_gen.plan import Plan, Unit, open_bytes
from components.text_example_gen.quarantine import Quarantined
from components.text_example_gen.rows import Good, read_rows

PARTS: Final = "parts"
"""Folder beside the quarantine file, which holds the units' bad rows while the pipeline runs."""


class Reader:
    """Gives the good rows of one unit, writes the bad ones and counts both."""

    def __init__(self, plan: Plan, unit: Unit, quarantine_uri: str) -> None:
        self._layout = plan.layouts[unit.split]
        self._unit = unit
        self._part = _part(plan, unit, quarantine_uri)
        self.read = 0
        self.bad = 0

    def good_rows(self) -> Iterator[Good]:
        """Yield the good rows in their order."""
        unit = self._unit
        with open_bytes(unit.file) as stream, ExitStack() as opened:
            for row in read_rows(stream, self._layout, file=unit.file, groups=unit.groups):
                self.read += 1
                if isinstance(row, Good):
                    yield row
                    continue
                if not self.bad:
                    part = opened.enter_context(FileSystems.create(self._part))
                self.bad += 1
                part.write(f"{quarantine.to_json(Quarantined(unit.split, row))}\n".encode())


def join_parts(quarantine_uri: str, with_bad: Iterable[Unit], plan: Plan) -> Iterator[Tally]:
    """Write the bad rows by split, file and line; yield how many each split has.

    Args:
        quarantine_uri: Folder of the quarantine file.
        with_bad: The units that have bad rows.
        plan: The plan that the units are of.
    """
    written: Counter[str] = Counter()
    with FileSystems.create(f"{quarantine_uri}/{quarantine.FILE_NAME}") as file:
        for unit in sorted(with_bad):
            with open_bytes(_part(plan, unit, quarantine_uri)) as part:
                for line in part:
                    file.write(line)
                    written[unit.split] += 1
    for split, rows in written.items():
        yield (QUARANTINED, split), rows


def _part(plan: Plan, unit: Unit, quarantine_uri: str) -> str:
    return f"{quarantine_uri}/{PARTS}/{plan.units.index(unit):05d}.jsonl"
