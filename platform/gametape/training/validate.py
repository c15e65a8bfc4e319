"""Cross-validation of heads: every tape is judged by a head that never saw its game."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from gametape.fusion.segments import fuse
from gametape.fusion.suited import OF_THE_PACK, suited
from gametape.inference import score_features
from gametape.metrics.bootstrap import intervals
from gametape.metrics.calibration import expected_error, reliability, squared_error
from gametape.metrics.segments import segment_tally
from gametape.metrics.tally import ALL, figures_of
from gametape.models.base import Interval, LearningPoint, TrainingTape
from gametape.models.heads.apply import TrainedHead
from gametape.profile import FusionSettings
from gametape.schema import Progress, Segment, no_progress
from gametape.training.examples import covered
from gametape.training.folds import Fold
from gametape.training.heads import Training, train, train_head
from gametape.training.settings import TrainSettings
from gametape.training.sweep import Choice, Scored, choose, plain_fusion

FEWEST_GAMES = 4  # that a head can be trained on
GROWTH = 1.5
CURVE_IOU = 0.5


@dataclass(frozen=True)
class Judged:
    """Tapes with the scores of heads that did not know them, and how honest their scores are."""

    tapes: tuple[Scored, ...]
    calibration_error: float  # ECE of play, 0 to 1
    squared_error: float
    reliability: pl.DataFrame


def cross_validate(
    tapes: Sequence[TrainingTape],
    settings: TrainSettings,
    folds: Sequence[Fold],
    *,
    progress: Progress = no_progress,
    checkpoints: Path | None = None,
) -> Judged:
    """Scores of every tape by a head that was trained, stopped and calibrated on other games."""
    scored: list[Scored] = []
    for number, fold in enumerate(folds):
        own = [tape for tape in tapes if tape.id not in fold.held_back]
        head = train_head(own, settings, checkpoints=checkpoints)
        scored += [scored_by(head, tape) for tape in tapes if tape.id in fold.held_back]
        progress("Cross-validating", number + 1.0, float(len(folds)))
    return judged(scored)


def scored_by(head: TrainedHead, tape: TrainingTape) -> Scored:
    """A tape's scores by a head."""
    return _scored(tape, score_features(tape.features, head))


def scored_within(training: Training, tapes: Sequence[TrainingTape]) -> list[Scored]:
    """The training tapes with the scores of the inner folds, which did not know them."""
    found = []
    for tape in sorted(tapes, key=lambda tape: tape.id):
        first = tape.features[0]
        table = pl.DataFrame(
            {
                "start_s": first.time_s,
                "end_s": first.time_s + first.step_s,
                "play": training.held_back[tape.id].sum(axis=1).astype(np.float64),
            }
        )
        found.append(_scored(tape, table))
    return found


def judged(scored: Sequence[Scored]) -> Judged:
    """Scores with their calibration over all rows of all tapes."""
    said, true = [], []
    for tape in scored:
        start = tape.predictions["start_s"].to_numpy()
        step_s = float((tape.predictions["end_s"] - tape.predictions["start_s"]).max() or 1.0)  # type: ignore[arg-type]
        said.append(tape.predictions["play"].to_numpy())
        true.append(covered(start, step_s, tape.plays))
    every, shares = np.concatenate(said), np.concatenate(true)
    return Judged(
        tuple(scored),
        expected_error(every, shares),
        squared_error(every, shares),
        reliability(every, shares),
    )


def train_for_use(
    tapes: Sequence[TrainingTape],
    settings: TrainSettings,
    pack: FusionSettings,
    *,
    progress: Progress = no_progress,
    checkpoints: Path | None = None,
) -> tuple[TrainedHead, Choice]:
    """A head with the fusion that suits its probabilities, chosen on the training tapes alone."""
    training = train(tapes, settings, progress=progress, checkpoints=checkpoints)
    return for_use(training, tapes, settings.profile, pack)


def for_use(
    training: Training,
    tapes: Sequence[TrainingTape],
    profile: str,
    pack: FusionSettings,
    *,
    others: Sequence[TrainingTape] = (),
) -> tuple[TrainedHead, Choice]:
    """A head for one sport pack: its fusion is chosen on these of the tapes that trained it.

    Where a head was trained on `others` too, of other sports, all together choose first, and the
    sport departs from that where its own games agree. The card's fusion holds all but what a clip
    shows around its play: that is the pack's.
    """
    plain = plain_fusion(pack)
    current = plain
    if others:
        current = choose(scored_within(training, [*tapes, *others]), plain, plain).settings
    choice = choose(scored_within(training, tapes), current, plain)
    taken = choice.settings if choice.is_change else current
    own = {name: value for name, value in taken.model_dump().items() if name not in OF_THE_PACK}
    named = {"name": f"gametape-{profile}", "profile": profile, "fusion": own}
    return replace(training.head, card=training.head.card.model_copy(update=named)), choice


def learning_sizes(tapes: Iterable[TrainingTape]) -> list[int]:
    """Numbers of games to learn from, ever half as many more, fewer than there are."""
    count, sizes = len({tape.game for tape in tapes}), [FEWEST_GAMES]
    while sizes[-1] < count:
        sizes.append(round(sizes[-1] * GROWTH))
    return [size for size in sizes if size < count]


def learning_curve(
    tapes: Sequence[TrainingTape],
    held_out: Sequence[TrainingTape],
    settings: TrainSettings,
    sizes: Sequence[int],
    *,
    pack: FusionSettings,
    progress: Progress = no_progress,
) -> tuple[LearningPoint, ...]:
    """What more labels have brought: heads of ever more games, all judged on the same other tapes.

    Games of the fewer are among those of the more, in an order that their names give.
    """
    games = sorted({tape.game for tape in tapes}, key=lambda game: _digest(game))
    points = []
    for number, size in enumerate(sizes):
        own = [tape for tape in tapes if tape.game in games[:size]]
        head, _ = train_for_use(own, settings, pack)
        f1 = _f1_of(head, held_out, pack)
        points.append(LearningPoint(games=size, tapes=len(own), f1=f1))
        progress("Learning from fewer", number + 1.0, float(len(sizes)))
    return tuple(points)


def _f1_of(head: TrainedHead, tapes: Sequence[TrainingTape], pack: FusionSettings) -> Interval:
    settings = suited(pack, head.card.fusion, {})
    truth, found = {}, {}
    for tape in tapes:
        cuts = pl.DataFrame({"time_s": list(tape.cuts_s)}, schema={"time_s": pl.Float64})
        scores = score_features(tape.features, head)
        plays = fuse(scores, cuts, settings=settings, duration_s=tape.duration_s)
        truth[tape.id] = [Segment(play.start_s, play.end_s) for play in tape.plays]
        found[tape.id] = [Segment(play.core.start_s, play.core.end_s) for play in plays]
    tally = segment_tally(truth, found, ious=(CURVE_IOU,))
    key = (f"F1@{CURVE_IOU:.2f}", ALL)
    value, drawn = figures_of(tally)[key], intervals(tally).get(key)
    low, high = (drawn.low, drawn.high) if drawn else (value, value)
    return Interval(value=round(value, 6), low=round(low, 6), high=round(high, 6))


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def _scored(tape: TrainingTape, predictions: pl.DataFrame) -> Scored:
    return Scored(
        tape.id, tape.game, predictions, tape.plays, tape.cuts_s, tape.duration_s, tape.strata
    )
