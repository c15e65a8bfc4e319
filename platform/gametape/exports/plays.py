"""Between plays of a timeline and the segments that are cut: both ways, nothing lost.

Evidence, which is numbers, travels in a play's notes under `evidence.`; text stays text.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from gametape.exports.timecode import frames_of, time_of
from gametape.exports.timeline import Play
from gametape.schema import Segment

ROUNDED_S = Fraction(501, 1_000_000)  # a time in milliseconds is off by up to half of one
EVIDENCE = "evidence."  # opens the name of a note that is a number of the evidence


def play_from(segment: Segment, *, title: str = "", notes: Mapping[str, str] | None = None) -> Play:
    """A segment as a play; its floats are taken for exactly what they are."""
    return Play(
        Fraction(segment.start_s),
        Fraction(segment.end_s),
        label=segment.label,
        title=title,
        score=segment.score,
        notes={**(notes or {}), **evidence_notes(segment.evidence)},
    )


def segments_from(plays: Sequence[Play], *, rate: Fraction | None = None) -> list[Segment]:
    """Plays as segments to cut, in their order; the nearest float to each exact boundary.

    With the rate of a tape whose frames come at a constant one, a time that a list rounded to
    milliseconds becomes the frame's own again.
    """
    if rate is not None:
        plays = [_on_frames(play, rate) for play in plays]
    return [segment_from(play) for play in plays]


def _on_frames(play: Play, rate: Fraction) -> Play:
    start_s, end_s = (_on_frame(time_s, rate) for time_s in (play.start_s, play.end_s))
    return replace(play, start_s=start_s, end_s=end_s) if start_s < end_s else play


def _on_frame(time_s: Fraction, rate: Fraction) -> Fraction:
    frame_s = time_of(frames_of(time_s, rate), rate)
    return frame_s if abs(frame_s - time_s) <= ROUNDED_S else time_s


def segment_from(play: Play) -> Segment:
    """A play as a segment; a play without a score counts in full, as in a cut list."""
    return Segment(
        float(play.start_s),
        float(play.end_s),
        label=play.label,
        score=100.0 if play.score is None else play.score,
        evidence=evidence_in(play.notes),
    )


def evidence_notes(evidence: Mapping[str, float]) -> dict[str, str]:
    """Evidence as notes, in the order of their names."""
    return {f"{EVIDENCE}{name}": repr(evidence[name]) for name in sorted(evidence)}


def evidence_in(notes: Mapping[str, str]) -> dict[str, float]:
    """The evidence among notes; a note under that name which is no number stays a note only."""
    found = {name[len(EVIDENCE) :]: _number(notes[name]) for name in notes if _is_evidence(name)}
    return {name: value for name, value in found.items() if value is not None}


def other_notes(notes: Mapping[str, str]) -> dict[str, str]:
    """The notes that are no evidence."""
    found = evidence_in(notes)
    return {name: notes[name] for name in notes if name.removeprefix(EVIDENCE) not in found}


def _is_evidence(name: str) -> bool:
    return name.startswith(EVIDENCE) and len(name) > len(EVIDENCE)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
