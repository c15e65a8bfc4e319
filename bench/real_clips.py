"""`python -m bench.real_clips FOLDER`: real clips through `gametape cut`, found against labelled.

The folder holds videos in one subfolder per sport, each with a NAME.labels.json beside it:
{"segments": [{"start", "end", "label"}]}. Every label but "play" counts as no play. Clips without
labels are cut too, and listed with what was found.
"""

import contextlib
import io
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from app.main import run
from gametape.metrics.segments import score_segments
from gametape.schema import Span
from gametape.tables import read_table, segments_of
from resources.store import Store

# The sport pack that fits each folder best; rackets share tennis, and so on.
PROFILE_OF = {
    "american_football": "football-college",
    "badminton": "tennis",
    "basketball": "basketball",
    "beach": "volleyball-beach",
    "cricket": "cricket-nets",
    "hockey": "soccer",
    "other_sport": "tennis",
    "pickleball": "tennis",
    "soccer": "soccer",
    "table_tennis": "tennis",
    "tennis": "tennis",
    "volleyball": "volleyball-indoor",
}
SUFFIXES = {".mp4", ".mov", ".mkv", ".ts", ".webm"}
JOIN_S = 0.01  # plays that touch in the labels are one play


@dataclass(frozen=True)
class Outcome:
    """One clip: what the labels say and what was found."""

    name: str
    profile: str
    truth: list[Span] | None
    found: list[Span]
    length_s: float


def main(folder: Path) -> int:
    """Cut every clip of the folder in a fresh library and print the table."""
    outcomes = []
    with tempfile.TemporaryDirectory() as library:
        for video in sorted(p for p in folder.rglob("*") if p.suffix in SUFFIXES):
            named = [PROFILE_OF[part] for part in video.absolute().parts if part in PROFILE_OF]
            profile = named[-1] if named else None
            if profile is not None:
                outcomes.append(cut(video, profile, Path(library)))
    Console(width=150).print(table_of(outcomes))
    return 0


def cut(video: Path, profile: str, library: Path) -> Outcome:
    """Run the command line on one clip and read what it published."""
    before = set(Store(library).tape_ids())
    with contextlib.redirect_stdout(io.StringIO()):
        code = run(["cut", str(video), "--sport", profile, "--library", str(library)])
    if code != 0:
        raise SystemExit(f"{video}: gametape cut ended with {code}")
    [tape_id] = set(Store(library).tape_ids()) - before
    tape = Store(library).tape(tape_id)
    found = [s.core for s in segments_of(read_table(tape.path("segments.parquet")))]
    source = json.loads(tape.path("sources.json").read_text(encoding="utf-8"))
    labels = video.with_suffix(".labels.json")
    truth = list(plays(labels)) if labels.is_file() else None
    return Outcome(f"{video.parent.name}/{video.stem}", profile, truth, found, source["duration_s"])


def plays(labels: Path) -> Iterator[Span]:
    """The labelled plays, those that touch joined."""
    rows = json.loads(labels.read_text(encoding="utf-8"))["segments"]
    span: Span | None = None
    for row in rows:
        if row["label"] != "play":
            continue
        if span is not None and row["start"] - span.end_s <= JOIN_S:
            span = Span(span.start_s, row["end"])
            continue
        if span is not None:
            yield span
        span = Span(row["start"], row["end"])
    if span is not None:
        yield span


def time_scores(truth: list[Span], found: list[Span], length_s: float) -> tuple[float, float]:
    """Precision and recall by time: how much of what was found is play, and the other way."""
    shared = sum(
        max(0.0, min(t.end_s, f.end_s) - max(t.start_s, f.start_s)) for t in truth for f in found
    )
    true_s = sum(min(t.end_s, length_s) - t.start_s for t in truth)
    found_s = sum(f.length_s for f in found)
    return (shared / found_s if found_s else float(not truth), shared / true_s if true_s else 1.0)


def table_of(outcomes: list[Outcome]) -> Table:
    """One row a clip."""
    table = Table(box=None, pad_edge=False)
    for title in ("clip", "profile", "length", "true", "found", "matched", "time P", "time R"):
        table.add_column(title, justify="left" if title in ("clip", "profile") else "right")
    for o in outcomes:
        row = [o.name, o.profile, f"{o.length_s:.1f} s"]
        if o.truth is None:
            row += ["-", str(len(o.found)), "-", "-", "-"]
        else:
            scores = score_segments(o.truth, o.found, iou=0.5)
            precision, recall = time_scores(o.truth, o.found, o.length_s)
            row += [str(len(o.truth)), str(len(o.found)), str(scores.matched_count)]
            row += [f"{precision:.2f}", f"{recall:.2f}"]
        table.add_row(*row)
    return table


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
