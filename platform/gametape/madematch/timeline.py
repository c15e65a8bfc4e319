"""From story time to frames: every play, shot and clock reading gets its exact first frame."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gametape.madematch.script import Script, Shot
from gametape.madematch.settings import FrameTimes
from gametape.madematch.truth import TrueCut, TrueSegment, TrueShot

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
# Cameras that show people on the field, so that their places in the picture are known.
FIELD_CAMERAS = ("main", "alternate", "closeup", "replay")
# Two clocks that should agree to the last bit may not: a frame at this distance still counts.
TOUCH_S = 1e-7


@dataclass(frozen=True)
class Timeline:
    """What each frame shows. Arrays have one entry per frame."""

    frames: FrameTimes
    time_s: Floats
    shot: Ints  # index into `shots`
    match_time_s: Floats  # the moment of the match that is shown; earlier than `time_s` in replays
    is_in_play: NDArray[np.bool_]
    shots: tuple[Shot, ...]  # those that have at least one frame
    true_shots: tuple[TrueShot, ...]
    segments: tuple[TrueSegment, ...]
    cuts: tuple[TrueCut, ...]

    @property
    def count(self) -> int:
        """Frames of the tape."""
        return len(self.time_s)


def lay_out(script: Script, frames: FrameTimes) -> Timeline:
    """Put a script onto frames: a thing begins with the first frame at or after its moment."""
    time_s = frames.time_s
    edges = np.append(time_s, frames.end_s)

    def first(moment_s: float) -> int:
        return int(np.searchsorted(time_s, moment_s - TOUCH_S))

    segments, is_in_play = [], np.zeros(len(time_s), bool)
    for play in script.plays:
        start, end = first(play.start_s), first(play.end_s)
        if end > start:
            is_in_play[start:end] = True
            segments.append(
                TrueSegment(
                    number=play.number,
                    kind=play.kind,
                    start_s=float(edges[start]),
                    end_s=float(edges[end]),
                    start_frame=start,
                    end_frame=end,
                )
            )
    shots: list[Shot] = []
    true_shots: list[TrueShot] = []
    shot_of, match_time_s = np.zeros(len(time_s), np.int64), time_s.copy()
    for shot in script.shots:
        start, end = first(shot.start_s), first(shot.end_s)
        if shot is script.shots[-1]:
            end = len(time_s)
        if end <= start:
            continue
        shot_of[start:end] = len(shots)
        if shot.camera == "replay":
            since_s = time_s[start:end] - time_s[start]
            match_time_s[start:end] = shot.replay_from_s + since_s * shot.replay_speed
        shots.append(shot)
        true_shots.append(
            TrueShot(
                start_s=float(edges[start]),
                end_s=float(edges[end]),
                start_frame=start,
                end_frame=end,
                camera=shot.camera,
                entry=shot.entry,
            )
        )
    cuts = tuple(
        TrueCut(
            time_s=s.start_s,
            frame=s.start_frame,
            pts=int(frames.pts[s.start_frame]),
            kind=s.entry,
        )
        for s in true_shots[1:]
    )
    return Timeline(
        frames,
        time_s,
        shot_of,
        match_time_s,
        is_in_play,
        tuple(shots),
        tuple(true_shots),
        tuple(segments),
        cuts,
    )
