"""One timeline model for all list formats: plays on a tape, in exact seconds.

Here are the nouns and the checks that every reader shares; each format is a module of its own.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from gametape.errors import InputError, NoPlaysError
from gametape.exports.cutlist import END_SLACK_S, MAX_LABEL, MAX_SEGMENTS

DROP_FRAME_RATES = (Fraction(30000, 1001), Fraction(60000, 1001))
MAX_TEXT = 2_000  # letters of a title or a note: a comment fits, a smuggled file does not
MAX_TIME_S = 10**7  # 115 days; what lies beyond is no time on a tape
MAX_DIGITS = 40  # of a written number: more would only cost time
DECIMAL = re.compile(r"[+-]?\d+(\.\d*)?([eE][+-]?\d{1,2})?", re.ASCII)


@dataclass(frozen=True)
class Play:
    """One stretch of a tape, seconds from the first displayed frame; the end is excluded."""

    start_s: Fraction
    end_s: Fraction
    label: str = "play"
    title: str = ""  # text for people ("3rd & 5, pass"); empty: the label says it
    score: float | None = None  # 0 to 100
    notes: Mapping[str, str] = field(default_factory=dict)  # further facts, text to text, in order

    @property
    def text(self) -> str:
        """What to show to people: the title, or else the label."""
        return self.title or self.label


@dataclass(frozen=True)
class Timeline:
    """The plays of one tape, and what a format has to know of the tape."""

    name: str  # of the tape, for people
    media: str  # how the tape is named inside files: a file name or a relative path, never a link
    duration_s: Fraction
    rate: Fraction  # nominal frames a second
    plays: tuple[Play, ...]
    start_frame: int = 0  # timecode of the first displayed frame, in frames
    is_drop_frame: bool = False  # how timecode is counted; only at 30000/1001 and 60000/1001
    has_sound: bool = True
    width: int | None = None  # as displayed
    height: int | None = None

    def __post_init__(self) -> None:
        if self.rate <= 0:
            raise ValueError(f"a rate of {self.rate} frames a second")
        if self.is_drop_frame and self.rate not in DROP_FRAME_RATES:
            raise ValueError(f"there is no drop-frame timecode at {self.rate} frames a second")


@dataclass(frozen=True)
class TapeFacts:
    """What is known of the tape while a list is read for it; None where nothing is known."""

    rate: Fraction | None = None  # frames a second: EDL and timecode cannot be read without it
    duration_s: Fraction | None = None  # bounds the plays
    start_frame: int = 0  # timecode of the first displayed frame, in frames
    media: str = ""  # the tape's file name: picks its clips from a list of several tapes


UNKNOWN_TAPE = TapeFacts()


def checked_play(
    start_s: Fraction,
    end_s: Fraction,
    *,
    where: str,
    tape: TapeFacts = UNKNOWN_TAPE,
    label: str = "",
    title: str = "",
    score: float | None = None,
    notes: Mapping[str, str] | None = None,
) -> Play:
    """A play as a reader found it; `where` names file and line, e.g. `plays.edl, line 7`.

    Text from outside loses its control characters and what passes the limits of length.
    """
    start, end = seconds_text(start_s, places=3), seconds_text(end_s, places=3)
    if start_s < 0:
        raise InputError(f"{where}: the start {start} s lies before the tape. Use 0 or more.")
    if end_s < start_s:
        raise InputError(
            f"{where}: the end {end} s comes before the start {start} s. Correct one of them."
        )
    if end_s == start_s:
        raise InputError(
            f"{where}: the end {end} s is the start too, so nothing is in between. Correct it."
        )
    if end_s > MAX_TIME_S:
        raise InputError(f"{where}: {end} s is no time on a tape. Correct it.")
    limit_s = tape.duration_s
    if limit_s is not None and (start_s >= limit_s or end_s > limit_s + Fraction(END_SLACK_S)):
        raise InputError(
            f"{where}: {start} to {end} s passes the end of the tape at "
            f"{seconds_text(limit_s, places=3)} s. "
            "Correct the play or give the tape that the list was made for."
        )
    if score is not None and not 0 <= score <= 100:
        raise InputError(f"{where}: the score {score} is not between 0 and 100. Correct it.")
    word = clean_text(label)
    return Play(
        start_s,
        end_s,
        label=word[:MAX_LABEL].strip() or "play",
        title=clean_text(title) or (word if len(word) > MAX_LABEL else ""),
        score=score,
        notes={clean_text(k): clean_text(v) for k, v in (notes or {}).items() if k and v},
    )


def checked_count(plays: list[Play], *, name: str) -> list[Play]:
    """The plays of a file, if there is at least one and not too many."""
    if not plays:
        raise NoPlaysError(f"{name}: no play is in it. Give a list with at least one.")
    if len(plays) > MAX_SEGMENTS:
        raise InputError(f"{name}: {len(plays)} plays are more than {MAX_SEGMENTS}. Split it.")
    return plays


def clean_text(text: str) -> str:
    """Text on one line, without control characters, at most MAX_TEXT letters."""
    shown = "".join(c if c.isprintable() else " " for c in text[: 4 * MAX_TEXT])
    return " ".join(shown.split())[:MAX_TEXT]


def seconds_of(text: str, *, where: str, what: str = "time") -> Fraction:
    """A time written as decimal seconds, exactly; anything else is an error that names it."""
    word = text.strip()
    if len(word) > MAX_DIGITS or not DECIMAL.fullmatch(word):
        raise InputError(
            f"{where}: the {what} {word[:40]!r} is not a number. Write it in seconds, like 12.5."
        )
    return Fraction(word)


def seconds_text(time_s: Fraction, *, places: int = 9) -> str:
    """A time as decimal seconds; nine places are near enough to mean the same frame again."""
    rounded = round(time_s * 10**places)
    sign = "-" if rounded < 0 else ""
    whole, rest = divmod(abs(rounded), 10**places)
    digits = f"{rest:0{places}d}".rstrip("0")
    return f"{sign}{whole}.{digits or '0'}" if places else f"{sign}{whole}"
