"""Whether a new model is better than the one in force, and what speaks against it.

Both are held against the same tapes, which neither has seen; the difference is drawn tape by tape.
Nothing here loads a model or moves one; `Decision` is what is kept of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from gametape.metrics.bootstrap import paired_differences
from gametape.metrics.segments import SegmentTally, segment_tally
from gametape.metrics.tally import ALL, figures_of
from gametape.schema import Noun, Segment, Span

IOUS = (0.5, 0.3, 0.7)  # the first decides
HEADLINE = "F1@0.50"
SHOWN = (HEADLINE, "F1@0.30", "F1@0.70", "precision@0.50", "recall@0.50")
# Intervals over fewer tapes than this are hardly wider than chance would have them.
LEAST_TAPES = 3
# A stratum is clearly worse when its whole interval is below nothing, or, where it has too few
# tapes for one, when it loses more than what one play in seven that is missed costs.
STRATUM_LOSS = 0.15


@dataclass(frozen=True)
class HeldOut:
    """A tape that neither model has learned from: its true plays, and what each model finds."""

    tape: str
    game: str
    strata: dict[str, str]
    truth: tuple[Span, ...]
    challenger: tuple[Span, ...]
    incumbent: tuple[Span, ...]


class Side(Noun):
    """One of the two models, or the explicit scorer."""

    label: str  # as predictions say it
    digest: str = ""
    version: str = ""


class Row(Noun):
    """One figure of both sides on the same tapes; `low` to `high` is where the difference lies."""

    what: str
    tapes: int
    challenger: float
    incumbent: float
    difference: float
    low: float | None = None
    high: float | None = None
    is_worse: bool = False  # clearly


class Cost(Noun):
    """What a second of tape costs, in seconds of work: features and scores together."""

    challenger: float | None = None
    incumbent: float | None = None
    allowed: float


class Decision(Noun):
    """Whether a challenger may take over, with all that speaks for and against it."""

    profile: str
    at: str = ""  # ISO 8601, UTC
    kind: Literal["promotion", "rollback", "moved elsewhere"] = "promotion"
    challenger: Side
    incumbent: Side
    is_better: bool
    reasons: tuple[str, ...]  # why not; empty where it is better
    figures: tuple[Row, ...] = ()
    strata: tuple[Row, ...] = ()
    tapes: tuple[Row, ...] = ()
    left_out: tuple[str, ...] = ()  # tapes that one of the two has learned from
    leaks: tuple[str, ...] = ()
    load: tuple[str, ...] = ()
    cost: Cost | None = None
    forced_by: str = ""
    forced_why: str = ""
    is_applied: bool = False


def decide(
    held_out: Sequence[HeldOut],
    *,
    profile: str,
    challenger: Side,
    incumbent: Side,
    cost: Cost,
    left_out: Sequence[str] = (),
    leaks: Sequence[str] = (),
    load: Sequence[str] = (),
) -> Decision:
    """Compare on tapes that neither has seen; every reason against is named, not the first."""
    tapes = sorted(held_out, key=lambda one: one.tape)
    rows = _rows(tapes) if tapes else ()
    strata = tuple(_strata(tapes))
    reasons = [
        *_too_few(tapes, left_out),
        *(_not_better(rows[0], len(tapes)) if rows else ()),
        *(_stratum_says(row) for row in strata if row.is_worse),
        *(f"leak: {leak}" for leak in leaks),
        *(f"load check: {fault}" for fault in load),
        *_too_slow(cost),
    ]
    return Decision(
        profile=profile,
        challenger=challenger,
        incumbent=incumbent,
        is_better=not reasons,
        reasons=tuple(reasons),
        figures=rows,
        strata=strata,
        tapes=tuple(_rows([one], what=one.tape)[0] for one in tapes),
        left_out=tuple(left_out),
        leaks=tuple(leaks),
        load=tuple(load),
        cost=cost,
    )


def _rows(tapes: Sequence[HeldOut], *, what: str = "") -> tuple[Row, ...]:
    """Every figure shown, or for a group of tapes (`what`) the headline alone."""
    new, old = _tally(tapes, "challenger"), _tally(tapes, "incumbent")
    ours, theirs = figures_of(new), figures_of(old)
    gaps = paired_differences(new, old)
    found = []
    for name in SHOWN if not what else (HEADLINE,):
        gap = gaps[name, ALL]
        interval = gap.interval
        found.append(
            Row(
                what=what or name,
                tapes=len(tapes),
                challenger=round(ours[name, ALL], 6),
                incumbent=round(theirs[name, ALL], 6),
                difference=round(gap.value, 6),
                low=None if interval is None else round(interval.low, 6),
                high=None if interval is None else round(interval.high, 6),
                is_worse=_is_worse(gap.value, interval.high if interval else None, len(tapes)),
            )
        )
    return tuple(found)


def _tally(tapes: Sequence[HeldOut], side: Literal["challenger", "incumbent"]) -> SegmentTally:
    truth = {one.tape: _plays(one.truth) for one in tapes}
    return segment_tally(truth, {one.tape: _plays(getattr(one, side)) for one in tapes}, ious=IOUS)


def _plays(spans: Sequence[Span]) -> list[Segment]:
    return [Segment(span.start_s, span.end_s) for span in spans]


def _is_worse(difference: float, high: float | None, tape_count: int) -> bool:
    if high is not None and tape_count >= LEAST_TAPES:
        return high < 0
    return difference < -STRATUM_LOSS


def _strata(tapes: Sequence[HeldOut]) -> list[Row]:
    """A row for each value of each stratum."""
    groups: dict[tuple[str, str], list[HeldOut]] = {}
    for one in tapes:
        for key, value in one.strata.items():
            groups.setdefault((key, value), []).append(one)
    rows = [
        _rows(members, what=f"{key}: {value}")[0]
        for (key, value), members in sorted(groups.items())
    ]
    # What all tapes have in common is the headline again, and no stratum.
    return [
        row.model_copy(update={"is_worse": row.is_worse and row.tapes < len(tapes)}) for row in rows
    ]


def _too_few(tapes: Sequence[HeldOut], left_out: Sequence[str]) -> list[str]:
    plays = sum(len(one.truth) for one in tapes)
    if len(tapes) >= LEAST_TAPES and plays:
        return []
    said = f"{len(tapes)} held-out tapes with {plays} plays, and it takes {LEAST_TAPES}"
    said += f" ({len(left_out)} more were learned from)" if left_out else ""
    return [f"{said}: label tapes of games that were not learned from"]


def _not_better(row: Row, tape_count: int) -> list[str]:
    if row.low is None or tape_count < LEAST_TAPES:
        return []  # said already
    between = f"{row.difference:+.3f} ({row.low:+.3f} to {row.high:+.3f})"
    if row.high is not None and row.high < 0:
        return [f"{HEADLINE} {between}: it is worse"]
    if row.low < 0:
        return [f"{HEADLINE} {between}: the interval includes that it is worse"]
    if row.difference <= 0:
        return [f"{HEADLINE} {between}: it is not better"]
    return []


def _stratum_says(row: Row) -> str:
    return (
        f"{row.what} gets clearly worse: {HEADLINE} {row.incumbent:.3f} -> {row.challenger:.3f} "
        f"on {row.tapes} tapes"
    )


def _too_slow(cost: Cost) -> list[str]:
    if cost.challenger is None or not np.isfinite(cost.challenger):
        return []
    if cost.challenger <= cost.allowed:
        return []
    return [
        f"slower than allowed: {cost.challenger:.2f} s of work for a second of tape, and "
        f"{cost.allowed:g} are allowed (setting registry.max_cost_share)"
    ]
