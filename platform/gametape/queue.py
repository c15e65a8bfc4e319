"""Which stretches of unlabelled tapes a person should label next: where a label teaches most.

Where scores are undecided, where scorers disagree, and where a tape is unlike all that is labelled;
spread over tapes. Plain tables in, one table out; no file is opened here.
"""

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import Field

from gametape.schema import Noun

Array = NDArray[np.float64]

COLUMNS = {
    "rank": pl.Int32,  # 1 is to be labelled first
    "tape": pl.String,
    "start_s": pl.Float64,
    "end_s": pl.Float64,
    "worth": pl.Float64,  # 0 to 1, before other stretches of its tape are counted
    "uncertainty": pl.Float64,  # 0 to 1: 1 is as undecided as can be
    "disagreement": pl.Float64,  # 0 to 1: by how much scorers differ, on average
    "novelty": pl.Float64,  # 0 to 1: 0.5 is as far from labelled tapes as those from each other
    "play": pl.Float64,  # mean score
    "reason": pl.String,
}
KEPT = 50  # times as many stretches as are asked for may still be chosen
NEAREST = 3  # labelled stretches that a distance is measured to


class QueueSettings(Noun):
    """What counts how much."""

    count: int = Field(20, ge=1, description="Stretches at most.")
    stretch_s: float = Field(20.0, gt=0, description="Length of a stretch.")
    uncertainty: float = Field(0.6, ge=0, description="Weight of undecided scores.")
    disagreement: float = Field(0.3, ge=0, description="Weight of scorers that differ.")
    novelty: float = Field(0.1, ge=0, description="Weight of what is unlike labelled tapes.")
    spread: float = Field(
        0.8, gt=0, le=1, description="Each further stretch of a tape counts for so much less."
    )


@dataclass(frozen=True)
class Candidate:
    """A tape that nobody has labelled, as scorers see it.

    `scores` are by scorer, the one in force first, a value for each window; a score of `threshold`
    is undecided. `rows` describe the tape four times a second or so.
    """

    tape: str
    start_s: Array  # (windows,)
    end_s: Array
    scores: Mapping[str, Array]
    threshold: float = 0.5
    time_s: Array | None = None  # (rows,)
    rows: Array | None = None  # (rows, numbers)


@dataclass(frozen=True)
class Described:
    """A labelled tape, by its rows: what is known already."""

    time_s: Array
    rows: Array


@dataclass(frozen=True)
class _Stretch:
    tape: str
    start_s: float
    end_s: float
    uncertainty: float
    disagreement: float
    play: float
    look: Array | None
    novelty: float = 0.0

    def worth(self, settings: QueueSettings) -> float:
        parts = _parts(self, settings)
        return sum(parts.values()) / max(
            settings.uncertainty + settings.disagreement + settings.novelty, 1e-9
        )


def queue(
    candidates: Sequence[Candidate],
    labelled: Sequence[Described] = (),
    settings: QueueSettings = QueueSettings(),
) -> pl.DataFrame:
    """The stretches most worth a label, best first; a row each."""
    stretches = [s for one in candidates for s in _stretches(one, settings.stretch_s)]
    known = [look for one in labelled for look in _looks_of(one, settings.stretch_s)]
    stretches = _with_novelty(stretches, known)
    chosen = _spread_out(stretches, settings)
    rows = [
        (
            rank,
            s.tape,
            s.start_s,
            s.end_s,
            s.worth(settings),
            s.uncertainty,
            s.disagreement,
            s.novelty,
            s.play,
            _reason(s, settings),
        )
        for rank, s in enumerate(chosen, start=1)
    ]
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")


def undecided(scores: Array, threshold: float = 0.5) -> Array:
    """How undecided scores are, 0 to 1: the entropy in bits, with 1 at the threshold."""
    odds = _logit(scores) - float(_logit(np.asarray(threshold)))
    p = 1 / (1 + np.exp(-odds))
    bits = -(p * np.log2(np.maximum(p, 1e-12)) + (1 - p) * np.log2(np.maximum(1 - p, 1e-12)))
    return np.asarray(bits, np.float64)


