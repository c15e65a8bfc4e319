"""From a tape's manifest of clips to the timeline that every list format is written from.

Boundaries come from the stamps in the cut reports, which are exact, not from rounded seconds.
"""

from collections.abc import Collection
from fractions import Fraction

from gametape.errors import InputError
from gametape.exports.manifest import Clip, Manifest
from gametape.exports.plays import play_from
from gametape.exports.timecode import nominal_rate, usual_rate
from gametape.exports.timeline import DROP_FRAME_RATES, Play, Timeline
from gametape.schema import CutReport, Segment

CLIP_FILE = "clip file"  # the note that names a play's clip, as seen from the manifest


def timeline_of(
    manifest: Manifest,
    *,
    media: str | None = None,
    rate: Fraction | None = None,
    labels: Collection[str] = (),
    is_drop_frame: bool | None = None,
) -> Timeline:
    """The clips of a manifest as a timeline; with `labels`, those of these labels only.

    `media` is how the tape is named inside lists, if not by its name. `rate` stands in for a
    manifest without one. Drop-frame counting is the rule at 29.97 and 59.94, unless told.
    """
    tape = manifest.tape
    measured = rate or tape.rate
    if measured is None:
        raise InputError(
            f"{tape.name}: its manifest does not state the frame rate. Give the rate, or cut anew."
        )
    is_variable = tape.is_variable_rate and rate is None
    nominal = usual_rate(measured) if is_variable else nominal_rate(measured)
    can_drop = nominal in DROP_FRAME_RATES
    clips = [clip for clip in manifest.clips if not labels or clip.label in labels]
    return Timeline(
        name=tape.name,
        media=media or tape.name,
        duration_s=Fraction(tape.duration_s),
        rate=nominal,
        plays=tuple(_play(clip) for clip in clips),
        is_drop_frame=can_drop and is_drop_frame is not False,
        has_sound=tape.has_sound,
        width=tape.width,
        height=tape.height,
    )


def _play(clip: Clip) -> Play:
    segment = Segment(clip.start_s, clip.end_s, clip.label, clip.score, clip.evidence)
    start_s, end_s = exact_span(clip.cut)
    play = play_from(segment, notes={CLIP_FILE: clip.file})
    return Play(start_s, end_s, play.label, play.title, play.score, play.notes)


def exact_span(report: CutReport) -> tuple[Fraction, Fraction]:
    """From the first frame's start to the last one's end, in exact seconds of the tape."""
    base = report.time_base
    start = round(Fraction(report.first_s) / base)
    length = round(Fraction(report.duration_s) / base)
    frames = report.last_pts - report.first_pts
    return start * base, (start + max(length, frames + 1)) * base
