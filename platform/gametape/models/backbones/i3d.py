"""Backbone `i3d`: short stretches of video through I3D, trained on Kinetics-400.

The network is written after its paper (Carreira and Zisserman 2017: Inception v1 with its filters
inflated in time); batch norms are folded into the weights. It looks at the analysis proxy.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
from gametape.models.backbones.windowpictures import ahead, window_pictures

NAME, CODE, NUMBERS = "i3d", "1", 1024
EPSILON = 1e-3
# A window: 16 pictures at the proxy's usual rate, whatever rate this tape's has; of the shape of
# the tape, and of as many pixels as one of 16:9 that is 224 wide, as those it was trained on.
LENGTH, RATE_HZ, SIZE = 16, 15.0, 224
# What `probe` gives.
EXPECTED = (0.336, 0.5423, 0.3285, 0.5827, 0.0894, 0.046, 0.0381, 0.0356)


@dataclass(frozen=True)
class I3d:
    """A second of video a row: 1,024 numbers that tell Kinetics' four hundred actions apart."""

    folder: Path  # of all weights
    backend: Backend = "torch"
    name = NAME
    code = CODE
    reads = ("proxies",)

    @property
    def weights(self) -> str:
        """SHA-256 of the weights' file."""
        return read_card(self.folder, NAME).sha256

    def check(self) -> None:
        """Load the weights and try them with a known input; raises where it gives other numbers."""
        _network(self.folder, self.weights, self.backend)

    def grid(self, material: Material) -> Grid:
        """A row every stride, from the tape's start to its end."""
        return even_grid(material, NUMBERS)

    def rows(self, material: Material, first: int, end: int) -> Rows:
        """The window around the middle of each row, as half-precision numbers."""
        net = _network(self.folder, self.weights, self.backend)
        starts_s = (np.arange(first, end) + 0.5) * material.stride_s - LENGTH / RATE_HZ / 2
        found = np.zeros((end - first, NUMBERS), np.float16)
        stretches = window_pictures(
            material.proxy,
            starts_s.tolist(),
            frames=LENGTH,
            rate_hz=RATE_HZ,
            size=SIZE,
            is_square=False,
        )
        for row, pictures in enumerate(ahead(stretches, depth=4)):
            found[row] = watch(net, pictures)
        return found


def watch(net: Network, pictures: NDArray[np.uint8]) -> NDArray[np.floating]:
    """The 1,024 numbers of one window (pictures, height, width, 3); windows go one by one."""
    found: NDArray[np.floating] = net(prepared(pictures[None]))[0]
    return found


def prepared(stretches: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Windows (windows, pictures, height, width, 3) as the network takes them: -1 to 1."""
    return stretches.astype(np.float32) / 127.5 - 1.0


def forward(layers: Layers[Value], x: Value) -> Value:
    """The network: (windows, 3, pictures, height, width) to (windows, 1024)."""
    x = _unit(layers, "Conv3d_1a_7x7", x, stride=2)
    x = layers.largest(x, (1, 3, 3), (1, 2, 2))
    x = _unit(layers, "Conv3d_2c_3x3", _unit(layers, "Conv3d_2b_1x1", x))
    x = layers.largest(x, (1, 3, 3), (1, 2, 2))
    x = _mixed(layers, "Mixed_3c", _mixed(layers, "Mixed_3b", x))
    x = layers.largest(x, (3, 3, 3), (2, 2, 2))
    for letter in "bcdef":
        x = _mixed(layers, f"Mixed_4{letter}", x)
    x = layers.largest(x, (2, 2, 2), (2, 2, 2))
    return layers.mean(_mixed(layers, "Mixed_5c", _mixed(layers, "Mixed_5b", x)))


def convert(tree: Mapping[str, Any]) -> Tensors:
    """The published weights, batch norms folded in; the classifier is left out.

    `tree` holds `params` and `batch_stats` as nested dictionaries of arrays, as the package's file
    does: kernels as (time, height, width, in, out), batch norms without a scale.
    """
    tensors: Tensors = {}
    norms = dict(_leaves(tree["batch_stats"]))
    units = dict(_leaves(tree["params"]))
    for path, kernel in units.items():
        if not path.endswith("/Conv_0/kernel") or path.startswith("Logits"):
            continue
        unit = path.removesuffix("/Conv_0/kernel")
        mean, variance = (norms[f"{unit}/BatchNorm_0/{part}"] for part in ("mean", "var"))
        weight, bias = folded(
            np.transpose(kernel, (4, 3, 0, 1, 2)),
            mean,
            variance,
            np.ones_like(mean),
            units[f"{unit}/BatchNorm_0/bias"],
            epsilon=EPSILON,
        )
        tensors |= {f"{unit}/weight": weight, f"{unit}/bias": bias}
    return tensors


def _leaves(tree: Mapping[str, Any], at: str = "") -> list[tuple[str, NDArray[np.floating]]]:
    """Arrays of nested dictionaries with their paths."""
    found: list[tuple[str, NDArray[np.floating]]] = []
    for name, value in tree.items():
        path = f"{at}/{name}" if at else name
        found += _leaves(value, path) if isinstance(value, Mapping) else [(path, value)]
    return found


@cache
def _network(folder: Path, _digest: str, backend: Backend) -> Network:
    """Ready to watch, after a known window gave what it must."""
    net = network(backend, load_weights(folder, NAME), forward)
    check_output(NAME, watch(net, probe(LENGTH, 126, SIZE, 3)), EXPECTED)
    return net


def _mixed(layers: Layers[Value], name: str, x: Value) -> Value:
    """Four ways side by side: narrow, two wider ones, and what is largest around."""
    ways = [_unit(layers, f"{name}/Branch_0/Conv3d_0a_1x1", x)]
    for branch in (1, 2):
        narrow = _unit(layers, f"{name}/Branch_{branch}/Conv3d_0a_1x1", x)
        ways.append(_unit(layers, f"{name}/Branch_{branch}/Conv3d_0b_3x3", narrow))
    around = layers.largest(x, (3, 3, 3), (1, 1, 1))
    ways.append(_unit(layers, f"{name}/Branch_3/Conv3d_0b_1x1", around))
    return layers.join(ways)


def _unit(layers: Layers[Value], name: str, x: Value, *, stride: int = 1) -> Value:
    """A convolution, cut off below zero."""
    return layers.rectify(layers.convolve(x, f"{name}/", stride=stride))
