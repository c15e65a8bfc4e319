"""The one door to media: the only module that opens video or sound, for reading or for writing.

Everything about a *file* is judged here: may it be opened, which track is the picture, what of it
can be decoded. What is in the picture, and what a tape's streams are called, is elsewhere.
"""

import contextlib
import os
import time
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

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
from gametape.video.door.allowed import decoder_list, open_options
from gametape.video.door.damage import Losses
from gametape.video.door.limits import Limits
from gametape.video.door.sniff import check_plain_file, local_url, shown
from gametape.video.door.stamps import Stamper
from gametape.video.door.tracks import (
    check_declared,
    indexed_end_pts,
    is_frame_a_packet,
    last_packet,
    picture_track,
    sound_tracks,
)
from gametape.video.door.watchdog import Watchdog

# A container that fails this often in a row without giving a packet has nothing more to give.
MAX_READ_ERRORS = 5
# FFmpeg's flag for a muxer that writes no dates and no random identifiers.
BITEXACT = 0x0400
# Later than any stamp, so that the first frame is placed with care.
NOTHING_YET = 1 << 62
# No encoder in use shows a frame later than this after decoding it.
REORDER_S = Fraction(1, 2)


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
        self.start_pts: int | None = None  # of the first frame decoded from the beginning
        self.last_pts: int | None = None
        self.frame_count = 0  # frames given so far
        self.heard = 0  # stream number of the sound given last
        self._has_sought = False
        self._is_frame_a_packet = is_frame_a_packet(container.format.name, self.video)
        self._is_second_try = False
        self.watchdog = Watchdog(self.name, limits)
        rate = self.video.average_rate or self.video.guessed_rate or Fraction(25)
        self.step = max(1, round(1 / (rate * self.time_base)))  # ticks a frame usually lasts
        self.declared_end_pts = indexed_end_pts(self.video, self.step)
        self._stamper = self._new_stamper()
        for stream in (self.video, *self.audio):
            stream.codec_context.options = {
                "codec_whitelist": decoder_list(),
                "max_pixels": str(limits.max_pixels),
            }
        self.video.thread_type = "AUTO"

    def packets(self, stream: Stream) -> Iterator["Packet[Stream]"]:
        """All packets of one stream in stored order, without decoding."""
        return (packet for packet in self.read((stream,)) if packet.size)

    def decode(self, *, sounds: Sequence[AudioStream] = ()) -> Iterator[VideoFrame | AudioFrame]:
        """All displayed frames of the picture in order, those of some sound tracks between them as
        stored (`heard` tells of which). Stamps of the picture rise strictly. Packets that cannot be
        decoded are counted, see `damage`; a file without any frame is an InputError.
        """
        video, stamper, losses = self.video, self._stamper, self.losses
        decode, monotonic, watchdog = video.decode, time.monotonic, self.watchdog
        streams: tuple[Stream, ...] = (video, *sounds)
        last, max_step, fast_until = NOTHING_YET, stamper.max_step, stamper.fast_until
        needs_packets, is_from_start = stamper.needs_packets, not self._has_sought
        fruitless_s, sent, max_frames = 0.0, 0, self.limits.max_frames
        for packet in self.read(streams):
            if packet.stream is not video:
                yield from self._sound(packet)
                continue
            if needs_packets:
                stamper.hear(packet)
            if packet.is_corrupt:
                losses.packets += 1
                losses.at(packet.pts)
            sent += packet.size > 0 and not packet.is_discard
            begun_s = monotonic()
            try:
                frames = decode(packet)
            except av.FFmpegError as error:
                frames = self._lost(packet, error)
            if frames:
                fruitless_s = 0.0
            else:
                fruitless_s += monotonic() - begun_s
                watchdog.no_frame(packet, fruitless_s, is_begun=self.frame_count > 0)
            for frame in frames:
                pts = frame.pts
                if pts is None or not 0 < pts - last <= max_step or pts > fast_until:
                    pts = stamper.place(frame, self.last_pts)
                    fast_until = stamper.fast_until
                    if not self._has_sought:
                        self.start_pts = stamper.start_pts
                if frame.is_corrupt:
                    losses.frames += 1
                    losses.at(pts)
                self.last_pts = last = pts
                self.frame_count += 1
                yield frame
            if self.frame_count > max_frames:
                raise watchdog.too_many()
        if not self.frame_count:
            raise watchdog.nothing()
        if is_from_start and self._is_frame_a_packet:
            # Decoder threads keep some errors to themselves.
            losses.packets = max(losses.packets, sent - self.frame_count)

    def seek(self, pts: int) -> None:
        """Go to the key frame at or before a stamp of the file; the next `decode` starts there.

        Stamps after a restart are not the file's own: such a tape is decoded from its beginning.
        """
        # Containers index the time of decoding, which runs ahead of that of display.
        before = pts - round(REORDER_S / self.time_base)
        for stamp, stream in ((before, self.video), (0, None)):
            with contextlib.suppress(av.FFmpegError):
                self.container.seek(stamp, stream=stream, any_frame=stream is None)
                break
        else:
            raise InputError(f"{self.name} can only be read forward. Convert it to MP4 first.")
        self.last_pts = None
        self._has_sought = True
        self._stamper = self._new_stamper()

    def damage(self) -> list[Finding]:
        """What was lost so far, in words; complete once `decode` has ended."""
        if self.start_pts is None or self.last_pts is None:
            return []
        return self.losses.findings(
            time_base=self.time_base,
            start_pts=self.start_pts,
            end_pts=self.last_pts + self.step,
            declared_end_pts=self.declared_end_pts,
        )

    def read(self, streams: tuple[Stream, ...]) -> Iterator["Packet[Stream]"]:
        """Packets of some streams in stored order, going on after errors of the container; then one
        empty packet of each, which makes its decoder give what it still holds.
        """
        errors = 0
        while errors < MAX_READ_ERRORS:
            try:
                for packet in self.container.demux(*streams):
                    errors = 0
                    yield packet
                return
            except IndexError:
                return  # PyAV, done with our streams, trips over one that came up meanwhile.
            except av.FFmpegError:
                errors += 1
                self.losses.read_errors += 1
                self.losses.at(self.last_pts)
        yield from (last_packet(stream) for stream in streams)

    def _new_stamper(self) -> Stamper:
        return Stamper(
            self.name,
            self.losses,
            time_base=self.time_base,
            step=self.step,
            limits=self.limits,
            container=self.container.format.name,
        )

    def _lost(self, packet: "Packet[Stream]", error: av.FFmpegError) -> list[VideoFrame]:
        """Count a picture packet that gave an error; the frames that can be had nevertheless."""
        if not packet.size:  # the end, and the decoder's threads hold frames behind a bad one
            return [] if isinstance(error, av.EOFError) else self._tail()
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

    def _tail(self) -> list[VideoFrame]:
        """The frames after the last one given, decoded anew in one thread."""
        last = self.last_pts
        self.losses.packets += 1
        self.losses.at(last)
        if last is None or self._is_second_try or self._stamper.fast_until < last:
            return []
        with open_media(self.path, limits=self.limits) as again:
            again._is_second_try = True
            again.video.thread_type = "SLICE"
            again.seek(last)
            with contextlib.suppress(InputError):  # what is broken there was told already
                frames = again.decode()
                return [f for f in frames if isinstance(f, VideoFrame) and (f.pts or 0) > last]
        return []

    def _sound(self, packet: "Packet[Stream]") -> Iterator[AudioFrame]:
        try:
            frames = packet.decode()
        except av.EOFError:
            return
        except av.FFmpegError:
            self.losses.sound_packets += 1
            return
        for frame in frames:
            number = packet.stream.index
            if isinstance(frame, AudioFrame) and self._stamper.place_sound(frame, number):
                self.heard = number
                yield frame


