"""What steps have cost in this library, and so what they will cost: seconds per second of tape."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median


@dataclass(frozen=True)
class Prediction:
    """Seconds that a step will take, by so many measurements; None where there is none."""

    seconds: float | None
    measurements: int


@dataclass
class History:
    """Measurements of one library, from the sidecars of its artifacts."""

    _shares: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    _lengths: list[float] = field(default_factory=list)  # seconds of tape per byte of its file
    _medians: dict[str, Prediction] = field(default_factory=dict)

    def note(self, step: str, seconds: float, *, tape_s: float) -> None:
        """A step took so long on so much tape."""
        if tape_s > 0:
            self._shares[step].append(seconds / tape_s)

    def note_length(self, tape_s: float, *, size: int) -> None:
        """A file of so many bytes holds so much tape."""
        if size > 0:
            self._lengths.append(tape_s / size)

    def length_of(self, size: int) -> float | None:
        """Length that a file of this size may have, before anybody has looked into it."""
        return size * median(self._lengths) if self._lengths else None

    def predict(self, step: str, tape_s: float | None) -> Prediction:
        """Median seconds per second of tape, times the tape's length."""
        if step not in self._medians:
            shares = self._shares.get(step, [])
            self._medians[step] = Prediction(median(shares) if shares else None, len(shares))
        share = self._medians[step]
        if share.seconds is None or tape_s is None:
            return Prediction(None, share.measurements)
        return Prediction(share.seconds * tape_s, share.measurements)


def total(predictions: Iterable[Prediction]) -> tuple[float, int]:
    """Seconds of what is known, and how many are not."""
    found = list(predictions)
    known = [p.seconds for p in found if p.seconds is not None]
    return sum(known), len(found) - len(known)
