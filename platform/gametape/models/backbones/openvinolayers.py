"""Layers as nodes of an OpenVINO graph, and a network compiled of them: torch is not needed.

The graph is drawn node by node, so there is no file to convert and no converter to trust.
"""

import importlib
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gametape.models.backbones.layers import Forward, Network, Pictures, Tensors

# One thread, as in torch: the same bytes on any machine with this version of OpenVINO and these
# instructions; chunks and tapes at once use the other cores. In 32 bits whatever the processor has.
ONE_THREAD = {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1}
FULL = {**ONE_THREAD, "INFERENCE_PRECISION_HINT": "f32"}


def silent_openvino() -> Any:
    """The library; each import of it would report itself to its makers over the network.

    With the module that reports kept out, it falls back on one of its own that is mute.
    """
    absent: Any = None
    sys.modules.setdefault("openvino_telemetry", absent)
    return importlib.import_module("openvino")


class OpenvinoLayers:
    """Layers that draw."""

    def __init__(self, tensors: Tensors) -> None:
        self._tensors, self._ops = tensors, silent_openvino().opset13

    def convolve(self, x: Any, name: str, *, stride: int = 1) -> Any:
        """Of two or three sizes."""
        weight, bias = self._tensors[f"{name}weight"], self._tensors[f"{name}bias"]
        sizes = weight.ndim - 2
        groups = x.get_shape()[1] // weight.shape[1]
        none, ones = [0] * sizes, [1] * sizes
        work = self._ops.convolution
        if groups > 1:
            work = self._ops.group_convolution
            weight = weight.reshape(groups, len(weight) // groups, *weight.shape[1:])
        found = work(x, weight, [stride] * sizes, none, none, ones, auto_pad="same_upper")
        return self._ops.add(found, bias.reshape(1, -1, *ones)).output(0)

    def rectify(self, x: Any, *, top: float | None = None) -> Any:
        """Clipped, or cut off below zero only."""
        node = self._ops.relu(x) if top is None else self._ops.clamp(x, 0.0, top)
        return node.output(0)

    def largest(self, x: Any, kernel: Sequence[int], stride: Sequence[int]) -> Any:
        """The edges hold nothing here."""
        none, ones = [0] * len(kernel), [1] * len(kernel)
        strides, sizes = list(stride), list(kernel)
        node = self._ops.max_pool(x, strides, ones, none, none, sizes, auto_pad="same_upper")
        return node.output(0)

    def join(self, parts: Sequence[Any]) -> Any:
        """Along the channels."""
        return self._ops.concat(list(parts), 1).output(0)

    def add(self, x: Any, y: Any) -> Any:
        """A block's own way around it."""
        is_one = x.get_shape() == y.get_shape()
        return self._ops.add(x, y).output(0) if is_one else y

    def mean(self, x: Any) -> Any:
        """Over all sizes."""
        axes = np.arange(2, len(x.get_shape()))
        return self._ops.reduce_mean(x, axes, False).output(0)


def openvino_network(
    tensors: Tensors, forward: Forward, *, settings: dict[str, Any] = FULL
) -> Network:
    """The network in OpenVINO on the processor, compiled anew for each shape of its input."""
    layers = OpenvinoLayers(tensors)
    ready: dict[tuple[int, ...], Any] = {}

    def run(pictures: Pictures) -> NDArray[np.float32]:
        if pictures.shape not in ready:
            ready[pictures.shape] = _compiled(layers, forward, pictures.shape, settings)
        return np.array(ready[pictures.shape](pictures)[0], np.float32)

    return run


def _compiled(
    layers: OpenvinoLayers, forward: Forward, shape: tuple[int, ...], settings: dict[str, Any]
) -> Any:
    """Pictures with their colours last go in, as they lie in memory."""
    openvino = silent_openvino()
    opset13 = openvino.opset13
    given = opset13.parameter(list(shape), np.float32)
    last = len(shape) - 1
    x = opset13.transpose(given, np.array([0, last, *range(1, last)]))
    model = openvino.Model([forward(layers, x.output(0))], [given], "backbone")
    return openvino.Core().compile_model(model, "CPU", settings)
