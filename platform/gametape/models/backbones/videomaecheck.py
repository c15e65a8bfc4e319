"""Known input, known output: a VideoMAE in plain arithmetic, on a few patches of a fixed window.

Every tensor of the file takes part, and no deep-learning library does: whatever network was loaded
must say the same of the same patches, or it is not the one in the file.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

from gametape.errors import InputError
from gametape.models.backbones.videomaefiles import (
    TOLERANCE,
    Tensors,
    VideoMaeShape,
    pull_command,
    read_check,
)

Values = NDArray[np.float32]
LOOKED_AT = 8  # patches; each layer's weights are read whole for any number of them
# `nn.LayerNorm` of the head, whose eps no configuration states.
HEAD_EPS = 1e-5


def known_window(shape: VideoMaeShape) -> Values:
    """The fixed window: (frames, 3, size, size), already normalised, between -1 and 1."""
    size = (shape.num_frames, 3, shape.image_size, shape.image_size)
    frame, channel, row, column = (np.arange(count, dtype=np.float64) for count in size)
    phase = (
        0.9 * frame[:, None, None, None]
        + 1.7 * channel[:, None, None]
        + 0.31 * row[:, None]
        + 0.17 * column
    )
    return np.sin(phase).astype(np.float32)


def patches_looked_at(shape: VideoMaeShape) -> NDArray[np.int64]:
    """Numbers of the patches that take part, spread over the window."""
    count = min(LOOKED_AT, shape.patches)
    return np.arange(count, dtype=np.int64) * shape.patches // count


def known_features(shape: VideoMaeShape, tensors: Tensors) -> Values:
    """What the network must say of those patches: (hidden_size,)."""
    states = _embedded(shape, tensors)
    for number in range(shape.num_hidden_layers):
        states = _layer(shape, tensors, f"encoder.layer.{number}", states)
    if shape.use_mean_pooling:
        return _normed(states.mean(axis=0), tensors, "fc_norm", HEAD_EPS)
    return np.asarray(_normed(states, tensors, "layernorm", shape.layer_norm_eps).mean(axis=0))


def check_stated(folder: Path, expected: Values) -> None:
    """An InputError where check.json beside the weights states other features than they have."""
    stated = read_check(folder)
    limit = TOLERANCE["float32"] * max(float(expected.std()), 1e-6)
    if stated is not None and not np.allclose(stated.features, expected, rtol=0, atol=limit):
        raise InputError(
            f"{folder}: its weights do not say of the known input what check.json states. "
            f"Get them again: {pull_command(folder)}."
        )


def position_table(count: int, wide: int) -> Values:
    """Sines and cosines that tell patches apart: (count, wide)."""
    number = np.arange(wide)
    angle = np.arange(count)[:, None] / np.power(10000.0, 2 * (number // 2) / wide)
    return np.where(number % 2 == 0, np.sin(angle), np.cos(angle)).astype(np.float32)


def _embedded(shape: VideoMaeShape, tensors: Tensors) -> Values:
    patch, deep = shape.patch_size, shape.tubelet_size
    across = shape.image_size // patch
    window = known_window(shape).transpose(1, 0, 2, 3)  # channels first, as the weights are
    looked_at = patches_looked_at(shape)
    cubes = []
    for number in looked_at:
        time, place = divmod(int(number), across * across)
        row, column = divmod(place, across)
        cubes.append(
            window[
                :,
                time * deep : (time + 1) * deep,
                row * patch : (row + 1) * patch,
                column * patch : (column + 1) * patch,
            ].ravel()
        )
    weight = tensors["embeddings.patch_embeddings.projection.weight"]
    seen = np.stack(cubes) @ weight.reshape(len(weight), -1).T
    seen = seen + tensors["embeddings.patch_embeddings.projection.bias"]
    places = position_table(shape.patches, shape.hidden_size)[looked_at]
    return np.asarray(seen + places, np.float32)


def _layer(shape: VideoMaeShape, tensors: Tensors, name: str, states: Values) -> Values:
    eps, heads = shape.layer_norm_eps, shape.num_attention_heads
    normed = _normed(states, tensors, f"{name}.layernorm_before", eps)
    query, key, value = (
        _dense(normed, tensors, f"{name}.attention.attention.{part}")
        .reshape(len(states), heads, -1)
        .transpose(1, 0, 2)
        for part in ("query", "key", "value")
    )
    likeness = query @ key.transpose(0, 2, 1) / np.sqrt(np.float32(query.shape[-1]))
    share = np.exp(likeness - likeness.max(axis=-1, keepdims=True))
    share /= share.sum(axis=-1, keepdims=True)
    mixed = (share @ value).transpose(1, 0, 2).reshape(states.shape)
    states = states + _dense(mixed, tensors, f"{name}.attention.output.dense")
    normed = _normed(states, tensors, f"{name}.layernorm_after", eps)
    inner = _dense(normed, tensors, f"{name}.intermediate.dense")
    inner = np.asarray(inner * 0.5 * (1 + erf(inner / np.sqrt(np.float32(2)))), np.float32)
    return states + _dense(inner, tensors, f"{name}.output.dense")


def _dense(values: Values, tensors: Tensors, name: str) -> Values:
    result = values @ tensors[f"{name}.weight"].T
    bias = tensors.get(f"{name}.bias")
    return np.asarray(result if bias is None else result + bias, np.float32)


def _normed(values: Values, tensors: Tensors, name: str, eps: float) -> Values:
    centred = values - values.mean(axis=-1, keepdims=True)
    spread = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + np.float32(eps))
    # Published without, where nothing was trained on top.
    weight, bias = tensors.get(f"{name}.weight"), tensors.get(f"{name}.bias")
    result = centred / spread
    if weight is not None and bias is not None:
        result = result * weight + bias
    return np.asarray(result, np.float32)
