"""The baseline head in plain numpy: a linear model on stacked rows, and durations on top of it.

Each state (dead, play, ...) is a chain of equal sub-states that must be walked, so that a state's
length is not forgotten from row to row: learned mean and spread of lengths give chain and pace.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from gametape.models.heads.inputs import Array, Weights

# A row is judged with the rows so far before and after it.
OFFSETS = (-24, -12, -8, -4, -2, -1, 0, 1, 2, 4, 8, 12, 24)
LONGEST_CHAIN = 12

Matrix = NDArray[np.float64]


def stacked(rows: Array) -> Array:
    """(rows, offsets x columns): each row with its neighbours; the ends repeat the outermost."""
    index = np.arange(len(rows))
    last = max(len(rows) - 1, 0)
    return np.concatenate([rows[np.clip(index + o, 0, last)] for o in OFFSETS], axis=1)


def linear_logits(rows: Array, weights: Weights) -> Array:
    """(rows, 1 + classes) log odds by the linear model alone."""
    return np.asarray(
        stacked(rows) @ weights["linear.weight"].T + weights["linear.bias"], np.float32
    )


def markov_probabilities(
    logits: Array, weights: Weights, shape: Mapping[str, int | float]
) -> Matrix:
    """(rows, 1 + classes) forward-backward probabilities under learned lengths and transitions."""
    if len(logits) == 0:
        return np.zeros((0, logits.shape[1]))
    scaled = float(shape["emission"]) * (
        _log_softmax(logits.astype(np.float64)) - np.log(weights["markov.share"].astype(np.float64))
    )
    owner, moves, start = chain(weights)
    seen = np.exp(scaled - scaled.max(axis=1, keepdims=True))[:, owner]
    forward = np.empty_like(seen)
    state = start * seen[0]
    forward[0] = state / state.sum()
    for row in range(1, len(seen)):
        state = (forward[row - 1] @ moves) * seen[row]
        forward[row] = state / state.sum()
    behind = np.ones(len(owner))
    together = np.empty_like(seen)
    for row in range(len(seen) - 1, -1, -1):
        together[row] = forward[row] * behind
        behind = moves @ (behind * seen[row])
        behind /= behind.sum()
    together /= together.sum(axis=1, keepdims=True)
    states = np.eye(logits.shape[1])[owner]
    return np.asarray(together @ states)


def after_lengths(logits: Array, weights: Weights, shape: Mapping[str, int | float]) -> Array:
    """The same as log odds again, which calibration takes."""
    found = markov_probabilities(logits, weights, shape)
    return np.asarray(np.log(np.clip(found, 1e-6, 1.0)), np.float32)


def chain(weights: Weights) -> tuple[NDArray[np.int64], Matrix, Matrix]:
    """State of each sub-state, the moves between sub-states, and where a tape may begin."""
    lengths = weights["markov.chain"].astype(np.int64)
    stay = weights["markov.stay"].astype(np.float64)
    follow = weights["markov.follow"].astype(np.float64)
    owner = np.repeat(np.arange(len(lengths)), lengths)
    first = np.concatenate(([0], np.cumsum(lengths)[:-1]))
    moves = np.zeros((len(owner), len(owner)))
    for index, state in enumerate(owner):
        moves[index, index] += stay[state]
        if index + 1 < len(owner) and owner[index + 1] == state:
            moves[index, index + 1] += 1 - stay[state]
        else:
            moves[index, first] += (1 - stay[state]) * follow[state]
    start = weights["markov.share"].astype(np.float64)[owner] / lengths[owner]
    return owner, moves, start / start.sum()


def _log_softmax(logits: Matrix) -> Matrix:
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))