@contextlib.contextmanager
def open_media(
    path: Path, *, limits: Limits = Limits(), is_rough: bool = False, threads: int = 0
) -> Iterator[Media]:
    """Open a local video file for reading, within limits; anything else is an InputError.

    So many `threads` decode; 0 stands for one a core.

    `is_rough` is for pictures that are made smaller anyway: those that no other is built on are not
    smoothed at the edges of their blocks, which saves 4 to 12 % of decoding.
    """
    check_plain_file(path)
    with contextlib.ExitStack() as stack:
        container = _open_container(path, limits, stack)
        check_declared(container, shown(path), limits)
        media = Media(container, path, limits)
        media.video.codec_context.thread_count = threads
        if is_rough:
            media.video.codec_context.options |= {"skip_loop_filter": "noref"}
        try:
            yield media
        finally:
            # PyAV's streams point into the container: using one after this would be a crash.
            del media.video, media.audio


def create_media(
    path: Path, *, format: str | None = None, options: dict[str, str] | None = None
) -> OutputContainer:
    """Open a media file for writing; equal streams give equal bytes.

    An existing file is replaced: write aside and rename. `format` is FFmpeg's name, needed where
    the name's ending does not tell. MP4 and MOV get their index in front, for quick starts.
    """
    kind = format or path.suffix.lower().removeprefix(".")
    chosen = {"movflags": "+faststart"} if kind in ("mp4", "m4v", "mov") else {}
    container = av.open(local_url(path), "w", format=format, options=chosen | (options or {}))
    container.flags |= BITEXACT
    return container


def _open_container(path: Path, limits: Limits, stack: contextlib.ExitStack) -> InputContainer:
    name = shown(path)
    url = local_url(path)
    file: str | BinaryIO = url
    if "%" in url:
        # A pattern with an ending of pictures would be taken for a series of them, by name alone; a
        # file opened by its number has no name.
        file = stack.enter_context(os.fdopen(os.open(path, os.O_RDONLY), "rb"))
    try:
        container = av.open(
            file,
            "r",
            # Above the limit, so that the count itself can be told.
            options=open_options(limits.max_pixels, 4 * limits.max_streams),
            metadata_errors="replace",
            timeout=limits.stall_s,
        )
    except av.ArgumentError:
        raise InputError(
            f"{name} is damaged, or not in a container that is opened here (MP4, MOV, MKV, WebM, "
            "MPEG-TS, MPEG-PS, AVI, FLV, ASF, MXF, Ogg, DV). Convert it to MP4 first."
        ) from None
    except (av.FFmpegError, ValueError) as error:
        reason = error.strerror if isinstance(error, av.FFmpegError) else str(error)
        raise InputError(
            f"{name} is not a video that can be read, or its header is cut off ({reason}). "
            "Copy or download it again."
        ) from None
    return stack.enter_context(container)
