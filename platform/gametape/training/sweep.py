"""Two-phase sweeps: raw scores once, then hundreds of fusion settings, all in one table.

And the one function that says whether other settings should become the default, with reasons.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import polars as pl

from gametape.fusion.segments import Cells, cells_of, find_cores
from gametape.metrics.segments import match_segments
from gametape.metrics.tally import f1
from gametape.profile import FusionSettings
from gametape.schema import Progress, Span, no_progress

IOUS = (0.3, 0.5, 0.7)
# What is varied, and where: steps along an axis are neighbours.
AXES: dict[str, tuple[float, ...]] = {
    "enter": (0.4, 0.5, 0.6, 0.7),
    "leave_share": (0.5, 0.75, 1.0),  # of enter
    "smooth_s": (0.0, 1.0, 2.0),
    "continuation_s": (0.5, 1.5, 3.0, 5.0),
    "min_play_s": (1.0, 2.0, 3.5, 5.0),
}
# A change must gain so much F1 on games that did not choose it, and its neighbours may lose so
# much against it; precision may fall by so little, and not below the floor unless it was there.
LEAST_GAIN, STEEPEST, PRECISION_LOSS, PRECISION_FLOOR = 0.005, 0.05, 0.03, 0.6


@dataclass(frozen=True)
class Scored:
    """A tape with its raw scores (start_s, end_s, play) and its labels."""

    id: str
    game: str
    predictions: pl.DataFrame
    plays: tuple[Span, ...]
    cuts_s: tuple[float, ...]
    duration_s: float
    strata: dict[str, str]


@dataclass(frozen=True)
class Choice:
    """Which settings suit best, whether they should become the default, and why (not)."""

    settings: FusionSettings
    is_change: bool
    reasons: tuple[str, ...]
    figures: dict[str, float]
    by_game: dict[str, FusionSettings]  # what the other games choose for each


def plain_fusion(base: FusionSettings) -> FusionSettings:
    """Where a sweep over calibrated probabilities starts: none of the repairs of explicit scores.

    What the sport pack says of clips (padding, lengths, overlap) stays.
    """
    plain = {"smooth_s": 1.0, "enter": 0.6, "leave": 0.3, "boundary": 0.3, "boundary_max_s": 0.0}
    plain |= {"snap_s": 0.0, "snap_end_s": 0.0, "continuation_s": 1.5, "merge_gap_s": 0.0}
    return base.model_copy(
        update={**plain, "min_density": 0.0, "min_active_windows": 1, "min_play_s": 2.0}
    )


def grid_of(base: FusionSettings) -> list[tuple[tuple[int, ...], FusionSettings]]:
    """All settings of a sweep, with their place along each axis."""
    found = []
    for place in product(*(range(len(values)) for values in AXES.values())):
        at = dict(zip(AXES, (AXES[n][i] for n, i in zip(AXES, place, strict=True)), strict=True))
        leave = at["enter"] * at.pop("leave_share")
        found.append((place, base.model_copy(update={**at, "leave": leave, "boundary": leave})))
    return found


def sweep(
    tapes: Sequence[Scored],
    settings: Sequence[FusionSettings],
    *,
    progress: Progress = no_progress,
) -> pl.DataFrame:
    """One row per settings and tape: plays there are, found, and matched at each IoU."""
    rows: list[tuple[object, ...]] = []
    for done, tape in enumerate(sorted(tapes, key=lambda tape: tape.id)):
        ready = _cells(tape)
        cuts = np.sort(np.array(tape.cuts_s, np.float64))
        for number, one in enumerate(settings):
            found = (
                find_cores(ready, cuts, settings=one, duration_s=tape.duration_s) if ready else []
            )
            matched = _matched(tape.plays, found)
            rows.append((number, tape.id, tape.game, len(tape.plays), len(found), *matched))
        progress("Sweeping", done + 1.0, float(len(tapes)))
    schema = {"settings": pl.Int32, "tape": pl.String, "game": pl.String}
    schema |= dict.fromkeys(("true_count", "found_count", *map(_column, IOUS)), pl.Int32)
    return pl.DataFrame(rows, schema=schema, orient="row")


def choose(tapes: Sequence[Scored], current: FusionSettings, base: FusionSettings) -> Choice:
    """Whether any settings of the grid around `base` should take the place of the current ones.

    They must win on games that had no part in choosing them, lie on a plateau, and keep precision.
    """
    grid = grid_of(base)
    table = sweep(tapes, [current, *(one for _, one in grid)])
    games, counts = _by_game(table, len(grid) + 1)
    places = np.array([place for place, _ in grid])
    neighbours = np.abs(places[:, None, :] - places[None, :, :]).sum(axis=2) <= 1

    def plateau(totals: np.ndarray) -> np.ndarray:
        """Half its own figure, half the mean of its neighbours': a peak alone is luck."""
        own = _figure(totals[1:])
        return np.asarray(0.5 * own + 0.5 * (neighbours @ own) / neighbours.sum(axis=1))

    totals = counts.sum(axis=0)
    unseen, by_game = np.zeros(counts.shape[2]), {}
    for number, game in enumerate(games):
        own = int(np.argmax(plateau(totals - counts[number])))
        unseen += counts[number, 1 + own]
        by_game[game] = grid[own][1]
    best = int(np.argmax(plateau(totals)))
    now, then = _figure(totals[:1])[0], _figure(unseen[None])[0]
    beside = neighbours[best] & (np.arange(len(grid)) != best)
    around = _figure(totals[1:][beside]).mean()
    figures = {
        "current": float(now),
        "chosen_on_other_games": float(then),
        "chosen": float(_figure(totals[1:])[best]),
        "neighbours": float(around),
        "current_precision": _precision(totals[0]),
        "chosen_precision": _precision(unseen),
        "settings": float(len(grid)),
        "games": float(len(games)),
    }
    is_change, reasons = _verdict(figures)
    return Choice(grid[best][1], is_change, reasons, figures, by_game)


