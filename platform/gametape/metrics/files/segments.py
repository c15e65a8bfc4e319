"""Stretches of time from files: our own tables and lists, and ActivityNet's JSON.

Ours: rows with `tape`, `start_s`, `end_s`, `label`, `score` as JSON, CSV or Parquet, in one file
or a folder of files; without a tape column the file is one tape.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from gametape.errors import InputError
from gametape.metrics.files.source import (
    Row,
    files_of,
    read_csv,
    read_json,
    read_parquet,
    row_of,
)
from gametape.schema import Segment

ONE_TAPE = "tape"  # the name of a tape that no file names
SUFFIXES = (".json", ".csv", ".parquet")
Side = Literal["truth", "predictions"]


@dataclass
class SegmentFile:
    """Segments by tape in the order of the file, and how long the tapes are where that is known."""

    tapes: dict[str, list[Segment]] = field(default_factory=dict)
    lengths_s: dict[str, float] = field(default_factory=dict)


def read_segments(path: Path, *, side: Side, subset: str | None = None) -> SegmentFile:
    """Read one side; `subset` chooses tapes of an ActivityNet truth (None: validation)."""
    files = files_of(path, SUFFIXES)
    read = SegmentFile()
    for name, file in files.items():
        tape = name if len(files) > 1 or path.is_dir() else ONE_TAPE
        if file.suffix == ".json":
            _read_json(file, read, side=side, subset=subset, tape=tape)
        elif file.suffix in (".csv", ".parquet"):
            rows = read_csv(file) if file.suffix == ".csv" else read_parquet(file)
            _add_rows(rows, read, tape=tape)
            if not path.is_file():
                read.tapes.setdefault(tape, [])
        else:
            raise InputError(f"{file}: not one of {', '.join(SUFFIXES)}. Convert it to one.")
    return read


def _read_json(path: Path, read: SegmentFile, *, side: Side, subset: str | None, tape: str) -> None:
    content, place = read_json(path)
    if isinstance(content, list):
        _add_rows(
            (row_of(item, place.inside(i)) for i, item in enumerate(content)), read, tape=tape
        )
        return
    top = row_of(content, place)
    if side == "truth" and "database" in top.values:
        _add_activitynet_truth(top, read, subset=subset)
    elif side == "predictions" and "results" in top.values:
        _add_activitynet_results(top, read)
    elif "segments" in top.values:
        name = tape if tape != ONE_TAPE else top.words("tape", "video", default=tape)
        if "duration" in top.values or "duration_s" in top.values:
            read.lengths_s[name] = top.number("duration_s", "duration")
        read.tapes.setdefault(name, [])
        _add_rows(top.rows("segments"), read, tape=name)
    else:
        wanted = "database" if side == "truth" else "results"
        raise InputError(
            f'{path}: neither a list of rows, nor "segments", nor ActivityNet\'s "{wanted}". '
            "Give one of these."
        )


def _add_rows(rows: Iterable[Row], read: SegmentFile, *, tape: str) -> None:
    for row in rows:
        name = row.words("tape", "video", default=tape)
        start, end = row.number("start_s", "start"), row.number("end_s", "end")
        segment = Segment(
            start, end, label=row.words("label", default="play"),
            score=row.number("score", default=100.0),
        )  # fmt: skip
        read.tapes.setdefault(name, []).append(_ordered(segment, row))


def _add_activitynet_truth(top: Row, read: SegmentFile, *, subset: str | None) -> None:
    database = row_of(top.values["database"], top.place.inside("database"))
    videos = {name: row_of(v, database.place.inside(name)) for name, v in database.values.items()}
    subsets = {video.words("subset") for video in videos.values() if "subset" in video.values}
    wanted = subset or "validation"
    if subsets and wanted not in subsets:
        raise InputError(
            f"{top.place.file}: no tape is in the subset {wanted!r}; there are "
            f"{', '.join(sorted(subsets))}. Choose one with --subset."
        )
    for name, video in videos.items():
        if subsets and video.words("subset", default="") != wanted:
            continue
        if "duration" in video.values:
            read.lengths_s[name] = video.number("duration")
        read.tapes[name] = [_activitynet(row) for row in video.rows("annotations")]


def _add_activitynet_results(top: Row, read: SegmentFile) -> None:
    results = row_of(top.values["results"], top.place.inside("results"))
    for name in results.values:
        rows = results.rows(name)
        read.tapes[name] = [_activitynet(row, has_score=True) for row in rows]


def _activitynet(row: Row, *, has_score: bool = False) -> Segment:
    bounds = row.values.get("segment")
    if not isinstance(bounds, list) or len(bounds) != 2:
        raise row.fault("segment is not a start and an end", 'Write "segment": [1.5, 9.0]')
    inner = Row({"start": bounds[0], "end": bounds[1]}, row.place)
    score = row.number("score") if has_score else 100.0
    segment = Segment(inner.number("start"), inner.number("end"), row.words("label"), score)
    return _ordered(segment, row)


def _ordered(segment: Segment, row: Row) -> Segment:
    if segment.end_s < segment.start_s:
        raise row.fault(
            f"the end {segment.end_s} comes before the start {segment.start_s}", "Swap them"
        )
    return segment
