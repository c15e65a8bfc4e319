"""The one decode of a tape: all that needs its pixels or its sound is made here, in one go.

How a picture is scaled, measured or encoded is in the modules beside this one; here is only which
frame goes where, and when.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from pydantic import Field

from gametape.errors import ToolError
from gametape.profile import ProxySettings
from gametape.schema import Finding, Noun, Progress, no_progress
from gametape.video.media import Media, open_media
from gametape.video.onepass.ahead import AnyFrame, decoded_ahead, decoding_threads
from gametape.video.onepass.encoder import ProxyWriter
from gametape.video.onepass.frames import FrameTable
from gametape.video.onepass.grid import Grid, integer_share, source_rate
from gametape.video.onepass.planes import Canvas, Scaler, proxy_size, turn_of
from gametape.video.onepass.samples import SampleTables
from gametape.video.onepass.soundtrack import RATE_HZ, SoundTrack, WavWriter
from gametape.video.timebase import seconds
from gametape.video.writing import write_media

PROGRESS_STEP_S = 2  # of tape, between two calls of `progress`
# Pictures encoded in one go: the processor then has at hand what the encoder works with.
TOGETHER = 8
# A tape's sound is stored so much after its picture at most.
INTERLEAVED_S = 2.0
# Silence put in for missing sound is told from this length on.
SILENCE_S = 1.0


class PassReport(Noun):
    """What one pass over a tape has read and written."""

    seconds: float  # of tape: to the end of its last frame
    frames: int  # displayed frames of the tape
    proxy_frames: int  # ticks of the analysis grid, whether a proxy was written or not
    rate: Fraction  # of the analysis grid, ticks a second
    review_rate: Fraction
    width: int  # of both proxies: upright, square pixels
    height: int
    has_sound: bool
    findings: tuple[Finding, ...] = ()
    timings: dict[str, float] = Field(default_factory=dict)  # seconds by the clock, by part


class Stopwatch:
    """Says which part of the work the time went to; `decode` is what the rest waited for it."""

    def __init__(self) -> None:
        self.parts = dict.fromkeys(("decode", "signals", "scale", "encode", "audio", "write"), 0.0)
        self._since = time.perf_counter()

    def lap(self, part: str) -> None:
        """Count the time since the last lap for a part."""
        now = time.perf_counter()
        self.parts[part] += now - self._since
        self._since = now


class Pass:
    """One pass under way: begins with the first displayed frame, is fed frames in order."""

    def __init__(
        self, media: Media, folder: Path, settings: ProxySettings, limit_s: Fraction | None
    ) -> None:
        self.media = media
        self.folder = folder
        self.settings = settings
        self.limit_s = limit_s
        self.watch = Stopwatch()
        self.has_audio = bool(media.audio)
        self.sound = SoundTrack(limit_s=limit_s)
        self.frame_count = 0
        self.interlaced_count = 0
        self.end_pts = 0

    def begin(self, first: VideoFrame, files: ExitStack) -> None:
        """Set up all outputs for a tape whose first displayed frame this is."""
        media, settings = self.media, self.settings
        track = media.video
        self.start_pts = _stamp(first)
        rate = source_rate(track.average_rate, track.base_rate, settings.rate_hz)
        self.share = integer_share(rate, settings.rate_hz)
        self.grid = Grid(rate, media.time_base, self.start_pts)
        turn = turn_of(first)
        aspect = track.sample_aspect_ratio or Fraction(1)
        width, height = proxy_size(first, aspect, turn, settings.height)
        scaler = Scaler()
        self.canvases = [Canvas(first, width, height, turn, scaler) for _ in range(TOGETHER)]
        self.drawn = 0  # of the canvases, not yet encoded
        self.frames = FrameTable(self.folder, scaler)
        files.callback(self.frames.discard)
        self.samples = SampleTables(self.folder, first, (width, height), turn, scaler)
        files.callback(self.samples.discard)
        self.proxies = files.enter_context(ExitStack())
        self.analysis = self._writer("video.mp4", rate / self.share, settings.analysis)
        self.review = self._writer("review.mp4", rate, settings.review)
        self.wav = WavWriter(self.folder / "audio.wav")
        files.callback(self.wav.discard)
        self.writers = [one for one in (self.analysis, self.review) if one is not None]
        sinks = [self.wav.put, *(writer.sound for writer in self.writers)]
        self.sound.begin(self.start_pts * media.time_base, sinks)

    def show(self, frame: VideoFrame, next_pts: int) -> None:
        """A frame that is on display until another stamp: measured, and put on its ticks."""
        self.frames.add_frame(frame, seconds(_stamp(frame), self.media.time_base, self.start_pts))
        self.frame_count += 1
        self.interlaced_count += frame.interlaced_frame
        self.end_pts = next_pts
        self.watch.lap("signals")
        canvas: Canvas | None = None
        while self.grid.is_due(next_pts) and not self._is_over():
            is_analysed = self.grid.tick % self.share == 0
            if is_analysed:
                self.samples.update(frame, self.grid.time_s)
                self.watch.lap("signals")
            writers = (self.analysis if is_analysed else None, self.review)
            for writer in writers:
                if writer is not None:
                    canvas = canvas or self._draw(frame)
                    writer.picture(canvas.frame)
            self.grid.advance()

    def _draw(self, frame: VideoFrame) -> Canvas:
        """A frame on the next canvas; when all are full they are encoded first."""
        if self.drawn == len(self.canvases):
            for writer in self.writers:
                writer.encode()
            self.drawn = 0
            self.watch.lap("encode")
        canvas = self.canvases[self.drawn]
        canvas.draw(frame)
        self.drawn += 1
        self.watch.lap("scale")
        return canvas

    def finish(self) -> PassReport:
        """End all files and put them in place."""
        self.sound.finish()
        for writer in self.writers:
            writer.close()
        self.watch.lap("encode")
        self.proxies.close()
        self.wav.close()
        self.frames.close()
        self.samples.close()
        self.watch.lap("write")
        length_s = seconds(self.end_pts, self.media.time_base, self.start_pts)
        return PassReport(
            seconds=length_s if self.limit_s is None else min(length_s, float(self.limit_s)),
            frames=self.frame_count,
            proxy_frames=-(-self.grid.tick // self.share),
            rate=self.grid.rate / self.share,
            review_rate=self.grid.rate,
            width=self.canvases[0].frame.width,
            height=self.canvases[0].frame.height,
            has_sound=self.sound.written > 0,
            findings=tuple(self._findings()),
            timings=self.watch.parts,
        )

    def beyond_s(self, frame: VideoFrame) -> float:
        """How long after the limit a frame is; less than 0 before it, and where none is."""
        if self.limit_s is None:
            return -1.0
        return float((_stamp(frame) - self.start_pts) * self.media.time_base - self.limit_s)

    @property
    def has_all_sound(self) -> bool:
        """Whether the sound has been heard up to the limit."""
        return not self.has_audio or self.sound.is_full

    def _is_over(self) -> bool:
        """Whether the next tick lies at or after the limit."""
        return self.limit_s is not None and self.grid.time_s >= self.limit_s

    def _writer(self, name: str, rate: Fraction, is_wanted: bool) -> ProxyWriter | None:
        if not is_wanted:
            return None
        file = self.proxies.enter_context(write_media(self.folder / name))
        like = self.canvases[0].frame
        return ProxyWriter(file, like, rate, self.settings, has_sound=self.has_audio)

    def _findings(self) -> list[Finding]:
        found = self.media.damage()
        if self.limit_s is not None:
            limit_s = float(self.limit_s)
            found = [one for one in found if one.start_s is None or one.start_s < limit_s]
        if self.interlaced_count:
            found.append(
                Finding(
                    code="interlaced",
                    message=f"{self.interlaced_count} of {self.frame_count} frames are interlaced; "
                    "the proxies show every second line of them",
                )
            )
        silence_s = self.sound.silence / RATE_HZ
        if silence_s >= SILENCE_S:
            found.append(
                Finding(
                    code="gap",
                    severity="warning",
                    message=f"{silence_s:.1f} s of sound are missing; silence stands for them",
                )
            )
        if self.has_audio and not self.sound.written:
            found.append(
                Finding(code="no-audio", severity="warning", message="its sound track is empty")
            )
        return found


def run_pass(
    path: Path,
    folder: Path,
    *,
    settings: ProxySettings,
    limit_s: float | None = None,
    progress: Progress = no_progress,
) -> PassReport:
    """Decode a tape once, and write proxies, sound and all raw signals into a fresh folder.

    The files are listed in docs/artifacts.md. `limit_s` stops after so many seconds of tape. A file
    appears under its name only when it is whole; on an error, none that was begun is left.
    """
    import cv2

    cv2.setNumThreads(1)  # the pictures are small: threads would only cost
    folder.mkdir(parents=True, exist_ok=True)
    limit = None if limit_s is None else Fraction(limit_s).limit_denominator(1_000_000)
    with open_media(path, is_rough=True, threads=decoding_threads()) as media:
        try:
            with ExitStack() as files:
                frames = files.enter_context(decoded_ahead(media))
                return _measure(frames, Pass(media, folder, settings, limit), files, progress)
        except (OSError, av.FFmpegError) as error:
            raise ToolError(
                f"{folder.name} of {media.name} could not be written ({error}). "
                "Make room on the disk, or choose another place for the library."
            ) from error


def _measure(
    frames: Iterator[AnyFrame], work: Pass, files: ExitStack, progress: Progress
) -> PassReport:
    media, watch = work.media, work.watch
    total_s = _stated_length(media, work.limit_s)
    held: VideoFrame | None = None  # shown once it is known how long
    told_s, beyond_s = 0.0, -1.0
    for frame in frames:
        watch.lap("decode")
        if isinstance(frame, AudioFrame):
            work.sound.take(frame)
            watch.lap("audio")
        else:
            if held is None:
                work.begin(frame, files)
            elif beyond_s < 0:
                work.show(held, _stamp(frame))
            held = frame
            beyond_s = work.beyond_s(frame)
            done_s = seconds(_stamp(frame), media.time_base, work.start_pts)
            if done_s - told_s >= PROGRESS_STEP_S:
                told_s = done_s
                progress("decoding", done_s, max(total_s, done_s))
        if beyond_s >= 0 and (work.has_all_sound or beyond_s > INTERLEAVED_S):
            break
    if held is not None and beyond_s < 0:
        work.show(held, _stamp(held) + (held.duration or media.step))
    report = work.finish()
    progress("decoding", report.seconds, report.seconds)
    return report


def _stated_length(media: Media, limit_s: Fraction | None) -> float:
    stated_s = (media.container.duration or 0) / av.time_base
    return stated_s if limit_s is None else min(stated_s, float(limit_s))


def _stamp(frame: VideoFrame) -> int:
    assert frame.pts is not None, "the door to media yields no frame without a stamp"
    return frame.pts
