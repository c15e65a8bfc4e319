"""Joins clips into one reel with a chapter each: pictures are copied where their parameters agree.

Sound is always written anew, placed by the sample with a short fade at every join: AAC cannot be
joined by copying without adding up to 2,047 samples a clip, and the drift would be heard.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from math import lcm
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from av.audio.frame import AudioFrame
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from gametape.aside import written_aside
from gametape.errors import InputError, ToolError
from gametape.profile import ClipSettings
from gametape.schema import Progress, ReelReport, no_progress
from gametape.video.cutting.clipform import ClipForm, Colour, Upright
from gametape.video.cutting.clipjob import count_clip
from gametape.video.cutting.clipwriter import MP4_OPTIONS, SoundLine, add_picture
from gametape.video.cutting.stretch import SoundForm
from gametape.video.media import Media, create_media, open_media

if TYPE_CHECKING:
    from av.container.core import Chapter

FADE_S = Fraction(5, 1000)  # long enough against a click, too short to be heard as a fade


@dataclass(frozen=True)
class _Part:
    """One clip as the reel needs it; stamps are in its own time base."""

    path: Path
    time_base: Fraction
    pts: tuple[int, ...]  # in stored order
    end_pts: int
    parameters: tuple[object, ...]  # equal ones can follow one another in one track
    sound: tuple[int, str] | None  # rate and layout

    @property
    def length_s(self) -> Fraction:
        return (self.end_pts - min(self.pts)) * self.time_base


def join_reel(
    clips: Sequence[Path],
    path: Path,
    *,
    titles: Sequence[str] = (),
    settings: ClipSettings,
    progress: Progress = no_progress,
) -> ReelReport:
    """Write all clips, in this order, into one MP4; `titles` name the chapters."""
    if not clips:
        raise InputError("A reel needs at least one clip. Cut some segments first.")
    parts = [_part(clip) for clip in clips]
    is_alike = len({part.parameters for part in parts}) == 1
    starts_s = list(accumulate((part.length_s for part in parts), initial=Fraction(0)))
    with written_aside(path) as aside:
        with create_media(aside, format="mp4", options=dict(MP4_OPTIONS)) as file:
            writer = _ReelWriter(file, parts, starts_s, settings, is_copied=is_alike)
            file.set_chapters(_chapters(starts_s, titles))
            for number, _ in enumerate(parts):
                writer.add(number)
                progress("joining the reel", number + 1, len(parts))
            writer.close()
        counted = count_clip(aside)
        wanted = sum(len(part.pts) for part in parts)
        if len(counted.times_s) != wanted:
            raise ToolError(
                f"{path.name}: {len(counted.times_s)} frames were written of {wanted}. "
                "Cut the clips again."
            )
    return ReelReport(
        file=path.name,
        clip_count=len(parts),
        frame_count=wanted,
        duration_s=float(starts_s[-1]),
        bytes=path.stat().st_size,
        method="copy" if is_alike else "re-encode",
        reason="all clips have equal parameters" if is_alike else "the clips differ in parameters",
        has_sound=counted.sound_start_s is not None,
        starts_s=tuple(float(start) for start in starts_s[:-1]),
    )


class _ReelWriter:
    """Writes clip after clip into one file."""

    def __init__(
        self,
        file: OutputContainer,
        parts: Sequence[_Part],
        starts_s: Sequence[Fraction],
        settings: ClipSettings,
        *,
        is_copied: bool,
    ) -> None:
        self._file = file
        self._parts = parts
        self._starts_s = starts_s
        self._base = Fraction(1, lcm(*(part.time_base.denominator for part in parts)))
        with open_media(parts[0].path) as media:
            self._form = _form(media, self._base)
            if is_copied:
                self._track: VideoStream = file.add_stream_from_template(media.video)
                self._track.time_base = self._base
            else:
                self._track = add_picture(file, self._form, settings)
        self._decode_stamps = iter(self._dts()) if is_copied else None
        sounds = [part.sound for part in parts if part.sound is not None]
        self._sound_form = sounds[0] if sounds else None
        self._sound = SoundLine(file, *sounds[0]) if sounds else None

    def add(self, number: int) -> None:
        """Write one clip, its sound along with its picture."""
        part, start_s = self._parts[number], self._starts_s[number]
        sounds = self._sound_blocks(number)
        waiting = next(sounds, None)
        for time_s in self._pictures(part, start_s):
            while self._sound is not None and waiting is not None:
                if waiting[0] > time_s * self._rate_hz:
                    break
                self._sound.put(*waiting)
                waiting = next(sounds, None)
        while self._sound is not None and waiting is not None:
            self._sound.put(*waiting)
            waiting = next(sounds, None)

    def close(self) -> None:
        """Write out what the encoders still hold; sound ends with the picture."""
        if self._decode_stamps is None:
            self._file.mux(self._track.encode(None))
        if self._sound is not None:
            self._sound.pad(round(self._starts_s[-1] * self._rate_hz))
            self._sound.close()

    @property
    def _rate_hz(self) -> int:
        return self._sound_form[0] if self._sound_form is not None else 1

    def _pictures(self, part: _Part, start_s: Fraction) -> Iterator[Fraction]:
        """Write the pictures of a clip, telling the time reached in the reel."""
        offset = round(start_s / self._base) - round(min(part.pts) * part.time_base / self._base)
        scale = part.time_base / self._base
        with open_media(part.path) as media:
            if self._decode_stamps is None:
                upright = Upright(self._form)
                for frame in media.decode():
                    if isinstance(frame, VideoFrame):
                        yield self._encode(upright, frame, offset, scale)
                return
            for packet in media.packets(media.video):
                yield self._copy(packet, next(self._decode_stamps), offset, scale)

    def _copy(self, packet: "Packet[Stream]", dts: int, offset: int, scale: Fraction) -> Fraction:
        packet.pts = round((packet.pts or 0) * scale) + offset
        packet.dts = dts
        packet.duration = round((packet.duration or 0) * scale)
        packet.time_base = self._base
        packet.stream = self._track
        time_s = packet.pts * self._base  # muxing changes the packet
        self._file.mux(packet)
        return time_s

    def _encode(
        self, upright: Upright, frame: VideoFrame, offset: int, scale: Fraction
    ) -> Fraction:
        ready = upright.apply(frame)
        ready.pts = round((frame.pts or 0) * scale) + offset
        ready.time_base = self._base
        time_s = ready.pts * self._base
        self._file.mux(self._track.encode(ready))
        return time_s

    def _dts(self) -> list[int]:
        """Decode stamps for all copied packets: the shown order, held back by the reordering."""
        stored: list[int] = []
        for part, start_s in zip(self._parts, self._starts_s, strict=False):
            scale, first = part.time_base / self._base, min(part.pts)
            stored += [round(start_s / self._base + (pts - first) * scale) for pts in part.pts]
        rank = {pts: place for place, pts in enumerate(sorted(stored))}
        delay = max(place - rank[pts] for place, pts in enumerate(stored))
        shown = sorted(stored)
        step = shown[1] - shown[0] if len(shown) > 1 else 1
        early = [shown[0] - (delay - place) * step for place in range(delay)]
        return early + shown[: len(shown) - delay]

    def _sound_blocks(self, number: int) -> Iterator[tuple[int, np.ndarray]]:
        """Sound of a clip as (sample in the reel, samples), cut to its picture, edges faded."""
        part = self._parts[number]
        if self._sound_form is None or part.sound is None:
            return
        rate_hz = self._sound_form[0]
        first = round(self._starts_s[number] * rate_hz)
        length = round(self._starts_s[number + 1] * rate_hz) - first
        form = SoundForm(*self._sound_form)
        with open_media(part.path) as media:
            for packet in media.packets(media.audio[0]):
                for frame in packet.decode():
                    block = form.block(frame) if isinstance(frame, AudioFrame) else None
                    if block is None or block.at >= length or block.at < 0:
                        continue
                    samples = block.samples[:, : length - block.at]
                    yield first + block.at, samples * _gain(block.at, samples.shape[1], length)


def _gain(at: int, count: int, length: int) -> np.ndarray:
    """Loudness (0 to 1) of samples `at` to `at + count` of a clip so many samples long."""
    places = np.arange(at, at + count, dtype=np.float32)
    ramp = np.minimum(places, length - 1 - places) / np.float32(max(1, round(FADE_S * 44100)))
    return np.clip(ramp, 0.0, 1.0).astype(np.float32)


def _part(path: Path) -> _Part:
    with open_media(path) as media:
        video = media.video
        sound: tuple[int, str] | None = None
        if media.audio:
            context = media.audio[0].codec_context
            sound = (context.sample_rate, "mono" if context.channels == 1 else "stereo")
        parameters = (
            *(video.codec_context.name, video.codec_context.extradata, video.width, video.height),
            *(video.sample_aspect_ratio, video.codec_context.pix_fmt),
        )
        packets = [p for p in media.packets(video) if p.pts is not None and not p.is_discard]
        stamps = tuple(p.pts for p in packets if p.pts is not None)
        ends = [p.pts + (p.duration or 1) for p in packets if p.pts is not None]
        return _Part(path, media.time_base, stamps, max(ends), parameters, sound)


def _form(media: Media, time_base: Fraction) -> ClipForm:
    """The form of a clip that was written by us: upright and even already."""
    video = media.video
    context = video.codec_context
    return ClipForm(
        width=video.width,
        height=video.height,
        source_width=video.width,
        source_height=video.height,
        pixel_format="yuvj420p" if context.pix_fmt == "yuvj420p" else "yuv420p",
        colour=Colour(
            context.color_range, context.color_primaries, context.color_trc, context.colorspace
        ),
        sample_aspect=video.sample_aspect_ratio or Fraction(1),
        time_base=time_base,
        rate=(video.average_rate or Fraction(25)).limit_denominator(10_000),
    )


def _chapters(starts_s: Sequence[Fraction], titles: Sequence[str]) -> "list[Chapter]":
    base = Fraction(1, 1000)
    return [
        {
            "id": number,
            "start": round(start_s / base),
            "end": round(starts_s[number] / base),
            "time_base": base,
            "metadata": {
                "title": titles[number - 1] if number <= len(titles) else f"Clip {number}"
            },
        }
        for number, start_s in enumerate(starts_s[:-1], start=1)
    ]
