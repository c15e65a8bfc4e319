"""Tapes to learn from that cost nothing: numbers that are higher while play is on."""

import numpy as np

from gametape.models.base import FeatureSequence, TrainingTape
from gametape.schema import Span
from gametape.training.settings import TrainSettings

STEP_S = 0.25
NAMES = ("fast_r0c0", "fast_r0c1", "fast_all", "pan_x", "noise_rank")
# Small and quick; what is tested does not depend on size.
QUICK = TrainSettings(
    hidden=8,
    fine_layers=4,
    scale_layers=1,
    second_hidden=4,
    second_layers=2,
    max_steps=40,
    check_steps=20,
    batch=3,
    dropout=0.1,
    rate=2e-2,
    inner_folds=2,
)


def made_tape(number: int, *, game: str | None = None, duration_s: float = 60.0) -> TrainingTape:
    """A tape with plays of 6 to 10 s and pauses as long, told by three of its columns."""
    rng = np.random.default_rng([5, number])
    plays, at = [], float(rng.uniform(2, 6))
    while at + 10 < duration_s:
        plays.append(Span(at, at + float(rng.uniform(6, 10))))
        at = plays[-1].end_s + float(rng.uniform(5, 8))
    time_s = np.arange(int(duration_s / STEP_S)) * STEP_S
    live = np.zeros(len(time_s))
    for play in plays:
        live[(time_s >= play.start_s) & (time_s < play.end_s)] = 1.0
    values = rng.normal(0, 0.5, (len(time_s), len(NAMES)))
    values[:, :3] += live[:, None]
    features = FeatureSequence("cheap", time_s, values.astype(np.float32), STEP_S, NAMES)
    return TrainingTape(
        f"tape-{number}",
        game or f"game-{number}",
        (features,),
        tuple(plays),
        duration_s,
        {"difficulty": "easy" if number % 2 else "hard"},
    )


def made_tapes(count: int = 6) -> list[TrainingTape]:
    """So many tapes, each of a game of its own."""
    return [made_tape(number) for number in range(count)]
