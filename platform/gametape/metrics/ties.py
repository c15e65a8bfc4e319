"""How far average precision moves when equal scores change places.

Within a run of equal scores every order is as right as any other. Where the orders are few, all
are tried; otherwise the extremes are built (hits first, hits last) and the rest is drawn.
"""

import itertools
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gametape.metrics.ranking import Ranked, RankedTally, average_precision, match
from gametape.metrics.tally import BoolArray, Key, Spread, figures_of

ALL_ORDERS = 720  # so many orders at most are tried one by one
WORK = 20_000  # predictions walked through per class and threshold when orders are drawn
MOST_DRAWN, FEWEST_DRAWN = 200, 10


def tie_spreads(tally: RankedTally) -> dict[Key, Spread]:
    """A spread for each figure that hangs on the order of ties; the others are left out.

    Each threshold is given its own worst and best order, so a mean over thresholds is a bound.
    """
    official = figures_of(tally)
    singles: dict[Key, Spread] = {}
    for ranked in tally.classes:
        if not int(ranked.true_counts.sum()):
            continue
        for k, threshold in enumerate(tally.thresholds):
            key = (f"AP@{threshold}", ranked.label)
            spread = _spread(ranked, k, official[key])
            if spread is not None:
                singles[key] = spread
    if not singles:
        return {}
    sides = {
        side: tally.with_means(
            {
                key: getattr(singles[key], side) if key in singles else value
                for key, value in official.items()
                if key[0].startswith("AP@")
            }
        )
        for side in ("worst", "best", "expected")
    }
    is_exact = all(spread.is_exact for spread in singles.values())
    is_one = len(tally.thresholds) == 1
    means = {
        key: Spread(
            worst=sides["worst"][key],
            best=sides["best"][key],
            expected=sides["expected"][key],
            is_exact=is_exact and (is_one or not key[0].startswith("average")),
        )
        for key in official
        if key not in singles and _is_moved(key, singles)
    }
    return means | singles


def _is_moved(key: Key, singles: dict[Key, Spread]) -> bool:
    """Whether a mean holds a figure that ties move."""
    name, label = key
    if name.startswith("AP@"):
        return False
    if name == "average mAP":
        return True
    if name == "average AP":
        return any(other == label for _, other in singles)
    return any(single == name.removeprefix("m") for single, _ in singles)


def _spread(ranked: Ranked, threshold: int, official: float) -> Spread | None:
    groups = _groups(ranked)
    is_torn = bool(ranked.is_torn[:, threshold].any())
    if not is_torn and all(len(group) == 1 for group in groups):
        return None
    total = float(ranked.true_counts.sum())
    ones = np.ones(len(ranked.score), dtype=np.int64)
    order_count = math.prod(math.factorial(min(len(group), 7)) for group in groups)
    is_few = order_count <= ALL_ORDERS and max(map(len, groups)) < 7
    orders = _every_order(groups) if is_few else _drawn_orders(groups, len(ones))
    values = [average_precision(match(ranked, threshold, o), ones, total) for o in orders]
    is_exact = is_few
    extremes = [official, *values]
    if not is_few:
        first, last, is_exact = _arranged(ranked, threshold, groups)
        extremes += [average_precision(flags, ones, total) for flags in (first, last)]
    return Spread(
        worst=min(extremes),
        best=max(extremes),
        expected=math.fsum(values) / len(values),
        is_exact=is_exact and not is_torn,
    )


def _groups(ranked: Ranked) -> list[list[int]]:
    """Runs of equal score, best first; inside a run the order of the file plays no part."""
    keys = (ranked.place[:, 1], ranked.place[:, 0], ranked.tape, -ranked.score)
    order = np.lexsort(keys)
    runs = itertools.groupby(order.tolist(), key=lambda p: float(ranked.score[p]))
    return [list(run) for _, run in runs]


def _every_order(groups: list[list[int]]) -> Iterator[list[int]]:
    for parts in itertools.product(*(itertools.permutations(group) for group in groups)):
        yield list(itertools.chain.from_iterable(parts))


def _drawn_orders(groups: list[list[int]], count: int) -> Iterator[list[int]]:
    random = np.random.default_rng(0)
    for _ in range(min(MOST_DRAWN, max(FEWEST_DRAWN, WORK // count))):
        yield [p for group in groups for p in random.permutation(group).tolist()]


@dataclass(frozen=True)
class _Run:
    """What a run of equal scores came to."""

    hits: int
    lost: int  # misses that no order could save
    rivals: list[int]  # per mark that was hit: misses that came too late for it


def _arranged(
    ranked: Ranked, threshold: int, groups: list[list[int]]
) -> tuple[BoolArray, BoolArray, bool]:
    """Hits first, hits last, and whether these are the very extremes.

    They are, unless inside a run two predictions compete for a mark while one has another choice.
    """
    taken: set[int] = set()
    best: list[bool] = []
    worst: list[bool] = []
    is_exact = True
    for group in groups:
        open_marks = {p: _open(ranked, threshold, p, taken) for p in group}
        wanted = Counter(mark for marks in open_marks.values() for mark in marks)
        is_exact &= not any(
            len(marks) > 1 and any(wanted[mark] > 1 for mark in marks)
            for marks in open_marks.values()
        )
        run = _walk(open_marks, taken)
        best += [True] * run.hits + [False] * (len(group) - run.hits)
        worst += [False] * run.lost
        for rivals in sorted(run.rivals, reverse=True):
            worst += [True] + [False] * rivals
    return np.array(best, dtype=np.bool_), np.array(worst, dtype=np.bool_), is_exact


def _open(ranked: Ranked, threshold: int, prediction: int, taken: set[int]) -> list[int]:
    reach = int(ranked.reach[prediction, threshold])
    return [mark for mark in ranked.choices[prediction][:reach] if mark not in taken]


def _walk(open_marks: dict[int, list[int]], taken: set[int]) -> _Run:
    """Let the predictions of a run choose one after the other; `taken` grows."""
    lost = 0
    rivals: dict[int, int] = {}
    for marks in open_marks.values():
        free = next((mark for mark in marks if mark not in taken), None)
        if free is not None:
            taken.add(free)
            rivals[free] = 0
        elif marks:
            rivals[marks[-1]] += 1
        else:
            lost += 1
    return _Run(hits=len(rivals), lost=lost, rivals=list(rivals.values()))
