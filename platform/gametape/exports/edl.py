"""EDL (CMX3600): the edit list of Premiere, Resolve and Avid. One event per play.

Written by hand: the usual adapter takes 29.97 for a float and passes over the FCM line.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction

from gametape.errors import InputError
from gametape.exports.facts import fact_lines, facts_in
from gametape.exports.sources import SourcedPlay, is_file_name, label_of, plays_of_tape, reel_name
from gametape.exports.timecode import (
    Timecode,
    countable_rate,
    frames_of,
    rate_text,
    time_of,
)
from gametape.exports.timeline import (
    DROP_FRAME_RATES,
    Play,
    TapeFacts,
    Timeline,
    checked_play,
    clean_text,
)

FACT = "GAMETAPE "  # opens a comment that keeps a fact of ours
MAX_LINE = 1_000  # letters: far more than any program writes
MAX_COMMENTS = 200  # of one event
RECORD_HOUR = 1  # by custom the edit begins at 01:00:00:00
EVENT = re.compile(
    r"(?P<number>\d+)\s+(?P<reel>\S.*?)\s+(?P<channel>\S+)\s+(?P<kind>C|D|W\d+|K[BO]?)\s+"
    r"(?:\d+\s+)?(?P<times>\d\S*\s+\d\S*\s+\d\S*\s+\d\S*)"
)
MARKER = re.compile(r"\|C:\w+\s*\|M:(?P<name>.*?)\s*\|D:(?P<frames>\d+)")
LOCATOR = re.compile(r"LOC:\s*\d\d:\d\d:\d\d[:;]\d\d\s+\w+\s+(?P<text>.+)")
NO_PICTURE = ("BL", "BLACK", "BARS", "BAR")


@dataclass
class _Event:
    line: int
    reel: str
    channel: str
    times: list[str]
    is_drop_frame: bool
    comments: list[str] = field(default_factory=list)

    @property
    def clip_name(self) -> str:
        word = "FROM CLIP NAME:"
        found = (c[len(word) :].strip() for c in self.comments if c.upper().startswith(word))
        return next(found, "")

    @property
    def known_reel(self) -> str:
        """The reel; empty for the name that stands for any."""
        return "" if self.reel.upper() == "AX" else self.reel


def edl_text(timeline: Timeline) -> str:
    """A timeline as an EDL: the plays one after another on one track."""
    rate = countable_rate(timeline.rate, where=timeline.name)
    code = Timecode(rate, timeline.is_drop_frame)
    lines = [
        f"TITLE: {clean_text(timeline.name)[:70]}",
        f"FCM: {'DROP FRAME' if timeline.is_drop_frame else 'NON-DROP FRAME'}",
    ]
    record = code.frame(f"{RECORD_HOUR:02d}:00:00:00", where=timeline.name)
    for number, play in enumerate(timeline.plays, 1):
        start = timeline.start_frame + frames_of(play.start_s, rate)
        length = max(1, timeline.start_frame + frames_of(play.end_s, rate) - start)
        frames = (start, start + length, record, record + length)
        channel = "AA/V" if timeline.has_sound else "V"
        head = f"{number:03d}  {reel_name(timeline.media):<8} {channel:<5} C        "
        lines += [
            "",
            head + " ".join(code.text(frame) for frame in frames),
            f"* FROM CLIP NAME: {clean_text(timeline.media.rpartition('/')[2])}",
            f"* LOC: {code.text(record)} GREEN   {clean_text(play.text)}",
            *(f"* {FACT}{line}" for line in fact_lines(play)),
        ]
        record += length
    return "\n".join(lines) + "\n"


def read_edl(text: str, *, name: str, tape: TapeFacts) -> list[Play]:
    """Read an EDL's source times; the tape's rate says what its frame numbers mean."""
    rate = countable_rate(tape.rate, where=name)
    events = list(_events(text, name=name, rate=rate))
    if not events:
        raise InputError(f"{name}: no event is in it. Export the sequence as EDL (CMX3600).")
    tape = _from_the_hour(events, tape, rate)
    # A split edit lists sound in events of its own; it is the picture that is cut.
    seen = [event for event in events if "V" in event.channel or event.channel == "B"]
    plays = [(event, _play(event, name=name, tape=tape, rate=rate)) for event in seen or events]
    # A reel's name is cut off after eight letters; the files' names are whole, if all are there.
    has_files = all(is_file_name(event.clip_name) for event, _ in plays)
    kept = [
        SourcedPlay(play, event.clip_name if has_files else event.known_reel)
        for event, play in plays
        if play is not None
    ]
    return plays_of_tape(kept, name=name, tape=tape, is_sound=not seen)


def _from_the_hour(events: list[_Event], tape: TapeFacts, rate: Fraction) -> TapeFacts:
    """Resolve's list of markers counts from its timeline's first hour, not as the tape does."""
    is_of_markers = all(MARKER.search("\n".join(event.comments)) for event in events)
    is_past_the_hour = all(event.times[0] >= f"{RECORD_HOUR:02d}" for event in events)
    if tape.start_frame or not (is_of_markers and is_past_the_hour):
        return tape
    code = Timecode(rate, events[0].is_drop_frame)
    return replace(tape, start_frame=code.frame(f"{RECORD_HOUR:02d}:00:00:00", where=""))


def _events(text: str, *, name: str, rate: Fraction) -> Iterator[_Event]:
    is_drop_frame = False
    event: _Event | None = None
    for number, raw in enumerate(text.splitlines(), 1):
        line, where = raw.strip(), f"{name}, line {number}"
        if line.startswith("FCM"):
            is_drop_frame = "NON" not in line.upper() and "DROP" in line.upper()
            _check_drop_frame(is_drop_frame, line, where=where, rate=rate)
        elif line[:1].isdigit():
            if event is not None:
                yield event
            event = _event(line, number, where=where, is_drop_frame=is_drop_frame)
        elif event is not None and line and len(event.comments) < MAX_COMMENTS:
            event.comments.append(line.removeprefix("*").strip()[:MAX_LINE])
    if event is not None:
        yield event


def _event(line: str, number: int, *, where: str, is_drop_frame: bool) -> _Event:
    match = EVENT.fullmatch(line) if len(line) <= MAX_LINE else None
    if match is None:
        raise InputError(
            f"{where}: {line[:60]!r} is no event. It should look like "
            "001  TAPE  V  C  00:00:01:00 00:00:02:00 01:00:00:00 01:00:01:00."
        )
    times = match["times"].split()
    return _Event(number, match["reel"], match["channel"].upper(), times, is_drop_frame)


def _check_drop_frame(is_drop_frame: bool, word: str, *, where: str, rate: Fraction) -> None:
    if is_drop_frame and rate not in DROP_FRAME_RATES:
        raise InputError(
            f"{where}: {word} is drop-frame timecode, but the tape runs at {rate_text(rate)} "
            "frames a second, where there is none. Give the tape (or rate) it was made for."
        )


def _play(event: _Event, *, name: str, tape: TapeFacts, rate: Fraction) -> Play | None:
    where = f"{name}, line {event.line}"
    first, last = event.times[:2]
    is_drop_frame = event.is_drop_frame or ";" in first + last
    _check_drop_frame(is_drop_frame, f"{first} {last}", where=where, rate=rate)
    code = Timecode(rate, is_drop_frame)
    start = code.frame_on_tape(first, tape, where=where)
    end = code.frame_on_tape(last, tape, where=where)
    is_empty = start == end and event.times[2] == event.times[3]  # the first half of a dissolve
    if is_empty or event.reel.upper() in NO_PICTURE:
        return None
    if end < start:
        raise InputError(
            f"{where}: the end {last} comes before the start {first}. Correct one of them."
        )
    comments = "\n".join(event.comments)
    marker = MARKER.search(comments)
    if marker is not None and int(marker["frames"]) > 0:
        end = start + int(marker["frames"])
    said = facts_in(
        (c.removeprefix(FACT) for c in event.comments if c.startswith(FACT)), where=where
    )
    locator = LOCATOR.search(comments)
    title = (marker and marker["name"]) or (locator and locator["text"]) or ""
    return checked_play(
        time_of(start, rate),
        time_of(end, rate),
        where=where,
        tape=tape,
        label=said.label or label_of(event.clip_name),
        title=title if said.is_empty else said.title,
        score=said.score,
        notes=said.notes,
    )
