"""The one door to media: the only module that opens video or sound, for reading or for writing.

Everything about a *file* is judged here: may it be opened, which track is the picture, what of it
can be decoded. What is in the picture, and what a tape's streams are called, is elsewhere.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from gametape.errors import InputError
from gametape.schema import Finding
from gametape.video.allowed import decoder_list, open_options
from gametape.video.damage import Losses
from gametape.video.restarts import Restarts
from gametape.video.sniff import check_plain_file, shown
from gametape.video.tracks import picture_track, sound_tracks

# A container that fails this often in a row without giving a packet has nothing more to give.
MAX_READ_ERRORS = 5
# A stamp this far before the last frame is a new beginning (joined broadcast recordings), not
# frames out of order: reordering reaches 16 frames, below a second at any rate in use.
RESTART_S = 1


@dataclass(frozen=True)
class Limits:
    """How much a file may ask for; beyond it the file is refused."""

    max_pixels: int = 36_000_000  # 8K is 33 million
    min_side: int = 16  # below this a track is an auxiliary one, and no encoder takes it
    max_duration_s: float = 12 * 3600.0
    max_streams: int = 32
    max_gap_s: float = 3600.0  # between two frames; a longer one is a broken stamp
    max_frames: int = 12 * 3600 * 240  # 240 a second for 12 hours
    stall_s: float = 30.0  # by the clock without a frame from the decoder
    first_frame_packets: int = 3000  # picture packets until the first frame must have come


class Media:
    """An open file: its container, its one picture track, its sound tracks."""

    def __init__(self, container: InputContainer, path: Path, limits: Limits) -> None:
        self.container = container
        self.path = path
        self.name = shown(path)
        self.limits = limits
        self.losses = Losses()
        self.video: VideoStream = picture_track(container, self.name, limits.min_side)
        self.audio: list[AudioStream] = sound_tracks(container)
        self.time_base: Fraction = self.video.time_base or Fraction(1, 1_000_000)
        self.start_pts: int | None = None  # of the first displayed frame, once it was decoded
        self.last_pts: int | None = None
        self.frame_count = 0  # displayed frames so far
        self._restarts = Restarts()
        self._video_part = self._sound_part = 0
        self._sound_end_s: Fraction | None = None
        self._start_packets = 0
        rate = self.video.average_rate or self.video.guessed_rate or Fraction(25)
        self.step = max(1, round(1 / (rate * self.time_base)))  # ticks a frame usually lasts
        for stream in (self.video, *self.audio):
            stream.codec_context.options = {
                "codec_whitelist": decoder_list(),
                "max_pixels": str(limits.max_pixels),
            }
        self.video.thread_type = "AUTO"

    def packets(self, stream: Stream) -> Iterator["Packet[Stream]"]:
        """All packets of one stream in stored order, without decoding; the empty last one is not
        yielded.
        """
        for packet in self._demux((stream,)):
            if packet.size:
                yield packet

    def decode(self, *, with_audio: bool = False) -> Iterator[VideoFrame | AudioFrame]:
        """All displayed frames of the picture in order, with those of the first sound track between
        them in stored order.

        Stamps of the picture rise strictly. Packets that cannot be decoded are counted, see
        `damage`, and decoding goes on; a file without any frame is an InputError.
        """
        video_index = self.video.index
        streams = (self.video, self.audio[0]) if with_audio and self.audio else (self.video,)
        decode, losses = self.video.decode, self.losses
        stall_s, monotonic = self.limits.stall_s, time.monotonic
        max_step = int(Fraction(self.limits.max_gap_s) / self.time_base)
        last, end = self.last_pts, self._last_allowed_pts()
        fruitless_s = 0.0
        for packet in self._demux(streams):
            if packet.stream_index != video_index:
                yield from self._sound(packet)
                continue
            begun_s = monotonic()
            try:
                frames = decode(packet)
            except av.FFmpegError as error:
                frames = self._lost(packet, error)
            for frame in frames:
                pts = frame.pts
                # All that a sound frame needs is this one comparison; the rest is for odd ones.
                if last is None or pts is None or not last < pts <= min(end, last + max_step):
                    pts = self._place(frame, last, max_step)
                    end = self._last_allowed_pts()
                if frame.is_corrupt:
                    losses.frames += 1
                    losses.at(pts)
                self.last_pts = last = pts
                self.frame_count += 1
                yield frame
            if frames:
                fruitless_s = 0.0
            else:
                fruitless_s += monotonic() - begun_s
                if fruitless_s > stall_s:
                    raise self._stalled()
            if not self.frame_count:
                self._check_start(packet)
        self._check_end()

    def seek(self, pts: int) -> None:
        """Go to the key frame at or before a stamp of the file; the next `decode` starts there.

        Stamps after a restart are not the file's own: such a tape is decoded from its beginning.
        """
        try:
            self.container.seek(pts, stream=self.video, backward=True)
        except av.FFmpegError:
            self.container.seek(0, backward=True, any_frame=True)
        self.last_pts = None
        self._restarts = Restarts()
        self._video_part = self._sound_part = 0
        self._sound_end_s = None

    def damage(self) -> list[Finding]:
        """What was lost so far, in words; complete once `decode` has ended."""
        if self.start_pts is None or self.last_pts is None:
            return []
        return self.losses.findings(
            time_base=self.time_base,
            start_pts=self.start_pts,
            end_pts=self.last_pts + self.step,
            declared_end_pts=self.declared_end_pts(),
        )

    def declared_end_pts(self) -> int | None:
        """Where the picture ends by the container's own index or header; None if it says nothing.

        The index is believed first: a header counts frames that an edit list hides.
        """
        entries = self.video.index_entries
        for row in range(len(entries) - 1, -1, -1):
            entry = entries[row]
            if not entry.is_discard:
                return int(entry.timestamp) + self.step
        return None

    def _demux(self, streams: tuple[Stream, ...]) -> Iterator["Packet[Stream]"]:
        """Packets of some streams, going on after errors of the container; then one empty packet
        of each, which makes its decoder give what it still holds.
        """
        errors = 0
        while errors < MAX_READ_ERRORS:
            try:
                for packet in self.container.demux(*streams):
                    errors = 0
                    yield packet
                return
            except av.FFmpegError:
                errors += 1
                self.losses.read_errors += 1
                self.losses.at(self.last_pts)
        for stream in streams:
            packet = Packet()
            packet.stream = stream
            packet.time_base = stream.time_base or Fraction(1, 1_000_000)
            yield packet

    def _lost(self, packet: "Packet[Stream]", error: av.FFmpegError) -> list[VideoFrame]:
        """Count a picture packet that gave an error; what the decoder held back, if it is stuck."""
        if isinstance(error, av.EOFError):
            return []
        if packet.size:
            self.losses.packets += 1
            self.losses.at(packet.pts if packet.pts is not None else self.last_pts)
        if not isinstance(error, av.BlockingIOError):
            return []
        context = self.video.codec_context
        try:
            held = context.decode(None)
        except av.FFmpegError:
            held = []
        context.flush_buffers()
        return held

    def _sound(self, packet: "Packet[Stream]") -> Iterator[AudioFrame]:
        try:
            frames = packet.decode()
        except av.EOFError:
            return
        except av.FFmpegError:
            self.losses.sound_packets += 1
            return
        for frame in frames:
            if isinstance(frame, AudioFrame):
                self._place_sound(frame)
                yield frame

    def _place_sound(self, frame: AudioFrame) -> None:
        """Move sound after a restart as far as its picture was, or will be, moved."""
        time_base = frame.time_base
        if frame.pts is None or time_base is None:
            return
        raw_s = frame.pts * time_base
        start_s = raw_s + self._restarts.offset_s(self._sound_part, raw_s)
        if self._sound_end_s is not None and self._sound_end_s - start_s >= RESTART_S:
            self._sound_part += 1
            start_s = raw_s + self._restarts.offset_s(self._sound_part, raw_s)
        if self._sound_part:
            frame.pts = round(start_s / time_base)
        self._sound_end_s = start_s + Fraction(frame.samples, frame.sample_rate or 1)
        self._restarts.reach(self._sound_end_s)

    def _place(self, frame: VideoFrame, last: int | None, max_step: int) -> int:
        """Give an odd frame its stamp: the first, one without a stamp, one after a restart."""
        raw = frame.pts if frame.pts is not None else frame.dts
        if raw is None:
            self.losses.restamped += 1
            raw_or_next = 0 if last is None else last + self.step
            frame.pts = raw_or_next
            self.start_pts = raw_or_next if self.start_pts is None else self.start_pts
            return raw_or_next
        base = self.time_base
        pts = raw + self._offset(self._video_part, raw)
        if last is not None and (last - pts) * base >= RESTART_S:
            self._restarts.reach((last + self.step) * base)
            self._video_part += 1
            self.losses.restarts += 1
            pts = raw + self._offset(self._video_part, raw)
        if self.start_pts is None:
            self.start_pts = pts
        if last is not None and pts <= last:
            self.losses.restamped += 1
            pts = last + 1
        if last is not None and pts - last > max_step:
            raise self._gap(last, pts)
        if (pts - self.start_pts) * base > self.limits.max_duration_s:
            raise too_long(self.name, float((pts - self.start_pts) * base), self.limits)
        frame.pts = pts
        return pts

    def _offset(self, part: int, raw: int) -> int:
        return round(self._restarts.offset_s(part, raw * self.time_base) / self.time_base)

    def _last_allowed_pts(self) -> int:
        """Up to this stamp a frame needs no second look; after a restart every one needs it."""
        if self._video_part or self.start_pts is None:
            return -(1 << 63)
        return self.start_pts + int(Fraction(self.limits.max_duration_s) / self.time_base)

    def _check_start(self, packet: "Packet[Stream]") -> None:
        """Give up on a file whose first packets are encrypted or give no frame."""
        self._start_packets += 1
        if packet.size and packet.has_sidedata("encryption_info"):
            raise InputError(
                f"{self.name} is encrypted (DRM). Give a recording without copy protection."
            )
        if self._start_packets > self.limits.first_frame_packets:
            raise self._no_frame()

    def _check_end(self) -> None:
        if not self.frame_count:
            raise self._no_frame()

    def _no_frame(self) -> InputError:
        return InputError(
            f"{self.name}: no frame of its picture can be decoded ({self.losses.packets} of "
            f"{max(self._start_packets - 1, 0)} packets gave an error). "
            "It is damaged or cut off: copy or download it again."
        )

    def _stalled(self) -> InputError:
        return InputError(
            f"{self.name}: the decoder gave no frame for {self.limits.stall_s:.0f} s of work. "
            "The file is damaged: convert it again from the original."
        )

    def _gap(self, last: int, pts: int) -> InputError:
        gap_s = float((pts - last) * self.time_base)
        return InputError(
            f"{self.name}: its time stamps jump by {gap_s / 3600:.1f} hours after "
            f"{self.frame_count} frames (at most {self.limits.max_gap_s / 3600:g} are taken). "
            "Its stamps are broken: convert it again from the original."
        )


def too_long(name: str, length_s: float, limits: Limits) -> InputError:
    """The error for a tape beyond the allowed duration."""
    return InputError(
        f"{name}: it says it lasts {length_s / 3600:.1f} hours "
        f"(at most {limits.max_duration_s / 3600:g} are taken). "
        "Split the recording, or convert it again if that is wrong."
    )


@contextmanager
def open_media(path: Path, *, limits: Limits = Limits()) -> Iterator[Media]:
    """Open a local video file for reading, within limits; anything else is an InputError."""
    check_plain_file(path)
    container = _open_container(path, limits)
    try:
        _check_declared(container, shown(path), limits)
        yield Media(container, path, limits)
    finally:
        container.close()


def create_media(
    path: Path, *, format: str | None = None, options: dict[str, str] | None = None
) -> OutputContainer:
    """Open a media file for writing; equal streams give equal bytes.

    An existing file is replaced: write aside and rename. `format` is FFmpeg's name, needed where
    the name's ending does not tell. MP4 and MOV get their index in front, for quick starts.
    """
    ending = path.suffix.lower()
    chosen = {"fflags": "+bitexact"}
    if format in ("mp4", "mov") or (format is None and ending in (".mp4", ".m4v", ".mov")):
        chosen["movflags"] = "+faststart"
    return av.open(local_url(path), "w", format=format, options=chosen | (options or {}))


def local_url(path: Path) -> str:
    """A path as FFmpeg cannot mistake it for an address, an option or a pattern."""
    return "file:" + os.path.abspath(os.fsdecode(path))  # noqa: PTH100 (links stay as they are)


def _open_container(path: Path, limits: Limits) -> InputContainer:
    name = shown(path)
    try:
        return av.open(
            local_url(path),
            "r",
            # Above the limit, so that the count itself can be told.
            options=open_options(limits.max_pixels, 4 * limits.max_streams),
            metadata_errors="replace",
            timeout=limits.stall_s,
        )
    except av.ArgumentError:
        raise InputError(
            f"{name}: its container or codec is not one that is opened here (MP4, MOV, MKV, WebM, "
            "MPEG-TS, MPEG-PS, AVI, FLV, ASF, MXF, Ogg, DV). Convert it to MP4 first."
        ) from None
    except (av.FFmpegError, ValueError) as error:
        reason = error.strerror if isinstance(error, av.FFmpegError) else str(error)
        raise InputError(
            f"{name} is not a video that can be read, or its header is cut off ({reason}). "
            "Copy or download it again."
        ) from None


def _check_declared(container: InputContainer, name: str, limits: Limits) -> None:
    """Refuse what the header alone shows to be beyond the limits."""
    if len(container.streams) > limits.max_streams:
        raise InputError(
            f"{name} has {len(container.streams)} tracks (at most {limits.max_streams} are taken). "
            "Export it with only its picture and sound."
        )
    for track in container.streams.video:
        if track.codec_context is not None and track.width * track.height > limits.max_pixels:
            raise InputError(
                f"{name}: its picture has {track.width} x {track.height} pixels (at most "
                f"{limits.max_pixels / 1e6:.0f} million are taken). Export it smaller."
            )
    length_s = (container.duration or 0) / av.time_base
    if length_s > limits.max_duration_s:
        raise too_long(name, length_s, limits)
