"""From the features of a tape to the numbers that a head reads: joined, projected, put on ranks.

The same code prepares rows for training and for use, so both see the same numbers. Weights are
given; nothing is trained here but what is counted: quantiles and principal directions.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from gametape.errors import InputError
from gametape.models.base import FeatureSequence, ModelCard
from gametape.windows import nearest

Array = NDArray[np.float32]
Weights = Mapping[str, Array]

# A column's values become their place among these shares of all its values: -1 least, 1 greatest.
SHARES = np.linspace(0.0, 1.0, 33)
# Wider features (embeddings) are reduced to so many principal directions before that.
WIDEST, DIRECTIONS = 256, 48


def check_features(features: Sequence[FeatureSequence], card: ModelCard) -> None:
    """Refuse features that this model was not trained on, and say which differ how."""
    given = tuple(sequence.backbone for sequence in features)
    if given != card.backbones:
        raise InputError(
            f"{card.name}: reads features of {', '.join(card.backbones)}, not of "
            f"{', '.join(given) or 'nothing'}. Set features.backbone in the sport pack to match, "
            "or choose a model that was trained on these features."
        )
    for sequence in features:
        _check_rows(sequence, card)
    names = joined_names(features)
    if card.feature_names and names != card.feature_names:
        odd = sorted(set(names) ^ set(card.feature_names)) or ["their order"]
        raise InputError(
            f"{card.name}: was trained on {len(card.feature_names)} features, these are "
            f"{len(names)}; different: {', '.join(odd[:5])}. "
            "Materialize the features again, or train the model anew."
        )


def _check_rows(sequence: FeatureSequence, card: ModelCard) -> None:
    known = card.backbone_digests.get(sequence.backbone, "")
    if known and sequence.weights and sequence.weights != known:
        raise InputError(
            f"{card.name}: was trained on features of {sequence.backbone} with the weights "
            f"{known[:12]}, these were made with {sequence.weights[:12]}. Set features.weights in "
            "the sport pack to those that it knows, or train the model anew."
        )
    if sequence.values.ndim != 2 or len(sequence.values) != len(sequence.time_s):
        raise InputError(
            f"{card.name}: features {sequence.backbone} have {len(sequence.time_s)} times for "
            f"values of shape {sequence.values.shape}. Materialize them again."
        )
    if sequence.backbone == card.backbones[0] and abs(sequence.step_s - card.step_s) > 1e-6:
        raise InputError(
            f"{card.name}: was trained on a row every {card.step_s:g} s, these features have one "
            f"every {sequence.step_s:g} s. Set signals.rate_hz to {1 / card.step_s:g}, or train "
            "the model anew."
        )
    if not np.isfinite(sequence.values).all():
        raise InputError(
            f"{card.name}: features {sequence.backbone} hold values that are no numbers. "
            "Materialize them again."
        )


def joined_names(features: Sequence[FeatureSequence]) -> tuple[str, ...]:
    """One name a column of all sequences; those without names are counted."""
    names: list[str] = []
    for sequence in features:
        own = sequence.names or tuple(str(i) for i in range(sequence.values.shape[1]))
        names += [f"{sequence.backbone}.{name}" for name in own]
    return tuple(names)


def joined(features: Sequence[FeatureSequence]) -> list[Array]:
    """Values of each sequence on the rows of the first: the row nearest in time."""
    first = features[0]
    middles = first.time_s + first.step_s / 2
    blocks = []
    for sequence in features:
        if sequence is first:
            blocks.append(np.asarray(sequence.values, np.float32))
            continue
        own = sequence.time_s + sequence.step_s / 2
        blocks.append(np.asarray(sequence.values[nearest(own, middles)], np.float32))
    return blocks


def fit_inputs(tapes: Sequence[Sequence[Array]]) -> dict[str, Array]:
    """Projection and quantiles of each block of columns over all rows of all tapes."""
    fitted: dict[str, Array] = {}
    for number in range(len(tapes[0])):
        rows = np.concatenate([tape[number] for tape in tapes])
        if rows.shape[1] > WIDEST:
            mean, basis = _directions(rows)
            fitted[f"inputs.{number}.mean"], fitted[f"inputs.{number}.basis"] = mean, basis
            rows = (rows - mean) @ basis
        fitted[f"inputs.{number}.quantiles"] = quantiles_of(rows)
    return fitted


def project(blocks: Sequence[Array], weights: Weights) -> list[Array]:
    """Wide blocks reduced to their principal directions; the others as they are."""
    reduced: list[Array] = []
    for number, rows in enumerate(blocks):
        basis = weights.get(f"inputs.{number}.basis")
        mean = weights.get(f"inputs.{number}.mean")
        if basis is not None and mean is not None:
            rows = np.asarray((rows - mean) @ basis, np.float32)
        reduced.append(rows)
    return reduced


def encode(
    blocks: Sequence[Array],
    weights: Weights,
    *,
    has_own_ranks: bool = False,
    own: Sequence[Array] | None = None,
) -> Array:
    """Each value's place among all tapes' values; with `has_own_ranks` also among its own tape's.

    (rows, columns) or (rows, 2 x columns), -1 to 1. `blocks` are projected already; `own` are
    quantiles of the tape where the rows are a part of it.
    """
    parts = []
    for number, rows in enumerate(blocks):
        parts.append(ranks(rows, weights[f"inputs.{number}.quantiles"]))
        if has_own_ranks:
            parts.append(ranks(rows, quantiles_of(rows) if own is None else own[number]))
    return np.concatenate(parts, axis=1).astype(np.float32)


def quantiles_of(rows: Array) -> Array:
    """(columns, shares) values at even shares of each column."""
    if len(rows) == 0:
        return np.zeros((rows.shape[1], len(SHARES)), np.float32)
    return np.ascontiguousarray(np.quantile(rows, SHARES, axis=0).T.astype(np.float32))


def ranks(rows: Array, quantiles: Array) -> Array:
    """Each value's place among a column's quantiles, -1 to 1; 0 in a column that never changes."""
    placed = np.zeros(rows.shape, np.float32)
    for column, edges in enumerate(quantiles):
        levels, first = np.unique(edges, return_index=True)
        if len(levels) < 2 or levels[-1] - levels[0] < 1e-9:
            continue
        # Where many shares have one value, its place is their middle.
        last = np.append(first[1:], len(edges)) - 1
        places = SHARES[first] + SHARES[last] - 1.0
        placed[:, column] = np.interp(rows[:, column], levels, places)
    return placed


def _directions(rows: Array) -> tuple[Array, Array]:
    """Mean and leading principal directions, scaled to unit spread; signs are settled."""
    mean = rows.mean(axis=0, dtype=np.float64)
    centred = rows.astype(np.float64) - mean
    values, vectors = np.linalg.eigh(centred.T @ centred / max(len(rows) - 1, 1))
    order = np.argsort(values)[::-1][:DIRECTIONS]
    basis = vectors[:, order]
    basis = basis * np.sign(basis[np.abs(basis).argmax(axis=0), np.arange(basis.shape[1])])
    basis = basis / np.sqrt(np.maximum(values[order], 1e-9))
    return mean.astype(np.float32), basis.astype(np.float32)
