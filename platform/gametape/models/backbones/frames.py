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
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gametape.models.backbones.backends import Backend, network
from gametape.models.backbones.base import Grid, Material, Rows, even_grid
from gametape.models.backbones.convolution import folded
from gametape.models.backbones.layers import Layers, Network, Value
from gametape.models.backbones.weightfile import (
    Tensors,
    check_output,
    load_weights,
    probe,
    read_card,
)
from gametape.tables import read_table
from gametape.windows import nearest

NAME, CODE, NUMBERS = "frames", "1", 1280
EPSILON = 1e-3
# (repeats, kernel, stride of the first, widening) of the seven stages.
STAGES = (
    *((1, 3, 1, 1), (2, 3, 2, 6), (2, 5, 2, 6), (3, 3, 2, 6)),
    *((3, 5, 1, 6), (4, 5, 2, 6), (1, 3, 1, 6)),
)
# What `probe` gives.
EXPECTED = (0.0298, 0.0, 0.0, 2.7112, 0.0, 0.6269, 0.0, 0.0)


@dataclass(frozen=True)
class Frames:
    """One picture a row: 1,280 numbers that tell ImageNet's thousand things apart."""

    folder: Path  # of all weights
    backend: Backend = "torch"
    name = NAME
    code = CODE
    reads = ("proxies",)

    @property
    def weights(self) -> str:
        """Of the file that was converted, with the conversion's version."""
        return read_card(self.folder, NAME).sha256

    def check(self) -> None:
        """Load the weights and try them with a known input; raises where it gives other numbers."""
        _network(self.folder, self.weights, self.backend)

    def grid(self, material: Material) -> Grid:
        """A row every stride, from the tape's start to its end."""
        return even_grid(material, NUMBERS)

    def rows(self, material: Material, first: int, end: int) -> Rows:
        """The picture nearest to the middle of each row, as half-precision numbers."""
        net = _network(self.folder, self.weights, self.backend)
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


def look(net: Network, picture: NDArray[np.uint8]) -> NDArray[np.floating]:
    """The 1,280 numbers of one picture (height, width, 3).

    Pictures go through one by one: batches gain nothing on a CPU, and so no number depends on what
    stands beside it.
    """
    found: NDArray[np.floating] = net(prepared(picture[None]))[0]
    return found


def prepared(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Pictures (pictures, height, width, 3) as the network takes them: -1 to 1."""
    return pictures.astype(np.float32) / 127.5 - 1.0


def forward(layers: Layers[Value], x: Value) -> Value:
    """The network: (pictures, 3, height, width) to (pictures, 1280)."""
    x = layers.rectify(layers.convolve(x, "stem.", stride=2), top=6.0)
    number = 0
    for repeats, _kernel, stride, widening in STAGES:
        for repeat in range(repeats):
            x = _block(layers, number, x, stride if repeat == 0 else 1, widening)
            number += 1
    return layers.mean(layers.rectify(layers.convolve(x, "head."), top=6.0))


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
def _network(folder: Path, _digest: str, backend: Backend) -> Network:
    """Ready to look, after a known picture gave what it must."""
    net = network(backend, load_weights(folder, NAME), forward)
    check_output(NAME, look(net, probe(126, 224, 3)), EXPECTED)
    return net


def _block(layers: Layers[Value], number: int, x: Value, stride: int, widening: int) -> Value:
    """Widen, filter each channel by itself, narrow; added to what came in where sizes agree."""
    name, inner = f"block.{number}", x
    if widening > 1:
        inner = layers.rectify(layers.convolve(x, f"{name}.widen."), top=6.0)
    inner = layers.rectify(layers.convolve(inner, f"{name}.depth.", stride=stride), top=6.0)
    return layers.add(x, layers.convolve(inner, f"{name}.narrow."))
