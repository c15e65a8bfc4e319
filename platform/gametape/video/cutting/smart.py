"""Encodes the edges of a clip so that copied pictures can follow them in one track.

Each edge is a closed group of its own, without pictures that need later ones, under a number of
parameter sets that the tape does not use. Which pictures are edges is decided elsewhere.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction

from av.codec.context import CodecContext
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from gametape.profile import ClipSettings
from gametape.schema import Source
from gametape.video.cutting import nals
from gametape.video.cutting.clipform import Colour
from gametape.video.cutting.copying import CopyError, Edge
from gametape.video.cutting.encoder import ENCODER_THREADS, SAME_BYTES
from gametape.video.cutting.stretch import TapeReader

# The encoder stays within what decoders were told to expect of the tape.
PROFILES = {66: "baseline", 77: "main", 100: "high"}
GLOBAL_HEADER = 1 << 22  # FFmpeg's flag: parameter sets apart from the pictures


class EdgeEncoder:
    """Encodes stretches of a tape as closed groups that fit before and after copied ones."""

    def __init__(
        self, source: Source, colour: Colour, settings: ClipSettings, *, profile: int, number: int
    ) -> None:
        self._source = source
        self._colour = colour
        self._settings = settings
        self._profile = PROFILES[profile]
        self._number = number
        self.sets: tuple[bytes, ...] = ()  # of the last group; equal for all

    def encode(self, frames: Iterable[VideoFrame]) -> list[Edge]:
        """One group."""
        context = self._open()
        edges: list[Edge] = []
        for frame in frames:
            frame.pict_type = 0  # the tape's own types would be taken as orders
            edges += [self._edge(packet) for packet in context.encode(frame)]
        edges += [self._edge(packet) for packet in context.encode(None)]
        units = [bytes(unit) for unit in nals.units(context.extradata or b"", None)]
        kinds = (nals.H264_SPS, nals.H264_PPS)
        self.sets = tuple(unit for unit in units if nals.h264_type(unit) in kinds)
        return edges

    def _open(self) -> VideoCodecContext:
        video = self._source.video
        context = CodecContext.create("libx264", "w")
        context.width, context.height = video.width, video.height
        context.pix_fmt = video.pixel_format
        context.time_base = video.time_base
        context.framerate = (video.average_rate or Fraction(25)).limit_denominator(10_000)
        context.sample_aspect_ratio = video.sample_aspect
        context.color_range = self._colour.range
        context.color_primaries = self._colour.primaries
        context.color_trc = self._colour.transfer
        context.colorspace = self._colour.matrix
        context.thread_count = ENCODER_THREADS
        context.flags |= GLOBAL_HEADER
        context.options = {
            "crf": str(self._settings.crf),
            "preset": self._settings.preset,
            "profile": self._profile,
            "bf": "0",
            "x264-params": f"sps-id={self._number}:keyint=infinite:scenecut=0:open-gop=0:"
            + SAME_BYTES,
        }
        return context

    def _edge(self, packet: Packet) -> Edge:  # type: ignore[type-arg]
        kept = [u for u in nals.units(memoryview(packet), None) if len(u)]
        slices = [u for u in kept if nals.h264_type(u) in (nals.H264_SLICE, nals.H264_IDR)]
        assert packet.pts is not None, "the encoder gives back the stamps it was given"
        return Edge(packet.pts, nals.joined(slices), packet.is_keyframe)


def edge_frames(reader: TapeReader, wanted: Sequence[int], source: Source) -> list[VideoFrame]:
    """The pictures of these stamps; CopyError where the tape shows others."""
    if not wanted:
        return []
    frames: list[VideoFrame] = []
    for piece in reader.read(wanted[0]):
        if not isinstance(piece, VideoFrame):
            continue
        if (piece.pts or 0) > wanted[-1]:
            break
        frames.append(piece)
        if piece.pts == wanted[-1]:
            break
    size = (source.video.width, source.video.height, source.video.pixel_format)
    if [frame.pts for frame in frames] != list(wanted):
        raise CopyError("its edges decode to other pictures than are stored")
    if any((f.width, f.height, f.format.name) != size for f in frames):
        raise CopyError("its pictures change size within it")
    if any(frame.is_corrupt for frame in frames):
        raise CopyError("the tape is damaged at its edges")
    return frames
