"""What a training run is asked for. Nothing is trained here."""

from typing import Literal

from pydantic import Field

from gametape.schema import Noun


class TrainSettings(Noun):
    """How a head is trained; the defaults suit tens of tapes on two processor cores."""

    profile: str = "tennis"  # the sport pack that the head is for
    kind: Literal["temporal", "linear-hmm"] = "temporal"
    classes: tuple[str, ...] = ("play",)  # or play and service
    seed: int = Field(0, ge=0)
    # Beside a value's place on all tapes its place on its own: for features that do not say so.
    own_ranks: bool = False
    hidden: int = Field(16, ge=4, le=128)  # channels
    fine_layers: int = Field(6, ge=1, le=9)  # reach 2 ** layers rows to each side
    scale_layers: int = Field(3, ge=1, le=6)
    middle_rows: int = Field(4, ge=2, le=16)  # rows whose greatest is one row of this scale
    coarse_rows: int = Field(16, ge=4, le=64)
    second_hidden: int = Field(16, ge=4, le=64)
    second_layers: int = Field(6, ge=0, le=9)  # 0: no second stage
    dropout: float = Field(0.4, ge=0, lt=1)
    smoothing: float = Field(0.1, ge=0)  # weight of jumps between rows
    rate: float = Field(1e-3, gt=0)  # of learning
    decay: float = Field(1e-3, ge=0)  # of weights
    batch: int = Field(8, ge=1)  # stretches of tape a step
    crop_s: float = Field(120.0, ge=10)  # longest stretch
    max_steps: int = Field(600, ge=1)
    check_steps: int = Field(30, ge=1)  # steps between looks at the inner tapes, and checkpoints
    patience: int = Field(6, ge=1)  # looks without gain until training ends
    inner_folds: int = Field(3, ge=2)  # of games, for early stopping and calibration
    flip: bool = True  # left and right
    stretch: float = Field(0.15, ge=0, lt=0.5)  # tapes run faster or slower by up to this share
    noise: float = Field(0.05, ge=0)  # on inputs, whose range is -1 to 1
    hide: float = Field(0.3, ge=0, lt=1)  # chance that a group of features is hidden
    smoothness: float = Field(1e-3, gt=0)  # of the linear model: weight of its squares
