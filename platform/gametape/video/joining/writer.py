"""Writes the pieces of a reel into one file: packets as they are, under new stamps, and the sound.

What the pieces are was decided, and what had to be encoded was encoded, before.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from av.container import OutputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream

from gametape.errors import ToolError
from gametape.video.cutting import nals
from gametape.video.cutting.clipwriter import SoundLine
from gametape.video.cutting.nals import LENGTH_SIZE
from gametape.video.joining.parametersets import Sets
from gametape.video.joining.parts import HEVC_CRA, Look, Part
from gametape.video.joining.plan import Span
from gametape.video.joining.sound import Samples, SoundKind
from gametape.video.media import open_media

HEVC_BLA = 16  # a picture with which decoding begins although others are stored before it
TAGS = {"hevc": "hvc1"}  # the sets stand in the description; players of Apple insist


@dataclass(frozen=True)
class Piece:
    """Packets of one file that go into the reel; `stamps` in its ticks, in stored order."""

    part: Part
    span: Span
    stamps: tuple[int, ...]


class ReelWriter:
    """One reel being written."""

    def __init__(
        self,
        file: OutputContainer,
        pieces: Sequence[Piece],
        *,
        look: Look,
        sets: Sets,
        time_base: Fraction,
        end: int,
        sound: SoundKind | None,
    ) -> None:
        self._file = file
        self._first = pieces[0]
        self._base = time_base
        self._end = end
        with open_media(pieces[0].part.path) as media:
            self._track: VideoStream = file.add_stream_from_template(media.video)
        self._track.time_base = time_base
        if look.rotation_deg or look.is_mirrored:
            self._track.set_display_rotation(-look.rotation_deg, hflip=look.is_mirrored)
        context = self._track.codec_context
        context.extradata = sets.raw
        if tag := TAGS.get(look.codec):
            context.codec_tag = tag
        stored = [stamp for piece in pieces for stamp in piece.stamps]
        shown = sorted(stored)
        self._dts = iter(decode_stamps(stored, shown))
        self._next = dict(pairwise([*shown, end]))
        self._sound = SoundLine(file, sound.rate_hz, sound.layout) if sound is not None else None
        self._rate_hz = sound.rate_hz if sound is not None else 1

    def add(self, pieces: Sequence[Piece], sound: Iterator[tuple[int, Samples]]) -> None:
        """Write pieces that follow one another, and the sound of their time along with them."""
        waiting = next(sound, None)
        for piece in pieces:
            for time_s in self._copy(piece):
                while waiting is not None and waiting[0] <= time_s * self._rate_hz:
                    self._put(waiting)
                    waiting = next(sound, None)
        while waiting is not None:
            self._put(waiting)
            waiting = next(sound, None)

    def close(self) -> None:
        """End the sound with the picture."""
        if self._sound is not None:
            self._sound.pad(round(self._end * self._base * self._rate_hz))
            self._sound.close()

    def _put(self, block: tuple[int, Samples]) -> None:
        assert self._sound is not None
        self._sound.put(*block)

    def _copy(self, piece: Piece) -> Iterator[Fraction]:
        """Write the packets of a piece, telling the time reached."""
        with open_media(piece.part.path) as media:
            for place, packet in enumerate(media.packets(media.video)):
                if place >= piece.span.last:
                    return
                if place >= piece.span.first:
                    stamp = piece.stamps[place - piece.span.first]
                    if place == 0 and piece.part.is_open and piece is not self._first:
                        packet = closed(packet)
                    self._mux(packet, stamp)
                    yield stamp * self._base

    def _mux(self, packet: "Packet[Stream]", stamp: int) -> None:
        packet.pts, packet.dts = stamp, next(self._dts)
        packet.duration = self._next[stamp] - stamp
        packet.time_base = self._base
        packet.stream = self._track
        self._file.mux(packet)


def closed(packet: "Packet[Stream]") -> "Packet[Stream]":
    """A packet whose clean random access picture says that the link to those before is broken.

    HEVC has these two kinds for just this, alike but for the number in the unit's header. The
    pictures that would have needed those before were dropped or hidden when the clip was cut.
    """
    data, at = bytearray(bytes(packet)), 0
    while at + LENGTH_SIZE < len(data):
        begin = at + LENGTH_SIZE
        at = begin + int.from_bytes(data[at:begin], "big")
        if nals.hevc_type(bytes(data[begin : begin + 1])) == HEVC_CRA:
            data[begin] = data[begin] & 0x81 | HEVC_BLA << 1
    changed: Packet[Stream] = Packet(bytes(data))
    changed.is_keyframe = True
    return changed


def decode_stamps(stored: Sequence[int], shown: Sequence[int]) -> list[int]:
    """Decode stamps for all packets: the shown order, held back by the deepest reordering."""
    rank = {stamp: place for place, stamp in enumerate(shown)}
    if len(rank) != len(stored):
        raise ToolError("The reel has two frames at the same time. Cut the clips again.")
    delay = max(place - rank[stamp] for place, stamp in enumerate(stored))
    step = shown[1] - shown[0] if len(shown) > 1 else 1
    early = [shown[0] - (delay - place) * step for place in range(delay)]
    return early + list(shown[: len(shown) - delay])
