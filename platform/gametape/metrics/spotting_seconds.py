"""Protocol `spotting-seconds`: average mAP over time windows, as SoccerNet defines it.

Each half is cut into cells of half a second; a cell holds one prediction per class, the last one
written. A true event takes the best free prediction inside the window centred on it: a window of
5 s reaches 2.5 s to each side. Precision is read at 200 thresholds and 11 recalls.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from gametape.metrics.tally import (
    ALL,
    BoolArray,
    Figures,
    FloatArray,
    IntArray,
    Key,
    Spread,
    figures_of,
)

RATE_HZ = 2  # cells a second
HALF_CELLS = 120 * 60 * RATE_HZ  # a half is given two hours; later events fall into the last cell
LOOSE_S = tuple(range(5, 61, 5))
TIGHT_S = (1, 2, 3, 4, 5)
THRESHOLDS = np.linspace(0, 1, 200)
RECALLS = np.arange(11) / 10
UNSHOWN_FACTOR = 17 / 13  # 4 of SoccerNet's 17 classes never happen unshown
SOCCERNET_CLASSES = (
    "Penalty",
    "Kick-off",
    "Goal",
    "Substitution",
    "Offside",
    "Shots on target",
    "Shots off target",
    "Clearance",
    "Ball out of play",
    "Throw-in",
    "Foul",
    "Indirect free-kick",
    "Direct free-kick",
    "Corner",
    "Yellow card",
    "Red card",
    "Yellow->red card",
)
Keep = Literal["last", "highest", "lowest"]
VIEWS = ("", " shown", " unshown")
WINDOWS_S = tuple(sorted({*TIGHT_S, *LOOSE_S}))


@dataclass(frozen=True)
class TimedEvent:
    """Something that happens in a half, milliseconds from the start of that half."""

    half: int
    position_ms: int
    label: str
    score: float = 1.0
    is_shown: bool = True


Games = Mapping[str, Sequence[TimedEvent]]


@dataclass(frozen=True)
class _Half:
    """One half of a game in cells, per class."""

    game: int
    true: dict[str, dict[int, int]]
    found: dict[str, dict[int, float]]


@dataclass(frozen=True)
class _Class:
    """One class over all games."""

    game: IntArray  # [n] the game of each prediction
    level: IntArray  # [n] how many of the thresholds it reaches
    hits: FloatArray  # [windows, n]
    views: BoolArray  # [3, n] all; near a shown event; near an unshown one, or none in its half
    true_counts: IntArray  # [3, games] all, shown, unshown


class SpottingSecondsTally:
    """Average mAP, tight and loose, per class, for shown and unshown events."""

    def __init__(self, truth: Games, found: Games, *, classes: Sequence[str], keep: Keep) -> None:
        self.tapes = tuple(sorted(truth))
        self.labels = tuple(classes)
        halves = [
            _Half(
                game,
                _true_cells(truth[name], half, self.labels),
                _found_cells(found.get(name, ()), half, self.labels, keep),
            )
            for game, name in enumerate(self.tapes)
            for half in (1, 2)
        ]
        self._classes = [_class(halves, label, len(self.tapes)) for label in self.labels]

    def figures(self, weights: IntArray) -> Figures:
        """The headline is the tight average mAP."""
        points = np.array([_precisions(one, weights) for one in self._classes])
        means: Figures = {}
        singles: Figures = {}
        for name, windows in (("tight", TIGHT_S), ("loose", LOOSE_S)):
            chosen = [WINDOWS_S.index(window) for window in windows]
            for view, words in enumerate(VIEWS):
                along = points[:, view, chosen]
                factor = UNSHOWN_FACTOR if words == " unshown" else 1.0
                means[f"a-mAP {name}{words}", ALL] = _trapezoid(along.mean(axis=0)) * factor
                for label, row in zip(self.labels, along, strict=True):
                    singles[f"a-AP {name}{words}", label] = _trapezoid(row)
        return means | singles


def spotting_seconds_tally(
    truth: Games,
    found: Games,
    *,
    classes: Sequence[str] = SOCCERNET_CLASSES,
    keep: Keep = "last",
) -> SpottingSecondsTally:
    """Score the games of the truth; `keep` says which prediction of a crowded cell counts."""
    return SpottingSecondsTally(truth, found, classes=classes, keep=keep)


def crowded_cells(found: Games, *, classes: Sequence[str] = SOCCERNET_CLASSES) -> int:
    """How many predictions are overwritten by a later one of their class in their cell."""
    places = [
        (game, event.half, _cell(event), event.label)
        for game, events in found.items()
        for event in events
        if event.label in classes
    ]
    return len(places) - len(set(places))


def cell_spreads(
    truth: Games, found: Games, *, classes: Sequence[str] = SOCCERNET_CLASSES
) -> dict[Key, Spread]:
    """What keeping another prediction of crowded cells would give; empty where none is crowded."""
    if not crowded_cells(found, classes=classes):
        return {}
    sides = [
        figures_of(spotting_seconds_tally(truth, found, classes=classes, keep=keep))
        for keep in ("last", "highest", "lowest")
    ]
    spreads = {
        key: Spread(
            worst=min(side[key] for side in sides),
            best=max(side[key] for side in sides),
            expected=sum(side[key] for side in sides) / len(sides),
            is_exact=False,
        )
        for key in sides[0]
    }
    return {key: spread for key, spread in spreads.items() if spread.best > spread.worst}


def _cell(event: TimedEvent) -> int:
    return min(int(RATE_HZ * (event.position_ms / 1000)), HALF_CELLS - 1)


def _true_cells(
    events: Sequence[TimedEvent], half: int, labels: Sequence[str]
) -> dict[str, dict[int, int]]:
    """Per class, the cells with an event: 1 shown, -1 not; the last one written counts."""
    cells: dict[str, dict[int, int]] = {label: {} for label in labels}
    for event in events:
        if event.half == half and event.label in cells:
            cells[event.label][_cell(event)] = 1 if event.is_shown else -1
    return cells


def _found_cells(
    events: Sequence[TimedEvent], half: int, labels: Sequence[str], keep: Keep
) -> dict[str, dict[int, float]]:
    """Per class, the cells with a prediction and its score."""
    cells: dict[str, dict[int, float]] = {label: {} for label in labels}
    for event in events:
        if event.half != half or event.label not in cells:
            continue
        row, cell = cells[event.label], _cell(event)
        there = row.get(cell, event.score)
        chosen = {"last": event.score, "highest": max(there, event.score)}
        row[cell] = chosen.get(keep, min(there, event.score))
    return cells


def _class(halves: Sequence[_Half], label: str, game_count: int) -> _Class:
    games: list[int] = []
    scores: list[float] = []
    hits: list[list[bool]] = [[] for _ in WINDOWS_S]
    views: list[int] = []
    counts = np.zeros((3, game_count), dtype=np.int64)
    for half in halves:
        true = dict(sorted(half.true[label].items()))
        found = {c: s for c, s in sorted(half.found[label].items()) if s >= 0}
        for row, window_s in zip(hits, WINDOWS_S, strict=True):
            taken = _hits(true, found, window_s * RATE_HZ / 2)
            row += [cell in taken for cell in found]
        games += [half.game] * len(found)
        scores += found.values()
        views += _nearest_views(true, list(found))
        shown = sum(value > 0 for value in true.values())
        counts[:, half.game] += (len(true), shown, len(true) - shown)
    view = np.asarray(views, dtype=np.int64)
    return _Class(
        game=np.asarray(games, dtype=np.int64),
        level=np.searchsorted(THRESHOLDS, np.asarray(scores, dtype=np.float64), side="right"),
        hits=np.asarray(hits, dtype=np.float64),
        views=np.array([view != 0, view > 0, view < 0]),
        true_counts=counts,
    )


def _hits(true: dict[int, int], found: dict[int, float], reach: float) -> set[int]:
    """The cells of predictions that a true event took, earliest event first."""
    taken: set[int] = set()
    for mark in true:
        near = [c for c in found if abs(c - mark) <= reach and c not in taken]
        if near:
            taken.add(max(near, key=lambda cell: found[cell]))  # the first of the highest
    return taken


def _nearest_views(true: dict[int, int], cells: Sequence[int]) -> list[int]:
    """Whether the event nearest to each cell is shown; the middle belongs to the later one."""
    if not true:
        return [-1] * len(cells)
    marks = list(true)
    borders = [(one + other) // 2 for one, other in itertools.pairwise(marks)]
    owners = np.searchsorted(borders, cells, side="right")
    return [true[marks[owner]] for owner in owners.tolist()]


def _precisions(one: _Class, weights: IntArray) -> FloatArray:
    """11-point average precision [3, windows] over all, shown and unshown."""
    averages = np.zeros((len(VIEWS), len(WINDOWS_S)))
    counted = weights[one.game]
    for view, total in enumerate((one.true_counts @ weights).tolist()):
        kept = counted * one.views[view]
        if not total or not kept.any():
            continue
        found = _at_least(one.level, kept[None, :])
        hits = _at_least(one.level, kept * one.hits)
        precision = np.divide(hits, found, out=np.zeros_like(hits), where=found > 0)
        reached = (hits[:, :, None] / total >= RECALLS).sum(axis=1)  # recall falls with threshold
        best = np.maximum.accumulate(precision, axis=1)
        chosen = np.take_along_axis(best, np.maximum(reached - 1, 0), axis=1)
        averages[view] = np.where(reached > 0, chosen, 0.0).sum(axis=1) / len(RECALLS)
    return averages


def _at_least(level: IntArray, weights: FloatArray | IntArray) -> FloatArray:
    """Per row, the weight of what reaches each threshold; `level` counts the thresholds reached."""
    width = len(THRESHOLDS) + 1
    places = level + width * np.arange(len(weights))[:, None]
    summed = np.bincount(
        places.ravel(), weights=weights.ravel(), minlength=width * len(weights)
    ).reshape(len(weights), width)
    return np.cumsum(summed[:, ::-1], axis=1, dtype=np.float64)[:, ::-1][:, 1:]


def _trapezoid(values: FloatArray) -> float:
    """The mean height of a curve over evenly spaced windows."""
    return float(np.sum((values[1:] + values[:-1]) / 2) / (len(values) - 1))
