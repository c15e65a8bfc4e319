"""One clip on its way: takes frames and sound of the tape, writes its file, and proves it.

The order in which clips are cut, and how the tape is read for them, is elsewhere.
"""

import logging
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import av
from av.container import OutputContainer
from av.video.frame import VideoFrame

from gametape.aside import write_bytes, written_aside
from gametape.errors import GametapeError, InputError
from gametape.exports.cutlist import END_SLACK_S
from gametape.profile import ClipSettings
from gametape.schema import CutReport, Segment
from gametape.video.cutting.clipform import ClipForm
from gametape.video.cutting.clipwriter import MP4_OPTIONS, ClipWriter
from gametape.video.cutting.proof import ClipCount
from gametape.video.cutting.proof import count_clip as count_clip
from gametape.video.cutting.stills import still_jpeg
from gametape.video.cutting.stretch import SoundBlock
from gametape.video.media import create_media, open_media
from gametape.video.timebase import boundary_pts, seconds

log = logging.getLogger(__name__)

# How far the picture may run ahead of its sound in a file before the sound is given up.
SOUND_LAG_S = 2


@dataclass(frozen=True)
class ClipPlan:
    """A clip to cut: frames with `start_pts <= pts < end_pts` of the tape."""

    number: int
    segment: Segment
    start_pts: int
    end_pts: int

    @property
    def name(self) -> str:
        """Name of its files, without suffix."""
        return f"{self.number:04d}"


