"""The form that all clips of one tape share: size, pixels, colour, rate, sound.

Equal forms are what lets clips be joined without another encoding. Nothing is encoded here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from av.audio.stream import AudioStream
from av.filter import Graph
from av.stream import Disposition
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace

from gametape.schema import Source
from gametape.video.cutting.encoder import PLAIN, TEN_BITS
from gametape.video.cutting.light import left_out, light_words

MAX_SOUNDS = 8  # tracks of sound that a clip takes along: languages, commentaries, microphones
# Layouts that every AAC decoder knows, by the tape's; the others are mixed to stereo.
LAYOUTS = {name: name for name in ("mono", "stereo", "3.0", "4.0", "5.0", "5.1", "7.1")}
LAYOUTS |= {"5.0(side)": "5.0", "5.1(side)": "5.1"}
# A recorder that does not name its channels: kept apart as they are.
LAYOUTS |= {"1 channels": "mono", "2 channels": "stereo", "4 channels": "4.0", "5 channels": "5.0"}
LAYOUTS |= {"6 channels": "5.1", "8 channels": "7.1"}
# What tells a person which track is which, as MP4 is told it, by the tape's words. MP4 and MOV give
# a track's title back as its name.
NAMES = {"language": ("language",), "title": ("title", "name"), "handler_name": ("handler_name",)}
# Rates that AAC knows; sound at another rate is converted to the last fallback.
AAC_RATES_HZ = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000)
FALLBACK_RATE_HZ = 48000
TURNS = {90: (("transpose", "clock"),), 180: (("hflip", ""), ("vflip", ""))}
TURNS |= {270: (("transpose", "cclock"),)}
KEPT_FORMATS = (PLAIN, "yuvj420p", TEN_BITS)  # encoded as they are; all else becomes 4:2:0
# FFmpeg's numbers.
FULL_RANGE = 2
LIMITED_RANGE = 1
BT709 = 1


@dataclass(frozen=True)
class Colour:
    """How numbers mean colours, in FFmpeg's (ITU-T H.273) numbers."""

    range: int
    primaries: int
    transfer: int
    matrix: int


@dataclass(frozen=True)
class TrackForm:
    """One sound track as clips have it."""

    place: int  # among the tape's sound tracks, as the door to media gives them
    rate_hz: int
    layout: str
    names: tuple[tuple[str, str], ...] = ()  # language, title, in the container's words
    is_default: bool = False


@dataclass(frozen=True)
class ClipForm:
    """What every clip of a tape looks and sounds like."""

    width: int  # as written: upright, and even, since 4:2:0 cannot hold an odd size
    height: int
    source_width: int  # as decoded
    source_height: int
    pixel_format: str
    colour: Colour
    sample_aspect: Fraction
    time_base: Fraction
    rate: Fraction  # frames a second, for the encoder's guesses only; stamps come from the tape
    filters: tuple[tuple[str, str], ...] = ()  # name and arguments, from decoded to written
    sounds: tuple[TrackForm, ...] = ()  # in the tape's order
    light: tuple[str, ...] = ()  # mastering display and light levels of HDR, in x265's words
    changed: tuple[str, ...] = ()  # what differs from the tape, in words


def clip_form(source: Source, first: VideoFrame, sounds: Sequence[AudioStream]) -> ClipForm:
    """The form for clips of a tape, from its description, its first frame and its sound tracks."""
    video = source.video
    width, height, aspect = first.width, first.height, video.sample_aspect
    filters = TURNS.get(video.rotation_deg, ())
    if video.rotation_deg in (90, 270):
        width, height, aspect = height, width, 1 / aspect
    if video.is_mirrored:
        filters = (*filters, ("hflip", ""))
    even_width, even_height = width + width % 2, height + height % 2
    if (even_width, even_height) != (width, height):
        # The edge is repeated: a black line would be seen, and scaling would blur every pixel.
        edges = f"right={even_width - width}:bottom={even_height - height}:mode=smear"
        filters = (*filters, ("pad", f"{even_width}:{even_height}"), ("fillborders", edges))
    heard = [place for place, sound in enumerate(source.audio) if sound.duration_s]
    return ClipForm(
        width=even_width,
        height=even_height,
        source_width=first.width,
        source_height=first.height,
        pixel_format=_pixel_format(first),
        colour=_colour(first),
        sample_aspect=aspect,
        time_base=video.time_base,
        rate=_rate(video.average_rate),
        filters=filters,
        sounds=track_forms(sounds, heard),
        light=light_words(first),
        changed=(
            *_changes(source, first, (even_width - width, even_height - height)),
            *_sound_changes(sounds, heard),
        ),
    )


