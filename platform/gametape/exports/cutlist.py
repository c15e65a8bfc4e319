"""The cut list: segments as JSON, the form that `gametape cut --segments` reads.

Other formats have a module each beside this one. Every fault is named with its line or its place
in the list; nothing is repaired in silence.
"""

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gametape.aside import write_text
from gametape.errors import InputError, NoPlaysError
from gametape.schema import Segment

MAX_BYTES = 16 << 20  # a day of one-second segments takes a tenth of it
MAX_SEGMENTS = 20_000
MAX_LABEL = 120
END_SLACK_S = 0.1  # an end that was rounded for display may pass the tape's own by this much
KNOWN_KEYS = ("start_s", "end_s", "label", "score", "evidence", "title", "notes")
SHAPE = '{"segments": [{"start_s": 1.5, "end_s": 9.0, "label": "play"}]}'


@dataclass(frozen=True)
class ListedSegment:
    """A segment and what the list says to people about it."""

    segment: Segment
    title: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)


def read_cutlist(path: Path, *, duration_s: float | None = None) -> list[Segment]:
    """Read segments in the order of the file; `duration_s` of the tape bounds them if given."""
    listed = listed_segments(_read_text(path), name=path.name, duration_s=duration_s)
    return [row.segment for row in listed]


def read_labels(path: Path, *, duration_s: float | None = None) -> list[Segment]:
    """Read a library's own labels: as a cut list, but of a tape without any play they are none."""
    text = _read_text(path)
    listed = listed_segments(text, name=path.name, duration_s=duration_s, may_be_empty=True)
    return [row.segment for row in listed]


def listed_segments(
    text: str, *, name: str, duration_s: float | None = None, may_be_empty: bool = False
) -> list[ListedSegment]:
    """Read a cut list's text; `name` is the file's, as errors name it."""
    content = _parse(text, name)
    if not isinstance(content, dict) or "segments" not in content:
        raise InputError(f'{name}: "segments" is missing. The file should look like {SHAPE}.')
    rows = content["segments"]
    if not isinstance(rows, list):
        raise InputError(f'{name}: "segments" is {_kind(rows)}, not a list. Write {SHAPE}.')
    if not rows and not may_be_empty:
        raise NoPlaysError(f"{name}: the list of segments is empty. Name at least one segment.")
    if len(rows) > MAX_SEGMENTS:
        raise InputError(
            f"{name}: {len(rows)} segments are more than {MAX_SEGMENTS}. Split the list."
        )
    return [_listed(row, f"{name}: segments[{i}]", duration_s) for i, row in enumerate(rows)]


def write_cutlist(path: Path, segments: Sequence[Segment]) -> None:
    """Write segments so that `read_cutlist` gives the same ones back; same segments, same bytes."""
    write_text(path, cutlist_text(segments))


def cutlist_text(segments: Sequence[Segment]) -> str:
    """A cut list as JSON text, one segment a line."""
    return listed_text([ListedSegment(segment) for segment in segments])


def listed_text(listed: Sequence[ListedSegment]) -> str:
    """A cut list with titles and notes as JSON text; what is empty is left out."""
    rows = [json.dumps(_row(row), ensure_ascii=False, allow_nan=False) for row in listed]
    if not rows:
        return '{"segments": []}\n'
    return '{"segments": [\n  ' + ",\n  ".join(rows) + "\n]}\n"


def _row(listed: ListedSegment) -> dict[str, object]:
    segment = listed.segment
    row: dict[str, object] = {
        "start_s": segment.start_s,
        "end_s": segment.end_s,
        "label": segment.label,
        "score": segment.score,
        "evidence": dict(sorted(segment.evidence.items())),
    }
    if listed.title:
        row["title"] = listed.title
    if listed.notes:
        row["notes"] = dict(listed.notes)
    return row


def _read_text(path: Path) -> str:
    try:
        size = path.stat().st_size if path.is_file() else -1
        if size > MAX_BYTES:
            raise InputError(
                f"{path.name}: {size >> 20} MB are too many for a cut list ({MAX_BYTES >> 20} MB "
                "at most). Give the list of segments, not another file."
            )
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path.name}: not text in UTF-8 (byte {error.start}). Give a JSON file like {SHAPE}."
        ) from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(
            f"{path.name}: cannot be read ({reason}). Give the path of a JSON file."
        ) from error