class ClipJob:
    """Cuts one clip; to be fed with everything the tape yields, in order."""

    def __init__(
        self,
        plan: ClipPlan,
        form: ClipForm,
        folder: Path,
        settings: ClipSettings,
        tape_start: int,
        *,
        reason: str = "",
        created: datetime | None = None,
    ) -> None:
        self.plan = plan
        self.is_done = False
        self._form = form
        self._path = folder / f"{plan.name}.mp4"
        self._settings = settings
        self._tape_start = tape_start
        self._reason = reason
        self._created = created
        self._stack = ExitStack()
        self._file = ExitStack()
        self._aside = self._path
        self._writer: ClipWriter | None = None
        self._early: list[SoundBlock] = []  # sound that came before the first frame
        self._heard_s: dict[int, Fraction] = {}  # where the sound of each track has come to
        self._still: VideoFrame | None = None
        self._last: VideoFrame | None = None
        self._end_pts: int | None = None  # where the last frame ends; None while frames may come
        self._damaged = 0
        self._begun_s = 0.0

    def wants(self, block: SoundBlock) -> bool:
        """Is this sound of the clip's time?"""
        return block.end_s > self.plan.start_pts * self._form.time_base and not self.is_done

    def sound(self, block: SoundBlock) -> None:
        """Take sound that may belong to the clip."""
        if self._writer is None:
            self._early.append(block)
        else:
            self._writer.sound(block)
        self._heard_s[block.track] = block.end_s
        self._end_if_complete()

    def picture(self, frame: VideoFrame) -> None:
        """Take a frame of the clip, in its written form."""
        if self._writer is None:
            self._begin(frame.pts or 0)
        assert self._writer is not None
        self._writer.picture(frame)
        self._damaged += frame.is_corrupt
        self._last = frame
        if self._still is None and (frame.pts or 0) * 2 >= self.plan.start_pts + self.plan.end_pts:
            self._still = frame

    def passed(self, pts: int) -> None:
        """The tape has come to a frame at or after the end."""
        if self._end_pts is None:
            self._end_pts = pts
        lag_s = (pts - self.plan.end_pts) * self._form.time_base
        if not self._form.sounds or self._writer is None or lag_s > SOUND_LAG_S:
            self.is_done = True
        else:
            self._end_if_complete()

    def report(self, *, end_pts: int) -> CutReport:
        """Finish the file and say what it holds; `end_pts` is the end of the tape."""
        if self._writer is None or self._last is None:
            raise InputError(
                f"Segment {self.plan.number}: the tape shows no new frame between "
                f"{self.plan.segment.start_s} and {self.plan.segment.end_s} s. Widen the segment."
            )
        end_pts = self._end_pts if self._end_pts is not None else end_pts
        self._writer.close(max(end_pts, self._writer.pts[-1] + 1))
        self._file.close()
        counted = count_clip(self._aside)
        self._stack.close()
        still = still_jpeg(
            self._still or self._last,
            height=self._settings.thumbnail_height,
            sample_aspect=self._form.sample_aspect,
        )
        write_bytes(self._path.with_suffix(".jpg"), still)
        return self._told(self._writer, counted, max(end_pts, self._writer.pts[-1] + 1))

    def abandon(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        """Leave nothing behind; the error that led here is the one to tell."""
        # On a full disk closing the file fails too, and the half file must go all the same.
        for stack in (self._file, self._stack):
            with suppress(GametapeError, av.FFmpegError, OSError):
                stack.__exit__(kind, error, trace)

    def _begin(self, first_pts: int) -> None:
        self._begun_s = time.monotonic()
        self._aside = self._stack.enter_context(written_aside(self._path))
        file = create_media(self._aside, format="mp4", options=dict(MP4_OPTIONS))
        self._file.enter_context(file)
        start_s = seconds(first_pts, self._form.time_base, self._tape_start)
        date_clip(file, self._created, start_s)
        self._writer = ClipWriter(file, self._form, self._settings)
        for block in self._early:
            self._writer.sound(block)
        self._early = []

    def _end_if_complete(self) -> None:
        if self._end_pts is not None and len(self._heard_s) == len(self._form.sounds):
            self.is_done = min(self._heard_s.values()) >= self._end_pts * self._form.time_base

    def _told(self, writer: ClipWriter, counted: ClipCount, end_pts: int) -> CutReport:
        base, plan, form = self._form.time_base, self.plan, self._form
        wanted = tuple((pts - writer.pts[0]) * base for pts in writer.pts)
        length_s = (end_pts - writer.pts[0]) * base
        start_skew_ms, end_skew_ms = counted.skews_ms(length_s)
        zero_s = (writer.pts[0] - self._tape_start) * base
        got_s = [float(zero_s + time_s) for time_s in counted.times_s]
        changed = form.changed
        if self._damaged:
            changed = (*changed, f"{self._damaged} frames were damaged on the tape")
        report = CutReport(
            number=plan.number,
            file=self._path.name,
            thumbnail=f"{plan.name}.jpg",
            asked_start_s=plan.segment.start_s,
            asked_end_s=plan.segment.end_s,
            first_pts=writer.pts[0],
            last_pts=writer.pts[-1],
            time_base=base,
            first_s=seconds(writer.pts[0], base, self._tape_start),
            last_s=seconds(writer.pts[-1], base, self._tape_start),
            got_first_s=got_s[0] if got_s else None,
            got_last_s=got_s[-1] if got_s else None,
            frame_count=len(writer.pts),
            counted_frames=len(counted.times_s),
            duration_s=float(length_s),
            bytes=self._path.stat().st_size,
            width=form.width,
            height=form.height,
            reason=self._reason,
            encoded_frames=len(writer.pts),
            encoder=writer.encoder,
            is_exact=counted.times_s == wanted,
            has_sound=counted.sound_start_s is not None,
            start_skew_ms=start_skew_ms,
            end_skew_ms=end_skew_ms,
            changed=changed,
            seconds=round(time.monotonic() - self._begun_s, 3),
        )
        log.info(
            "clip %s: %d frames, %.3f s, %d bytes, exact: %s",
            *(plan.name, report.frame_count, report.duration_s, report.bytes, report.is_exact),
        )
        return report


def plan_clip(
    number: int, segment: Segment, *, time_base: Fraction, start_pts: int, duration_s: float
) -> ClipPlan:
    """Which frames a segment asks for; a segment that the tape does not have is refused."""
    where = f"Segment {number} ({segment.start_s} to {segment.end_s} s)"
    if not 0 <= segment.start_s < segment.end_s < float("inf"):
        raise InputError(f"{where}: its end must come after its start, and both be 0 or more.")
    if segment.start_s >= duration_s or segment.end_s > duration_s + END_SLACK_S:
        raise InputError(
            f"{where} passes the end of the tape at {duration_s:.3f} s. Correct the segment."
        )
    return ClipPlan(
        number,
        segment,
        boundary_pts(segment.start_s, time_base, start_pts),
        boundary_pts(segment.end_s, time_base, start_pts),
    )


def tape_created(path: Path) -> datetime | None:
    """When a tape was recorded, if its container says so."""
    with open_media(path) as media:
        stated = media.container.metadata.get("creation_time")
    try:
        return datetime.fromisoformat(stated) if stated else None
    except ValueError:
        return None


def date_clip(file: OutputContainer, created: datetime | None, start_s: float) -> None:
    """Give a clip the time of its own beginning, so that sorting by date is sorting by play."""
    if created is not None:
        begun = created + timedelta(seconds=start_s)
        file.metadata["creation_time"] = begun.replace(tzinfo=None).isoformat() + "Z"
