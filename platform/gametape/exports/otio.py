"""OpenTimelineIO: one track of clips with their ranges on the tape, and what is known of each.

Resolve reads it as it is; other programs through adapters of their own.
"""

import json
import math
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any
from urllib.parse import quote

from gametape.errors import InputError
from gametape.exports.sources import SourcedPlay, label_of, plays_of_tape
from gametape.exports.timecode import USUAL_RATES, check_rate, frames_of, nominal_rate
from gametape.exports.timeline import Play, TapeFacts, Timeline, checked_play

OURS = "gametape"  # our key in the metadata
MAX_RATE = 10**6


def otio_text(timeline: Timeline) -> str:
    """A timeline as OTIO: the plays one after another, picture and sound."""
    import opentimelineio as otio

    made = otio.schema.Timeline(timeline.name)
    kinds = [("Video", otio.schema.TrackKind.Video)]
    if timeline.has_sound:
        kinds.append(("Audio", otio.schema.TrackKind.Audio))
    for name, kind in kinds:
        track = otio.schema.Track(name, kind=kind)
        track.extend([_clip(play, timeline) for play in timeline.plays])
        made.tracks.append(track)
    return str(otio.adapters.write_to_string(made, "otio_json", indent=1)) + "\n"


def _clip(play: Play, timeline: Timeline) -> Any:
    import opentimelineio as otio

    start = frames_of(play.start_s, timeline.rate)
    length = max(1, frames_of(play.end_s, timeline.rate) - start)
    whole = frames_of(timeline.duration_s, timeline.rate)
    span = _range(timeline.start_frame + start, length, timeline.rate)
    facts: dict[str, Any] = {"label": play.label, "title": play.title, "notes": dict(play.notes)}
    if play.score is not None:
        facts["score"] = play.score
    clip = otio.schema.Clip(
        play.text,
        media_reference=otio.schema.ExternalReference(
            target_url=quote(timeline.media),
            available_range=_range(timeline.start_frame, whole, timeline.rate),
        ),
        source_range=span,
        metadata={OURS: facts},
    )
    clip.markers.append(otio.schema.Marker(play.text, marked_range=span, color="GREEN"))
    return clip


def _range(start: int, length: int, rate: Fraction) -> Any:
    from opentimelineio.opentime import RationalTime, TimeRange

    return TimeRange(RationalTime(start, float(rate)), RationalTime(length, float(rate)))


def read_otio(text: str, *, name: str, tape: TapeFacts) -> list[Play]:
    """Read the source ranges of an OTIO file's clips; without clips, its markers' ranges."""
    import opentimelineio as otio

    _check_json(text, name=name)
    try:
        whole = otio.adapters.read_from_string(text, "otio_json")
        clips = list(_clips(whole))
    except (otio.exceptions.OTIOError, LookupError, ValueError, TypeError, AttributeError) as error:
        reason = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise InputError(f"{name}: not an OTIO file ({reason}). Export it anew.") from error
    if clips:
        found = [_read_clip(clip, n, name=name, tape=tape) for n, clip in enumerate(clips, 1)]
    else:
        found = list(_read_markers(whole, name=name, tape=tape))
    kept = [row for row in found if row is not None]
    return plays_of_tape(kept, name=name, tape=tape, is_sound=all(map(_is_sound, clips)))


def is_otio(text: str) -> bool:
    """Whether text looks like OTIO."""
    return '"OTIO_SCHEMA"' in text[:4096]


def _check_json(text: str, *, name: str) -> None:
    """Hold what would bring the library down away from it: deep nesting, words for numbers."""

    def no_constant(word: str) -> object:
        raise InputError(f"{name}: {word} is not a number. Write the time as a number.")

    try:
        json.loads(text, parse_constant=no_constant)
    except json.JSONDecodeError as error:
        raise InputError(
            f"{name}, line {error.lineno}: not JSON ({error.msg}, column {error.colno}). "
            "Export the OTIO file anew."
        ) from error
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{name}: not usable JSON ({error}). Export the OTIO file anew."
        ) from error


def _clips(whole: Any) -> Iterator[Any]:
    """The clips of the picture; those of the sound where there is no picture."""
    import opentimelineio as otio

    if isinstance(whole, otio.schema.Clip):
        clips = [whole]
    elif hasattr(whole, "find_clips"):
        clips = [clip for clip in whole.find_clips() if clip.enabled]
    else:
        raise ValueError(f"{type(whole).__name__} holds no clips")
    yield from [clip for clip in clips if not _is_sound(clip)] or clips


def _is_sound(clip: Any) -> bool:
    return getattr(clip.parent(), "kind", "") == "Audio"


def _read_clip(clip: Any, number: int, *, name: str, tape: TapeFacts) -> SourcedPlay | None:
    import opentimelineio as otio

    where = f"{name}, clip {number} ({str(clip.name)[:40]!r})"
    media = clip.media_reference
    if isinstance(media, otio.schema.GeneratorReference):
        return None  # black, bars, titles
    known = media.available_range if media is not None else None
    span = clip.source_range or known
    if span is None:
        raise InputError(f"{where}: no range on the tape is stated. Export it anew.")
    start, length = (_time(t, where=where, tape=tape) for t in (span.start_time, span.duration))
    if known is not None:
        begin = _time(known.start_time, where=where, tape=tape)
    else:
        begin = Fraction(tape.start_frame) / tape.rate if tape.rate else Fraction(0)
        begin = begin if start >= begin else Fraction(0)
    facts = clip.metadata.get(OURS, {})
    facts = facts if isinstance(facts, Mapping) else {}
    label, title = (str(facts.get(key) or "") for key in ("label", "title"))
    notes = facts.get("notes", {})
    play = checked_play(
        start - begin,
        start - begin + length,
        where=where,
        tape=tape,
        label=label or label_of(clip.name),
        title=title,
        score=_score(facts.get("score"), where=where),
        notes={str(k): str(v) for k, v in notes.items()} if isinstance(notes, Mapping) else {},
    )
    return SourcedPlay(play, str(getattr(media, "target_url", "") or ""))


def _read_markers(whole: Any, *, name: str, tape: TapeFacts) -> Iterator[SourcedPlay]:
    """Markers of a timeline without clips: there is only the tape's time for them."""
    stacks = [getattr(whole, "tracks", whole)]
    items = [item for stack in stacks for item in (stack, *stack)]
    markers = [marker for item in items for marker in getattr(item, "markers", ())]
    for number, marker in enumerate(markers, 1):
        where = f"{name}, marker {number} ({marker.name[:40]!r})"
        span = marker.marked_range
        start, length = (_time(t, where=where, tape=tape) for t in (span.start_time, span.duration))
        if length:
            play = checked_play(start, start + length, where=where, tape=tape, label=marker.name)
            yield SourcedPlay(play, "")


def _time(time: Any, *, where: str, tape: TapeFacts) -> Fraction:
    """A time of the library in seconds; a rate that is one of frames must be the tape's."""
    value, rate = float(time.value), float(time.rate)
    if not (math.isfinite(value) and 0 < rate <= MAX_RATE):
        raise InputError(f"{where}: {value} at a rate of {rate} is no time. Correct it.")
    stated = nominal_rate(Fraction(rate))
    if stated in USUAL_RATES and value:
        check_rate(stated, tape, where=where)
    return Fraction(value) / stated


def _score(value: object, *, where: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"{where}: the score {str(value)[:40]!r} is no number. Correct it.")
    return float(value)
