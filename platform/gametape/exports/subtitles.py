"""WebVTT and SubRip (SRT): each play a cue, its title the cue's text; to the millisecond.

Cues stand in the order of their starts, as both formats ask. WebVTT has escapes; SRT has none, so
there a space is put where a player would see markup.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from gametape.errors import InputError
from gametape.exports.spans import MILLISECONDS, by_start, span_of
from gametape.exports.timecode import clock_text, time_of_clock
from gametape.exports.timeline import Play, TapeFacts, Timeline, checked_play, clean_text

SRT_MARKUP = re.compile(r"-->|<(?=[A-Za-z/!])|\{(?=[\\a-z])")
VTT_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<\d[\d:.]*>|</?>")
SRT_TAG = re.compile(r"</?(?:[biu]|font)\b[^<>]*>|\{\\[^{}]*\}", re.IGNORECASE)


def vtt_text(timeline: Timeline) -> str:
    """A timeline as WebVTT, for players on the web."""
    cues = [
        f"{number}\n{_times(play, '.')}\n{_vtt_escaped(play)}\n"
        for number, play in enumerate(by_start(timeline.plays), 1)
    ]
    return "\n".join(["WEBVTT\n", *cues])


def srt_text(timeline: Timeline) -> str:
    """A timeline as SRT, for players and editing programs."""
    cues = [
        f"{number}\n{_times(play, ',')}\n{_srt_safe(play)}\n"
        for number, play in enumerate(by_start(timeline.plays), 1)
    ]
    return "\n".join(cues)


def read_vtt(text: str, *, name: str, tape: TapeFacts) -> list[Play]:
    """Read the cues of a WebVTT file as plays; a cue's text is the label."""
    if not re.match(r"WEBVTT(?:[ \t\r\n]|$)", text):
        raise InputError(f"{name}, line 1: it does not begin with WEBVTT. Give a WebVTT file.")
    shown = [(cue, html.unescape(VTT_TAG.sub("", cue.text))) for cue in _cues(text, name)]
    return [_play(cue, label, tape) for cue, label in shown]


def read_srt(text: str, *, name: str, tape: TapeFacts) -> list[Play]:
    """Read the cues of an SRT file as plays; a cue's text is the label."""
    return [_play(cue, SRT_TAG.sub("", cue.text), tape) for cue in _cues(text, name)]


@dataclass(frozen=True)
class _Cue:
    where: str  # file and line, for errors
    start_s: Fraction
    end_s: Fraction
    text: str


def _times(play: Play, mark: str) -> str:
    start, end = (Fraction(ms, 1000) for ms in span_of(play, MILLISECONDS))
    return f"{clock_text(start, mark=mark)} --> {clock_text(end, mark=mark)}"


def _vtt_escaped(play: Play) -> str:
    """The text of a cue, on one line: an empty line would end the cue."""
    return html.escape(clean_text(play.text) or "play", quote=False)


def _srt_safe(play: Play) -> str:
    text = clean_text(play.text) or "play"
    return SRT_MARKUP.sub(lambda found: "-- >" if found[0] == "-->" else f"{found[0]} ", text)


def _cues(text: str, name: str) -> Iterator[_Cue]:
    lines = text.splitlines()
    starts = [number for number, line in enumerate(lines) if "-->" in line]
    for number in starts:
        if _is_in_comment(lines, number):
            continue
        where = f"{name}, line {number + 1}"
        left, _, right = lines[number].partition("-->")
        words = right.split()
        if not left.strip() or not words:
            raise InputError(
                f"{where}: a time is missing beside -->. Write 00:00:01.000 --> 00:00:02.000."
            )
        yield _Cue(
            where,
            time_of_clock(left, where=where),
            time_of_clock(words[0], where=where),  # what follows are settings of the cue
            " ".join(_payload(lines, number + 1)),
        )


def _payload(lines: list[str], first: int) -> Iterator[str]:
    """The lines of a cue's text, up to an empty line or the next cue that none parts from it."""
    for number in range(first, len(lines)):
        following = lines[number + 1] if number + 1 < len(lines) else ""
        if not lines[number].strip() or "-->" in lines[number]:
            return
        if "-->" in following and lines[number].strip().isdigit():
            return
        yield lines[number]


def _is_in_comment(lines: list[str], number: int) -> bool:
    """Whether a line belongs to a NOTE block of WebVTT."""
    while number > 0 and lines[number - 1].strip():
        number -= 1
    return re.match(r"NOTE(?:\s|$)", lines[number]) is not None


def _play(cue: _Cue, text: str, tape: TapeFacts) -> Play:
    return checked_play(cue.start_s, cue.end_s, where=cue.where, tape=tape, label=text)
