"""What speaks for the plays of a tape, summed up: where they come from, and what each source held.

Only counts and spreads of what the steps have published; nothing is judged anew.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Literal

import polars as pl

from gametape.schema import Noun, Segment

PLACES = 6  # decimals of a mean
CORE = ("core_start_s", "core_end_s")


class Spread(Noun):
    """One kind of evidence over the clips that have it."""

    clips: int
    mean: float
    least: float
    most: float


class EvidenceSummary(Noun):
    """Where the plays of a tape come from."""

    origin: Literal["detected", "given"]  # given: a list that was handed in
    detector: str | None = None  # the scorer that looked for play
    sources: dict[str, dict[str, int]]  # artifact to what it held
    kinds: dict[str, Spread]  # kind of evidence, `score` among them, to its spread


def given_evidence(segments: Sequence[Segment]) -> EvidenceSummary:
    """The summary of a list that was handed in: nothing was looked for."""
    return EvidenceSummary(
        origin="given", sources={"segments": {"given": len(segments)}}, kinds=spreads(segments)
    )


def detected_evidence(
    segments: Sequence[Segment],
    *,
    detector: str,
    signals: pl.DataFrame,
    cuts: pl.DataFrame,
    predictions: pl.DataFrame,
    enter: float,
) -> EvidenceSummary:
    """The summary of plays that were found; `enter` is the score from which a window is play."""
    return EvidenceSummary(
        origin="detected",
        detector=detector,
        sources={
            "signals": {
                "rows": signals.height,
                "rows_with_sound": _count(signals, pl.col("has_sound") > 0),
                "rows_with_whistle": _count(signals, pl.col("whistle_share") > 0),
            },
            "cuts": {kind: _count(cuts, pl.col("kind") == kind) for kind in ("cut", "fade")},
            "predictions": {
                "windows": predictions.height,
                "windows_in_play": _count(predictions, pl.col("play") >= enter),
            },
            "segments": {"found": len(segments)},
        },
        kinds=spreads(segments),
    )


def spreads(segments: Sequence[Segment]) -> dict[str, Spread]:
    """Each kind of evidence over the segments that have it, in the order of their names."""
    values: dict[str, list[float]] = {}
    for segment in segments:
        for name, value in _evidence(segment).items():
            values.setdefault(name, []).append(value)
    return {name: _spread(values[name]) for name in sorted(values)}


def _evidence(segment: Segment) -> Mapping[str, float]:
    """What speaks for a segment; its core is a place, no evidence."""
    told = {k: v for k, v in segment.evidence.items() if math.isfinite(v) and k not in CORE}
    return told | {"score": segment.score}


def _spread(values: Sequence[float]) -> Spread:
    mean = round(sum(values) / len(values), PLACES)
    return Spread(clips=len(values), mean=mean, least=min(values), most=max(values))


def _count(table: pl.DataFrame, condition: pl.Expr) -> int:
    return table.filter(condition).height
