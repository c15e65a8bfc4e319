"""A score with all that belongs to it: ties, baselines, interval, and how much stands behind it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gametape.metrics.bootstrap import Interval, intervals
from gametape.metrics.protocols.choice import Sampling
from gametape.metrics.tally import ALL, Figures, Key, Spread, Tally, figures_of, mean

ONE_TAPE = "one tape: there is no interval over tapes"
NOT_DRAWN = "no resamples were asked for, so there are no intervals"


@dataclass(frozen=True)
class Contents:
    """What an evaluation compared."""

    tape_count: int
    play_count: int  # labelled plays (events, cuts, frames, boxes: `play_noun` says which)
    found_count: int
    play_noun: str = "plays"


@dataclass(frozen=True)
class Figure:
    """One printed score."""

    name: str
    label: str  # the class; empty for all of them
    value: float | None  # None where it is not defined
    ties: Spread | None  # None where no order of ties moves it
    baselines: Mapping[str, float | None]
    interval: Interval | None


@dataclass(frozen=True)
class Scorecard:
    """All scores of one evaluation under one protocol; the headline is the first."""

    protocol: str
    definition: str
    settings: Mapping[str, object]
    contents: Contents
    figures: tuple[Figure, ...]
    notes: tuple[str, ...]

    @property
    def headline(self) -> Figure:
        """The score to quote first."""
        return self.figures[0]

    def figure(self, name: str, label: str = ALL) -> Figure:
        """A score by its name and class."""
        return next(f for f in self.figures if (f.name, f.label) == (name, label))


def scorecard(
    tally: Tally,
    *,
    protocol: str,
    definition: str,
    contents: Contents,
    settings: Mapping[str, object],
    baselines: Mapping[str, Sequence[Tally]],
    spreads: Mapping[Key, Spread],
    notes: Sequence[str] = (),
    sampling: Sampling,
) -> Scorecard:
    """Put everything together; each baseline is the mean over its tallies."""
    values = figures_of(tally)
    trivial = {name: _mean_figures([figures_of(t) for t in ts]) for name, ts in baselines.items()}
    drawn = intervals(tally, seed=sampling.seed, repeats=sampling.repeats, level=sampling.level)
    alone = [ONE_TAPE] if len(tally.tapes) < 2 else [NOT_DRAWN] if not sampling.repeats else []
    return Scorecard(
        protocol=protocol,
        definition=definition,
        settings=settings,
        contents=contents,
        figures=tuple(
            Figure(
                name=key[0],
                label=key[1],
                value=_defined(value),
                ties=spreads.get(key),
                baselines={name: _defined(f.get(key, math.nan)) for name, f in trivial.items()},
                interval=drawn.get(key),
            )
            for key, value in values.items()
        ),
        notes=(*notes, *alone),
    )


def class_notes(
    true_labels: set[str], found_labels: set[str], *, is_pooled: bool = False
) -> list[str]:
    """What must be said of classes that stand on one side only."""
    notes = []
    if extra := sorted(found_labels - true_labels):
        effect = "where they count as wrong" if is_pooled else "so in no mean over classes"
        notes.append(f"only in the predictions, {effect}: {', '.join(extra)}")
    if missed := sorted(true_labels - found_labels):
        notes.append(f"never predicted: {', '.join(missed)}")
    return notes


def _mean_figures(several: Sequence[Figures]) -> Figures:
    keys = {key for figures in several for key in figures}
    return {key: mean([figures.get(key, math.nan) for figures in several]) for key in keys}


def _defined(value: float) -> float | None:
    return None if math.isnan(value) else value
