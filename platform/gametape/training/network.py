"""The temporal head in torch, for training only; `models.heads.temporal` is the same in numpy."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from gametape.models.heads.inputs import Array
from gametape.models.heads.temporal import NOTHING, temporal_shapes

if TYPE_CHECKING:
    import torch

    Tensors = dict[str, torch.Tensor]

# Differences of log odds between rows count up to this; a real edge is no fault (MS-TCN).
LARGEST_JUMP = 4.0


def first_weights(shape: Mapping[str, int | float], *, seed: int) -> dict[str, Array]:
    """Where training starts: uniform by the number of inputs, nothing on biases."""
    rng = np.random.default_rng([seed, 70])
    weights = {}
    for name, size in temporal_shapes(shape).items():
        if len(size) == 1:
            weights[name] = np.zeros(size, np.float32)
            continue
        bound = 1.0 / np.sqrt(np.prod(size[1:]))
        weights[name] = rng.uniform(-bound, bound, size).astype(np.float32)
    return weights


def stages(
    weights: "Tensors",
    rows: "torch.Tensor",
    mask: "torch.Tensor",
    shape: Mapping[str, int | float],
    *,
    dropout: float = 0.0,
) -> "list[torch.Tensor]":
    """Log odds of each stage, (tapes, states, rows); `rows` is (tapes, inputs, rows)."""
    import torch
    from torch.nn import functional

    known = mask[:, None, :]
    hidden = _linear(rows, weights, "enter") * known
    hidden = functional.dropout1d(hidden, dropout, training=dropout > 0)
    hidden = _dilated(hidden, weights, "fine", int(shape["fine_layers"]), known, dropout)
    seen = hidden
    for scale in ("middle", "coarse"):
        size = int(shape[f"{scale}_rows"])
        covered = functional.max_pool1d(known, size, ceil_mode=True)
        pooled = functional.max_pool1d(
            torch.where(known > 0, hidden, torch.full_like(hidden, NOTHING)), size, ceil_mode=True
        )
        pooled = torch.where(covered > 0, pooled, torch.zeros_like(pooled))
        pooled = _dilated(pooled, weights, scale, int(shape["scale_layers"]), covered, dropout)
        seen = seen + pooled.repeat_interleave(size, dim=2)[:, :, : rows.shape[2]]
    found = [_linear(seen, weights, "leave")]
    if int(shape["second_layers"]) > 0:
        hidden = _linear(torch.softmax(found[0], dim=1), weights, "second_enter") * known
        hidden = _dilated(hidden, weights, "second", int(shape["second_layers"]), known, 0.0)
        found.append(_linear(hidden, weights, "second_leave"))
    return found


def loss_of(
    found: "list[torch.Tensor]", targets: "torch.Tensor", mask: "torch.Tensor", *, smoothing: float
) -> "torch.Tensor":
    """Cross entropy of every stage against shares of rows, and a price on jumps between rows."""
    import torch

    total = torch.zeros(())
    pairs = mask[:, 1:] * mask[:, :-1]
    for logits in found:
        sure = torch.log_softmax(logits, dim=1)
        total = total - ((sure * targets).sum(dim=1) * mask).sum() / mask.sum()
        if smoothing > 0:
            jumps = (sure[:, :, 1:] - sure[:, :, :-1].detach()).abs().clamp(max=LARGEST_JUMP)
            total = total + smoothing * (jumps.square().mean(dim=1) * pairs).sum() / pairs.sum()
    return total / len(found)


def _linear(rows: "torch.Tensor", weights: "Tensors", name: str) -> "torch.Tensor":
    from torch.nn import functional

    return functional.conv1d(rows, weights[f"{name}.weight"][:, :, None], weights[f"{name}.bias"])


def _dilated(
    rows: "torch.Tensor",
    weights: "Tensors",
    name: str,
    layers: int,
    known: "torch.Tensor",
    dropout: float,
) -> "torch.Tensor":
    from torch.nn import functional

    for layer in range(layers):
        step = 2**layer
        held = functional.conv1d(
            rows,
            weights[f"{name}.{layer}.conv.weight"],
            weights[f"{name}.{layer}.conv.bias"],
            padding=step,
            dilation=step,
        )
        mixed = _linear(functional.relu(held), weights, f"{name}.{layer}.mix")
        rows = rows + functional.dropout1d(mixed, dropout, training=dropout > 0) * known
    return rows
