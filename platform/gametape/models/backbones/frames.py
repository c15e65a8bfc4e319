"""Backbone `frames`: single pictures through EfficientNet-lite0, trained on ImageNet.

The network is written after its paper (Tan and Le 2019, without squeeze-and-excitation and with
clipped rectifiers, as its authors describe the lite family); batch norms are folded into weights.
It looks at the small pictures that the one decode left, so no video is decoded.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gametape.models.backbones.base import Grid, Material, Rows, even_grid
from gametape.models.backbones.convolution import folded, one_thread, pad_same
from gametape.models.backbones.weightfile import (
    Tensors,
    check_output,
    load_weights,
    probe,
    read_card,
)
from gametape.tables import read_table
from gametape.windows import nearest

if TYPE_CHECKING:
    import torch

NAME, CODE, NUMBERS = "frames", "1", 1280
EPSILON = 1e-3
# (repeats, kernel, stride of the first, widening) of the seven stages.
STAGES = (
    *((1, 3, 1, 1), (2, 3, 2, 6), (2, 5, 2, 6), (3, 3, 2, 6)),
    *((3, 5, 1, 6), (4, 5, 2, 6), (1, 3, 1, 6)),
)
# What `probe` gives.
EXPECTED = (0.0298, 0.0, 0.0, 2.7112, 0.0, 0.6269, 0.0, 0.0)


Net = Mapping[str, "torch.Tensor"]


@dataclass(frozen=True)
class Frames:
    """One picture a row: 1,280 numbers that tell ImageNet's thousand things apart."""

    folder: Path  # of all weights
    name = NAME
    code = CODE
    reads = ("proxies",)

    @property
    def weights(self) -> str:
        """Of the file that was converted, with the conversion's version."""
        return read_card(self.folder, NAME).sha256

    def check(self) -> None:
        """Load the weights and try them with a known input; raises where it gives other numbers."""
        _network(self.folder, self.weights)

    def grid(self, material: Material) -> Grid:
        """A row every stride, from the tape's start to its end."""
        return even_grid(material, NUMBERS)

    def rows(self, material: Material, first: int, end: int) -> Rows:
        """The picture nearest to the middle of each row, as half-precision numbers."""
        net = _network(self.folder, self.weights)
        thumbs = read_table(material.folder / "signals" / "thumbs.parquet")
        middles = np.asarray((np.arange(first, end) + 0.5) * material.stride_s, np.float64)
        found = np.zeros((end - first, NUMBERS), np.float16)
        seen: dict[int, NDArray[np.floating]] = {}
        for row, place in enumerate(nearest(thumbs["time_s"].to_numpy(), middles)):
            if place not in seen:
                jpeg = thumbs["jpeg"][int(place)]
                picture = np.asarray(Image.open(io.BytesIO(jpeg)).convert("RGB"))
                seen = {int(place): look(net, picture)}
            found[row] = seen[int(place)]
        return found


def look(net: Net, picture: NDArray[np.uint8]) -> NDArray[np.floating]:
    """The 1,280 numbers of one picture (height, width, 3).

    Pictures go through one by one: batches gain nothing on a CPU, and so no number depends on what
    stands beside it.
    """
    with one_thread():
        return np.asarray(forward(net, prepared(picture[None]))[0].numpy())


def prepared(pictures: NDArray[np.uint8]) -> "torch.Tensor":
    """Pictures (pictures, height, width, 3) as the network takes them: -1 to 1, colours apart."""
    import torch

    x = torch.from_numpy(pictures.astype(np.float32) / 127.5 - 1.0).permute(0, 3, 1, 2)
    return x.contiguous(memory_format=torch.channels_last)


def forward(net: Net, x: "torch.Tensor") -> "torch.Tensor":
    """The network: (pictures, 3, height, width) to (pictures, 1280)."""
    x = _convolve(net, "stem", x, 3, 2).clamp(0, 6)
    number = 0
    for repeats, kernel, stride, widening in STAGES:
        for repeat in range(repeats):
            x = _block(net, number, x, kernel, stride if repeat == 0 else 1, widening)
            number += 1
    return _convolve(net, "head", x, 1, 1).clamp(0, 6).mean(dim=(2, 3))


def convert(state: Mapping[str, Any]) -> Tensors:
    """The published weights under plain names, batch norms folded in; the classifier is left out.

    `state` maps names to arrays, as the package's file does.
    """

    def fold(name: str, kernel: str, norm: str) -> dict[str, NDArray[np.float32]]:
        parts = (f"{norm}.{part}" for part in ("running_mean", "running_var", "weight", "bias"))
        mean, variance, scale, shift = (np.asarray(state[part]) for part in parts)
        weight, bias = folded(
            np.asarray(state[f"{kernel}.weight"]), mean, variance, scale, shift, epsilon=EPSILON
        )
        return {f"{name}.weight": weight, f"{name}.bias": bias}

    tensors = fold("stem", "_conv_stem", "_bn0") | fold("head", "_conv_head", "_bn1")
    for number in range(sum(stage[0] for stage in STAGES)):
        old, new = f"_blocks.{number}", f"block.{number}"
        if number > 0:
            tensors |= fold(f"{new}.widen", f"{old}._expand_conv", f"{old}._bn0")
        tensors |= fold(f"{new}.depth", f"{old}._depthwise_conv", f"{old}._bn1")
        tensors |= fold(f"{new}.narrow", f"{old}._project_conv", f"{old}._bn2")
    return tensors


@cache
def _network(folder: Path, _digest: str) -> "dict[str, torch.Tensor]":
    """Weights as tensors, after a known picture gave what it must."""
    import torch

    net = {
        key: torch.from_numpy(value).contiguous(memory_format=torch.channels_last)
        if value.ndim == 4
        else torch.from_numpy(value)
        for key, value in load_weights(folder, NAME).items()
    }
    check_output(NAME, look(net, probe(126, 224, 3)), EXPECTED)
    return net


def _block(
    net: Net,
    number: int,
    x: "torch.Tensor",
    kernel: int,
    stride: int,
    widening: int,
) -> "torch.Tensor":
    """Widen, filter each channel by itself, narrow; added to what came in where sizes agree."""
    name, inner = f"block.{number}", x
    if widening > 1:
        inner = _convolve(net, f"{name}.widen", inner, 1, 1).clamp(0, 6)
    inner = _convolve(net, f"{name}.depth", inner, kernel, stride).clamp(0, 6)
    inner = _convolve(net, f"{name}.narrow", inner, 1, 1)
    return x + inner if inner.shape == x.shape else inner


def _convolve(net: Net, name: str, x: "torch.Tensor", kernel: int, stride: int) -> "torch.Tensor":
    import torch.nn.functional as nn

    weight = net[f"{name}.weight"]
    groups = x.shape[1] // weight.shape[1]
    padded = pad_same(x, (kernel, kernel), (stride, stride))
    return nn.conv2d(padded, weight, net[f"{name}.bias"], stride, groups=groups)