def _parse(text: str, name: str) -> object:
    def no_doubles(pairs: list[tuple[str, object]]) -> dict[str, object]:
        counts = Counter(key for key, _ in pairs)
        doubled = [key for key, count in counts.items() if count > 1]
        if doubled:
            raise InputError(
                f"{name}: the key {doubled[0]!r} stands twice in one object. Keep one."
            )
        return dict(pairs)

    try:
        parsed: object = json.loads(text, object_pairs_hook=no_doubles)
    except json.JSONDecodeError as error:
        raise InputError(
            f"{name}, line {error.lineno}: not JSON ({error.msg}, column {error.colno}). "
            f"The file should look like {SHAPE}."
        ) from error
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{name}: not usable JSON ({error}). The file should look like {SHAPE}."
        ) from error
    return parsed


def _listed(row: object, where: str, duration_s: float | None) -> ListedSegment:
    if not isinstance(row, dict):
        raise InputError(f"{where} is {_kind(row)}, not an object. Write {SHAPE}.")
    unknown = sorted(str(key) for key in row if key not in KNOWN_KEYS)
    if unknown:
        raise InputError(
            f"{where}: unknown key {unknown[0]!r}. Known keys are {', '.join(KNOWN_KEYS)}."
        )
    start_s, end_s = (_number(row, key, where) for key in ("start_s", "end_s"))
    if start_s < 0:
        raise InputError(f"{where}: start_s is {start_s}, before the tape begins. Use 0 or more.")
    if end_s <= start_s:
        raise InputError(
            f"{where}: end_s {end_s} is not after start_s {start_s}. Correct one of them."
        )
    if duration_s is not None and (start_s >= duration_s or end_s > duration_s + END_SLACK_S):
        raise InputError(
            f"{where}: {start_s} to {end_s} s passes the end of the tape at {duration_s:.3f} s. "
            "Correct the segment or give the tape it was made for."
        )
    score = _number(row, "score", where) if "score" in row else 100.0
    if not 0 <= score <= 100:
        raise InputError(f"{where}: score {score} is not between 0 and 100. Correct it.")
    segment = Segment(start_s, end_s, _label(row, where), score, _evidence(row, where))
    return ListedSegment(
        segment, _text(row.get("title", ""), f"{where}: title"), _notes(row, where)
    )


def _number(row: dict[str, object], key: str, where: str) -> float:
    if key not in row:
        raise InputError(f"{where}: {key} is missing. Write {SHAPE}.")
    value = row[key]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"{where}: {key} is {_kind(value)}, not a number. Write it in seconds.")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        word = json.dumps(number)  # NaN, Infinity
        raise InputError(f"{where}: {key} is {word}, not a finite number. Write it in seconds.")
    return number


def _label(row: dict[str, object], where: str) -> str:
    label = row.get("label", "play")
    if not isinstance(label, str):
        raise InputError(f"{where}: label is {_kind(label)}, not text. Write a word like play.")
    if not label.strip() or len(label) > MAX_LABEL or not label.isprintable():
        raise InputError(
            f"{where}: label is empty, longer than {MAX_LABEL} letters or not printable. "
            "Write a short word like play."
        )
    return label


def _evidence(row: dict[str, object], where: str) -> dict[str, float]:
    evidence = row.get("evidence", {})
    if not isinstance(evidence, dict):
        raise InputError(f"{where}: evidence is {_kind(evidence)}, not an object. Leave it out.")
    return {key: _number(evidence, key, f"{where}.evidence") for key in evidence}


def _notes(row: dict[str, object], where: str) -> dict[str, str]:
    notes = row.get("notes", {})
    if not isinstance(notes, dict):
        raise InputError(f"{where}: notes is {_kind(notes)}, not an object. Leave it out.")
    return {key: _text(notes[key], f"{where}.notes: {key}") for key in notes}


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise InputError(f"{where} is {_kind(value)}, not text. Put it in quotes.")
    return value


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false"}
    names |= {int: "a number", float: "a number", type(None): "null"}
    return names.get(type(value), type(value).__name__)
