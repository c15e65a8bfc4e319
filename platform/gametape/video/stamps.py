"""The stamp of each decoded frame: rising, on one clock, whatever the container wrote.

A sound file's stamps are left alone. Put right are: frames without a stamp, stamps that do not
rise, containers without presentation stamps, and recordings whose clock begins anew in the middle.
Only numbers are judged here; nothing is opened or decoded.
"""

from collections import deque
from fractions import Fraction

from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame

from gametape.errors import InputError
from gametape.video.damage import Losses

# A stamp this far before the last one is a new beginning (joined broadcast recordings, a 33-bit
# clock that ran over), not a frame out of order: those are off by a frame or two.
RESTART_S = 1
NEVER = -(1 << 63)


class Stamper:
    """Places the frames of one pass over a file; `fast_until` tells which need no placing."""

    def __init__(
        self,
        name: str,
        losses: Losses,
        *,
        time_base: Fraction,
        step: int,
        max_gap_s: float,
        max_duration_s: float,
        has_no_pts: bool,
    ) -> None:
        self.name = name
        self.losses = losses
        self.time_base = time_base
        self.step = step  # ticks a frame usually lasts
        self.max_step = int(Fraction(max_gap_s) / time_base)
        self.max_length = int(Fraction(max_duration_s) / time_base)
        self.start_pts: int | None = None
        self._last: int | None = None
        self._stored: deque[int] | None = deque() if has_no_pts else None
        # Seconds added to the stamps of each part; picture and sound of a part move together.
        self._offsets_s = [Fraction(0)]
        self._end_s = Fraction(0)
        self._video_part = self._sound_part = 0
        self._sound_end_s: Fraction | None = None

    @property
    def needs_packets(self) -> bool:
        """Whether `expect` must hear of every packet: the container has no presentation stamps."""
        return self._stored is not None

    @property
    def fast_until(self) -> int:
        """A frame that rises by less than `max_step` up to this stamp may keep it unplaced."""
        if self._video_part or self.start_pts is None or self._stored is not None:
            return NEVER
        return self.start_pts + self.max_length

    def expect(self, dts: int | None) -> None:
        """Hear of a packet sent to the decoder, where frames are shown at the stored stamps."""
        if self._stored is not None and dts is not None:
            self._stored.append(dts)

    def place(self, frame: VideoFrame, last: int | None) -> int:
        """Give a frame its stamp, later than `last`; InputError when its clock is broken."""
        raw = frame.pts if frame.pts is not None else frame.dts
        if self._stored:
            raw = self._stored.popleft()
        if raw is None:
            self.losses.restamped += 1
            raw = 0 if last is None else last + self.step
            pts = raw
        else:
            pts = self._on_one_clock(raw, last)
        if self.start_pts is None:
            self.start_pts = pts
        if last is not None and pts <= last:
            self.losses.restamped += 1
            pts = last + 1
        if last is not None and pts - last > self.max_step:
            raise broken_gap(
                self.name, (pts - last) * self.time_base, self.max_step * self.time_base
            )
        if pts - self.start_pts > self.max_length:
            length_s = (pts - self.start_pts) * self.time_base
            raise too_long(self.name, length_s, self.max_length * self.time_base)
        frame.pts = pts
        return pts

    def place_sound(self, frame: AudioFrame) -> None:
        """Move sound after a new beginning as far as its picture was, or will be, moved."""
        if frame.pts is None or frame.time_base is None:
            return
        raw_s = frame.pts * frame.time_base
        start_s = raw_s + self._offset_s(self._sound_part, raw_s)
        if self._sound_end_s is not None and self._sound_end_s - start_s >= RESTART_S:
            self._sound_part += 1
            start_s = raw_s + self._offset_s(self._sound_part, raw_s)
        if self._sound_part:
            frame.pts = round(start_s / frame.time_base)
        self._sound_end_s = start_s + Fraction(frame.samples, frame.sample_rate or 1)
        self._end_s = max(self._end_s, self._sound_end_s)

    def _on_one_clock(self, raw: int, last: int | None) -> int:
        pts = raw + self._offset(self._video_part, raw)
        if last is not None and (last - pts) * self.time_base >= RESTART_S:
            self._end_s = max(self._end_s, (last + self.step) * self.time_base)
            self._video_part += 1
            self.losses.restarts += 1
            pts = raw + self._offset(self._video_part, raw)
        return pts

    def _offset(self, part: int, raw: int) -> int:
        return round(self._offset_s(part, raw * self.time_base) / self.time_base)

    def _offset_s(self, part: int, stamp_s: Fraction) -> Fraction:
        """Seconds to add to a part whose first stamp, of whichever stream came first, this is."""
        if part == len(self._offsets_s):
            self._offsets_s.append(self._end_s - stamp_s)
        return self._offsets_s[part]


def broken_gap(name: str, gap_s: Fraction, max_gap_s: Fraction) -> InputError:
    """The error for stamps that jump ahead further than any pause of a recording."""
    return InputError(
        f"{name}: its time stamps jump ahead by {float(gap_s) / 3600:.1f} hours (at most "
        f"{float(max_gap_s) / 3600:g} are taken). They are broken: convert it again from the "
        "original."
    )


def too_long(name: str, length_s: Fraction | float, max_duration_s: Fraction | float) -> InputError:
    """The error for a tape beyond the allowed duration."""
    return InputError(
        f"{name} says it lasts {float(length_s) / 3600:.1f} hours (at most "
        f"{float(max_duration_s) / 3600:g} are taken). Split the recording, or convert it again "
        "if that is wrong."
    )
