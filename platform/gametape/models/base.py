"""The nouns of learning: what a tape looks like to a model, and what a model says of itself.

No weights are read here and nothing is computed; backbones, heads and training all speak in these.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from gametape.schema import Noun, Span


@dataclass(frozen=True)
class FeatureSequence:
    """What a backbone saw of a tape: one row of numbers every `step_s` seconds, in order."""

    backbone: str
    time_s: NDArray[np.float64]  # (rows,): a row stands for time_s to time_s + step_s
    values: NDArray[np.float32]  # (rows, numbers)
    step_s: float
    names: tuple[str, ...] = ()  # of the numbers, where they have any
    weights: str = ""  # SHA-256 of what they were made with; empty where there is none, or unknown

    @property
    def duration_s(self) -> float:
        """End of the last row."""
        return float(self.time_s[-1]) + self.step_s if len(self.time_s) else 0.0


@dataclass(frozen=True)
class TrainingTape:
    """A tape to learn from, or to be judged on: its features and its labelled plays.

    `game` is what must never be on both sides of a split; `strata` say in what it differs from
    others (venue, rate, light, difficulty).
    """

    id: str
    game: str
    features: tuple[FeatureSequence, ...]
    plays: tuple[Span, ...]
    duration_s: float
    strata: dict[str, str]
    services: tuple[Span, ...] = ()  # parts of plays, where they are labelled
    cuts_s: tuple[float, ...] = ()  # camera cuts, which fusion may move edges to


class Interval(Noun):
    """A figure with its 95 % bootstrap interval over tapes."""

    value: float
    low: float
    high: float


class LearningPoint(Noun):
    """F1 at IoU 0.5 of a head that learned from so many games, on tapes that it does not know."""

    games: int
    tapes: int
    f1: Interval


class ModelCard(Noun):
    """What a model says of itself; lies beside its weights as card.json."""

    name: str  # as it is registered: gametape-{profile}
    profile: str  # the sport pack that it is for
    version: str = ""  # of the registry; empty before it is there
    kind: Literal["temporal", "linear-hmm"]
    classes: tuple[str, ...] = ("play",)  # or play and service; what is neither is dead time
    backbones: tuple[str, ...]  # whose features it reads, in this order
    backbone_digests: dict[str, str] = Field(default_factory=dict)  # SHA-256 of their weights
    step_s: float  # of its rows
    feature_names: tuple[str, ...] = ()
    shape: dict[str, int | float] = Field(default_factory=dict)  # layers, channels, ...
    # Fusion that suits its probabilities; the sport pack has the last word.
    fusion: dict[str, float | int | str | bool | None] = Field(default_factory=dict)
    trained_on: dict[str, str | int | float] = Field(default_factory=dict)
    data_hash: str = ""
    code_version: str = ""
    figures: dict[str, Interval] = Field(default_factory=dict)  # on tapes that it never saw
    notes: tuple[str, ...] = ()


class Head(Protocol):
    """A trained model on features: rows in, calibrated probabilities of each class out."""

    @property
    def card(self) -> ModelCard:
        """What the model says of itself."""
        ...

    def probabilities(self, features: tuple[FeatureSequence, ...]) -> NDArray[np.float32]:
        """(rows, classes), each 0 to 1; rows are those of the first sequence."""
        ...
