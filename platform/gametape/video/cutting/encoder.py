"""Which encoder writes the pictures of clips, and with which options.

Software gives the same bytes on every machine. Hardware is used only where it was asked for, and
only after it has shown that it works. Nothing of a tape is encoded here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from types import MappingProxyType
from typing import Literal

import av
from av.codec.context import CodecContext
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from gametape.errors import InputError
from gametape.profile import ClipSettings

Wanted = Literal["auto", "software", "nvenc", "qsv", "videotoolbox"]

# Fixed, since the number of an encoder's threads changes the bytes; clips run beside one another.
ENCODER_THREADS = 1
KEY_EVERY_S = 2  # a viewer lands within so many seconds when searching in a clip
# The number of x264's parameter sets. Those of tapes are 0, and edges of smart clips count on from
# there: with a number of their own, encoded clips stand beside copied ones in one track of a reel.
OWN_SETS = 7
# x264's quick code for its macroblock tree depends on what was in memory before, unless a picture's
# width is a multiple of 128: the same pictures give other bytes in another process. This is the
# plain code, the same on every processor.
SAME_BYTES = "cpu-independent=1"
PLAIN = "yuv420p"
TEN_BITS = "yuv420p10le"
# By the word in the profile, the quickest first: FFmpeg's names, and what makes each of them give
# every picture at its own stamp, none held back and none reordered. {crf} is the profile's.
HARDWARE: Mapping[str, tuple[str, Mapping[str, str]]] = MappingProxyType(
    {
        "nvenc": (
            "h264_nvenc",
            {"preset": "p4", "rc": "vbr", "cq": "{crf}", "b": "0", "bf": "0", "delay": "0"},
        ),
        "qsv": (
            "h264_qsv",
            {"preset": "medium", "global_quality": "{crf}", "bf": "0", "async_depth": "1"},
        ),
        # Its scale of quality runs the other way, from 1 to 100.
        "videotoolbox": (
            "h264_videotoolbox",
            {"global_quality": "{quality}", "flags": "+qscale", "bf": "0", "allow_sw": "0"},
        ),
    }
)
QSCALE = 118  # FFmpeg's unit of `global_quality` for encoders that take a scale
NATIVE_FORMATS = MappingProxyType({"qsv": "nv12"})  # where it is not 4:2:0 in three planes
PROBE_SIZE = (1280, 720)


@dataclass(frozen=True)
class Encoder:
    """An encoder of pictures, ready to be opened."""

    name: str  # FFmpeg's
    pixel_format: str
    options: tuple[tuple[str, str], ...]
    tag: str | None = None  # by which MP4 knows the codec, where FFmpeg's own choice plays badly

    @property
    def is_hardware(self) -> bool:
        """Do its bytes depend on the machine?"""
        return self.name not in ("libx264", "libx265")


def choose_encoder(
    settings: ClipSettings,
    *,
    size: tuple[int, int],
    pixel_format: str,
    rate: Fraction,
    light: tuple[str, ...] = (),
) -> Encoder:
    """The encoder for pictures of this size; InputError where the wanted one is not there.

    `light`: x265's words for the mastering display and the light levels of HDR.
    """
    key_every = str(max(1, round(KEY_EVERY_S * rate)))
    # Hardware differs in what it takes beyond plain pictures; software takes all.
    kind = _kind(settings.encoder, size) if pixel_format == PLAIN else "software"
    if kind != "software":
        return _hardware(kind, settings, key_every)
    common = (("crf", str(settings.crf)), ("preset", settings.preset))
    if pixel_format == TEN_BITS:
        fixed = ("log-level=none", "pools=none", f"frame-threads={ENCODER_THREADS}", "info=0")
        params = ":".join((*fixed, f"keyint={key_every}", *light))
        return Encoder("libx265", pixel_format, (*common, ("x265-params", params)), tag="hvc1")
    own = ("x264-params", f"sps-id={OWN_SETS}:{SAME_BYTES}")
    return Encoder("libx264", pixel_format, (*common, ("g", key_every), own))


def present(size: tuple[int, int] = PROBE_SIZE) -> list[str]:
    """The hardware encoders of this machine that work, the one that `auto` takes first."""
    return [kind for kind in HARDWARE if works(kind, size)]


@cache
def works(kind: str, size: tuple[int, int] = PROBE_SIZE) -> bool:
    """Does a hardware encoder give a picture for a picture? Tried once in a process."""
    encoder = _hardware(kind, ClipSettings(), "50")
    try:
        context = CodecContext.create(encoder.name, "w")
        assert isinstance(context, VideoCodecContext)
        context.width, context.height = size
        context.pix_fmt = encoder.pixel_format
        context.time_base, context.framerate = Fraction(1, 25), Fraction(25)
        context.options = dict(encoder.options)
        frame = VideoFrame(*size, encoder.pixel_format)
        frame.pts, frame.time_base = 0, Fraction(1, 25)
        return len([*context.encode(frame), *context.encode(None)]) == 1
    except (av.FFmpegError, av.codec.codec.UnknownCodecError, ValueError):
        return False


def _kind(wanted: Wanted, size: tuple[int, int]) -> str:
    if wanted == "software":
        return wanted
    if wanted == "auto":
        return next((kind for kind in HARDWARE if works(kind, size)), "software")
    if not works(wanted, size):
        there = ", ".join(["software", *present(size)])
        raise InputError(
            f"clips.encoder: {wanted} does not work on this machine for {size[0]} x {size[1]} "
            f"pixels; there is: {there}. Choose one of these, or auto."
        )
    return wanted


def _hardware(kind: str, settings: ClipSettings, key_every: str) -> Encoder:
    name, words = HARDWARE[kind]
    quality = str(QSCALE * max(1, 100 - 2 * settings.crf))
    options = [(key, word.format(crf=settings.crf, quality=quality)) for key, word in words.items()]
    pixel_format = NATIVE_FORMATS.get(kind, PLAIN)
    return Encoder(name, pixel_format, (*options, ("g", key_every)))
