"""Reads all packets of a tape and decodes only its first frames: every frame's time, cheaply.

The result is what a full decode of a sound file gives. What it means for a person is elsewhere.
"""

from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

import av
import numpy as np
from av.audio.stream import AudioStream
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame

from gametape.video.door.limits import Limits
from gametape.video.door.parts import Parts
from gametape.video.door.stamps import RESTARTING, WITHOUT_PTS, broken_gap, too_long
from gametape.video.facts.hidden import is_hidden
from gametape.video.media import Media
from gametape.video.timebase import FrameIndex, Stamps

# Enough to tell interlaced from progressive, and packets of one field from packets of one frame.
FIRST_FRAMES = 6


@dataclass
class SoundExtent:
    """From where to where one sound track goes, in its own ticks; None until its first packet."""

    start: int | None = None
    end: int = 0

    def hear(self, packet: "Packet[Stream]") -> None:
        """Hear of a packet; those that only wind the decoder up are not sound of the tape."""
        stamp = packet.pts if packet.pts is not None else packet.dts
        if stamp is None or packet.is_discard:
            return
        if self.start is None:
            self.start = stamp
        self.end = max(self.end, stamp + (packet.duration or 0))


@dataclass
class Scan:
    """All that a pass over the packets has found."""

    frames: FrameIndex
    first_frames: list[VideoFrame]
    sounds: dict[int, SoundExtent]  # by the number of the stream
    hidden_packets: int  # of the picture, which an edit list takes out
    leading_packets: int  # before the first frame that can be decoded
    parts: int
    read_errors: int


def scan_media(
    media: Media,
    *,
    first_frames: int = FIRST_FRAMES,
    tell: Callable[[int], None] | None = None,
) -> Scan:
    """Read every packet of picture and sound; `tell` hears the place in the file, in bytes."""
    reader = _Reader(media, first_frames)
    streams: tuple[Stream, ...] = (media.video, *media.audio)
    sounds = {track.index: SoundExtent() for track in media.audio}
    video = media.video
    for count, packet in enumerate(media.read(streams)):
        if tell is not None and not count % 2000 and packet.pos is not None:
            tell(packet.pos)
        if packet.stream is video:
            reader.hear(packet)
        elif packet.size:
            sounds[packet.stream.index].hear(packet)
    frames, leading = reader.index()
    return Scan(
        frames,
        reader.first,
        sounds,
        hidden_packets=reader.hidden,
        leading_packets=leading,
        parts=reader.parts.count,
        read_errors=media.losses.read_errors,
    )


def sound_times(
    extent: SoundExtent, track: AudioStream, frames: FrameIndex
) -> tuple[float, float | None]:
    """Start and length of a sound track in seconds of tape time; no length without packets."""
    time_base = track.time_base or Fraction(1, track.codec_context.sample_rate)
    if extent.start is None:
        return 0.0, None
    start_s = extent.start * time_base - frames.start_pts * frames.time_base
    return float(start_s), float((extent.end - extent.start) * time_base)


@dataclass
class _Reader:
    """Gathers the picture's packets; 17 bytes each, so that a long tape stays small."""

    media: Media
    wanted: int
    first: list[VideoFrame] = field(default_factory=list)
    hidden: int = 0
    pts: "array[int]" = field(default_factory=lambda: array("q"))
    is_key: bytearray = field(default_factory=bytearray)
    duration: "array[int]" = field(default_factory=lambda: array("q"))

    def __post_init__(self) -> None:
        name = self.media.container.format.name
        self.is_stored_order = name in WITHOUT_PTS
        self.can_restart = name in RESTARTING
        self.codec = self.media.video.codec_context.codec.canonical_name
        self.parts = Parts(self.media.time_base, self.media.step)

    def hear(self, packet: "Packet[Stream]") -> None:
        """Hear of the next picture packet, in stored order; the empty last one included."""
        if len(self.first) < self.wanted:
            self._look(packet)
        if not packet.size:
            return
        pts, dts = packet.pts, packet.dts
        offset = self.parts.hear(pts, dts) if self.can_restart else 0
        if packet.is_discard:
            self.hidden += 1
            return
        if is_hidden(packet, self.codec):
            return
        stamp = dts if self.is_stored_order or pts is None else pts
        if stamp is None:
            stamp = self.pts[-1] + self.media.step if self.pts else 0
            offset = 0
        self.pts.append(stamp + offset)
        self.is_key.append(packet.is_keyframe)
        self.duration.append(packet.duration or 0)

    def index(self) -> tuple[FrameIndex, int]:
        """The index of all frames, and how many packets before the first one show nothing.

        InputError when nothing can be decoded, or the clock is broken.
        """
        media = self.media
        if not self.first or not self.pts:
            raise media.watchdog.nothing()
        stamps = np.frombuffer(self.pts, np.int64)
        order = np.argsort(stamps, kind="stable")
        leading = 0
        first_pts = [frame.pts for frame in self.first if frame.pts is not None]
        if first_pts and not self.is_stored_order:
            leading = int(np.searchsorted(stamps[order], first_pts[0]))
        # A file whose frames all come before its packets' stamps has no packets to leave out.
        leading = leading if leading < len(order) else 0
        order = order[leading:]
        if is_by_field(stamps[order], np.array(first_pts, np.int64)):
            order = order[::2]
        check_clock(stamps[order], media.time_base, media.name, media.limits)
        index = FrameIndex.from_pts(
            stamps[order],
            media.time_base,
            is_key=np.frombuffer(bytes(self.is_key), np.bool_)[order],
            last_duration=self.duration[int(order[-1])],
        )
        return index, leading

    def _look(self, packet: "Packet[Stream]") -> None:
        try:
            frames = self.media.video.decode(packet)
        except av.FFmpegError:
            frames = []
        self.first += frames
        if not self.first:
            self.media.watchdog.no_frame(packet, 0.0, is_begun=False)


def is_by_field(packets: Stamps, frames: Stamps) -> bool:
    """Whether each frame comes in two packets, one a field: every other stamp is then displayed.

    packets: sorted stamps of packets; frames: those of the first frames, in order.
    """
    count = len(frames)
    if count < 4 or len(packets) < 2 * count:
        return False
    return bool(np.array_equal(packets[: 2 * count : 2], frames))


def check_clock(stamps: Stamps, time_base: Fraction, name: str, limits: Limits) -> None:
    """InputError for sorted stamps that leave a gap, or reach a length, beyond the limits."""
    if len(stamps) < 2:
        return
    gap_s = int(np.diff(stamps).max()) * time_base
    if gap_s > limits.max_gap_s:
        raise broken_gap(name, gap_s, Fraction(limits.max_gap_s))
    length_s = int(stamps[-1] - stamps[0]) * time_base
    if length_s > limits.max_duration_s:
        raise too_long(name, length_s, limits.max_duration_s)
