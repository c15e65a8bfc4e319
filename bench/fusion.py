"""What a changed threshold costs on a three-hour tape, and what a sweep costs.

Fusion re-runs on stored scores alone: no decode, no scorer. Seconds of one core; the reference
timed in the same run is the reading of the stored scores from Parquet.
"""

import itertools
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

from gametape.fusion.segments import fuse
from gametape.inference import score_windows
from gametape.profile import load_profile, profile_names
from gametape.tables import read_table, write_table

HOURS = 3
RATE_HZ = 4.0
# Enough settings for a grid over enter, leave and continuation.
SWEEP = 64


def made_signals(hours: float) -> pl.DataFrame:
    """Signals of a tape with a rally every half minute, one shot each; the same each time."""
    rng = np.random.default_rng(0)
    count = int(hours * 3600 * RATE_HZ)
    time_s = np.arange(count) / RATE_HZ
    shot = time_s // 15
    is_play = shot % 2 == 1
    moved = np.where(is_play, 0.02, 0.001) * rng.lognormal(0, 0.5, count)
    table = {
        "time_s": time_s,
        "shot": shot,
        "shot_start_s": shot * 15,
        "shot_end_s": shot * 15 + 15,
    }
    for kind, row, column in itertools.product(("change", "fast"), range(3), range(4)):
        table[f"{kind}_r{row}c{column}"] = moved * rng.random()
    likeness = np.where(is_play, 0.99, 0.7) + rng.normal(0, 0.003, count)
    table |= {"similarity": likeness, "shot_similarity": likeness}
    table |= {"has_sound": np.ones(count), "whistle_share": np.zeros(count)}
    table |= {"hit_db": rng.gamma(2, 2, count), "crowd_db": rng.normal(-35, 3, count)}
    return pl.DataFrame(table)


def timed(label: str, reference_s: float | None, began: float) -> float:
    """Print the CPU seconds since `began`, and how many times the reference that is."""
    used = time.process_time() - began
    ratio = "" if reference_s is None else f"   {used / max(reference_s, 1e-9):8.1f} x reading"
    print(f"{label:44s} {used:8.3f} s{ratio}")
    return used


def main() -> None:
    """Time scoring, reading, fusion and a sweep of fusion."""
    signals = made_signals(HOURS)
    cuts = pl.DataFrame({"time_s": np.arange(1, HOURS * 240) * 15.0})
    duration_s = HOURS * 3600.0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "predictions.parquet"
        began = time.process_time()
        write_table(path, score_windows(signals, load_profile("tennis").scorer))
        timed(f"score {HOURS} hours once, write", None, began)
        began = time.process_time()
        predictions = read_table(path)
        reference_s = timed("read the stored scores (reference)", None, began)
    for name in profile_names():
        began = time.process_time()
        found = fuse(predictions, cuts, settings=load_profile(name).fusion, duration_s=duration_s)
        timed(f"fuse with {name}: {len(found)} segments", reference_s, began)
    base = load_profile("tennis").fusion
    began = time.process_time()
    for step in range(SWEEP):
        changes = {"enter": 0.4 + step / SWEEP / 2, "leave": 0.35, "continuation_s": step % 8}
        settings = base.model_copy(update=changes)
        fuse(predictions, cuts, settings=settings, duration_s=duration_s)
    timed(f"sweep of {SWEEP} settings", reference_s, began)


if __name__ == "__main__":
    main()
