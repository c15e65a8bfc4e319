"""Writing a made match: the encoded video, and the tables of its truth."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import polars as pl
from numpy.typing import NDArray

from gametape.madematch.render import Painted
from gametape.madematch.script import Script
from gametape.madematch.settings import FrameTimes, MatchSettings, hardness_of
from gametape.madematch.sound import RATE_HZ
from gametape.madematch.timeline import Timeline
from gametape.schema import Progress
from gametape.tables import write_table
from gametape.video.media import create_media

AUDIO_BITS = 96_000


class Notebook:
    """Collects, frame by frame, what the tables of the truth will say."""

    def __init__(self, teams: NDArray[np.int64], players: int) -> None:
        self.teams, self.players = teams[:players], players
        self.is_bug_visible: list[bool] = []
        self._people: list[pl.DataFrame] = []
        self._rows: list[tuple[int, NDArray[Any], NDArray[Any], NDArray[Any]]] = []
        self._ball: list[tuple[int, float, float, float, float, float, bool]] = []

    def note(self, painted: Painted) -> None:
        """Remember one frame."""
        self.is_bug_visible.append(painted.is_bug_visible)
        placed, count = painted.placed, self.players
        if placed is None:
            return
        people = painted.states.people[painted.row, :count]
        row = (painted.frame, people, placed.people_px[:count], placed.is_seen[:count])
        self._rows.append(row)
        if len(self._rows) >= 1000:
            self._people.append(self._flush())
        if painted.states.has_ball[painted.row]:
            x, y, z = painted.states.ball[painted.row]
            u, v = placed.ball_px
            self._ball.append((painted.frame, x, y, z, u, v, placed.is_ball_seen))

    def _flush(self) -> pl.DataFrame:
        """Rows of people so far as a table; numbers as fine as they are of use."""
        frames = np.array([r[0] for r in self._rows], np.int32)
        places = np.array([r[1] for r in self._rows]).reshape(-1, 3)
        pixels = np.clip(np.array([r[2] for r in self._rows]).reshape(-1, 2), -1e5, 1e5)
        seen = np.array([r[3] for r in self._rows], bool).ravel()
        self._rows = []
        return pl.DataFrame(
            {
                "frame": np.repeat(frames, self.players),
                "id": np.tile(np.arange(self.players, dtype=np.int16), len(frames)),
                "team": np.tile(self.teams.astype(np.int8), len(frames)),
                "x_m": places[:, 0].round(2).astype(np.float32),
                "y_m": places[:, 1].round(2).astype(np.float32),
                "z_m": places[:, 2].round(2).astype(np.float32),
                "x_px": pixels[:, 0].round(1).astype(np.float32),
                "y_px": pixels[:, 1].round(1).astype(np.float32),
                "is_visible": seen,
            }
        )

    def people(self) -> pl.DataFrame:
        """The table `players`."""
        return pl.concat([*self._people, self._flush()])

    def ball(self) -> pl.DataFrame:
        """The table `ball`."""
        names = ("x_m", "y_m", "z_m", "x_px", "y_px")
        schema = {"frame": pl.Int32} | dict.fromkeys(names, pl.Float32) | {"is_visible": pl.Boolean}
        table = pl.DataFrame(self._ball, schema=schema, orient="row")
        return table.with_columns(pl.col(*names[:3]).round(2), pl.col(*names[3:]).round(1))


def frames_table(timeline: Timeline, script: Script, is_bug_visible: list[bool]) -> pl.DataFrame:
    """The table `frames`: one row per frame."""
    clock = [script.clock_at(float(t)) for t in timeline.time_s]
    scores = [script.score_at(float(t)) for t in timeline.time_s]
    return pl.DataFrame(
        {
            "frame": np.arange(timeline.count, dtype=np.int32),
            "pts": timeline.frames.pts,
            "time_s": timeline.time_s,
            "match_time_s": timeline.match_time_s,
            "camera": [timeline.shots[i].camera for i in timeline.shot],
            "is_in_play": timeline.is_in_play,
            "period": np.array([c[0] for c in clock], np.int8),
            "clock_s": np.array([c[1] for c in clock], np.int32),
            "home_score": np.array([s.home for s in scores], np.int16),
            "away_score": np.array([s.away for s in scores], np.int16),
            "is_bug_visible": is_bug_visible,
        }
    )


def write_tables(folder: Path, timeline: Timeline, script: Script, notes: Notebook) -> None:
    """Write frames.parquet, players.parquet and ball.parquet."""
    write_table(folder / "frames.parquet", frames_table(timeline, script, notes.is_bug_visible))
    write_table(folder / "players.parquet", notes.people())
    write_table(folder / "ball.parquet", notes.ball())


def encode(
    path: Path,
    painted: Iterator[Painted],
    sound: Iterator[NDArray[np.float32]] | None,
    *,
    settings: MatchSettings,
    frames: FrameTimes,
    progress: Progress,
) -> None:
    """Write the video; one thread each, so that the bytes are the same every time."""
    with create_media(path, format="mp4") as container:
        video = container.add_stream("libx264", rate=settings.rate_hz)
        _set_up(video, settings, frames)
        audio = container.add_stream("aac", rate=RATE_HZ, layout="mono") if sound else None
        if audio is not None:
            audio.bit_rate = AUDIO_BITS
        heard_s, time_s = 0, frames.time_s
        for item in painted:
            picture = av.VideoFrame.from_ndarray(item.planes, format="yuv420p")
            picture.pts, picture.time_base = int(frames.pts[item.frame]), frames.time_base
            container.mux(video.encode(picture))
            while audio is not None and sound is not None and heard_s <= time_s[item.frame]:
                samples = next(sound, None)
                if samples is None:
                    break
                container.mux(audio.encode(_heard(samples, heard_s)))
                heard_s += 1
            if item.frame % 50 == 0:
                progress("making the match", float(time_s[item.frame]), frames.end_s)
        container.mux(video.encode(None))
        if audio is not None:
            container.mux(audio.encode(None))
    progress("making the match", frames.end_s, frames.end_s)


def _heard(samples: NDArray[np.float32], second: int) -> av.AudioFrame:
    frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
    frame.sample_rate, frame.pts = RATE_HZ, second * RATE_HZ
    return frame


def _set_up(video: Any, settings: MatchSettings, frames: FrameTimes) -> None:
    """Size, rate and quality of the video stream."""
    context = video.codec_context
    video.width, video.height, video.pix_fmt = settings.width, settings.height, "yuv420p"
    context.time_base = frames.time_base
    context.gop_size = max(1, round(settings.gop_s * settings.rate_hz))
    context.max_b_frames = settings.bframes
    context.thread_count = 1
    context.color_range, context.colorspace = 1, 6  # limited, BT.601: what the painter uses
    context.color_primaries = context.color_trc = 6
    options = {"preset": settings.preset, "bf": str(settings.bframes)}
    if settings.bitrate is not None:
        video.bit_rate = settings.bitrate
    else:
        options["crf"] = str(min(51, settings.crf + hardness_of(settings).more_crf))
    video.options = options
