"""Intervals by resampling tapes: how far a figure would move on other tapes like these.

Plays of one tape resemble one another, so tapes are drawn, never plays. Same seed, same intervals.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gametape.errors import InputError
from gametape.metrics.protocols.choice import REPEATS
from gametape.metrics.tally import FloatArray, IntArray, Key, Tally, figures_of

LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """Where the middle of the resampled figures lies (percentile bootstrap)."""

    low: float
    high: float
    level: float
    repeats: int  # resamples in which the figure was defined


@dataclass(frozen=True)
class Difference:
    """One side minus the other on the same tapes, drawn together."""

    value: float
    interval: Interval | None  # None: one tape has no interval
    worse_share: float  # 0 to 1: resamples in which the difference is below nothing


def intervals(
    tally: Tally, *, seed: int = 0, repeats: int = REPEATS, level: float = LEVEL
) -> dict[Key, Interval]:
    """An interval for each figure; none where there is a single tape."""
    if len(tally.tapes) < 2 or repeats < 1:
        return {}
    drawn: dict[Key, list[float]] = {}
    for weights in draws(len(tally.tapes), seed=seed, repeats=repeats):
        for key, value in tally.figures(weights).items():
            drawn.setdefault(key, []).append(value)
    found = {key: _interval(np.asarray(values), level) for key, values in drawn.items()}
    return {key: interval for key, interval in found.items() if interval is not None}


def paired_differences(
    one: Tally, other: Tally, *, seed: int = 0, repeats: int = REPEATS, level: float = LEVEL
) -> dict[Key, Difference]:
    """`one` minus `other`, figure by figure; both sides must have seen the same tapes."""
    if one.tapes != other.tapes:
        odd = sorted(set(one.tapes) ^ set(other.tapes))
        raise InputError(
            f"a paired difference needs the same tapes on both sides; {', '.join(odd[:5])} "
            "is on one side only. Evaluate both on the same truth."
        )
    first, second = figures_of(one), figures_of(other)
    shared = [key for key in first if key in second]
    drawn: dict[Key, list[float]] = {key: [] for key in shared}
    if len(one.tapes) > 1:
        for weights in draws(len(one.tapes), seed=seed, repeats=repeats):
            here, there = one.figures(weights), other.figures(weights)
            for key in shared:
                gap = here.get(key, np.nan) - there.get(key, np.nan)
                drawn[key].append(gap)
    return {
        key: _difference(first[key] - second[key], np.asarray(drawn[key]), level) for key in shared
    }


def draws(tape_count: int, *, seed: int, repeats: int) -> Iterator[IntArray]:
    """Weightings of the tapes, as if that many were drawn with putting back."""
    random = np.random.default_rng(seed)
    for _ in range(repeats):
        yield np.bincount(random.integers(0, tape_count, tape_count), minlength=tape_count)


def _difference(value: float, drawn: FloatArray, level: float) -> Difference:
    known = drawn[~np.isnan(drawn)]
    worse = float(np.mean(known < 0)) if len(known) else float(value < 0)
    return Difference(value=value, interval=_interval(drawn, level), worse_share=worse)


def _interval(drawn: FloatArray, level: float) -> Interval | None:
    known = drawn[~np.isnan(drawn)]
    if not len(known):
        return None
    low, high = np.percentile(known, [50 * (1 - level), 50 * (1 + level)])
    return Interval(low=float(low), high=float(high), level=level, repeats=len(known))
