"""What the page on evaluation shows, as numbers: one group for each sport pack and model version.

Groups are never pooled: scores of two models say nothing together.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from gametape.metrics import baselines
from gametape.metrics.bootstrap import Interval, intervals
from gametape.metrics.segments import segment_tally
from gametape.metrics.tally import ALL, Figures, IntArray, Key, f1, figures_of, share
from gametape.schema import Segment

PROTOCOL = "segments-f1"
ALL_TAPES = "sport pack"  # the stratum that holds every tape of a group
Spans = dict[str, list[Segment]]  # plays by tape
FIGURES = ("precision", "recall", "f1")
COUNTS = ("true_count", "found_count", "matched_count")
EDGE_S, BIN_S = 5.0, 0.5  # boundary errors beyond ±5 s are counted in the outermost bins
MOST_PAIRS = 2_000_000  # of segments compared for chance: what takes some seconds
NAMES = {
    baselines.ALWAYS: "one play from end to end",
    baselines.CADENCE: "a mean play every mean interval",
    baselines.CHANCE: "the found plays, turned round in time",
}


@dataclass(frozen=True)
class Group:
    """A sport pack under one model version, and the labelled tapes that were judged so."""

    profile: str
    model: str
    tapes: tuple[str, ...]

    @property
    def name(self) -> str:
        """How people see it."""
        return f"{self.profile} · {self.model}"

    @property
    def digest(self) -> str:
        """Of a learned model: gametape-tennis/3 1a2b3c4d5e6f; of a scorer of rules its name."""
        return self.model.rpartition(" ")[2]


@dataclass(frozen=True)
class Marked:
    """The tables that the numbers come from."""

    evaluations: pl.DataFrame  # one row a tape, IoU and threshold, and one in force
    boundary_errors: pl.DataFrame
    calibration: pl.DataFrame
    labels: pl.DataFrame
    segments: pl.DataFrame
    lengths_s: Mapping[str, float]
    scenes: pl.DataFrame | None = None  # of tapes whose shots are labelled, both sides
    strata: pl.DataFrame | None = None  # one row a figure and stratum
    calibration_error: pl.DataFrame | None = None  # one row a sport pack and model
    # Tapes that a model has learned from, by its digest: what it scores on these flatters it.
    learned_from: Mapping[str, frozenset[str]] = field(default_factory=dict)


class CountTally:
    """What tapes contribute at each IoU and threshold; figures are of the pooled counts."""

    def __init__(self, rows: pl.DataFrame) -> None:
        ordered = rows.sort("tape", "iou", "threshold")
        self.tapes = tuple(dict.fromkeys(ordered["tape"]))
        first = ordered.filter(pl.col("tape") == self.tapes[0])
        self.places = list(first.select("iou", "threshold").iter_rows())
        self._counts = (
            ordered.select(COUNTS)
            .to_numpy()
            .astype(np.float64)
            .reshape(len(self.tapes), len(self.places), len(COUNTS))
        )

    def totals(self, weights: IntArray) -> list[list[float]]:
        """True, found and matched plays at each place."""
        totals: list[list[float]] = np.einsum("t,tpc->pc", weights, self._counts).tolist()
        return totals

    def figures(self, weights: IntArray) -> Figures:
        """Precision, recall and F1 at each place; the class is `IoU@threshold`."""
        found: Figures = {}
        for (iou, threshold), counts in zip(self.places, self.totals(weights), strict=True):
            true, guessed, matched = counts
            place = place_of(iou, threshold)
            found["precision", place] = share(matched, guessed, if_empty=float("nan"))
            found["recall", place] = share(matched, true, if_empty=float("nan"))
            found["f1", place] = f1(matched, true, guessed)
        return found


def place_of(iou: float, threshold: float) -> str:
    """Name of a point of the sweep."""
    return f"{iou:g}@{threshold:g}"


def groups_of(evaluations: pl.DataFrame) -> list[Group]:
    """All groups, the one with the most tapes first."""
    found: dict[tuple[str, str], set[str]] = {}
    for profile, model, tape in evaluations.select("profile", "model", "tape").iter_rows():
        found.setdefault((profile, model), set()).add(tape)
    groups = [Group(*key, tuple(sorted(tapes))) for key, tapes in found.items()]
    return sorted(groups, key=lambda g: (-len(g.tapes), g.profile, g.model))


def numbers_of(group: Group, marked: Marked) -> dict[str, object]:
    """Everything that the page draws for one group."""
    mine = marked.evaluations.filter(
        (pl.col("protocol") == PROTOCOL)
        & (pl.col("profile") == group.profile)
        & (pl.col("model") == group.model)
    )
    in_force = mine.filter("is_in_force")
    thresholds = sorted(set(in_force["threshold"].to_list()))
    fixed = in_force.with_columns(threshold=pl.lit(0.0))  # each tape at its own, as one place
    errors = marked.boundary_errors.filter(pl.col("tape").is_in(list(group.tapes)))
    return {
        "name": group.name,
        "profile": group.profile,
        "model": group.model,
        "tapes": len(group.tapes),
        "plays": _plays(in_force),
        "threshold": thresholds[0] if len(thresholds) == 1 else None,
        "sweep": _points(_whole(mine.filter(~pl.col("is_in_force")))),
        "in_force": _points(fixed),
        "baselines": _baselines(group, marked, sorted(set(in_force["iou"].to_list()))),
        "onset": _histogram(errors["onset_error_s"]),
        "offset": _histogram(errors["offset_error_s"]),
        "calibration": _calibration(group, marked.calibration),
        "calibration_error": _calibration_error(group, marked.calibration_error),
        "strata": _strata(group, marked.strata),
    }


def _plays(in_force: pl.DataFrame) -> int:
    return int(in_force.group_by("tape").agg(pl.col("true_count").first())["true_count"].sum())


def _whole(swept: pl.DataFrame) -> pl.DataFrame:
    """Rows of those tapes that have them all; others cannot be pooled with them."""
    counts = swept.group_by("tape").len()
    if counts.is_empty():
        return swept
    full = counts.filter(pl.col("len") == counts["len"].max())["tape"]
    return swept.filter(pl.col("tape").is_in(full.to_list()))


def _points(rows: pl.DataFrame) -> list[dict[str, object]]:
    """One a place: counts, figures, and where each figure lies when tapes are drawn anew."""
    if rows.is_empty():
        return []
    tally = CountTally(rows)
    figures, drawn = figures_of(tally), intervals(tally)
    totals = tally.totals(np.ones(len(tally.tapes), np.int64))
    points = []
    for (iou, threshold), counts in zip(tally.places, totals, strict=True):
        point: dict[str, object] = {"iou": iou, "threshold": threshold}
        point |= dict(zip(("true", "found", "matched"), map(int, counts), strict=True))
        for name in FIGURES:
            key: Key = (name, place_of(iou, threshold))
            value = figures[key]
            point[name] = None if np.isnan(value) else round(value, 4)
            point[f"{name}_range"] = _range(drawn.get(key))
        points.append(point)
    return points


def _range(interval: Interval | None) -> list[float] | None:
    return None if interval is None else [round(interval.low, 4), round(interval.high, 4)]


def _baselines(group: Group, marked: Marked, ious: Sequence[float]) -> list[dict[str, object]]:
    """F1 of predictions that do not look at the tape, at each IoU."""
    truth, _ = spans_of(marked, group)
    if not any(truth.values()):
        return []
    fakes = fakes_of(group, marked, ious=len(ious))
    return [
        {"name": name, "says": NAMES[name], "f1": _mean_f1(truth, fake, ious)}
        for name, fake in fakes.items()
    ]


def spans_of(marked: Marked, group: Group) -> tuple[Spans, Spans]:
    """Labelled and found plays of a group by tape; padding and words are left aside."""
    truth = _spans(marked.labels, group.tapes, "start_s", "end_s")
    return truth, _spans(marked.segments, group.tapes, "play_start_s", "play_end_s")


def fakes_of(group: Group, marked: Marked, *, ious: int) -> dict[str, list[Spans]]:
    """Predictions that do not look at the tape; of chance as many as there is time for."""
    truth, found = spans_of(marked, group)
    known = {tape: marked.lengths_s.get(tape, 0.0) for tape in group.tapes}
    lengths = baselines.tape_lengths_s(truth, found, known=known)
    pairs = sum(len(truth[tape]) * len(found[tape]) for tape in group.tapes) * ious
    draws = max(1, min(baselines.DRAWS, MOST_PAIRS // max(1, pairs)))
    turned = itertools.islice(baselines.turns(lengths, seed=0), draws)
    return {
        baselines.ALWAYS: [baselines.always_play(truth, lengths)],
        baselines.CADENCE: [baselines.cadence_segments(truth, lengths)],
        baselines.CHANCE: [baselines.turned_segments(found, lengths, by) for by in turned],
    }


def _mean_f1(
    truth: Mapping[str, Sequence[Segment]],
    fakes: Sequence[Mapping[str, Sequence[Segment]]],
    ious: Sequence[float],
) -> dict[str, float]:
    scored = [figures_of(segment_tally(truth, fake, ious=ious)) for fake in fakes]
    return {
        f"{iou:g}": round(float(np.mean([s[f"F1@{iou:.2f}", ALL] for s in scored])), 4)
        for iou in ious
    }


def _spans(table: pl.DataFrame, tapes: Sequence[str], start: str, end: str) -> Spans:
    """Segments by tape; labels are left aside, as the evaluation of a tape does."""
    found: dict[str, list[Segment]] = {tape: [] for tape in tapes}
    mine = table.filter(pl.col("tape").is_in(list(tapes)))
    score = pl.col("score") if "score" in mine.columns else pl.lit(100.0).alias("score")
    for tape, start_s, end_s, value in mine.select("tape", start, end, score).iter_rows():
        found[tape].append(Segment(start_s, end_s, score=value))
    return found


def _histogram(errors: pl.Series) -> dict[str, object] | None:
    """How many errors lie in each bin, in order of time; found minus true, seconds."""
    values = errors.drop_nulls().to_numpy().astype(np.float64)
    if not len(values):
        return None
    edges = np.arange(-EDGE_S, EDGE_S + BIN_S / 2, BIN_S)
    inside = np.clip(values, -EDGE_S + 1e-9, EDGE_S - 1e-9)
    return {
        "low": -EDGE_S,
        "bin": BIN_S,
        "counts": np.histogram(inside, edges)[0].tolist(),
        "bias": round(float(values.mean()), 3),
        "mae": round(float(np.abs(values).mean()), 3),
        "count": len(values),
    }


def _calibration(group: Group, table: pl.DataFrame) -> list[dict[str, object]]:
    mine = table.filter((pl.col("profile") == group.profile) & (pl.col("model") == group.model))
    return [
        {
            "windows": row["windows"],
            "score": round(row["mean_score"], 4),
            "share": round(row["play_share"], 4),
            "low": _rounded(row["low"]),
            "high": _rounded(row["high"]),
        }
        for row in mine.sort("tenth").iter_rows(named=True)
    ]


def _calibration_error(group: Group, table: pl.DataFrame | None) -> list[float | None] | None:
    """Error, and the range in which it lies when tapes are drawn anew."""
    if table is None:
        return None
    mine = table.filter((pl.col("profile") == group.profile) & (pl.col("model") == group.model))
    if mine.is_empty():
        return None
    row = mine.row(0, named=True)
    return [_rounded(row[name]) for name in ("error", "low", "high")]


def _strata(group: Group, table: pl.DataFrame | None) -> list[dict[str, object]]:
    """Figures of each stratum that a chart can show; those of all tapes together come first."""
    if table is None:
        return []
    mine = table.filter(
        (pl.col("profile") == group.profile)
        & (pl.col("model") == group.model)
        & (pl.col("protocol") == PROTOCOL)
    )
    shown = ["stratum", "value", "figure", "tapes", "true_count"]
    first = (pl.col("stratum") != ALL_TAPES).alias("is_part")
    return [
        {name: row[name] for name in shown}
        | {name: _rounded(row[name]) for name in ("score", "low", "high", "always", "cadence")}
        for row in mine.sort(first, "stratum", "value", "figure").iter_rows(named=True)
    ]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
