"""A trained head at work: features in, calibrated probabilities out. Plain numpy, no torch."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gametape.models.base import FeatureSequence, ModelCard
from gametape.models.heads.inputs import Array, Weights, check_features, encode, joined, project
from gametape.models.heads.markov import after_lengths, linear_logits
from gametape.models.heads.temporal import temporal_logits


@dataclass(frozen=True)
class TrainedHead:
    """A head with its weights, as a model folder holds it."""

    card: ModelCard
    weights: Weights

    def probabilities(self, features: tuple[FeatureSequence, ...]) -> NDArray[np.float32]:
        """(rows, classes), each 0 to 1; rows are those of the first sequence."""
        check_features(features, self.card)
        blocks = project(joined(features), self.weights)
        if len(blocks[0]) == 0:
            return np.zeros((0, len(self.card.classes)), np.float32)
        rows = encode(blocks, self.weights, has_own_ranks=bool(self.card.shape["own_ranks"]))
        return calibrated(self.logits(rows), float(self.weights["temperature"][0]))

    def logits(self, rows: Array) -> Array:
        """(rows, 1 + classes) log odds before calibration; rows are encoded."""
        if self.card.kind == "temporal":
            return temporal_logits(rows, self.weights, self.card.shape)
        return after_lengths(linear_logits(rows, self.weights), self.weights, self.card.shape)


def calibrated(logits: Array, temperature: float) -> NDArray[np.float32]:
    """(rows, classes) probabilities without that of dead time."""
    cooled = logits.astype(np.float64) / temperature
    shares = np.exp(cooled - cooled.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    return np.asarray(shares[:, 1:], np.float32)
