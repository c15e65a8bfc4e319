"""The constant rate of a proxy, and which frame is on display at each of its ticks.

Whole numbers and fractions only: nothing is opened here, and no picture is looked at.
"""

from dataclasses import dataclass
from fractions import Fraction

# A nominal rate this near to the mean one is taken: the mean counts what lies before an edit list,
# rounds the last frame's length, and falls where a phone has left out frames now and then.
NEARLY = Fraction(5, 100)
SLOWEST_HZ, FASTEST_HZ = Fraction(1, 10), Fraction(250)
# Encoders count in numbers below 2^31; this keeps rates such as 30000/1001 as they are.
LARGEST_DENOMINATOR = 100_000


def source_rate(average: Fraction | None, nominal: Fraction | None, fallback_hz: float) -> Fraction:
    """Frames a second of a picture track, from what its container states."""
    stated = [rate for rate in (average, nominal) if rate and SLOWEST_HZ <= rate <= FASTEST_HZ]
    if not stated:
        return Fraction(fallback_hz).limit_denominator(LARGEST_DENOMINATOR)
    rate = stated[0]
    if len(stated) == 2 and abs(stated[0] - stated[1]) <= NEARLY * stated[1]:
        rate = stated[1]
    return rate.limit_denominator(LARGEST_DENOMINATOR)


def integer_share(rate: Fraction, wanted_hz: float) -> int:
    """The whole number n for which rate / n is nearest to the wanted rate; the quicker of two."""
    most = max(1, int(rate / Fraction(wanted_hz)) + 1)
    return min(range(1, most + 1), key=lambda n: (abs(rate / n - Fraction(wanted_hz)), n))


@dataclass
class Grid:
    """Ticks at a constant rate over stamps; tick 0 is the first frame's.

    A frame is on display from its stamp to that of the next one. Where stamps are finer than
    frames, they may be rounded by one unit, so a frame due by then counts as on display.
    """

    rate: Fraction
    time_base: Fraction
    start_pts: int
    tick: int = 0  # the next one that no frame has been shown at

    def __post_init__(self) -> None:
        self._step = 1 / (self.rate * self.time_base)
        self._slack = 1 if self._step >= 4 else 0
        self._due_pts = self._due()

    @property
    def time_s(self) -> Fraction:
        """When the next tick is."""
        return self.tick / self.rate

    def is_due(self, next_pts: int) -> bool:
        """Whether the next tick comes before the frame with this stamp is on display."""
        return self._due_pts < next_pts

    def advance(self) -> None:
        """Go on to the following tick."""
        self.tick += 1
        self._due_pts = self._due()

    def _due(self) -> int:
        return self.start_pts + int(self.tick * self._step) + self._slack
