"""Recordings whose clock begins anew in the middle, put one after the other.

A recording joined from parts has stamps that jump back. What a part is moved by follows from the
picture's packets alone, so that reading packets and decoding frames give the same times.
"""

from fractions import Fraction

# Packets are stored in the order of decoding, whose stamps rise; one this far back is no jitter of
# a careless encoder, which is off by a frame or two, but a new beginning.
RESTART_S = 1


class Parts:
    """The parts of one picture track and the ticks that each is moved by; usually one, by 0."""

    def __init__(self, time_base: Fraction, step: int) -> None:
        self.offsets = [0]
        self._step = step
        self._back = int(RESTART_S / time_base)
        self._last_dts: int | None = None
        self._end: int | None = None  # latest stamp of display so far, moved

    @property
    def count(self) -> int:
        """How many parts there are so far."""
        return len(self.offsets)

    def hear(self, pts: int | None, dts: int | None) -> int:
        """Hear of the next picture packet in stored order; the ticks that its part is moved by."""
        stamp = pts if pts is not None else dts
        order = dts if dts is not None else pts
        if stamp is None or order is None:
            return self.offsets[-1]
        if self._last_dts is not None and self._last_dts - order >= self._back:
            assert self._end is not None
            self.offsets.append(self._end + self._step - stamp)
        self._last_dts = order
        moved = stamp + self.offsets[-1]
        self._end = moved if self._end is None else max(self._end, moved)
        return self.offsets[-1]
