"""Chapters for MP4 and MKV: FFMETADATA for ffmpeg, and Matroska's chapter XML for mkvmerge.

A chapter ends where its play ends, or where the next one begins if that is sooner: players know
one chapter at a time. FFMETADATA counts in the tape's frames, Matroska in nanoseconds. MP4 knows no
end of a chapter but the next one's start, nor a first one that begins late, so FFMETADATA names the
pauses too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from gametape.exports.spans import by_start, span_of
from gametape.exports.timeline import Play, Timeline, clean_text
from gametape.exports.xmlsafe import XmlElement, xml_text

SPECIAL = "=;#\\\n"  # ffmpeg asks for a backslash before each
BEGINNING, PAUSE = "Start", "Between plays"
NANOSECONDS = Fraction(10**9)  # units a second


@dataclass(frozen=True)
class Chapter:
    """One chapter in a format's own units; the end is excluded."""

    start: int
    end: int
    title: str


def ffmetadata_text(timeline: Timeline) -> str:
    """A timeline as FFMETADATA: `ffmpeg -i tape.mp4 -i this -map_chapters 1 -c copy out.mp4`."""
    rate = timeline.rate
    lines = [";FFMETADATA1", f"title={_escaped(timeline.name)}"]
    for chapter in _without_gaps(chapters_of(timeline.plays, rate)):
        lines += ["", "[CHAPTER]", f"TIMEBASE={rate.denominator}/{rate.numerator}"]
        lines += [f"START={chapter.start}", f"END={chapter.end}"]
        lines += [f"title={_escaped(chapter.title)}"]
    return "\n".join(lines) + "\n"


def matroska_text(timeline: Timeline) -> str:
    """A timeline as Matroska chapters: `mkvmerge --chapters this -o out.mkv tape.mp4`."""
    root = XmlElement("Chapters")
    edition = root.add("EditionEntry")
    for number, chapter in enumerate(chapters_of(timeline.plays, NANOSECONDS), 1):
        atom = edition.add("ChapterAtom")
        atom.add("ChapterUID", str(number))
        atom.add("ChapterTimeStart", _clock(chapter.start))
        atom.add("ChapterTimeEnd", _clock(chapter.end))
        shown = atom.add("ChapterDisplay")
        shown.add("ChapterString", chapter.title)
        shown.add("ChapterLanguage", "und")
    return xml_text(root)


def chapters_of(plays: Sequence[Play], units_a_second: Fraction) -> list[Chapter]:
    """Plays as chapters one after the other; plays that begin together share one."""
    shared: dict[int, Chapter] = {}
    for play in by_start(plays):
        start, end = span_of(play, units_a_second)
        title = clean_text(play.text) or "play"
        if start in shared:
            first = shared[start]
            shared[start] = Chapter(start, max(first.end, end), f"{first.title} / {title}")
        else:
            shared[start] = Chapter(start, end, title)
    starts = [*shared]
    nexts = [*starts[1:], None]
    return [
        Chapter(c.start, c.end if until is None else min(c.end, until), c.title)
        for c, until in zip(shared.values(), nexts, strict=True)
    ]


def _without_gaps(chapters: Sequence[Chapter]) -> list[Chapter]:
    """Chapters from the first frame on, with one for each pause between them."""
    filled: list[Chapter] = []
    done = 0
    for chapter in chapters:
        if chapter.start > done:
            filled.append(Chapter(done, chapter.start, PAUSE if filled else BEGINNING))
        filled.append(chapter)
        done = chapter.end
    return filled


def _escaped(text: str) -> str:
    return "".join(f"\\{letter}" if letter in SPECIAL else letter for letter in clean_text(text))


def _clock(nanoseconds: int) -> str:
    seconds, part = divmod(nanoseconds, 10**9)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02d}:{minute:02d}:{second:02d}.{part:09d}"
