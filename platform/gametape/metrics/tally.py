"""What every protocol comes down to: figures for any weighting of its tapes.

A protocol looks at each tape once and keeps what that tape contributes; the figures of all tapes,
of one, or of a thousand resamples are then sums. Nothing here knows a protocol.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

ALL = ""  # the class of a figure that is about all classes
Key = tuple[str, str]  # the figure's name, and its class
Figures = dict[Key, float]  # nan where a figure is not defined


class Tally(Protocol):
    """What the tapes of an evaluation contribute, each tape once."""

    @property
    def tapes(self) -> tuple[str, ...]:
        """The tapes, in order of name."""
        ...

    def figures(self, weights: IntArray) -> Figures:
        """The figures when each tape counts so many times; the headline comes first."""
        ...


@dataclass(frozen=True)
class Spread:
    """What a figure could have been, had equal scores been put in another order."""

    worst: float
    best: float
    expected: float
    is_exact: bool  # otherwise the extremes were looked for, and worse or better may exist


def all_once(tally: Tally) -> IntArray:
    """The weighting in which every tape counts once."""
    return np.ones(len(tally.tapes), dtype=np.int64)


def figures_of(tally: Tally) -> Figures:
    """The figures over all tapes."""
    return tally.figures(all_once(tally))


def share(part: float, whole: float, *, if_empty: float = 0.0) -> float:
    """A part of a whole; of nothing it is `if_empty`."""
    return float(part / whole) if whole else if_empty


def f1(matched: float, true: float, found: float) -> float:
    """The harmonic mean of precision and recall; nothing found of nothing is perfect."""
    return share(2 * matched, true + found, if_empty=1.0)


def mean(values: list[float]) -> float:
    """The mean of what is defined; nan where nothing is."""
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")
