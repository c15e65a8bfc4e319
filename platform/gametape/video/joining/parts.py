"""What a clip holds, as far as joining it with others asks: its looks, its packets, its sound.

Nothing is decided here; which clips can be copied into one track is for the plan.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path

from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame

from gametape.errors import InputError
from gametape.video.cutting import nals
from gametape.video.cutting.clipform import Colour
from gametape.video.door.sniff import shown
from gametape.video.facts.looks import display_matrix, orientation, sample_aspect
from gametape.video.joining.parametersets import Sets, sets_of, units_of
from gametape.video.media import Media, open_media

HEVC_CRA = 21
# Kinds of units with which all that was before is done with: IDR pictures, and BLA ones of HEVC.
STARTS = {"h264": frozenset({nals.H264_IDR}), "hevc": frozenset({16, 17, 18, 19, 20})}
SETS = {"h264": frozenset({nals.H264_SPS, nals.H264_PPS}), "hevc": nals.HEVC_PARAMETERS}
LIMITED, FULL = 1, 2  # FFmpeg's numbers of the ranges of colour


@dataclass(frozen=True)
class Look:
    """What clips must have in common to be shown in one track; pixels as stored, before turning."""

    codec: str
    width: int
    height: int
    sample_aspect: Fraction
    pixel_format: str
    colour: Colour
    rotation_deg: int = 0  # clockwise, to be upright
    is_mirrored: bool = False

    @property
    def display_aspect(self) -> Fraction:
        """Width over height as shown, upright."""
        aspect = Fraction(self.width, self.height) * self.sample_aspect
        return 1 / aspect if self.rotation_deg % 180 else aspect

    def differs(self, other: "Look") -> str:
        """In what this look differs from another, in words."""
        if self.codec != other.codec:
            return f"{self.codec} instead of {other.codec}"
        if (self.width, self.height) != (other.width, other.height):
            return f"{self.width}x{self.height} instead of {other.width}x{other.height}"
        if self.sample_aspect != other.sample_aspect:
            return f"pixel aspect {self.sample_aspect} instead of {other.sample_aspect}"
        if self.pixel_format != other.pixel_format:
            return f"{self.pixel_format} instead of {other.pixel_format}"
        return "another meaning of colours" if self.colour != other.colour else "turned otherwise"


@dataclass(frozen=True)
class Part:
    """One file with a picture track; stamps are in its own time base, packets in stored order."""

    path: Path
    kind: str  # FFmpeg's name of the container
    look: Look
    sets: Sets | None  # None: nothing of it can be copied
    time_base: Fraction
    rate: Fraction  # about; frames a second
    pts: tuple[int, ...]
    is_shown: tuple[bool, ...]  # not hidden by an edit list
    starts: tuple[int, ...]  # packets that need nothing of those before them, nor of other files
    is_open: bool  # begins with a picture of HEVC that has to be marked to stand behind others
    end_pts: int
    sound: tuple[int, str] | None  # rate and layout

    @property
    def name(self) -> str:
        """As it can be printed."""
        return shown(self.path)

    @cached_property
    def first_pts(self) -> int:
        """Stamp of the first frame shown."""
        return min(pts for pts, is_shown in zip(self.pts, self.is_shown, strict=True) if is_shown)

    @cached_property
    def frame_count(self) -> int:
        """Frames shown."""
        return sum(self.is_shown)

    @property
    def length_s(self) -> Fraction:
        """From the first frame to the end of the last."""
        return (self.end_pts - self.first_pts) * self.time_base


def read_part(path: Path) -> Part:
    """Read what a clip holds, without decoding more than its first frame."""
    with open_media(path) as media:
        frame = next(f for f in media.decode() if isinstance(f, VideoFrame))
        look = _look(media, frame)
    with open_media(path) as media:
        extradata = media.video.codec_context.extradata
        size = nals.length_size(extradata, is_hevc=look.codec == "hevc")
        pts: list[int] = []
        is_shown: list[bool] = []
        starts: list[int] = []
        in_band: set[bytes] = set()
        end_pts, is_open = 0, False
        for packet in media.packets(media.video):
            if packet.pts is None:
                raise InputError(f"{media.name}: a frame has no time stamp. Cut the clip again.")
            kinds = _kinds(packet, look.codec, size, in_band)
            if packet.is_keyframe and (kinds is None or not STARTS[look.codec].isdisjoint(kinds)):
                starts.append(len(pts))
            is_open = is_open or (not pts and kinds is not None and HEVC_CRA in kinds)
            pts.append(packet.pts)
            is_shown.append(not packet.is_discard)
            if not packet.is_discard:
                end_pts = max(end_pts, packet.pts + (packet.duration or media.step))
        if not any(is_shown) or media.losses.read_errors:
            raise InputError(f"{media.name} is damaged: it shows no whole picture. Cut it again.")
        return Part(
            path=path,
            kind=media.container.format.name.split(",")[0],
            look=look,
            sets=sets_of(look.codec, extradata, in_band),
            time_base=media.time_base,
            rate=(media.video.average_rate or Fraction(25)).limit_denominator(10_000),
            pts=tuple(pts),
            is_shown=tuple(is_shown),
            starts=tuple(starts),
            is_open=is_open and look.codec == "hevc",
            end_pts=end_pts,
            sound=_sound(media),
        )


def _look(media: Media, frame: VideoFrame) -> Look:
    rotation_deg, is_mirrored = orientation(display_matrix(frame))
    return Look(
        codec=media.video.codec_context.codec.canonical_name,
        width=frame.width,
        height=frame.height,
        sample_aspect=sample_aspect(media),
        pixel_format=frame.format.name,
        colour=Colour(
            FULL if frame.color_range == FULL else LIMITED,
            frame.color_primaries,
            frame.color_trc,
            frame.colorspace,
        ),
        rotation_deg=rotation_deg,
        is_mirrored=is_mirrored,
    )


def _sound(media: Media) -> tuple[int, str] | None:
    if not media.audio:
        return None
    context = media.audio[0].codec_context
    return context.sample_rate, "mono" if context.channels == 1 else "stereo"


def _kinds(
    packet: "Packet[Stream]", codec: str, size: int | None, in_band: set[bytes]
) -> set[int] | None:
    """The kinds of units in a packet, None if its codec has none; parameter sets are kept."""
    if codec not in STARTS:
        return None
    kinds: set[int] = set()
    for kind, unit in units_of(packet, codec, size):
        kinds.add(kind)
        if kind in SETS[codec]:
            in_band.add(bytes(unit))
    return kinds
