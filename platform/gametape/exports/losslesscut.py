"""LosslessCut projects (.llc): JSON5 with a segment a play, times in decimal seconds.

Written in version 1, which newer releases open too; 1, 2 and 3 are read. A segment that was
deselected is no play, nor is a marker, which has no end in versions from 2 on.
"""

import json
import re
from fractions import Fraction

from gametape.errors import InputError
from gametape.exports.json5 import parse_json5
from gametape.exports.timeline import (
    Play,
    TapeFacts,
    Timeline,
    checked_play,
    clean_text,
    seconds_of,
    seconds_text,
)

VERSIONS = (1, 2, 3)
LABEL, SCORE = "label", "score"  # tags that are ours; all others are notes


def llc_text(timeline: Timeline) -> str:
    """A timeline as a LosslessCut project; beside the tape it opens as `NAME-proj.llc`."""
    rows = ",\n".join(_row(play) for play in timeline.plays)
    media = json.dumps(timeline.media, ensure_ascii=False)
    return (
        f'{{\n  "version": 1,\n  "mediaFileName": {media},\n  "cutSegments": [\n{rows}\n  ]\n}}\n'
    )


def read_llc(text: str, *, name: str, tape: TapeFacts) -> list[Play]:
    """Read the segments of a LosslessCut project as plays."""
    project = parse_json5(text, name=name)
    if not isinstance(project, dict) or "cutSegments" not in project:
        raise InputError(f'{name}: "cutSegments" is missing. Give a LosslessCut project.')
    version, rows = project.get("version", Fraction(1)), project["cutSegments"]
    if version not in VERSIONS:
        raise InputError(
            f"{name}: version {version} of LosslessCut's projects is not known. "
            "Export the segments as CSV in seconds and give that."
        )
    if not isinstance(rows, list):
        raise InputError(f'{name}: "cutSegments" is no list. Give a LosslessCut project.')
    found = [
        _play(row, f"{name}: cutSegments[{index}]", tape, is_old=version == 1)
        for index, row in enumerate(rows)
    ]
    return [play for play in found if play is not None]


def is_llc(text: str) -> bool:
    """Whether text looks like a LosslessCut project."""
    return re.search(r"\bcutSegments\b", text) is not None


def _row(play: Play) -> str:
    tags = {LABEL: clean_text(play.label)}
    if play.score is not None:
        tags[SCORE] = repr(play.score)
    tags |= {key: play.notes[key] for key in play.notes if key not in (LABEL, SCORE)}
    name, shown = (json.dumps(x, ensure_ascii=False) for x in (clean_text(play.text), tags))
    start, end = seconds_text(play.start_s), seconds_text(play.end_s)
    return f'    {{"start": {start}, "end": {end}, "name": {name}, "tags": {shown}}}'


def _play(row: object, where: str, tape: TapeFacts, *, is_old: bool) -> Play | None:
    if not isinstance(row, dict):
        raise InputError(f"{where} is no segment. Give a LosslessCut project.")
    if row.get("selected") is False:
        return None
    start_s = _time(row, "start", where)
    end_s = _time(row, "end", where)
    if end_s is None and not is_old:
        return None
    end_s = tape.duration_s if end_s is None else end_s
    if end_s is None:
        raise InputError(
            f"{where} goes on to the end of the tape, whose length is not known. "
            "Give the tape too, or set the segment's end."
        )
    tags = row.get("tags") or {}
    title = row.get("name") or ""
    if not isinstance(tags, dict) or not isinstance(title, str):
        raise InputError(f"{where}: its name or tags are no text. Correct them in LosslessCut.")
    texts = {key: value for key, value in tags.items() if isinstance(value, str)}
    label, score = texts.pop(LABEL, ""), texts.pop(SCORE, "")
    return checked_play(
        start_s or Fraction(0),
        end_s,
        where=where,
        tape=tape,
        label=label or title,
        title=title if label and title != label else "",
        score=float(seconds_of(score, where=where, what="score")) if score else None,
        notes=texts,
    )


def _time(row: dict[str, object], key: str, where: str) -> Fraction | None:
    value = row.get(key)
    if value is not None and not isinstance(value, Fraction):
        raise InputError(f"{where}: its {key} is no number. Write it in seconds, like 12.5.")
    return value
