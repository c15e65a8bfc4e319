"""The stamp of each decoded frame: rising, on one clock, whatever the container wrote.

A sound file's stamps are left alone. Put right are: frames without a stamp, stamps that do not
rise, containers without presentation stamps, and recordings whose clock begins anew in the middle.
Only numbers are judged here; nothing is opened or decoded.
"""

from collections import deque
from dataclasses import dataclass
from fractions import Fraction

from av.audio.frame import AudioFrame
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame

from gametape.errors import InputError
from gametape.video.door.damage import Losses
from gametape.video.door.limits import Limits
from gametape.video.door.parts import RESTART_S, Parts

NEVER = -(1 << 63)
# Containers that store a frame's place in the file, not its time of display.
WITHOUT_PTS = frozenset({"avi"})
# Containers that are written as a stream, without an index, and so can be joined end to end.
RESTARTING = frozenset({"mpegts", "mpeg", "flv", "asf", "dv"})


@dataclass
class _SoundPart:
    """Which part of a recording one sound track has come to; stamps in its own ticks."""

    number: int = 0
    offset: int = 0
    last: int = NEVER  # moved


class Stamper:
    """Places the frames of one pass over a file; `fast_until` tells which need no placing."""

    def __init__(
        self,
        name: str,
        losses: Losses,
        *,
        time_base: Fraction,
        step: int,
        limits: Limits,
        container: str,
    ) -> None:
        self.name = name
        self.losses = losses
        self.time_base = time_base
        self.step = step  # ticks a frame usually lasts
        self.max_step = int(Fraction(limits.max_gap_s) / time_base)
        self.max_length = int(Fraction(limits.max_duration_s) / time_base)
        self.start_pts: int | None = None
        self._stored: deque[int] | None = deque() if container in WITHOUT_PTS else None
        self._can_restart = container in RESTARTING
        self._parts = Parts(time_base, step)
        self._back = int(RESTART_S / time_base)
        self._video_part = 0
        self._sounds: dict[int, _SoundPart] = {}  # by the number of the stream

    @property
    def needs_packets(self) -> bool:
        """Whether `hear` must hear of every packet."""
        return self._can_restart or self._stored is not None

    @property
    def fast_until(self) -> int:
        """A frame that rises by at most `max_step` up to this stamp may keep its own unplaced."""
        if self._video_part or self.start_pts is None or self._stored is not None:
            return NEVER
        return self.start_pts + self.max_length

    def hear(self, packet: "Packet[Stream]") -> None:
        """Hear of a picture packet on its way to the decoder."""
        dts = packet.dts
        if self._stored is None:
            self._parts.hear(packet.pts, dts)
        elif dts is not None and packet.size:
            self._stored.append(dts)

    def place(self, frame: VideoFrame, last: int | None) -> int:
        """Give a frame its stamp, later than `last`; InputError when its clock is broken."""
        raw = frame.pts if frame.pts is not None else frame.dts
        if self._stored:
            raw = self._stored.popleft()
        if raw is None:
            self.losses.restamped += 1
            pts = 0 if last is None else last + self.step
        else:
            pts = self._moved(raw, last)
        if last is not None and pts <= last:
            self.losses.restamped += 1
            pts = last + 1
        if self.start_pts is None:
            self.start_pts = pts
        base = self.time_base
        if last is not None and pts - last > self.max_step:
            raise broken_gap(self.name, (pts - last) * base, self.max_step * base)
        if pts - self.start_pts > self.max_length:
            raise too_long(self.name, (pts - self.start_pts) * base, self.max_length * base)
        frame.pts = pts
        return pts

    def place_sound(self, frame: AudioFrame, track: int) -> bool:
        """Move sound as far as the picture of its part; False if it has no part yet.

        At a new beginning the first sound may come a moment before the first picture.
        """
        pts = frame.pts
        if not self._can_restart or pts is None:
            return True
        base = frame.time_base or self.time_base
        part = self._sounds.setdefault(track, _SoundPart())
        if pts + part.offset < part.last - int(RESTART_S / base):
            if part.number + 1 == self._parts.count:
                return False
            part.number += 1
            part.offset = round(self._parts.offsets[part.number] * self.time_base / base)
        part.last = pts + part.offset
        if part.offset:
            frame.pts = part.last
        return True

    def _moved(self, raw: int, last: int | None) -> int:
        pts = raw + self._parts.offsets[self._video_part]
        is_back = last is not None and last - pts >= self._back
        if is_back and self._video_part + 1 < self._parts.count:
            self._video_part += 1
            self.losses.restarts += 1
            pts = raw + self._parts.offsets[self._video_part]
        return pts


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
