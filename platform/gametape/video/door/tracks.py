"""Which of a file's tracks is the picture, which are its sound, and are they within limits.

Covers, thumbnails, auxiliary pictures (depth, gain maps), timed metadata and subtitles are neither.
"""

from fractions import Fraction

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from gametape.errors import InputError
from gametape.video.door.allowed import ALLOWED_PICTURES, ALLOWED_SOUNDS, STILL_DECODERS
from gametape.video.door.limits import Limits
from gametape.video.door.stamps import too_long

# Containers in which each packet holds one whole frame.
WHOLE_FRAMES = frozenset({"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "flv"})
# Codecs with packets that are only referred to and never shown.
HIDING = frozenset({"vp8", "vp9"})

# Tracks that a player never shows as the film.
ASIDE = (
    Disposition.attached_pic
    | Disposition.timed_thumbnails
    | Disposition.still_image
    | Disposition.dependent
)


def picture_track(container: InputContainer, name: str, min_side: int) -> VideoStream:
    """The one real picture track: not a cover, not an auxiliary one; the default, longest, largest.

    Says why when there is none.
    """
    shown = [track for track in container.streams.video if not track.disposition & ASIDE]
    films = [track for track in shown if _decoder(track) not in STILL_DECODERS] or shown
    if not films:
        what = "holds only sound" if container.streams.audio else "holds no picture"
        raise InputError(f"{name} {what}. Give the file that has the picture of the match.")
    readable = [track for track in films if _decoder(track) in ALLOWED_PICTURES]
    if not readable:
        codecs = ", ".join(sorted({_coded_as(track) for track in films}))
        raise InputError(
            f"{name}: its picture is coded as {codecs}, which is not decoded here. "
            "Convert it to H.264 in MP4 first."
        )
    large = [track for track in readable if min(track.width, track.height) >= min_side]
    unknown = [track for track in readable if not track.width and not track.height]
    if not large and not unknown:
        track = max(readable, key=_area)
        raise InputError(
            f"{name}: its largest picture has {track.width} x {track.height} pixels, which is no "
            "tape. Give the file that has the picture of the match."
        )
    return max(large or unknown, key=_rank)


def sound_tracks(container: InputContainer) -> list[AudioStream]:
    """All sound tracks that can be decoded, the default one first, else in stored order."""
    tracks = [
        track
        for track in container.streams.audio
        if _decoder(track) in ALLOWED_SOUNDS and track.codec_context.sample_rate > 0
    ]
    return sorted(tracks, key=lambda track: not track.disposition & Disposition.default)


def indexed_end_pts(track: VideoStream, step: int) -> int | None:
    """Where a picture ends by the container's index, `step` ticks after its last frame.

    None where the container has no index. Its header is not asked: that one counts frames which an
    edit list hides. The index holds times of decoding, so it may end a few frames early.
    """
    entries = track.index_entries
    for row in range(len(entries) - 1, -1, -1):
        entry = entries[row]
        if not entry.is_discard:
            return int(entry.timestamp) + step
    return None


def is_frame_a_packet(container: str, track: VideoStream) -> bool:
    """Whether every packet of a sound file gives exactly one displayed frame."""
    return container in WHOLE_FRAMES and track.codec_context.codec.canonical_name not in HIDING


def last_packet(track: Stream) -> "Packet[Stream]":
    """The empty packet that makes a decoder give the frames it still holds."""
    packet: Packet[Stream] = Packet()
    packet.stream = track
    packet.time_base = track.time_base or Fraction(1, 1_000_000)
    return packet


def _rank(track: VideoStream) -> tuple[bool, bool, float, int, int]:
    is_default = bool(track.disposition & Disposition.default)
    # An empty track beside a full one states no frames and no rate.
    has_frames = bool(track.frames) or track.duration is None or track.duration > 0
    length_s = float((track.duration or 0) * (track.time_base or 0))
    return has_frames, is_default, round(length_s), _area(track), -track.index


def _area(track: VideoStream) -> int:
    return track.width * track.height


def _decoder(track: VideoStream | AudioStream) -> str | None:
    # A stream of a codec that FFmpeg has no decoder for comes without a context.
    context = track.codec_context
    return context.codec.name if context is not None else None


def _coded_as(track: VideoStream) -> str:
    return _decoder(track) or "an unknown codec"


def check_declared(container: InputContainer, name: str, limits: Limits) -> None:
    """Refuse what the header alone shows to be beyond the limits."""
    if len(container.streams) > limits.max_streams:
        raise InputError(
            f"{name} has {len(container.streams)} tracks (at most {limits.max_streams} are taken). "
            "Export it with only its picture and sound."
        )
    for track in container.streams.video:
        if track.codec_context is not None and _area(track) > limits.max_pixels:
            raise InputError(
                f"{name}: its picture has {track.width} x {track.height} pixels (at most "
                f"{limits.max_pixels / 1e6:.0f} million are taken). Export it smaller."
            )
    length_s = (container.duration or 0) / av.time_base
    if length_s > limits.max_duration_s:
        raise too_long(name, length_s, limits.max_duration_s)