def _stretches(one: Candidate, stretch_s: float) -> list[_Stretch]:
    """A tape in stretches of like length, each with what speaks for it."""
    if not len(one.start_s):
        return []
    first = next(iter(one.scores.values()))
    together = np.stack(list(one.scores.values()))
    unsure = undecided(first, one.threshold)
    apart = together.max(axis=0) - together.min(axis=0)
    middles = (one.start_s + one.end_s) / 2
    end_s = float(one.end_s[-1])
    edges = np.linspace(0, end_s, max(1, round(end_s / stretch_s)) + 1)
    found = []
    for begin, end in itertools.pairwise(edges):
        inside = (middles >= begin) & (middles < end)
        if not inside.any():
            continue
        found.append(
            _Stretch(
                tape=one.tape,
                start_s=round(float(begin), 3),
                end_s=round(float(end), 3),
                uncertainty=float(unsure[inside].mean()),
                disagreement=float(apart[inside].mean()),
                play=float(first[inside].mean()),
                look=_look(one.time_s, one.rows, float(begin), float(end)),
            )
        )
    return found


def _looks_of(one: Described, stretch_s: float) -> list[Array]:
    end_s = float(one.time_s[-1]) if len(one.time_s) else 0.0
    begins = np.arange(0, end_s, stretch_s)
    looks = [_look(one.time_s, one.rows, float(b), float(b) + stretch_s) for b in begins]
    return [look for look in looks if look is not None]


def _look(time_s: Array | None, rows: Array | None, begin: float, end: float) -> Array | None:
    """A stretch in numbers: mean and spread of each of its rows' numbers."""
    if time_s is None or rows is None:
        return None
    inside = (time_s >= begin) & (time_s < end)
    if not inside.any():
        return None
    part = np.nan_to_num(rows[inside])
    return np.concatenate([part.mean(axis=0), part.std(axis=0)])


def _with_novelty(stretches: list[_Stretch], known: list[Array]) -> list[_Stretch]:
    """Each with its distance to what is labelled, in distances of that to one another."""
    if len(known) <= NEAREST:
        return stretches
    base = np.stack(known)
    middle, spread = base.mean(axis=0), np.maximum(base.std(axis=0), 1e-6)
    base = (base - middle) / spread
    usual = float(np.median(_distances(base, base, skip_nearest=True))) or 1e-9
    found = []
    for stretch in stretches:
        look = stretch.look
        if look is None or len(look) != base.shape[1]:
            found.append(stretch)
            continue
        # A number that never varied where it was labelled must not outweigh all others.
        here = np.clip((look - middle) / spread, -10, 10)[None]
        far = float(_distances(here, base)[0])
        found.append(replace(stretch, novelty=far / (far + usual)))
    return found


def _distances(one: Array, base: Array, *, skip_nearest: bool = False) -> Array:
    """Mean distance of each row to the nearest rows of the base; it may be one of them itself."""
    squares = (one**2).sum(axis=1)[:, None] + (base**2).sum(axis=1) - 2 * one @ base.T
    distances = np.sqrt(np.maximum(squares, 0))
    nearest = np.sort(distances, axis=1)[:, int(skip_nearest) : int(skip_nearest) + NEAREST]
    return np.asarray(nearest.mean(axis=1), np.float64)


def _spread_out(stretches: list[_Stretch], settings: QueueSettings) -> list[_Stretch]:
    """The most worthy ones in turn, each further one of a tape counting for less."""
    worth = {id(s): s.worth(settings) for s in stretches}
    left = sorted(stretches, key=lambda s: (-worth[id(s)], s.tape, s.start_s))
    left = left[: KEPT * settings.count]
    taken: Counter[str] = Counter()
    chosen: list[_Stretch] = []
    while left and len(chosen) < settings.count:
        best = max(left, key=lambda s: worth[id(s)] * settings.spread ** taken[s.tape])
        chosen.append(best)
        taken[best.tape] += 1
        left.remove(best)
    return chosen


def _parts(stretch: _Stretch, settings: QueueSettings) -> dict[str, float]:
    return {
        "undecided": settings.uncertainty * stretch.uncertainty,
        "scorers disagree": settings.disagreement * stretch.disagreement,
        "unlike what is labelled": settings.novelty * stretch.novelty,
    }


def _reason(stretch: _Stretch, settings: QueueSettings) -> str:
    """What speaks most for it, in words."""
    parts = _parts(stretch, settings)
    strongest = max(parts, key=lambda name: parts[name])
    told = [name for name, value in parts.items() if value >= 0.5 * parts[strongest] > 0]
    return ", ".join(sorted(told, key=lambda name: -parts[name])) or "nothing else is left"


def _logit(p: Array) -> Array:
    kept = np.clip(p, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(kept / (1 - kept)), np.float64)
