"""What must not be on both sides of a split: a game, a tape's content, stretches of equal frames.

A figure on tapes that a model has seen is worth nothing; so each leak is named with its place.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from gametape.datasets.frames import FramePrints
from gametape.datasets.split import Grouped

Matrix = NDArray[np.float32]  # (prints, PRINT), or (runs, offsets)

STEP_S = 0.5  # prints are compared on one grid
LOOK_EVERY = 5  # grid steps between two prints of the shorter tape that are looked for
RUN = 13  # such prints in a row, 30 s: less are titles, adverts and replays that tapes share
LEAST_RUN = 3  # of a tape that is shorter
# Mean likeness of such a run. Trimmed, scaled, brightened and cropped copies reach 0.66 to 1, other
# tapes 0.53 at most, among them halves of one tape (docs/datasets.md).
LEAST_LIKENESS = 0.65
SHORT_LIKENESS = 0.015  # more for each print that a run is shorter: chance finds more there
LEAST_CONTRAST = 3.0  # grey levels; in a darker or emptier picture nothing can be told
LEAST_DIFFERENCE = 0.12  # of a print from its tape's usual picture, in its own contrasts


@dataclass(frozen=True)
class Leak:
    """One thing that is on both sides."""

    kind: Literal["game", "content", "frames"]
    trained: str  # the tape on the side that learns
    held_out: str
    what: str  # in words


class Known(Grouped, Protocol):
    """What a check has to know of a tape beside its game."""

    @property
    def content_hash(self) -> str:
        """Hash of every byte of its file."""
        ...


def find_leaks(
    train: Sequence[Known],
    held_out: Sequence[Known],
    prints: Mapping[str, FramePrints] | None = None,
) -> list[Leak]:
    """Everything that is on both sides; `prints` of tapes by id, where they are known."""
    ready = {tape_id: _ready(found) for tape_id, found in (prints or {}).items()}
    leaks = []
    for judge in held_out:
        for learner in train:
            if learner.game == judge.game:
                leaks.append(Leak("game", learner.id, judge.id, f"both are of {judge.game}"))
            if learner.content_hash == judge.content_hash:
                what = f"the same file, {judge.content_hash[:12]}"
                leaks.append(Leak("content", learner.id, judge.id, what))
            elif learner.id in ready and judge.id in ready:
                stretch = _shared(ready[learner.id], ready[judge.id])
                if stretch is not None:
                    leaks.append(Leak("frames", learner.id, judge.id, stretch.told()))
    return leaks


@dataclass(frozen=True)
class SharedStretch:
    """A stretch of two tapes that shows the same."""

    start_s: float  # on the first tape
    other_start_s: float
    length_s: float
    likeness: float  # of its likest run

    def told(self) -> str:
        """In words."""
        return (
            f"{self.length_s:.0f} s look the same, from {self.start_s:.0f} s of the one and from "
            f"{self.other_start_s:.0f} s of the other (likeness {self.likeness:.2f})"
        )


def shared_stretch(one: FramePrints, other: FramePrints) -> SharedStretch | None:
    """The stretch of two tapes that looks the same, with its frames in step; None: there is none.

    Copies are found when they were trimmed, scaled, made brighter, encoded again or cropped by a
    few hundredths; mirrored ones, and another camera's view of the same play, are not.
    """
    return _shared(_ready(one), _ready(other))


def _ready(prints: FramePrints) -> Matrix:
    """Prints on the grid without what always stands there, of length one, or zero: cannot tell.

    One court looks the same in every game: without it the players remain, who do not.
    """
    if not len(prints.time_s):
        return np.zeros((0, prints.luma.shape[1]), np.float32)
    grid = np.arange(0.0, float(prints.time_s[-1]) + STEP_S / 2, STEP_S)
    nearest = np.searchsorted(prints.time_s, grid - STEP_S / 4).clip(max=len(prints.time_s) - 1)
    luma = prints.luma[nearest].astype(np.float32)
    luma -= luma.mean(axis=1, keepdims=True)
    luma /= np.maximum(luma.std(axis=1, keepdims=True), LEAST_CONTRAST)
    luma -= np.median(luma, axis=0)
    length = np.linalg.norm(luma, axis=1, keepdims=True)
    can_tell = length >= LEAST_DIFFERENCE * np.sqrt(luma.shape[1])
    return np.where(can_tell, luma / np.maximum(length, 1e-6), 0).astype(np.float32)


def _shared(one: Matrix, other: Matrix) -> SharedStretch | None:
    """Runs of prints, in step, that are as like as copies are; the likest one, and its length."""
    is_swapped = len(one) > len(other)
    few, many = (other[::LOOK_EVERY], one) if is_swapped else (one[::LOOK_EVERY], other)
    run = min(RUN, len(few), (len(many) - 1) // LOOK_EVERY + 1)
    if run < LEAST_RUN:
        return None
    likeness = few @ many.T
    rows, columns = len(few) - run + 1, len(many) - LOOK_EVERY * (run - 1)
    runs = np.zeros((rows, columns), np.float32)
    for step in range(run):
        begin = LOOK_EVERY * step
        runs += likeness[step : step + rows, begin : begin + columns]
    runs /= run
    row, column = np.unravel_index(int(np.argmax(runs)), runs.shape)
    best = float(runs[row, column])
    least = LEAST_LIKENESS + SHORT_LIKENESS * (RUN - run)
    if best < least:
        return None
    first, last = _along(runs >= least, int(row), int(column))
    prints = np.arange(first, last + run)
    alike = likeness[prints, int(column) + LOOK_EVERY * (prints - int(row))] >= least
    first, last = int(prints[alike][0]), int(prints[alike][-1])
    here_s = LOOK_EVERY * STEP_S * first
    there_s = STEP_S * (int(column) + LOOK_EVERY * (first - int(row)))
    return SharedStretch(
        start_s=there_s if is_swapped else here_s,
        other_start_s=here_s if is_swapped else there_s,
        length_s=LOOK_EVERY * STEP_S * (last - first),
        likeness=best,
    )


def _along(is_like: NDArray[np.bool_], row: int, column: int) -> tuple[int, int]:
    """First and last of the runs that go on in step with the likest one."""
    ends = []
    for way in (-1, 1):
        at = row
        while (
            0 <= at + way < is_like.shape[0]
            and 0 <= (across := column + LOOK_EVERY * (at + way - row)) < is_like.shape[1]
            and is_like[at + way, across]
        ):
            at += way
        ends.append(at)
    return ends[0], ends[1]
