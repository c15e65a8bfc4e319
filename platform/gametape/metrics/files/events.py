"""Events from files: E2E-Spot's JSON, and SoccerNet's folders of labels and results."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from gametape.errors import InputError
from gametape.metrics.files.source import Row, read_json, row_of
from gametape.metrics.spotting_frames import Event
from gametape.metrics.spotting_seconds import TimedEvent


@dataclass
class EventFile:
    """Events by tape in the order of the file, and how many frames the tapes have where known."""

    tapes: dict[str, list[Event]] = field(default_factory=dict)
    frame_counts: dict[str, int] = field(default_factory=dict)


def read_frame_events(path: Path, *, has_scores: bool) -> EventFile:
    """E2E-Spot: a list of tapes, each with `video` and its `events` of frame, label and score."""
    content, place = read_json(path)
    if not isinstance(content, list):
        raise InputError(f'{path}: no list of tapes. Write [{{"video": "a", "events": [...]}}].')
    read = EventFile()
    for index, item in enumerate(content):
        tape = row_of(item, place.inside(index))
        name = tape.words("video")
        if name in read.tapes:
            raise tape.fault(f"the tape {name} stands twice", "Join its events")
        if "num_frames" in tape.values:
            read.frame_counts[name] = tape.integer("num_frames")
        read.tapes[name] = [
            Event(
                row.integer("frame"),
                row.words("label"),
                row.number("score") if has_scores else 1.0,
            )
            for row in tape.rows("events")
        ]
    return read


def read_soccernet_labels(path: Path) -> dict[str, list[TimedEvent]]:
    """Truth: `Labels-v2.json` in a folder per game, or one such file."""
    return _read_games(path, "Labels", "annotations", _label)


def read_soccernet_results(path: Path) -> dict[str, list[TimedEvent]]:
    """Predictions: `results_spotting.json` in a folder per game, or one such file."""
    return _read_games(path, "results", "predictions", _result)


def _read_games(
    path: Path, prefix: str, key: str, event: Callable[[Row], TimedEvent | None]
) -> dict[str, list[TimedEvent]]:
    if path.is_file():
        files = {"game": path}
    elif path.is_dir():
        found = sorted(path.rglob(f"{prefix}*.json"))
        files = {file.parent.relative_to(path).as_posix(): file for file in found}
        if len(files) < len(found):
            twice = next(f for f in found if f not in files.values())
            raise InputError(f"{twice}: a second {prefix}*.json for one game. Keep one of them.")
        if not files:
            raise InputError(f"{path}: no {prefix}*.json in this folder. Check the path.")
    else:
        raise InputError(f"{path}: there is no such file or folder. Check the path.")
    games: dict[str, list[TimedEvent]] = {}
    for game, file in files.items():
        content, place = read_json(file)
        events = [event(row) for row in row_of(content, place).rows(key)]
        games[game] = [e for e in events if e is not None]
    return games


def _label(row: Row) -> TimedEvent | None:
    half, clock_ms = _game_time(row)
    position = row.integer("position") if "position" in row.values else clock_ms
    is_shown = row.words("visibility", default="visible") != "not shown"
    return _timed(row, TimedEvent(half, position, row.words("label"), is_shown=is_shown))


def _result(row: Row) -> TimedEvent | None:
    half = row.integer("half") if "half" in row.values else _game_time(row)[0]
    event = TimedEvent(half, row.integer("position"), row.words("label"), row.number("confidence"))
    return _timed(row, event)


def _timed(row: Row, event: TimedEvent) -> TimedEvent | None:
    """Events outside the two halves (extra time) play no part, as in the official code."""
    if event.position_ms < 0:
        raise row.fault(f"position is {event.position_ms}", "It counts from the start of its half")
    return event if event.half in (1, 2) else None


def _game_time(row: Row) -> tuple[int, int]:
    """Half, and milliseconds in it, of a text like `1 - 12:34`."""
    text = row.words("gameTime")
    parsed = re.fullmatch(r"(\d)\s*-\s*(\d+):(\d\d)", text.strip())
    if parsed is None:
        raise row.fault(f"gameTime is {text!r}", 'Write it as "1 - 12:34"')
    half, minutes, seconds = (int(group) for group in parsed.groups())
    return half, 1000 * (60 * minutes + seconds)
