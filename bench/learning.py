"""What learning costs: training a head, applying it to a long tape, sweeping over its scores.

CPU seconds on made numbers as wide as the embedded features; the reference timed in the same run
is one reading of the same rows from a Parquet file.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import polars as pl

from gametape.models.backbones.cheap import NAMES
from gametape.models.base import FeatureSequence, TrainingTape
from gametape.models.heads.apply import TrainedHead
from gametape.profile import load_profile
from gametape.schema import Span
from gametape.training.heads import Training, train
from gametape.training.settings import TrainSettings
from gametape.training.sweep import grid_of, plain_fusion, sweep
from gametape.training.validate import scored_within

T = TypeVar("T")
STEP_S = 0.25
TAPES, MINUTES, LONG_MINUTES = 12, 5, 90


def main() -> None:
    """Print a row for each piece of work."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--temporal", action="store_true", help="train the temporal head, too")
    kinds = ["linear-hmm", *(["temporal"] if parser.parse_args().temporal else [])]
    tapes = [made_tape(number, MINUTES) for number in range(TAPES)]
    long = made_tape(99, LONG_MINUTES)
    reading_s = timed(lambda: read_again(long))[0]
    print(f"{TAPES} tapes of {MINUTES} min with {len(NAMES)} numbers, 4 rows a second\n")
    print(f"{'work':54}{'CPU s':>9}{'x reading':>12}")
    show(f"reading the rows of {LONG_MINUTES} min", reading_s, reading_s)
    for kind in kinds:
        training = measured_training(kind, tapes, reading_s)
        applying_s = timed(lambda head=training.head: apply(head, long))[0]  # type: ignore[misc]
        show(f"{kind}: {LONG_MINUTES} min of features to scores", applying_s, reading_s)
    plain = plain_fusion(load_profile("tennis").fusion)
    settings = [one for _, one in grid_of(plain)]
    scored = scored_within(training, tapes)
    sweeping_s = timed(lambda: sweep(scored, settings))[0]
    show(f"sweep: {len(settings)} settings of fusion on all tapes", sweeping_s, reading_s)


def measured_training(kind: str, tapes: list[TrainingTape], reading_s: float) -> Training:
    """Train a head of a kind and print what that took."""
    settings = TrainSettings.model_validate({"kind": kind})
    spent_s, training = timed(lambda: train(tapes, settings))
    show(f"{kind}: training, inner folds included", spent_s, reading_s)
    return training


def apply(head: TrainedHead, tape: TrainingTape) -> None:
    """Probabilities of a tape."""
    head.probabilities(tape.features)


def read_again(tape: TrainingTape) -> None:
    """Write the rows once and read them: what any work on them costs at least."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        pl.DataFrame(tape.features[0].values, schema=list(NAMES)).write_parquet(path)
        pl.read_parquet(path)


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """CPU seconds of all threads, and the result."""
    begun_s = time.process_time()
    result = work()
    return time.process_time() - begun_s, result


def show(what: str, spent_s: float, reading_s: float) -> None:
    """One row."""
    print(f"{what:54}{spent_s:9.2f}{spent_s / reading_s:12.1f}", flush=True)


def made_tape(number: int, minutes: float) -> TrainingTape:
    """Plays of 6 to 12 s and longer pauses, told by a third of the numbers under much noise."""
    rng = np.random.default_rng([11, number])
    duration_s, plays, at = minutes * 60.0, [], float(rng.uniform(2, 6))
    while at + 15 < duration_s:
        plays.append(Span(at, at + float(rng.uniform(6, 12))))
        at = plays[-1].end_s + float(rng.uniform(8, 20))
    time_s = np.arange(int(duration_s / STEP_S), dtype=np.float64) * STEP_S
    live = np.zeros(len(time_s))
    for play in plays:
        live[(time_s >= play.start_s) & (time_s < play.end_s)] = 1.0
    values = rng.normal(0, 1.0, (len(time_s), len(NAMES)))
    values[:, ::3] += live[:, None]
    sequence = FeatureSequence("cheap", time_s, values.astype(np.float32), STEP_S, NAMES)
    return TrainingTape(
        f"tape-{number}", f"game-{number}", (sequence,), tuple(plays), duration_s, {}
    )


if __name__ == "__main__":
    main()
