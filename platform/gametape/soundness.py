"""Sentences about a tape's artifacts that can be false, each with its counter-examples.

A function returns what speaks against its sentence, a row each: nothing if it holds. Who asks, and
what follows from the answer, is not known here.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from gametape.schema import Segment, Source
from gametape.video.proxy import PassReport

Row = Mapping[str, object]

# Times are floats of exact stamps; a tick of the finest usual clock is eleven microseconds.
TICK_S = 1e-5


def unplayable(source: Source) -> list[Row]:
    """Against: the source has pictures, and time passes between them."""
    video, wrong = source.video, list[Row]()
    if source.duration_s <= 0:
        wrong.append({"what": "length", "is": source.duration_s, "should be": "above 0 s"})
    if video.frame_count is not None and video.frame_count < 1:
        wrong.append({"what": "frames", "is": video.frame_count, "should be": "1 or more"})
    if min(video.display_width, video.display_height) < 1:
        size = f"{video.display_width} x {video.display_height}"
        wrong.append({"what": "size", "is": size, "should be": "1 x 1 or more"})
    return wrong


def proxy_differs(
    source: Source, report: PassReport, *, limit_s: float | None, proxy_frames: int | None
) -> list[Row]:
    """Against: the proxy shows what the source shows, as long, and loses nothing.

    `proxy_frames` is how many the finished file holds; None where none was asked for. A tape that
    is known to be damaged is shown as far as it plays.
    """
    wrong = list[Row]()
    is_damaged = any(one.code == "partial" for one in (*source.findings, *report.findings))
    expected_s = source.duration_s if limit_s is None else min(source.duration_s, limit_s)
    off_s = report.seconds - expected_s
    if abs(off_s) > float(1 / report.rate) and not (is_damaged and off_s < 0):
        wrong.append({"what": "length", "is": report.seconds, "should be": expected_s})
    frames = None if is_damaged or limit_s is not None else source.video.frame_count
    if frames is not None and report.frames != frames:
        wrong.append({"what": "frames decoded", "is": report.frames, "should be": frames})
    if proxy_frames is not None and proxy_frames != report.proxy_frames:
        should = report.proxy_frames
        wrong.append({"what": "frames in the proxy", "is": proxy_frames, "should be": should})
    if report.has_sound and not source.audio:
        wrong.append({"what": "sound", "is": "some", "should be": "none, as on the tape"})
    return wrong


def uncovered(signals: pl.DataFrame, *, duration_s: float, rate_hz: float) -> list[Row]:
    """Against: the signals have one row per step from the start of the tape to its end."""
    time_s = signals["time_s"].to_numpy()
    expected = np.arange(int(np.ceil(duration_s * rate_hz - 1e-6))) / rate_hz
    if len(time_s) != len(expected):
        return [{"what": "rows", "is": len(time_s), "should be": len(expected)}]
    wrong = np.flatnonzero(np.abs(time_s - expected) > TICK_S)
    return [
        {"what": f"row {row}", "is": float(time_s[row]), "should be": float(expected[row])}
        for row in wrong.tolist()
    ]


def gaps(predictions: pl.DataFrame, *, duration_s: float) -> list[Row]:
    """Against: every moment of the tape has a score, and every score is one."""
    if predictions.is_empty():
        return [{"at_s": 0.0, "what": "no window"}] if duration_s > 0 else []
    table = predictions.sort("start_s")
    starts, ends = table["start_s"].to_numpy(), table["end_s"].to_numpy()
    scores = table["play"].to_numpy()
    wrong = list[Row]()
    if starts[0] > TICK_S:
        wrong.append({"at_s": 0.0, "what": f"the first window starts at {starts[0]:g} s"})
    for row in np.flatnonzero(starts[1:] > ends[:-1] + TICK_S).tolist():
        what = f"no window until {starts[row + 1]:g} s"
        wrong.append({"at_s": float(ends[row]), "what": what})
    stride_s = float(np.median(np.diff(starts))) if len(starts) > 1 else duration_s
    if duration_s - ends.max() > stride_s + TICK_S:
        wrong.append({"at_s": float(ends.max()), "what": f"no window until {duration_s:g} s"})
    # NaN is outside too: no comparison with it is true.
    for row in np.flatnonzero(~((scores >= 0) & (scores <= 1))).tolist():
        wrong.append({"at_s": float(starts[row]), "what": f"the score is {scores[row]}"})
    return wrong


def ill_formed(
    segments: Sequence[Segment], *, duration_s: float, may_overlap: bool, slack_s: float
) -> list[Row]:
    """Against: segments lie on the tape, in order, apart, and each holds its play.

    Only a list that a person gave may overlap; `slack_s` is by how much an end may be rounded up.
    """
    wrong = list[Row]()
    before: Segment | None = None
    for number, segment in enumerate(segments, start=1):
        said = list[str]()
        if not 0 <= segment.start_s < segment.end_s <= duration_s + slack_s:
            said.append(f"does not lie on the tape, which has {duration_s:g} s")
        core = segment.core
        if not segment.start_s - TICK_S <= core.start_s < core.end_s <= segment.end_s + TICK_S:
            said.append(f"does not hold its play, {core.start_s:g} to {core.end_s:g} s")
        if not 0 <= segment.score <= 100:
            said.append(f"has the score {segment.score}")
        if before is not None and not may_overlap and segment.start_s < before.end_s - TICK_S:
            said.append("begins before the one before it ends")
        wrong += [
            {"segment": number, "start_s": segment.start_s, "end_s": segment.end_s, "what": what}
            for what in said
        ]
        before = segment
    return wrong


def unfitting_labels(labels: Sequence[Segment], *, duration_s: float, slack_s: float) -> list[Row]:
    """Against: labels lie on the tape, and no two of one kind are about the same moment."""
    wrong = list[Row]()
    last: dict[str, Segment] = {}
    for label in sorted(labels, key=lambda label: label.start_s):
        row = {"start_s": label.start_s, "end_s": label.end_s}
        if not 0 <= label.start_s < label.end_s <= duration_s + slack_s:
            wrong.append({**row, "what": f"does not lie on the tape, which has {duration_s:g} s"})
        before = last.get(label.label)
        if before is not None and label.start_s < before.end_s - TICK_S:
            wrong.append({**row, "what": f"overlaps the {label.label} at {before.start_s:g} s"})
        last[label.label] = label
    return wrong
