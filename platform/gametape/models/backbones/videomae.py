"""Backbone `videomae`: 16 pictures of about a second, through a frozen VideoMAE.

Base or small, as published or fine-tuned here: whatever folder of weights was pulled. How the
network is read and checked is in the modules beside this one.
"""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gametape.fingerprint import hash_file
from gametape.models.backbones.backends import Asked, Backend, has_graphics, on_working
from gametape.models.backbones.base import Grid, Material, Rows
from gametape.models.backbones.convolution import one_thread
from gametape.models.backbones.videomaefiles import WEIGHTS, VideoMaeShape, read_shape
from gametape.models.backbones.videomaenet import load_network
from gametape.models.backbones.videomaevino import load_openvino
from gametape.models.backbones.windowpictures import ahead, window_pictures

# Pictures a second within a window, on every tape: 16 of them last 1.07 s. About the rate of the
# proxy, and between those at which VideoMAE is trained (7.5) and used on volleyball (30).
RATE_HZ = 15.0


class Looking(Protocol):
    """A checked network on one back end."""

    @property
    def shape(self) -> VideoMaeShape:
        """What of its configuration decides the network."""
        ...

    @property
    def batch(self) -> int:
        """Windows that it takes at once."""
        ...

    @property
    def numbers(self) -> int:
        """Numbers that it gives of a window."""
        ...

    def look(self, windows: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(windows, numbers), of windows (windows, frames, size, size, 3)."""
        ...


@dataclass(frozen=True)
class VideoMae:
    """A folder of weights at work; made by `videomae`."""

    folder: Path
    weights: str  # SHA-256 of model.safetensors
    name: str = "videomae"
    backend: Backend = "torch"
    code: str = "1"
    reads: tuple[str, ...] = ("proxies",)

    def grid(self, material: Material) -> Grid:
        """A row every stride; its window lies around the middle of the row."""
        count = math.ceil(material.duration_s / material.stride_s - 1e-9)
        shape = read_shape(self.folder)
        return Grid(max(0, count), material.stride_s, shape.hidden_size + len(shape.classes))

    def rows(self, material: Material, first: int, end: int) -> Rows:
        """Some rows: features in 16 bits, then a fine-tuned model's probability of each class."""
        network = _loaded(self.folder, self.weights, self.backend)
        if self.backend == "openvino":
            return self._rows(network, material, first, end)
        with one_thread():  # the same bytes whatever the machine; workers use the other cores
            return self._rows(network, material, first, end)

    def check(self) -> None:
        """Load the weights and hold the network to them; raises where it says something else."""
        _loaded(self.folder, self.weights, self.backend)

    def _rows(self, network: Looking, material: Material, first: int, end: int) -> Rows:
        starts_s = window_starts_s(network.shape.num_frames, material.stride_s, first, end)
        windows = window_pictures(
            material.proxy,
            [float(start) for start in starts_s],
            frames=network.shape.num_frames,
            rate_hz=RATE_HZ,
            size=network.shape.image_size,
        )
        parts = [network.look(batch) for batch in ahead(_batches(windows, network.batch), depth=2)]
        none = np.zeros((0, network.numbers), np.float32)
        return np.concatenate([none, *parts]).astype(np.float16)


def videomae(folder: Path, *, name: str = "videomae", asked: Asked = "torch") -> VideoMae:
    """The backbone on a folder of weights; a missing or foreign one is an InputError."""
    read_shape(folder)
    backbone = VideoMae(folder, hash_file(folder / WEIGHTS), name)
    if asked == "auto" and has_graphics():  # which no back end of a processor comes near
        return backbone
    return on_working(backbone, asked)


def window_starts_s(frames: int, stride_s: float, first: int, end: int) -> NDArray[np.float64]:
    """Where the windows of some rows begin: around the middle of each row."""
    span_s = frames / RATE_HZ
    return np.asarray((np.arange(first, end) + 0.5) * stride_s - span_s / 2, np.float64)


@lru_cache(maxsize=1)
def _loaded(folder: Path, weights: str, backend: Backend) -> Looking:
    """A checked network; `weights` is part of the key, so that other weights are read anew."""
    return load_openvino(folder) if backend == "openvino" else load_network(folder)


def _batches(windows: Iterator[NDArray[np.uint8]], size: int) -> Iterator[NDArray[np.uint8]]:
    while batch := list(itertools.islice(windows, size)):
        yield np.stack(batch)
