"""Lists as CSV: ours with a header, spreadsheets' with semicolons, LosslessCut's without a header.

A time is decimal seconds, `hh:mm:ss.mmm`, or timecode where the tape's rate is known.
"""

import csv
import io
from collections.abc import Sequence
from fractions import Fraction

from gametape.errors import InputError
from gametape.exports.timecode import time_of_clock
from gametape.exports.timeline import (
    Play,
    TapeFacts,
    Timeline,
    checked_play,
    seconds_of,
    seconds_text,
)

COLUMNS = ("start_s", "end_s", "label", "title", "score")
STARTS = ("start_s", "start", "start time", "start_time", "begin", "in", "from")
ENDS = ("end_s", "end", "end time", "end_time", "stop", "out", "to")
LABELS = ("label", "name", "code", "category", "action")
DANGEROUS = ("=", "+", "-", "@")  # a spreadsheet would take such a text for a formula
CURE = "The first line should be start_s,end_s,label; or leave it out and write start,end,name."


def csv_text(timeline: Timeline) -> str:
    """A timeline as CSV: a header, then one play a line; notes are further columns."""
    extra = list(dict.fromkeys(name for p in timeline.plays for name in p.notes))
    extra = [name for name in extra if name not in COLUMNS]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*COLUMNS, *(_shown(name) for name in extra)])
    for play in timeline.plays:
        score = "" if play.score is None else repr(play.score)
        texts = (play.label, play.title, *(play.notes.get(name, "") for name in extra))
        label, title, *notes = (_shown(text) for text in texts)
        start, end = seconds_text(play.start_s), seconds_text(play.end_s)
        writer.writerow([start, end, label, title, score, *notes])
    return out.getvalue()


def is_csv(text: str) -> bool:
    """Whether text could be a CSV list: its first line has a start and an end."""
    rows = text[:4096].splitlines()[:1]
    if text.startswith("CATEGORY:"):
        return False  # LongoMatch's, which has a module of its own
    return bool(rows) and len(next(csv.reader(rows, delimiter=_delimiter(rows[0])))) >= 2


def read_csv(text: str, *, name: str, tape: TapeFacts) -> list[Play]:
    """Read a CSV list, with or without a header."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(first), strict=True)
    columns: list[str] | None = None
    has_header = False
    plays: list[Play] = []
    try:
        for cells in reader:
            where = f"{name}, line {reader.line_num}"
            if not any(cell.strip() for cell in cells):
                continue
            if columns is None:
                columns = _columns(cells, where)
                has_header = _is_header(cells)
                if has_header:
                    continue
            row = dict(zip(columns, cells, strict=False))
            if not has_header:  # LosslessCut leaves the tape's own start and end empty
                row["start"] = row["start"].strip() or "0"
                if tape.duration_s is not None:
                    row["end"] = row.get("end", "").strip() or seconds_text(tape.duration_s)
            plays.append(_play(row, where, tape))
    except csv.Error as error:
        raise InputError(f"{name}, line {reader.line_num}: not CSV ({error}). {CURE}") from error
    return plays


def _delimiter(line: str) -> str:
    return max(",;\t", key=line.count)


def _is_header(cells: Sequence[str]) -> bool:
    words = [cell.strip().lower() for cell in cells]
    return any(word in STARTS for word in words) and any(word in ENDS for word in words)


def _columns(cells: Sequence[str], where: str) -> list[str]:
    """What each column holds; without a header it is start, end and name."""
    if not _is_header(cells):
        if any(c.isdigit() for c in cells[0]) or not cells[0].strip():
            return ["start", "end", "name"]
        raise InputError(f"{where}: {cells[0][:40]!r} is no time and no known column. {CURE}")
    words = [cell.strip().lower() for cell in cells]
    doubled = [word for word in words if word and words.count(word) > 1]
    if doubled:
        raise InputError(f"{where}: the column {doubled[0]!r} stands twice. Keep one.")
    known = (*STARTS, *ENDS, *LABELS, *COLUMNS)
    return [w if w in known else cell.strip() for w, cell in zip(words, cells, strict=True)]


def _play(row: dict[str, str], where: str, tape: TapeFacts) -> Play:
    start, end = (_cell(row, names) for names in (STARTS, ENDS))
    label = _cell(row, LABELS)
    score = row.get("score", "").strip()
    known = (start[0], end[0], label[0], "title", "score", "")
    return checked_play(
        _time(start[1], where, "start", tape),
        _time(end[1], where, "end", tape),
        where=where,
        tape=tape,
        label=_plain(label[1]),
        title=_plain(row.get("title", "")),
        score=float(seconds_of(score, where=where, what="score")) if score else None,
        notes={key: _plain(value) for key, value in row.items() if key not in known},
    )


def _cell(row: dict[str, str], names: Sequence[str]) -> tuple[str, str]:
    key = next((name for name in names if name in row), "")
    return key, row.get(key, "").strip()


def _time(text: str, where: str, what: str, tape: TapeFacts) -> Fraction:
    if not text:
        raise InputError(f"{where}: the {what} is empty. Write it in seconds, like 12.5.")
    if ":" in text or ";" in text:
        return time_of_clock(text, where=where, rate=tape.rate)
    return seconds_of(text.replace(",", "."), where=where, what=what)


def _shown(text: str) -> str:
    """Text as a spreadsheet may show it: what it would take for a formula gets a quote first."""
    return f"'{text}" if text.lstrip("'").startswith(DANGEROUS) else text


def _plain(text: str) -> str:
    """The text that `_shown` was given."""
    is_shown = text[:1] == "'" and text.lstrip("'").startswith(DANGEROUS)
    return text[1:] if is_shown else text
