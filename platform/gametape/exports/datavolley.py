"""DataVolley scout files (.dvw): each rally as a play, from the serve to a second after its end.

Video times are whole seconds, written down by a person who types while watching: they may lag by
a second or two. The last touch of a rally is some time within its second, so the play ends with
that second; when the point was typed is a note, and no end of play: that comes 2 to 19 s later.
"""

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from gametape.errors import InputError
from gametape.exports.timeline import Play, TapeFacts, checked_play, clean_text, seconds_of

SCOUT = "[3SCOUT]"
SET, VIDEO, TIME = 8, 11, 12  # columns of a scout line, counted from nought
TOUCH = re.compile(r"([*a])(\d\d|\$\$)([SREABDF])(.*)", re.ASCII)
POINT = re.compile(r"([*a])p(\d{1,3}):(\d{1,3})", re.ASCII)
SET_END = re.compile(r"\*\*\d+set", re.ASCII)
SIDES = {"*": "home", "a": "visiting"}
LABEL = "rally"
MAX_CODES = 60  # of one rally in its notes; the longest real ones have half of that

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Line:
    """A line of the scout: a code, and when it was played."""

    number: int
    code: str
    set_number: str
    video: str
    time_text: str


@dataclass(frozen=True)
class _Rally:
    """The touches of a rally, and the point that ended it."""

    touches: tuple[_Line, ...]
    point: _Line | None  # None: it was replayed, or the scout ends before


def read_dvw(text: str, *, name: str, tape: TapeFacts) -> list[Play]:
    """Read the rallies of a DataVolley file as plays."""
    rows = text.splitlines()
    begin = next((i for i, row in enumerate(rows) if row.strip().upper() == SCOUT), None)
    if begin is None:
        raise InputError(f"{name}: the section {SCOUT} is missing. Give a DataVolley scout file.")
    lines = list(_lines(rows, begin + 1))
    rallies = list(_rallies(lines))
    if not rallies:
        raise InputError(f"{name}: no serve is in {SCOUT}. Give the scout of a match.")
    timed = [rally for rally in rallies if any(line.time_text for line in rally.touches)]
    if not timed:
        raise InputError(
            f"{name}: none of its {len(rallies)} rallies has a video time, only the time of day. "
            "Synchronise the scout with the video in Data Volley and save it."
        )
    videos = sorted({line.video for r in timed for line in r.touches if line.video})
    if len(videos) > 1:
        raise InputError(
            f"{name}: its times count on {len(videos)} videos ({', '.join(videos)}). "
            "Join the videos in Data Volley, or save a scout for each."
        )
    if len(timed) < len(rallies):
        left_out = len(rallies) - len(timed)
        log.warning("%s: %d of %d rallies have no video time", name, left_out, len(rallies))
    teams = _teams(rows)
    return [_play(rally, teams, name, tape) for rally in timed]


def is_dvw(text: str) -> bool:
    """Whether text looks like a DataVolley file."""
    return SCOUT in text.upper()


def _lines(rows: Sequence[str], first: int) -> Iterator[_Line]:
    """The lines of the scout section, up to the next section if one follows."""
    for index in range(first, len(rows)):
        if rows[index].startswith("[3"):
            return
        cells = [cell.strip().strip("\0") for cell in rows[index].split(";")]
        cells += [""] * (TIME + 1 - len(cells))
        time_text = cells[TIME] if cells[TIME] != "-1" else ""
        if cells[0]:
            yield _Line(index + 1, cells[0], cells[SET], cells[VIDEO], time_text)


def _rallies(lines: Sequence[_Line]) -> Iterator[_Rally]:
    """From each serve to the point, the next serve or the end of the set."""
    touches: list[_Line] = []
    for line in lines:
        touch = TOUCH.match(line.code)
        is_serve = touch is not None and touch[3] == "S"
        is_point = POINT.match(line.code) is not None
        if touches and (is_serve or is_point or SET_END.match(line.code)):
            yield _Rally(tuple(touches), line if is_point else None)
            touches = []
        if is_serve or (touch is not None and touches):
            touches.append(line)
    if touches:
        yield _Rally(tuple(touches), None)


def _play(rally: _Rally, teams: dict[str, str], name: str, tape: TapeFacts) -> Play:
    times = [line for line in rally.touches if line.time_text]
    where = f"{name}, line {times[0].number}"
    start_s = _seconds(times[0], name)
    last_s = max(_seconds(line, name) for line in times)
    if last_s > _seconds(times[-1], name) + 1:  # by one second codes do stand in another order
        raise InputError(
            f"{name}, line {times[-1].number}: the video time {times[-1].time_text} lies before "
            "that of a touch further up in the rally. Correct it in Data Volley."
        )
    end_s = last_s + 1
    if tape.duration_s is not None and last_s < tape.duration_s < end_s:
        end_s = tape.duration_s  # the tape ends within that second
    server = rally.touches[0].code[0]
    notes = {
        "set": rally.touches[0].set_number,
        "serving": teams.get(server) or SIDES[server],
        **_outcome(rally, teams, name),
        "codes": " ".join(line.code for line in rally.touches[:MAX_CODES]),
    }
    if not rally.touches[0].time_text:
        notes["start"] = "from a later touch: the serve has no video time"
    score = notes.get("score", "no point")
    return checked_play(
        start_s,
        end_s,
        where=where,
        tape=tape,
        label=LABEL,
        title=f"Set {notes['set']}, {score}, serve {notes['serving']}",
        notes=notes,
    )


def _outcome(rally: _Rally, teams: dict[str, str], name: str) -> dict[str, str]:
    """Who won the point and what the score was then: home first, as DataVolley writes it."""
    match = POINT.match(rally.point.code) if rally.point else None
    if rally.point is None or match is None:
        return {}
    told = {"point": teams.get(match[1]) or SIDES[match[1]]}
    told["score"] = f"{int(match[2])}:{int(match[3])}"
    if rally.point.time_text:
        told["point_coded_s"] = str(_seconds(rally.point, name))
    return told


def _seconds(line: _Line, name: str) -> Fraction:
    where = f"{name}, line {line.number}"
    return seconds_of(line.time_text.replace(",", "."), where=where, what="video time")


def _teams(rows: Sequence[str]) -> dict[str, str]:
    """The names of both teams, by the sign that opens their codes."""
    begin = next((i for i, row in enumerate(rows) if row.strip().upper() == "[3TEAMS]"), None)
    if begin is None:
        return {}
    named = [row.split(";") for row in rows[begin + 1 : begin + 3]]
    pairs = zip("*a", named, strict=False)
    return {sign: clean_text(cells[1]) for sign, cells in pairs if len(cells) > 1}
