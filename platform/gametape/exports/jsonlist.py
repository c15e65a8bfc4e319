"""The JSON cut list as one of the formats: its rows as plays, and plays as its rows."""

from gametape.exports.cutlist import ListedSegment, listed_segments, listed_text
from gametape.exports.plays import other_notes, play_from, segment_from
from gametape.exports.timeline import Play, TapeFacts, Timeline


def json_text(timeline: Timeline) -> str:
    """A timeline as a JSON cut list, one play a line."""
    rows = [ListedSegment(segment_from(p), p.title, other_notes(p.notes)) for p in timeline.plays]
    return listed_text(rows)


def read_json(text: str, *, name: str, tape: TapeFacts) -> list[Play]:
    """Read a JSON cut list."""
    limit_s = None if tape.duration_s is None else float(tape.duration_s)
    rows = listed_segments(text, name=name, duration_s=limit_s)
    return [play_from(row.segment, title=row.title, notes=row.notes) for row in rows]


def is_json_cutlist(text: str) -> bool:
    """Whether JSON text looks like a cut list of ours."""
    return '"segments"' in text