def _verdict(figures: dict[str, float]) -> tuple[bool, tuple[str, ...]]:
    """Whether games, neighbours and precision agree, one sentence each."""
    gain = figures["chosen_on_other_games"] - figures["current"]
    drop = figures["chosen"] - figures["neighbours"]
    floor = min(PRECISION_FLOOR, figures["current_precision"])
    loss = figures["current_precision"] - figures["chosen_precision"]
    tests = [
        (
            gain >= LEAST_GAIN,
            f"on games that did not choose them F1 goes from {figures['current']:.3f} to "
            f"{figures['chosen_on_other_games']:.3f} (asked: {LEAST_GAIN:+.3f})",
        ),
        (
            drop <= STEEPEST or figures["neighbours"] >= figures["current"],
            f"neighbouring settings reach {figures['neighbours']:.3f}, "
            f"{drop:.3f} below (allowed: {STEEPEST:.3f}, or to stay above the current ones)",
        ),
        (
            figures["chosen_precision"] >= floor and loss <= PRECISION_LOSS,
            f"precision goes from {figures['current_precision']:.3f} to "
            f"{figures['chosen_precision']:.3f} (floor: {floor:.3f}, largest loss: "
            f"{PRECISION_LOSS:.3f})",
        ),
        (figures["games"] >= 3, f"{figures['games']:.0f} games have chosen (asked: 3)"),
    ]
    reasons = tuple(f"{'yes' if holds else 'no'}: {sentence}" for holds, sentence in tests)
    return all(holds for holds, _ in tests), reasons


def _by_game(table: pl.DataFrame, settings: int) -> tuple[list[str], np.ndarray]:
    """Counts as (games, settings, true + found + matched at each IoU)."""
    columns = ["true_count", "found_count", *map(_column, IOUS)]
    sums = table.group_by("game", "settings").agg(pl.col(columns).sum()).sort("game", "settings")
    games = sums["game"].unique(maintain_order=True).to_list()
    return games, sums.select(columns).to_numpy().reshape(len(games), settings, len(columns))


def _figure(totals: np.ndarray) -> np.ndarray:
    """Mean of F1 over the IoUs, for each row of counts."""
    both = totals[:, 0] + totals[:, 1]
    return np.asarray(
        [np.mean([f1(m, t, f) for m in row]) for t, f, *row in totals.tolist()]
        if len(both)
        else np.zeros(0)
    )


def _precision(totals: np.ndarray) -> float:
    matched, found = float(totals[2 + IOUS.index(0.5)]), float(totals[1])
    return matched / found if found else float(totals[0] == 0)


def _matched(truth: Sequence[Span], found: Sequence[Span]) -> list[int]:
    """How many can be matched one to one at each IoU."""
    if not truth or not found:
        return [0] * len(IOUS)
    overlaps = _overlaps(truth, found)
    counts = []
    for iou in IOUS:
        fits = overlaps >= iou
        is_plain = fits.sum(axis=0).max() <= 1 and fits.sum(axis=1).max() <= 1
        counts.append(int(fits.sum()) if is_plain else len(match_segments(truth, found, iou=iou)))
    return counts


def _overlaps(truth: Sequence[Span], found: Sequence[Span]) -> np.ndarray:
    """(true, found) intersection over union."""
    one = np.array([(s.start_s, s.end_s) for s in truth])[:, None]
    other = np.array([(s.start_s, s.end_s) for s in found])[None]
    shared = np.minimum(one[..., 1], other[..., 1]) - np.maximum(one[..., 0], other[..., 0])
    shared = np.maximum(shared, 0.0)
    lengths = (one[..., 1] - one[..., 0]) + (other[..., 1] - other[..., 0])
    return np.asarray(shared / (lengths - shared))


def _cells(tape: Scored) -> Cells | None:
    if tape.predictions.is_empty() or tape.duration_s <= 0:
        return None
    return cells_of(tape.predictions.sort("start_s"), tape.duration_s)


def _column(iou: float) -> str:
    return f"matched_{round(100 * iou)}"
