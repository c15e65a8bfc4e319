"""What a tape is, found out without decoding it: identity, streams, exact time base, findings.

The quick door of the command line is here too. What is black or frozen needs every frame decoded
and is in `preflight`.
"""

from collections.abc import Callable
from pathlib import Path

from gametape.fingerprint import hash_file
from gametape.schema import AudioStream, Source, VideoStream
from gametape.video.door.limits import Limits
from gametape.video.door.sniff import shown
from gametape.video.facts.findings import findings
from gametape.video.facts.looks import Looks, look
from gametape.video.facts.rates import Rate, measure_rate
from gametape.video.facts.scan import Scan, scan_media, sound_times
from gametape.video.media import Media, open_media
from gametape.video.timebase import FrameIndex

# The door reads all packets of a file up to this size (under a second, cold disk included).
DOOR_BYTES = 64 << 20


def probe(
    path: Path,
    *,
    limits: Limits = Limits(),
    is_hashing: bool = True,
    tell: Callable[[int, int], None] | None = None,
) -> Source:
    """Everything about a file that its packets and first frames tell; InputError if it is no tape.

    `tell` hears of bytes read and bytes in all. Without hashing the content hash is empty.
    """
    with open_media(path, limits=limits) as media:
        size = path.stat().st_size
        scan = scan_media(media, tell=None if tell is None else lambda done: tell(done, size))
        rate = measure_rate(scan.frames)
        looks = look(media, scan.first_frames)
        sounds = tuple(_sound(media, scan, place) for place in range(len(media.audio)))
        return Source(
            name=shown(path),
            bytes=size,
            content_hash=hash_file(path, tell) if is_hashing else "",
            container=media.container.format.name,
            duration_s=scan.frames.duration_s,
            video=_picture(media, scan, looks, rate),
            audio=sounds,
            findings=findings(media, scan, looks, rate, sounds),
        )


def scan(path: Path, *, limits: Limits = Limits()) -> FrameIndex:
    """The exact time of every displayed frame of a file, without decoding it."""
    with open_media(path, limits=limits) as media:
        return scan_media(media).frames


def check_media(path: Path, *, limits: Limits = Limits()) -> None:
    """The quick door: InputError in under a second for what is surely no tape.

    A frame is decoded, and a small file is read to its end; a long one is judged by its header.
    """
    with open_media(path, limits=limits) as media:
        if path.stat().st_size <= DOOR_BYTES:
            scan_media(media, first_frames=1)
        else:
            next(iter(media.decode()))


def _picture(media: Media, scan: Scan, looks: Looks, rate: Rate) -> VideoStream:
    track = media.video
    return VideoStream(
        index=track.index,
        codec=track.codec_context.codec.canonical_name,
        profile=track.profile,
        width=looks.width,
        height=looks.height,
        display_width=looks.display_width,
        display_height=looks.display_height,
        pixel_format=looks.pixel_format,
        time_base=media.time_base,
        start_pts=scan.frames.start_pts,
        average_rate=rate.average,
        is_variable_rate=rate.is_variable,
        rotation_deg=looks.rotation_deg,
        is_mirrored=looks.is_mirrored,
        sample_aspect=looks.sample_aspect,
        is_interlaced=looks.is_interlaced,
        is_hdr=looks.is_hdr,
        color_range=looks.color_range,
        color_primaries=looks.color_primaries,
        color_transfer=looks.color_transfer,
        color_space=looks.color_space,
        frame_count=len(scan.frames),
    )


def _sound(media: Media, scan: Scan, place: int) -> AudioStream:
    track = media.audio[place]
    start_s, duration_s = sound_times(scan.sounds[track.index], track, scan.frames)
    return AudioStream(
        index=track.index,
        codec=track.codec_context.codec.canonical_name,
        rate_hz=track.codec_context.sample_rate,
        channels=track.codec_context.channels,
        time_base=track.time_base or 1 / scan.frames.time_base,
        start_s=start_s,
        duration_s=duration_s,
        language=track.language,
    )
