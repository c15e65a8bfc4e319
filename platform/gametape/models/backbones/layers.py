"""What convolutional backbones are made of, apart from what computes it.

A network is written once, as a function of `Layers`. In torch they compute at once; in OpenVINO
(`openvinolayers`) they draw a graph that is compiled. Which of the two is `backends`' matter.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from gametape.models.backbones.convolution import one_thread, pad_same

if TYPE_CHECKING:
    import torch

Value = TypeVar("Value")  # numbers on their way through: (items, channels, *sizes)
Tensors = Mapping[str, NDArray[np.float32]]
Pictures = NDArray[np.float32]  # (items, *sizes, channels), -1 to 1


class Layers(Protocol[Value]):
    """One way to compute; every size is divided by the stride and rounded up."""

    def convolve(self, x: Value, name: str, *, stride: int = 1) -> Value:
        """With the tensors `{name}weight` and `{name}bias`; narrow kernels go channel by channel.

        The weight is (out, in, *sizes).
        """
        ...

    def rectify(self, x: Value, *, top: float | None = None) -> Value:
        """Nothing below zero, nor above the top."""
        ...

    def largest(self, x: Value, kernel: Sequence[int], stride: Sequence[int]) -> Value:
        """The largest around; of numbers that are not below zero."""
        ...

    def join(self, parts: Sequence[Value]) -> Value:
        """Channels one after another."""
        ...

    def add(self, x: Value, y: Value) -> Value:
        """The sum where both have one shape; else the second."""
        ...

    def mean(self, x: Value) -> Value:
        """Over all sizes: (items, channels)."""
        ...


Forward = Callable[[Layers[Any], Any], Any]  # a network: layers and input to numbers
Network = Callable[[Pictures], NDArray[np.float32]]  # (items, *sizes, 3) to (items, numbers)


class TorchLayers:
    """Layers in torch, at once."""

    def __init__(self, tensors: Mapping[str, "torch.Tensor"]) -> None:
        self._tensors = tensors

    def convolve(self, x: "torch.Tensor", name: str, *, stride: int = 1) -> "torch.Tensor":
        """Of two or three sizes."""
        import torch.nn.functional as nn

        weight, bias = self._tensors[f"{name}weight"], self._tensors[f"{name}bias"]
        strides = (stride,) * (weight.ndim - 2)
        padded, groups = pad_same(x, weight.shape[2:], strides), x.shape[1] // weight.shape[1]
        work = nn.conv2d if weight.ndim == 4 else nn.conv3d
        return work(padded, weight, bias, strides, groups=groups)

    def rectify(self, x: "torch.Tensor", *, top: float | None = None) -> "torch.Tensor":
        """In place: what comes from a convolution is nobody else's."""
        return x.clamp_(0.0, top)

    def largest(
        self, x: "torch.Tensor", kernel: Sequence[int], stride: Sequence[int]
    ) -> "torch.Tensor":
        """Zeros at the edges lose against whatever a rectifier has let through."""
        import torch.nn.functional as nn

        return nn.max_pool3d(pad_same(x, kernel, stride), tuple(kernel), tuple(stride))

    def join(self, parts: Sequence["torch.Tensor"]) -> "torch.Tensor":
        """Along the channels."""
        import torch

        return torch.cat(list(parts), dim=1)

    def add(self, x: "torch.Tensor", y: "torch.Tensor") -> "torch.Tensor":
        """A block's own way around it."""
        return x + y if x.shape == y.shape else y

    def mean(self, x: "torch.Tensor") -> "torch.Tensor":
        """Over all sizes."""
        return x.mean(dim=tuple(range(2, x.ndim)))


def torch_network(tensors: Tensors, forward: Forward) -> Network:
    """The network in torch, in 32 bits and one thread."""
    import torch

    formats = {4: torch.channels_last, 5: torch.channels_last_3d}

    def laid_out(x: "torch.Tensor") -> "torch.Tensor":
        kept = formats.get(x.ndim, torch.contiguous_format)
        return x.contiguous(memory_format=kept)

    layers = TorchLayers({k: laid_out(torch.from_numpy(v)) for k, v in tensors.items()})

    def run(pictures: Pictures) -> NDArray[np.float32]:
        with one_thread():
            x = torch.from_numpy(pictures).movedim(-1, 1)
            return np.asarray(forward(layers, laid_out(x)).numpy(), np.float32)

    return run