class Upright:
    """Turns decoded frames into the frames to be written: size, orientation, pixel format."""

    def __init__(self, form: ClipForm) -> None:
        self._form = form
        self._graph: Graph | None = None
        self.was_resized = False

    def apply(self, frame: VideoFrame) -> VideoFrame:
        """One frame in its written form; time stamps stay."""
        form, pts, time_base = self._form, frame.pts, frame.time_base
        if (frame.width, frame.height) != (form.source_width, form.source_height):
            # A tape whose size changes half way: clips keep the size it began with.
            frame = frame.reformat(width=form.source_width, height=form.source_height)
            self.was_resized = True
        if frame.format.name != form.pixel_format:
            frame = self._converted(frame)
        if form.filters:
            frame = self._filtered(frame)
        frame.pts, frame.time_base = pts, time_base
        frame.pict_type = 0  # the encoder chooses; the tape's own types would be taken as orders
        return frame

    def _converted(self, frame: VideoFrame) -> VideoFrame:
        form = self._form
        if frame.format.is_rgb:
            return frame.reformat(
                format=form.pixel_format,
                dst_colorspace=Colorspace.ITU709,
                dst_color_range=LIMITED_RANGE,
            )
        wanted = FULL_RANGE if form.colour.range == FULL_RANGE else frame.color_range
        return frame.reformat(
            format=form.pixel_format, src_color_range=frame.color_range, dst_color_range=wanted
        )

    def _filtered(self, frame: VideoFrame) -> VideoFrame:
        if self._graph is None:
            self._graph = self._build()
        self._graph.push(frame)
        return self._graph.vpull()

    def _build(self) -> Graph:
        form, graph = self._form, Graph()
        nodes = [
            graph.add_buffer(
                width=form.source_width,
                height=form.source_height,
                format=VideoFormat(form.pixel_format, form.source_width, form.source_height),
                time_base=form.time_base,
            )
        ]
        nodes += [graph.add(name, arguments or None) for name, arguments in form.filters]
        nodes.append(graph.add("buffersink"))
        graph.link_nodes(*nodes).configure()
        return graph


def _depth_bits(frame: VideoFrame) -> int:
    return max((component.bits for component in frame.format.components), default=8)


def _pixel_format(frame: VideoFrame) -> str:
    if frame.format.name in KEPT_FORMATS:
        return frame.format.name
    if _depth_bits(frame) > 8:
        return TEN_BITS
    return "yuvj420p" if frame.format.name.startswith("yuvj") else PLAIN


def _colour(frame: VideoFrame) -> Colour:
    if frame.format.is_rgb:
        return Colour(LIMITED_RANGE, frame.color_primaries, frame.color_trc, BT709)
    return Colour(frame.color_range, frame.color_primaries, frame.color_trc, frame.colorspace)


def _rate(rate: Fraction | None) -> Fraction:
    if rate is None or not 1 <= rate <= 240:
        return Fraction(25)
    return rate.limit_denominator(10_000)


def track_forms(tracks: Sequence[AudioStream], heard: Sequence[int]) -> tuple[TrackForm, ...]:
    """The forms of a tape's sound tracks, in stored order; `heard`: places of those with sound."""
    forms = []
    for place in sorted(heard, key=lambda place: tracks[place].index)[:MAX_SOUNDS]:
        track = tracks[place]
        rate_hz = track.codec_context.sample_rate
        told = track.metadata
        names = [(k, told[w]) for k, words in NAMES.items() for w in words if told.get(w)]
        forms.append(
            TrackForm(
                place=place,
                rate_hz=rate_hz if rate_hz in AAC_RATES_HZ else FALLBACK_RATE_HZ,
                layout=LAYOUTS.get(track.codec_context.layout.name, "stereo"),
                names=tuple(names),
                is_default=bool(track.disposition & Disposition.default),
            )
        )
    return tuple(forms)


def _sound_changes(tracks: Sequence[AudioStream], heard: Sequence[int]) -> Iterator[str]:
    if len(heard) > MAX_SOUNDS:
        yield f"{MAX_SOUNDS} of {len(heard)} sound tracks kept"
    for number, form in enumerate(track_forms(tracks, heard), start=1):
        context = tracks[form.place].codec_context
        which = "sound" if len(heard) == 1 else f"sound track {number}"
        if context.layout.name not in LAYOUTS:
            yield f"{which} of {context.channels} channels ({context.layout.name}) mixed to stereo"
        if context.sample_rate != form.rate_hz:
            yield f"{which} at {context.sample_rate} Hz written at {form.rate_hz} Hz"


def _changes(source: Source, first: VideoFrame, added: tuple[int, int]) -> tuple[str, ...]:
    video, changed = source.video, []
    if video.rotation_deg:
        changed.append(f"turned upright by {video.rotation_deg} degrees")
    if video.is_mirrored:
        changed.append("mirrored as its container asks")
    for count, what in zip(added, ("column", "row"), strict=True):
        if count:
            changed.append(f"one {what} repeated at the edge: H.264 needs even sizes")
    if _depth_bits(first) > 10:
        changed.append(f"{_depth_bits(first)} bits a sample written with 10")
    if first.format.name not in KEPT_FORMATS and "420" not in first.format.name:
        changed.append(f"pixels {first.format.name} written as 4:2:0")
    changed += [f"{what} left out" for what in left_out(first)]
    if video.is_interlaced:
        changed.append("interlaced fields written as whole frames")
    return tuple(changed)
