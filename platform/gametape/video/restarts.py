"""Recordings whose time stamps begin anew in the middle, put one after the other.

A broadcast recording joined from parts, or one that runs over the end of a 33-bit clock, has stamps
that jump back. Picture and sound of a part move together, so that they stay in step.
"""

from dataclasses import dataclass, field
from fractions import Fraction


@dataclass
class Restarts:
    """Seconds added to the stamps of each part; the first part keeps its own."""

    offsets_s: list[Fraction] = field(default_factory=lambda: [Fraction(0)])
    end_s: Fraction = Fraction(0)  # the latest end of picture or sound so far, offset included

    def reach(self, end_s: Fraction) -> None:
        """Remember how far picture or sound have come."""
        self.end_s = max(self.end_s, end_s)

    def offset_s(self, part: int, stamp_s: Fraction) -> Fraction:
        """Offset of a part whose first stamp, of whichever stream came first, is `stamp_s`."""
        if part == len(self.offsets_s):
            self.offsets_s.append(self.end_s - stamp_s)
        return self.offsets_s[part]
