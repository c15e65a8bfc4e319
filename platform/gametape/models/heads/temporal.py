"""The temporal head in plain numpy: dilated convolutions, coarser scales, a second look.

Training builds the same network in torch (`training.network`); a test holds both to 1e-5.
"""

from collections.abc import Mapping

import numpy as np

from gametape.models.heads.inputs import Array, Weights

# Below anything a layer puts out, so that a padded row never wins a maximum.
NOTHING = -1e4


def temporal_logits(rows: Array, weights: Weights, shape: Mapping[str, int | float]) -> Array:
    """(rows, 1 + classes) log odds of dead time and each class, by the last stage."""
    hidden = _linear(rows, weights, "enter")
    hidden = _dilated(hidden, weights, "fine", int(shape["fine_layers"]))
    seen = hidden
    for scale in ("middle", "coarse"):
        pooled = _pool(hidden, int(shape[f"{scale}_rows"]))
        pooled = _dilated(pooled, weights, scale, int(shape["scale_layers"]))
        seen = seen + np.repeat(pooled, int(shape[f"{scale}_rows"]), axis=0)[: len(rows)]
    logits = _linear(seen, weights, "leave")
    if int(shape["second_layers"]) == 0:
        return logits
    hidden = _linear(_softmax(logits), weights, "second_enter")
    hidden = _dilated(hidden, weights, "second", int(shape["second_layers"]))
    return _linear(hidden, weights, "second_leave")


def temporal_shapes(shape: Mapping[str, int | float]) -> dict[str, tuple[int, ...]]:
    """Name and shape of every tensor that a network of this shape needs."""
    inputs, hidden = int(shape["inputs"]), int(shape["hidden"])
    second, states = int(shape["second_hidden"]), int(shape["states"])
    needed: dict[str, tuple[int, ...]] = {}

    def linear(name: str, source: int, target: int) -> None:
        needed[f"{name}.weight"], needed[f"{name}.bias"] = (target, source), (target,)

    def dilated(name: str, width: int, layers: int) -> None:
        for layer in range(layers):
            needed[f"{name}.{layer}.conv.weight"] = (width, width, 3)
            needed[f"{name}.{layer}.conv.bias"] = (width,)
            linear(f"{name}.{layer}.mix", width, width)

    linear("enter", inputs, hidden)
    dilated("fine", hidden, int(shape["fine_layers"]))
    dilated("middle", hidden, int(shape["scale_layers"]))
    dilated("coarse", hidden, int(shape["scale_layers"]))
    linear("leave", hidden, states)
    if int(shape["second_layers"]) > 0:
        linear("second_enter", states, second)
        dilated("second", second, int(shape["second_layers"]))
        linear("second_leave", second, states)
    return needed


def _linear(rows: Array, weights: Weights, name: str) -> Array:
    return np.asarray(rows @ weights[f"{name}.weight"].T + weights[f"{name}.bias"], np.float32)


def _dilated(rows: Array, weights: Weights, name: str, layers: int) -> Array:
    """Residual convolutions over three rows each, twice as far apart from layer to layer."""
    for layer in range(layers):
        step = 2**layer
        kernel = weights[f"{name}.{layer}.conv.weight"]
        padded = np.pad(rows, ((step, step), (0, 0)))
        mixed = sum(padded[k * step : k * step + len(rows)] @ kernel[:, :, k].T for k in range(3))
        held = np.maximum(mixed + weights[f"{name}.{layer}.conv.bias"], 0.0)
        rows = rows + _linear(np.asarray(held, np.float32), weights, f"{name}.{layer}.mix")
    return rows


def _pool(rows: Array, size: int) -> Array:
    """The greatest of every `size` rows; the last may be of fewer."""
    missing = -len(rows) % size
    padded = np.pad(rows, ((0, missing), (0, 0)), constant_values=NOTHING)
    return np.asarray(padded.reshape(-1, size, rows.shape[1]).max(axis=1), np.float32)


def _softmax(logits: Array) -> Array:
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True), np.float32)
