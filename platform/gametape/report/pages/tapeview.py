"""All that is known of one tape, and what of it the script of its page needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from gametape.exports.manifest import Clip
from gametape.profile import FusionSettings
from gametape.report.lanes import cut_times, evidence_lanes, signal_lanes
from gametape.report.pages.curves import coded_lane, coded_scores, rounded
from gametape.schema import Finding, Segment, Span


@dataclass(frozen=True)
class TapeView:
    """All that is known of one tape. Files are seen from the tape's folder."""

    id: str
    name: str
    profile: str
    duration_s: float
    segments: Sequence[Segment] = ()
    labels: Sequence[Span] | None = None  # None: nobody has labelled it
    clips: Sequence[Clip] = ()
    pictures: Mapping[int, bytes] = field(default_factory=dict)  # by number of the clip
    signals: pl.DataFrame | None = None
    predictions: pl.DataFrame | None = None
    cuts: pl.DataFrame | None = None
    matches: pl.DataFrame | None = None
    settings: FusionSettings | None = None  # None: the plays were given as a list
    game: Mapping[str, str] = field(default_factory=dict)
    findings: Sequence[Finding] = ()
    video: str | None = None  # proxy, to look at any moment
    source_bytes: int | None = None
    trouble: str = ""  # why something is not shown


def beside(tape_id: str, file: str) -> str:
    """A file of the tape's folder, seen from its page; both names are made by us."""
    return f"../../videos/{tape_id}/{file}"


def script_data(view: TapeView) -> dict[str, object]:
    """What the page's script draws: spans in seconds, curves coded."""
    lanes = signal_lanes(view.signals) + evidence_lanes(view.predictions)
    matches = view.matches.rows(named=True) if view.matches is not None else []
    return {
        "id": view.id,
        "duration_s": round(view.duration_s, 3),
        "enter": view.settings.enter if view.settings else None,
        "leave": view.settings.leave if view.settings else None,
        "video": beside(view.id, view.video) if view.video else None,
        "lanes": [coded_lane(lane) for lane in lanes],
        "play": coded_scores(view.predictions),
        "cuts": [[round(t, 2), int(is_fade)] for t, is_fade in cut_times(view.cuts)],
        "truth": None
        if view.labels is None
        else [rounded([label.start_s, label.end_s]) for label in view.labels],
        "found": [
            [*rounded([s.core.start_s, s.core.end_s, s.start_s, s.end_s]), round(s.score), s.label]
            for s in view.segments
        ],
        "wrong": [
            [
                row["kind"],
                *rounded(
                    [row["true_start_s"], row["true_end_s"]]
                    if row["kind"] == "missed"
                    else [row["found_start_s"], row["found_end_s"]]
                ),
            ]
            for row in matches
            if row["kind"] != "matched"
        ],
        "clips": [
            [clip.number, beside(view.id, clip.file), *rounded([clip.start_s, clip.end_s])]
            for clip in view.clips
        ],
    }
