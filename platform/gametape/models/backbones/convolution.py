"""What convolutional backbones share: padding as their training had it, and folded batch norms.

Only arithmetic on arrays and tensors; no network is described here.
"""

import importlib.util
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gametape.errors import InputError

if TYPE_CHECKING:
    import torch

Array = NDArray[np.floating]


def need_torch(what: str) -> None:
    """An InputError with the cure where torch is not installed."""
    if importlib.util.find_spec("torch") is None:
        raise InputError(
            f"{what} needs torch, which is not installed. Install it with gametape's extra: "
            "pip install 'gametape[learn]'."
        )


@contextmanager
def one_thread() -> Iterator[None]:
    """Torch in one thread, without gradients: two threads add up in another order, so that the last
    bits would depend on the machine; and small pictures wait longer for a second thread than it
    saves. Many tapes, or chunks, at once use the other cores.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.inference_mode():
            yield
    finally:
        torch.set_num_threads(before)


def pad_same(x: "torch.Tensor", kernel: Sequence[int], stride: Sequence[int]) -> "torch.Tensor":
    """Zeros around (batch, channels, *sizes), so that each size is divided by the stride, rounded
    up; where they do not part evenly the end gets one more.
    """
    import torch.nn.functional as nn

    pads: list[int] = []
    for size, width, step in zip(x.shape[2:], kernel, stride, strict=True):
        lacking = max((-(-size // step) - 1) * step + width - size, 0)
        pads = [lacking // 2, lacking - lacking // 2, *pads]
    return nn.pad(x, pads) if any(pads) else x


def folded(
    kernel: Array, mean: Array, variance: Array, scale: Array, shift: Array, *, epsilon: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Kernel (out, in, ...) and bias of a convolution that has its batch norm inside."""
    gain = scale.astype(np.float64) / np.sqrt(variance.astype(np.float64) + epsilon)
    gain = gain.ravel()
    wide = gain.reshape(-1, *[1] * (kernel.ndim - 1))
    bias = shift.astype(np.float64).ravel() - mean.astype(np.float64).ravel() * gain
    return (kernel.astype(np.float64) * wide).astype(np.float32), bias.astype(np.float32)
