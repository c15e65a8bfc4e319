"""Opens a finished clip again and finds out what it holds: stamps, ends of the sound, pictures.

Nothing is believed of the cutting; what a fault leads to is decided elsewhere.
"""

import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.audio.codeccontext import AudioCodecContext
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame

from gametape.video.door.tracks import last_packet
from gametape.video.media import Media, open_media


@dataclass(frozen=True)
class ClipCount:
    """What a finished file holds, by its own stamps: the displayed frames and the sound's ends."""

    times_s: tuple[Fraction, ...]
    sounds_s: tuple[tuple[Fraction, Fraction], ...] = ()  # start and end of each sound track
    stored_pts: tuple[int, ...] = ()  # of the displayed frames, in stored order
    checksum: int = 0  # of the stored pictures

    @property
    def sound_start_s(self) -> Fraction | None:
        """Where the first sound track begins; None without sound."""
        return self.sounds_s[0][0] if self.sounds_s else None

    @property
    def sound_end_s(self) -> Fraction | None:
        """Where the first sound track ends; None without sound."""
        return self.sounds_s[0][1] if self.sounds_s else None

    def skews_ms(self, length_s: Fraction) -> tuple[float | None, float | None]:
        """By how much sound begins and ends after the picture; the worst of all tracks."""
        if not self.sounds_s:
            return None, None
        starts = [float(start) * 1000 for start, _ in self.sounds_s]
        ends = [float(end - length_s) * 1000 for _, end in self.sounds_s]
        return round(_furthest(starts), 3), round(_furthest(ends), 3)


def _furthest(numbers: Sequence[float]) -> float:
    return max(numbers, key=lambda number: abs(number))


class FinishedClip:
    """A clip as a player would open it."""

    def __init__(self, media: Media) -> None:
        self._media = media
        self.count = _count(media)
        self.still: VideoFrame | None = None

    def fault(self, first: int, until: int, *, keep: int | None = None) -> str:
        """Decode stored pictures `first` to `until`, a group's start and a clean end; what is wrong
        with them, in words. The picture with the stamp `keep` is kept as `still`.
        """
        wanted = self.count.stored_pts[first:until]
        frames: list[tuple[int | None, bool]] = []
        try:
            for frame in self._decoded(wanted):
                frames.append((frame.pts, frame.is_corrupt))
                self.still = frame if frame.pts == keep else self.still
        except av.FFmpegError as error:
            return f"its pictures do not decode ({error.strerror})"
        if [pts for pts, _ in frames] != sorted(wanted):
            return f"{len(frames)} of {len(wanted)} pictures decode"
        return "pictures lack what they refer to" if any(bad for _, bad in frames) else ""

    def picture(self, first: int, pts: int) -> VideoFrame | None:
        """The picture of a stamp, decoded from the group's start at a stored place; None if it
        cannot be had.
        """
        stored = self.count.stored_pts[first:]
        wanted = stored[:1] if stored[0] == pts else stored
        with suppress(av.FFmpegError):
            return next((frame for frame in self._decoded(wanted) if frame.pts == pts), None)
        return None

    def _decoded(self, wanted: Sequence[int]) -> Iterator[VideoFrame]:
        """The pictures of some stamps, in the order shown, from a decoder that knows no others."""
        track = self._media.video
        track.codec_context.flush_buffers()
        for packet in self._packets(wanted):
            yield from track.decode(packet)
        yield from track.decode(last_packet(track))

    def _packets(self, stored: Sequence[int]) -> Iterator["Packet[Stream]"]:
        """Packets of some stamps in stored order; fewer if the first does not come."""
        media, left = self._media, len(stored)
        media.container.seek(min(stored[:1]), stream=media.video)
        is_begun = False
        for packet in media.packets(media.video):
            is_begun = is_begun or packet.pts == stored[0]
            if is_begun:
                yield packet
                left -= 1
            if not left:
                return


@contextmanager
def finished_clip(path: Path) -> Iterator[FinishedClip]:
    """Open a finished clip for looking at it."""
    with open_media(path) as media:
        # A few pictures are decoded at a time: one thread has the first one soonest.
        media.video.codec_context.thread_count = 1
        yield FinishedClip(media)


def count_clip(path: Path) -> ClipCount:
    """Read the stamps of all that a player would show of a clip; one reading, no decoding."""
    with open_media(path) as media:
        return _count(media)


def _count(media: Media) -> ClipCount:
    stored: list[int] = []
    spans: dict[int, tuple[Fraction, Fraction]] = {}
    hidden: dict[int, Fraction] = {}  # where a track is heard first, if that is within a packet
    checksum = 0
    for packet in media.read((media.video, *media.audio)):
        if not packet.size or packet.pts is None:
            continue
        index, base = packet.stream_index, packet.time_base
        if packet.stream is not media.video and packet.has_sidedata("skip_samples"):
            hidden.setdefault(index, packet.pts * base + _skipped_s(packet))
        if packet.is_discard:
            continue
        if packet.stream is media.video:
            stored.append(packet.pts)
            checksum = zlib.crc32(memoryview(packet), checksum)
            continue
        end = (packet.pts + (packet.duration or 0)) * base
        begin = max(packet.pts * base, hidden.get(index, packet.pts * base))
        spans[index] = (spans[index][0] if index in spans else begin, end)
    sounds = tuple(spans[track.index] for track in media.audio if track.index in spans)
    times_s = tuple(pts * media.time_base for pts in sorted(stored))
    return ClipCount(times_s, sounds, tuple(stored), checksum)


def _skipped_s(packet: "Packet[Stream]") -> Fraction:
    """Length of a packet's beginning that a player decodes and does not let be heard."""
    stated = bytes(packet.get_sidedata("skip_samples"))[:4]
    context = packet.stream.codec_context
    rate_hz = context.sample_rate if isinstance(context, AudioCodecContext) else 1
    return Fraction(int.from_bytes(stated, "little"), rate_hz)
