"""Chapters for a YouTube description, by YouTube's rules; what had to change is told.

The rules: whole seconds, the first chapter at 0:00, at least three, in order, each of ten seconds
or more; a description holds 5,000 letters and no angle brackets. A broken rule makes YouTube
ignore the whole list, without a word.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from gametape.errors import InputError
from gametape.exports.spans import by_start
from gametape.exports.timeline import Play, Timeline, clean_text

LEAST_CHAPTERS = 3
LEAST_S = 10  # of a chapter
MAX_LETTERS = 5_000  # of a description
MAX_TITLE = 100  # YouTube shows 70 of them
LEAST_TITLE = 8  # a shorter one would say nothing

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Chapters:
    """The lines for the description, and what was changed to keep the rules."""

    text: str
    changes: tuple[str, ...]


@dataclass(frozen=True)
class _Chapter:
    start_s: int
    titles: tuple[str, ...]  # of all plays in it


def youtube_text(timeline: Timeline) -> str:
    """A timeline as chapters for a YouTube description; changes go to the log."""
    chapters = youtube_chapters(timeline)
    for change in chapters.changes:
        log.info("%s: %s", timeline.name, change)
    return chapters.text


def youtube_chapters(timeline: Timeline) -> Chapters:
    """A timeline as chapters that YouTube takes, or an error that says why there can be none."""
    if not timeline.plays:
        raise InputError(f"{timeline.name}: no plays, so no chapters. Give at least one play.")
    length_s = int(timeline.duration_s)
    plays = by_start(timeline.plays)
    found = [_Chapter(max(0, int(p.start_s)), (_title(p),)) for p in plays]
    merged = _merged([c for c in found if c.start_s <= length_s] or found[:1], length_s)
    begun = _begun(merged)
    filled = _filled(begun, plays, length_s)
    if len(filled) < LEAST_CHAPTERS:
        raise InputError(
            f"{timeline.name}: YouTube asks for {LEAST_CHAPTERS} chapters of {LEAST_S} s or more; "
            f"these plays on {length_s} s of tape make {len(filled)}. Give more plays or a longer "
            "tape, or put the times into the description as plain text."
        )
    text, width = _fitting(filled, timeline.name)
    return Chapters(text, tuple(_changes(found, merged, begun, filled, width)))


def _merged(chapters: Sequence[_Chapter], length_s: int) -> list[_Chapter]:
    """Chapters with what begins too soon after another, or too near the end, put into it."""
    kept: list[_Chapter] = []
    for chapter in chapters:
        is_short = bool(kept) and chapter.start_s < kept[-1].start_s + LEAST_S
        is_late = bool(kept) and chapter.start_s > length_s - LEAST_S
        if is_short or is_late:
            kept[-1] = _Chapter(kept[-1].start_s, kept[-1].titles + chapter.titles)
        else:
            kept.append(chapter)
    return kept


def _begun(chapters: Sequence[_Chapter]) -> list[_Chapter]:
    """Chapters from 0:00 on: the first drawn forward, or one put before it."""
    first = chapters[0]
    if first.start_s >= LEAST_S:
        return [_Chapter(0, ("Start",)), *chapters]
    return _merged([_Chapter(0, first.titles), *chapters[1:]], 1 << 62)


def _filled(chapters: Sequence[_Chapter], plays: Sequence[Play], length_s: int) -> list[_Chapter]:
    """Chapters, with the pauses between plays as further ones while there are fewer than three."""
    filled = list(chapters)
    ends = sorted({-int(-play.end_s // 1) for play in plays})
    for end_s in ends:
        if len(filled) >= LEAST_CHAPTERS:
            break
        before = max((c.start_s for c in filled if c.start_s <= end_s), default=0)
        after = min((c.start_s for c in filled if c.start_s > end_s), default=length_s)
        is_covered = any(p.start_s <= end_s < p.end_s for p in plays)
        if end_s >= before + LEAST_S and after >= end_s + LEAST_S and not is_covered:
            title = "After the last play" if end_s == ends[-1] else "Between plays"
            filled = sorted([*filled, _Chapter(end_s, (title,))], key=lambda c: c.start_s)
    return filled


def _title(play: Play) -> str:
    return clean_text(play.text).replace("<", "‹").replace(">", "›") or "play"


def _line(chapter: _Chapter, width: int) -> str:
    minutes, second = divmod(chapter.start_s, 60)
    hour, minute = divmod(minutes, 60)
    clock = f"{hour}:{minute:02d}:{second:02d}" if hour else f"{minute}:{second:02d}"
    title = " / ".join(dict.fromkeys(chapter.titles))
    return f"{clock} {title if len(title) <= width else title[: width - 1].rstrip() + '…'}"


def _fitting(chapters: Sequence[_Chapter], name: str) -> tuple[str, int]:
    """The lines with titles as long as the description has room for, and that length."""
    for width in range(MAX_TITLE, LEAST_TITLE - 1, -1):
        text = "".join(f"{_line(chapter, width)}\n" for chapter in chapters)
        if len(text) <= MAX_LETTERS:
            return text, width
    raise InputError(
        f"{name}: {len(chapters)} chapters pass the {MAX_LETTERS} letters of a description. "
        "Export fewer plays."
    )


def _changes(
    found: Sequence[_Chapter],
    merged: Sequence[_Chapter],
    begun: Sequence[_Chapter],
    filled: Sequence[_Chapter],
    width: int,
) -> list[str]:
    """What was changed, a sentence each."""
    said = []
    lost = len(found) - len(merged)
    if lost:
        said.append(f"{lost} plays share a chapter with the one before, to keep {LEAST_S} s each")
    if begun[0].titles == ("Start",) and begun[0].titles != merged[0].titles:
        said.append('a chapter "Start" stands before the first play')
    elif merged[0].start_s > 0:
        said.append("the first chapter was moved to 0:00")
    if len(filled) > len(begun):
        said.append(f"{len(filled) - len(begun)} chapters were added to make {LEAST_CHAPTERS}")
    if any(len(" / ".join(dict.fromkeys(c.titles))) > width for c in filled):
        said.append(f"titles were cut to {width} letters")
    return said
