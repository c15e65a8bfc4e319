"""LongoMatch's own CSV: a block for each category, a play a line; to the millisecond.

It is what LongoMatch's "Export project to CSV file" writes: `CATEGORY: name`, then lines
`Name;Start;Stop;Team` and a column for each tag. What LongoMatch reads of others is Sportscode's
XML, which has a module of its own.
"""

import csv
import io
from collections.abc import Iterator, Sequence

from gametape.errors import InputError
from gametape.exports.spans import MILLISECONDS, span_of
from gametape.exports.timecode import time_of_clock
from gametape.exports.timeline import Play, TapeFacts, Timeline, checked_play, clean_text

CATEGORY = "CATEGORY:"
COLUMNS = ("Name", "Start", "Stop", "Team")
TEAM = "team"  # the note that is the fourth column


def longomatch_text(timeline: Timeline) -> str:
    """A timeline as LongoMatch's CSV, a block for each label."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\n")
    for label in dict.fromkeys(play.label for play in timeline.plays):
        out.write(f"{CATEGORY} {clean_text(label)}\n{';'.join(COLUMNS)}\n")
        for play in timeline.plays:
            if play.label == label:
                start, end = (_clock(ms) for ms in span_of(play, MILLISECONDS))
                writer.writerow([_named(play), start, end, clean_text(play.notes.get(TEAM, ""))])
        out.write("\n")
    return out.getvalue()


def is_longomatch(text: str) -> bool:
    """Whether CSV text is of LongoMatch's kind."""
    return text.lstrip().startswith(CATEGORY)


def read_longomatch(text: str, *, name: str, tape: TapeFacts) -> list[Play]:
    """Read LongoMatch's CSV; the category is the label, tags that are set become notes."""
    category = ""
    tags: list[str] = []
    plays = []
    for number, cells in _rows(text, name):
        where = f"{name}, line {number}"
        if cells[0].startswith(CATEGORY):
            category, tags = ";".join(cells).removeprefix(CATEGORY).strip(), []
        elif cells[1:3] == ["Start", "Stop"]:
            tags = cells[4:]
        else:
            plays.append(_play(cells, category, tags, where, tape))
    return plays


def _rows(text: str, name: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";", strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise InputError(
            f"{name}, line {reader.line_num}: not CSV ({error}). Export it anew."
        ) from error


def _play(
    cells: Sequence[str], category: str, tags: Sequence[str], where: str, tape: TapeFacts
) -> Play:
    if len(cells) < 3:
        raise InputError(f"{where}: {len(cells)} columns are too few. Write {';'.join(COLUMNS)}.")
    title = cells[0].strip()
    team = {TEAM: cells[3].strip()} if len(cells) > 3 and cells[3].strip() else {}
    given = {tag: "1" for tag, cell in zip(tags, cells[4:], strict=False) if cell.strip() == "1"}
    return checked_play(
        time_of_clock(cells[1], where=where),
        time_of_clock(cells[2], where=where),
        where=where,
        tape=tape,
        label=category or title,
        title=title if title != category else "",
        notes={**team, **given},
    )


def _named(play: Play) -> str:
    """A name for the first column, which must not open a block."""
    text = clean_text(play.text)
    return f" {text}" if text.startswith(CATEGORY) else text


def _clock(milliseconds: int) -> str:
    """A time as LongoMatch writes it: `1:02,500`, and `1:01:02,500` from one hour on."""
    seconds, part = divmod(milliseconds, 1000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    clock = f"{hour}:{minute:02d}:{second:02d}" if hour else f"{minute}:{second:02d}"
    return f"{clock},{part:03d}"
