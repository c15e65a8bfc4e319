"""The labelling queue of a library: gathers what scorers say of tapes that nobody has labelled.

What is worth a label is `gametape.queue`; here tapes become its candidates, and its rows tasks.
"""

from fractions import Fraction
from pathlib import Path

import polars as pl

from gametape.aside import write_text
from gametape.datasets.tasks import Queued, Task, fiftyone_samples, labelstudio_tasks
from gametape.errors import InputError
from gametape.exports.plays import play_from
from gametape.exports.timecode import nominal_rate, usual_rate
from gametape.exports.timeline import Timeline
from gametape.inference import score_windows
from gametape.queue import COLUMNS, Candidate, Described, QueueSettings, queue
from gametape.schema import Progress, Segment, no_progress
from gametape.tables import read_table, segments_of
from resources.datasets.labelled import read_source
from resources.publishing import publish_table
from resources.store import Store
from resources.tape import Tape

QUEUE = "learning/queue.parquet"  # of a library
SIGNALS = "signals.parquet"
EXPLICIT = ("main-camera", "fixed-camera")
FALLBACK_RATE = Fraction(25)  # of a tape that does not tell its own
MOST_LABELLED = 200  # tapes that novelty is measured from; more change it little


def make_queue(
    store: Store, settings: QueueSettings = QueueSettings(), *, progress: Progress = no_progress
) -> pl.DataFrame:
    """Gather candidates of the whole library, choose, and publish `learning/queue.parquet`."""
    candidates: list[Candidate] = []
    labelled: list[Described] = []
    ids = store.tape_ids()
    for done, tape_id in enumerate(ids):
        progress("queue", done, len(ids))
        try:
            tape = store.tape(tape_id)
        except InputError:
            continue  # `gametape plan` names a tape whose order cannot be read
        if tape.labels_file.is_file():
            if tape.sidecar("signals") is not None and len(labelled) < MOST_LABELLED:
                labelled.append(_described(tape))
        elif tape.sidecar("predictions") is not None and tape.sidecar("signals") is not None:
            candidates.append(_candidate(tape))
    found = queue(candidates, labelled, settings)
    progress("queue", 1, 1)
    publish_table(store.root / QUEUE, found)
    return found


def read_queue(store: Store) -> pl.DataFrame:
    """The queue as it was made last; empty where it never was."""
    path = store.root / QUEUE
    return read_table(path) if path.is_file() else pl.DataFrame(schema=COLUMNS)


def write_tasks(store: Store, queued: pl.DataFrame, folder: Path) -> list[Path]:
    """Write the queue as a table for spreadsheets, Label Studio tasks and FiftyOne samples."""
    tasks = tasks_of(store, queued)
    texts = {
        folder / "queue.csv": queued.write_csv(float_precision=4),
        folder / "labelstudio.json": labelstudio_tasks(tasks),
        folder / "fiftyone" / "labels.json": fiftyone_samples(tasks),
    }
    for path, text in texts.items():
        write_text(path, text)
    return list(texts)


def tasks_of(store: Store, queued: pl.DataFrame) -> list[Task]:
    """One task a tape, in the order of the queue; what was found on it goes along."""
    tasks = []
    for (tape_id,), rows in queued.group_by("tape", maintain_order=True):
        tape = store.tape(str(tape_id))
        stretches = tuple(
            Queued(row["start_s"], row["end_s"], row["worth"], row["reason"])
            for row in rows.sort("start_s").iter_rows(named=True)
        )
        tasks.append(Task(tape.order.id, _model_of(tape), _timeline(tape), stretches))
    return tasks


def _candidate(tape: Tape) -> Candidate:
    """A tape as the scorer in force sees it, and as explicit ones that are not see it."""
    windows = read_table(tape.path("predictions.parquet"))
    signals = read_table(tape.path(SIGNALS))
    scorer = tape.profile.scorer
    scores = {"in force": windows["play"].to_numpy()}
    for name in EXPLICIT:
        if name == scorer.name:
            continue
        other = score_windows(signals, scorer.model_copy(update={"name": name}))
        middles = (windows["start_s"] + windows["end_s"]) / 2
        nearest = other["start_s"].search_sorted(middles - scorer.window_s / 2)
        scores[name] = other["play"].gather(nearest.clip(0, max(other.height - 1, 0))).to_numpy()
    described = _described(tape)
    return Candidate(
        tape=tape.order.id,
        start_s=windows["start_s"].to_numpy(),
        end_s=windows["end_s"].to_numpy(),
        scores=scores,
        threshold=tape.profile.fusion.enter,
        time_s=described.time_s,
        rows=described.rows,
    )


def _described(tape: Tape) -> Described:
    signals = read_table(tape.path(SIGNALS))
    numbers = signals.select(pl.exclude("time_s", "shot", "shot_start_s", "shot_end_s"))
    return Described(
        signals["time_s"].to_numpy(), numbers.cast(pl.Float64).fill_null(0.0).to_numpy()
    )


def _timeline(tape: Tape) -> Timeline:
    source = read_source(tape)
    measured = source.video.average_rate or FALLBACK_RATE
    rate = usual_rate(measured) if source.video.is_variable_rate else nominal_rate(measured)
    found = []
    if tape.sidecar("segments") is not None:
        found = segments_of(read_table(tape.path("segments.parquet")))
    cores = [Segment(s.core.start_s, s.core.end_s, s.label, s.score) for s in found]
    return Timeline(
        name=tape.order.name,
        media=tape.order.name,
        duration_s=Fraction(source.duration_s),
        rate=rate,
        plays=tuple(play_from(core) for core in cores),
        has_sound=bool(source.audio),
        width=source.video.display_width,
        height=source.video.display_height,
    )


def _model_of(tape: Tape) -> str:
    """Who scored the tape, as its predictions say."""
    windows = read_table(tape.path("predictions.parquet"))
    if "model" in windows.columns and windows.height:
        return str(windows["model"][0])
    return tape.profile.scorer.name
