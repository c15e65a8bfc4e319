"""The form that all clips of one tape share: size, pixels, colour, rate, sound.

Equal forms are what lets clips be joined without another encoding. Nothing is encoded here.
"""

from dataclasses import dataclass
from fractions import Fraction

from av.audio.stream import AudioStream
from av.filter import Graph
from av.video.format import VideoFormat
from av.video.frame import VideoFrame

from gametape.schema import Source

# Rates that AAC knows; sound at another rate is converted to the last fallback.
AAC_RATES_HZ = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000)
FALLBACK_RATE_HZ = 48000
TURNS = {90: (("transpose", "clock"),), 180: (("hflip", ""), ("vflip", ""))}
TURNS |= {270: (("transpose", "cclock"),)}
PLAIN_FORMATS = ("yuv420p", "yuvj420p")  # encoded as they are; all else is converted to 8-bit 4:2:0
FULL_RANGE = 2  # FFmpeg's number for it


@dataclass(frozen=True)
class Colour:
    """How numbers mean colours, in FFmpeg's (ITU-T H.273) numbers."""

    range: int
    primaries: int
    transfer: int
    matrix: int


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
    sound_rate_hz: int | None = None  # None: the tape has no sound
    sound_layout: str = "stereo"
    changed: tuple[str, ...] = ()  # what differs from the tape, in words


def clip_form(source: Source, first: VideoFrame, sound: AudioStream | None) -> ClipForm:
    """The form for clips of a tape, from its description, its first frame and its sound track."""
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
    is_plain = first.format.name in PLAIN_FORMATS
    return ClipForm(
        width=even_width,
        height=even_height,
        source_width=first.width,
        source_height=first.height,
        pixel_format=first.format.name if is_plain else "yuv420p",
        colour=Colour(first.color_range, first.color_primaries, first.color_trc, first.colorspace),
        sample_aspect=aspect,
        time_base=video.time_base,
        rate=_rate(video.average_rate),
        filters=filters,
        sound_rate_hz=_sound_rate_hz(sound),
        sound_layout="mono" if sound is not None and _channels(sound) == 1 else "stereo",
        changed=_changes(source, first, sound, (even_width - width, even_height - height)),
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
            wanted = FULL_RANGE if form.colour.range == FULL_RANGE else frame.color_range
            frame = frame.reformat(
                format=form.pixel_format, src_color_range=frame.color_range, dst_color_range=wanted
            )
        if form.filters:
            frame = self._filtered(frame)
        frame.pts, frame.time_base = pts, time_base
        frame.pict_type = 0  # the encoder chooses; the tape's own types would be taken as orders
        return frame

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


def _rate(rate: Fraction | None) -> Fraction:
    if rate is None or not 1 <= rate <= 240:
        return Fraction(25)
    return rate.limit_denominator(10_000)


def _sound_rate_hz(sound: AudioStream | None) -> int | None:
    if sound is None:
        return None
    rate_hz = sound.codec_context.sample_rate
    return rate_hz if rate_hz in AAC_RATES_HZ else FALLBACK_RATE_HZ


def _channels(sound: AudioStream) -> int:
    return sound.codec_context.channels


def _changes(
    source: Source, first: VideoFrame, sound: AudioStream | None, added: tuple[int, int]
) -> tuple[str, ...]:
    video, changed = source.video, []
    if video.rotation_deg:
        changed.append(f"turned upright by {video.rotation_deg} degrees")
    if video.is_mirrored:
        changed.append("mirrored as its container asks")
    for count, what in zip(added, ("column", "row"), strict=True):
        if count:
            changed.append(f"one {what} repeated at the edge: H.264 needs even sizes")
    components = first.format.components
    if components and components[0].bits > 8:
        changed.append(f"{components[0].bits} bits a sample written with 8")
    if first.format.name not in PLAIN_FORMATS and "420" not in first.format.name:
        changed.append(f"pixels {first.format.name} written as 4:2:0")
    if video.is_hdr:
        changed.append("HDR colours kept by their tags; light-level data left out")
    if video.is_interlaced:
        changed.append("interlaced fields written as whole frames")
    if len(source.audio) > 1:
        changed.append(f"sound track 1 of {len(source.audio)} kept")
    if sound is not None and _channels(sound) > 2:
        changed.append(f"sound of {_channels(sound)} channels mixed to stereo")
    if sound is not None and sound.codec_context.sample_rate not in AAC_RATES_HZ:
        rate_hz = sound.codec_context.sample_rate
        changed.append(f"sound at {rate_hz} Hz written at {FALLBACK_RATE_HZ} Hz")
    return tuple(changed)
