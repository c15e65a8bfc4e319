"""From window scores to segments: the heuristics of rows R-24 to R-30 and C-19, in this order.

1. smooth       median over `smooth_s`
2. hysteresis   a stretch at `leave` or above that reaches `enter`
3. grow         edges move out while the score holds `boundary`, `boundary_max_s` a side
4. continue     pauses shorter than `continuation_s` do not end a rally
5. thin out     too few or too thin active windows (`min_active_windows`, `min_density`): dropped
6. merge        segments no further apart than `merge_gap_s` are one
7. snap         edges within `snap_s` of a camera cut move to it, ends on to one in `snap_end_s`
8. lengths      below `min_play_s` dropped, beyond `max_play_s` ended
9. pad          `pad_before_s`, `pad_after_s`, `clip_min_s`, `clip_max_s`, `overlap`, tape ends
10. score       0 to 100 from the evidence

Steps 1 to 8 give the core (what is claimed to be play), step 9 the clip. Everything is a pure
function of its arguments: no files, no clock, no randomness.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from gametape.fusion.score import evidence_of, score_of
from gametape.fusion.smooth import Flags, Scores, hysteresis, median_smooth, runs
from gametape.profile import FusionSettings
from gametape.schema import Segment, Span

WINDOW_COLUMNS = ("start_s", "end_s", "play")


@dataclass(frozen=True)
class Cells:
    """Windows as stretches that touch: cell i is edges_s[i] to edges_s[i + 1]."""

    edges_s: Scores
    play: Scores

    @property
    def stride_s(self) -> float:
        """Usual length of a cell."""
        return float(np.median(np.diff(self.edges_s)))


def fuse(
    predictions: pl.DataFrame, cuts: pl.DataFrame, *, settings: FusionSettings, duration_s: float
) -> list[Segment]:
    """Segments of a tape, in order and without overlap.

    `predictions` has start_s, end_s, play (0 to 1) a window, further columns become evidence;
    `cuts` has time_s. A segment's start_s and end_s are those of the padded clip; the play itself
    is `evidence["core_start_s"]` to `evidence["core_end_s"]`.
    """
    if predictions.is_empty() or duration_s <= 0:
        return []
    table = predictions.sort("start_s")
    cells = cells_of(table, duration_s)
    cut_times = np.sort(cuts["time_s"].to_numpy()) if "time_s" in cuts.columns else np.zeros(0)
    cores = find_cores(cells, cut_times, settings=settings, duration_s=duration_s)
    middles = (cells.edges_s[1:] + cells.edges_s[:-1]) / 2
    others = table.drop(WINDOW_COLUMNS).select(pl.selectors.numeric() | pl.selectors.boolean())
    clips = pad(cores, settings=settings, duration_s=duration_s)
    segments = []
    for clip, core in clips:
        found = evidence_of(core, middles, cells.play, leave=settings.leave, others=others)
        score = score_of(found, min_play_s=settings.min_play_s)
        segments.append(Segment(clip.start_s, clip.end_s, "play", score, found))
    return segments


def find_cores(
    cells: Cells, cuts_s: Scores, *, settings: FusionSettings, duration_s: float
) -> list[Span]:
    """Steps 1 to 8: the stretches of play themselves."""
    width = 2 * round(settings.smooth_s / cells.stride_s / 2) + 1
    play = median_smooth(cells.play, width=width)
    active = hysteresis(play, enter=settings.enter, leave=settings.leave)
    grown = grow(active, play, cells.edges_s, settings=settings)
    spans = _spans(grown, cells.edges_s)
    spans = bridge(spans, gap_s=settings.continuation_s, or_equal=False)
    middles = (cells.edges_s[1:] + cells.edges_s[:-1]) / 2
    holds = play >= settings.leave
    spans = [s for s in spans if _is_dense(s, middles, holds, settings)]
    spans = bridge(spans, gap_s=settings.merge_gap_s, or_equal=True)
    spans = snap(spans, cuts_s, reach_s=settings.snap_s, ahead_s=settings.snap_end_s)
    return limit_lengths(spans, settings=settings, duration_s=duration_s)


def grow(active: Flags, play: Scores, edges_s: Scores, *, settings: FusionSettings) -> Flags:
    """Move the edges of each stretch outward over cells at `boundary` or above."""
    grown = active.copy()
    for first, end in zip(*runs(active), strict=True):
        left = first
        while (
            left > 0
            and play[left - 1] >= settings.boundary
            and edges_s[first] - edges_s[left - 1] <= settings.boundary_max_s + 1e-9
        ):
            left -= 1
        right = end
        while (
            right < len(play)
            and play[right] >= settings.boundary
            and edges_s[right + 1] - edges_s[end] <= settings.boundary_max_s + 1e-9
        ):
            right += 1
        grown[left:right] = True
    return grown


def bridge(spans: list[Span], *, gap_s: float, or_equal: bool) -> list[Span]:
    """Join neighbours whose pause is shorter than `gap_s` (or as short, with `or_equal`)."""
    joined: list[Span] = []
    for span in spans:
        gap = span.start_s - joined[-1].end_s if joined else np.inf
        if gap < gap_s - 1e-9 or (or_equal and gap <= gap_s + 1e-9):
            joined[-1] = Span(joined[-1].start_s, max(span.end_s, joined[-1].end_s))
        else:
            joined.append(span)
    return joined


def snap(spans: list[Span], cuts_s: Scores, *, reach_s: float, ahead_s: float = 0.0) -> list[Span]:
    """Move edges to the nearest camera cut within reach, and ends to the next one if it is near.

    No edge goes past a neighbour, and nothing becomes empty.
    """
    if len(cuts_s) == 0 or (reach_s <= 0 and ahead_s <= 0):
        return spans
    snapped: list[Span] = []
    for index, span in enumerate(spans):
        floor = snapped[-1].end_s if snapped else -np.inf
        ceiling = spans[index + 1].start_s if index + 1 < len(spans) else np.inf
        start = _nearest(span.start_s, cuts_s, reach_s)
        start = max(start if start >= floor else span.start_s, floor)
        end = _nearest(span.end_s, cuts_s, reach_s)
        if end == span.end_s:
            following = cuts_s[(cuts_s >= end) & (cuts_s <= end + ahead_s + 1e-9)]
            end = float(following[0]) if len(following) else end
        end = end if end <= ceiling else span.end_s
        snapped.append(
            Span(start, end) if end > start else Span(max(span.start_s, floor), span.end_s)
        )
    return snapped


def limit_lengths(spans: list[Span], *, settings: FusionSettings, duration_s: float) -> list[Span]:
    """Keep to the tape, drop what is too short, end what is too long."""
    kept = []
    for span in spans:
        start, end = max(0.0, span.start_s), min(duration_s, span.end_s)
        if settings.max_play_s is not None:
            end = min(end, start + settings.max_play_s)
        if end - start >= settings.min_play_s - 1e-9 and end > start:
            kept.append(Span(start, end))
    return kept


def pad(
    cores: list[Span], *, settings: FusionSettings, duration_s: float
) -> list[tuple[Span, Span]]:
    """Clips (padded, inside the tape, apart) with the core that each shows."""
    clips: list[tuple[Span, Span]] = []
    for core in cores:
        clip = _padded(core, settings, duration_s)
        if clips and clip.start_s < clips[-1][0].end_s:
            before, core_before = clips[-1]
            if settings.overlap == "merge":
                clips[-1] = (
                    Span(before.start_s, max(before.end_s, clip.end_s)),
                    Span(core_before.start_s, core.end_s),
                )
                continue
            # The pause is shared in the measure of what each side asks for.
            asked_after = before.end_s - core_before.end_s
            asked_before = core.start_s - clip.start_s
            pause = core.start_s - core_before.end_s
            both = max(asked_after + asked_before, 1e-9)
            border = core_before.end_s + pause * asked_after / both
            border = min(max(border, core_before.end_s), core.start_s)
            clips[-1] = (Span(before.start_s, border), core_before)
            clip = Span(border, max(clip.end_s, border))
        clips.append((clip, core))
    return clips


def _padded(core: Span, settings: FusionSettings, duration_s: float) -> Span:
    """One clip by itself: padding, least and greatest length, the ends of the tape."""
    start = max(0.0, core.start_s - settings.pad_before_s)
    end = min(duration_s, core.end_s + settings.pad_after_s)
    missing = settings.clip_min_s - (end - start)
    if missing > 0:
        end = min(duration_s, end + missing)
        start = max(0.0, min(start, end - settings.clip_min_s))
    if settings.clip_max_s is not None:
        end = min(end, start + settings.clip_max_s)
    return Span(start, end)


def cells_of(table: pl.DataFrame, duration_s: float) -> Cells:
    """Overlapping windows as touching cells: borders lie midway between the windows' middles."""
    start = table["start_s"].to_numpy().astype(np.float64)
    end = table["end_s"].to_numpy().astype(np.float64)
    middle = (start + end) / 2
    inner = (middle[1:] + middle[:-1]) / 2
    edges = np.concatenate(([start[0]], inner, [end[-1]]))
    play = np.nan_to_num(table["play"].to_numpy().astype(np.float64))
    return Cells(np.clip(edges, 0.0, duration_s), np.clip(play, 0.0, 1.0))


def _spans(flags: Flags, edges_s: Scores) -> list[Span]:
    return [
        Span(float(edges_s[first]), float(edges_s[end]))
        for first, end in zip(*runs(flags), strict=True)
    ]


def _is_dense(
    span: Span, middles_s: Scores, holds: NDArray[np.bool_], settings: FusionSettings
) -> bool:
    inside = holds[(middles_s >= span.start_s) & (middles_s < span.end_s)]
    if inside.sum() < settings.min_active_windows:
        return False
    return bool(inside.mean() >= settings.min_density - 1e-9)


def _nearest(time_s: float, cuts_s: Scores, reach_s: float) -> float:
    nearest = float(cuts_s[np.argmin(np.abs(cuts_s - time_s))])
    return nearest if abs(nearest - time_s) <= reach_s + 1e-9 else time_s
