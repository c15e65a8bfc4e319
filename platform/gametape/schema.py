"""The nouns that everybody shares: spans of time, segments, and what a source file is.

No behaviour beyond what a noun knows of itself; nothing here opens a file.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from pydantic import BaseModel, ConfigDict

# Called with (what is being done, units done, units in all); the face decides how to show it.
Progress = Callable[[str, float, float], None]


def no_progress(_what: str, _done: float, _total: float) -> None:
    """Show nothing: the default where nobody watches."""


@dataclass(frozen=True, order=True)
class Span:
    """A stretch of tape, seconds from the first displayed frame; start included, end excluded."""

    start_s: float
    end_s: float

    @property
    def length_s(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s


@dataclass(frozen=True)
class Segment:
    """A stretch of play with what speaks for it; `score` runs from 0 to 100."""

    start_s: float
    end_s: float
    label: str = "play"
    score: float = 100.0
    evidence: dict[str, float] = field(default_factory=dict)

    @property
    def length_s(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s

    @property
    def core(self) -> Span:
        """The play itself, without the padding of its clip."""
        return Span(
            self.evidence.get("core_start_s", self.start_s),
            self.evidence.get("core_end_s", self.end_s),
        )


class Noun(BaseModel):
    """Base of the nouns that are written as JSON: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Finding(Noun):
    """Something about a tape that a person should know, in words, with where it is."""

    code: (
        str  # variable-rate, rotation, hdr, interlaced, no-audio, gap, black, frozen, partial, ...
    )
    severity: Literal["info", "warning"] = "info"
    message: str
    start_s: float | None = None
    end_s: float | None = None


class Findings(Noun):
    """Findings as a file of their own."""

    findings: tuple[Finding, ...] = ()


class VideoStream(Noun):
    """The picture of a tape as its container and its first frame state it."""

    index: int
    codec: str
    profile: str | None = None
    width: int  # as coded, before sample aspect and rotation
    height: int
    display_width: int  # square pixels, upright
    display_height: int
    pixel_format: str
    time_base: Fraction
    start_pts: int
    average_rate: Fraction | None = None  # frames a second, as measured where it could be
    is_variable_rate: bool = False
    rotation_deg: int = 0  # clockwise turn that makes the picture upright: 0, 90, 180, 270
    is_mirrored: bool = False
    sample_aspect: Fraction = Fraction(1)
    is_interlaced: bool = False
    is_hdr: bool = False
    color_range: str | None = None
    color_primaries: str | None = None
    color_transfer: str | None = None
    color_space: str | None = None
    frame_count: int | None = None


class AudioStream(Noun):
    """One sound track of a tape."""

    index: int
    codec: str
    rate_hz: int
    channels: int
    time_base: Fraction
    start_s: float = 0.0
    duration_s: float | None = None
    language: str | None = None


class Source(Noun):
    """What a source file is: identity, streams, exact time base, and findings."""

    name: str
    bytes: int
    content_hash: str  # sha256 of every byte of the file
    container: str
    duration_s: float
    video: VideoStream
    audio: tuple[AudioStream, ...] = ()
    findings: tuple[Finding, ...] = ()


class CutReport(Noun):
    """What one clip was asked to hold and what it holds, counted again after it was written."""

    number: int
    file: str  # a key relative to the folder of clips, never a link
    thumbnail: str
    asked_start_s: float
    asked_end_s: float
    first_pts: int  # of the tape, in `time_base`; so is last_pts: the frames that must be there
    last_pts: int
    time_base: Fraction
    first_s: float  # the same two frames in seconds of tape time
    last_s: float
    got_first_s: float | None = None  # the two as the finished file's own stamps place them
    got_last_s: float | None = None
    frame_count: int
    counted_frames: int  # found in the finished file
    duration_s: float
    bytes: int
    width: int  # as shown, upright
    height: int
    method: Literal["copy", "smart", "re-encode"] = "re-encode"
    reason: str = ""  # for this method, in words
    copied_frames: int = 0
    encoded_frames: int = 0
    encoder: str | None = None  # of these frames; hardware's bytes differ between machines
    is_exact: bool  # every frame asked for is in the file at its own time, and no other
    has_sound: bool = False
    # Sound begins, and ends, so much after the picture: the worst of all tracks; None: no sound.
    start_skew_ms: float | None = None
    end_skew_ms: float | None = None
    changed: tuple[str, ...] = ()  # what differs from the tape, in words
    seconds: float | None = None  # spent, by the clock


class Card(Noun):
    """What is written before a play of the reel, or over its beginning."""

    title: str
    subtitle: str = ""  # score and clock, say
    corner: str = ""  # the tape it comes from; on title cards only


class ReelReport(Noun):
    """What the reel holds: all clips of a selection in one file."""

    file: str
    clip_count: int
    frame_count: int  # of plays and cards, counted again in the finished file
    card_frames: int = 0  # of these belong to title cards
    copied_frames: int = 0  # bit for bit as in the clips
    duration_s: float
    bytes: int
    method: Literal["copy", "smart", "re-encode"]  # of the plays: all, some, none copied
    reason: str = ""
    has_sound: bool = False
    faded_joins: int = 0  # where the sound would have jumped
    starts_s: tuple[float, ...] = ()  # where each play begins; its chapter begins with its card
