"""What held-out tapes say of a training: how honest its scores are, and what more labels brought.

Part of the evidence that `training` keeps beside a model.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gametape.models.base import Interval, LearningPoint, TrainingTape
from gametape.models.heads.apply import TrainedHead
from gametape.profile import FusionSettings
from gametape.schema import Noun, Progress

if TYPE_CHECKING:
    from gametape.training.settings import TrainSettings
    from gametape.training.validate import Judged


class Bin(Noun):
    """Rows of held-out tapes whose play scores lie in one tenth."""

    rows: int
    said: float  # mean play score
    seen: float  # share of play by the labels


def judged_by(head: TrainedHead, held: Sequence[TrainingTape]) -> "Judged":
    """Scores of tapes that did not train the model, with their calibration."""
    from gametape.training.validate import judged, scored_by

    return judged([scored_by(head, tape) for tape in held])


def bins_of(found: "Judged") -> tuple[Bin, ...]:
    """Reliability by tenths; those without a row are left out."""
    return tuple(
        Bin(rows=row["rows"], said=round(row["said"], 6), seen=round(row["seen"], 6))
        for row in found.reliability.drop_nulls().iter_rows(named=True)
    )


def learning_of(
    own: Sequence[TrainingTape],
    held: Sequence[TrainingTape],
    settings: "TrainSettings",
    pack: FusionSettings,
    *,
    whole: Interval,
    progress: Progress,
) -> tuple[LearningPoint, ...]:
    """F1 of heads of ever more games, and last that of the model itself, which is `whole`."""
    from gametape.training.validate import learning_curve, learning_sizes

    sizes = learning_sizes(own)
    fewer = learning_curve(own, held, settings, sizes, pack=pack, progress=progress)
    games = len({tape.game for tape in own})
    return (*fewer, LearningPoint(games=games, tapes=len(own), f1=whole))
