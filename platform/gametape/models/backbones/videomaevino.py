"""VideoMAE in OpenVINO, on a processor: the network drawn from a folder's tensors, and checked.

Neither torch nor transformers is needed. Which pictures it sees is the backbone's matter; the same
network in torch, which graphics cards use, is `videomaenet`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gametape.errors import ToolError
from gametape.models.backbones.openvinolayers import ONE_THREAD, silent_openvino
from gametape.models.backbones.videomaecheck import (
    HEAD_EPS,
    check_stated,
    known_features,
    known_window,
    patches_looked_at,
    position_table,
)
from gametape.models.backbones.videomaefiles import (
    MEAN,
    SPREAD,
    TOLERANCE,
    Tensors,
    VideoMaeShape,
    read_folder,
)

Values = NDArray[np.float32]


@dataclass(frozen=True)
class OpenvinoNetwork:
    """A checked network, compiled for this processor; windows go through one by one."""

    shape: VideoMaeShape
    compiled: Any  # cubes of pictures and their places to features
    head: tuple[Values, Values]  # weight and bias of a fine-tuned one's classes
    batch = 1

    @property
    def numbers(self) -> int:
        """Numbers that it gives of a window."""
        return self.shape.hidden_size + len(self.shape.classes)

    def look(self, windows: NDArray[np.uint8]) -> Values:
        """Features of windows (windows, frames, size, size, 3), then their classes' probability."""
        scale = np.asarray(1 / (255 * np.array(SPREAD)), np.float32)
        shift = np.asarray(np.array(MEAN) / np.array(SPREAD), np.float32)
        places = position_table(self.shape.patches, self.shape.hidden_size)
        found = np.zeros((len(windows), self.numbers), np.float32)
        for number, window in enumerate(windows):
            pixels = window.astype(np.float32) * scale - shift
            found[number] = self._with_classes(self.features(cubes_of(pixels, self.shape), places))
        return found

    def features(self, cubes: Values, places: Values) -> Values:
        """Mean over some patches, given as cubes of pixels and the numbers of their places."""
        return np.array(self.compiled([cubes, places])[0], np.float32)

    def _with_classes(self, features: Values) -> Values:
        if not self.shape.classes:
            return features
        logits = self.head[0] @ features + self.head[1]
        likely = np.exp(logits - logits.max())
        return np.concatenate([features, likely / likely.sum()])


def load_openvino(folder: Path, *, precision: str | None = None) -> OpenvinoNetwork:
    """The network of a folder, held against plain arithmetic on its tensors before it is used.

    Its precision is 16 bits where the processor has them, unless it is named.
    """
    shape, tensors, _ = read_folder(folder)
    expected = known_features(shape, tensors)
    check_stated(folder, expected)
    precision = precision or quick_precision()
    network = openvino_network(shape, tensors, precision)
    looked_at = patches_looked_at(shape)
    cubes = cubes_of(known_window(shape).transpose(0, 2, 3, 1), shape)[looked_at]
    places = position_table(shape.patches, shape.hidden_size)[looked_at]
    away = np.abs(network.features(cubes, places) - expected).max()
    share = float(away) / max(float(expected.std()), 1e-6)
    if not share <= TOLERANCE[precision]:
        raise ToolError(
            f"{folder}: in OpenVINO the network is {share:.2g} away from its own weights on the "
            "known input. Another version of OpenVINO is needed: see constraints.txt."
        )
    return network


def openvino_network(shape: VideoMaeShape, tensors: Tensors, precision: str) -> OpenvinoNetwork:
    """The network, not yet checked."""
    openvino = silent_openvino()
    model = _Drawing(shape, tensors, openvino.opset13).model(openvino)
    hint = {"float32": "f32", "bfloat16": "bf16"}[precision]
    settings = {**ONE_THREAD, "INFERENCE_PRECISION_HINT": hint}
    compiled = openvino.Core().compile_model(model, "CPU", settings)
    none = np.zeros((0, shape.hidden_size), np.float32)
    head = (tensors["classifier.weight"], tensors["classifier.bias"]) if shape.classes else None
    return OpenvinoNetwork(shape, compiled, head or (none, none[:, 0]))


def quick_precision() -> str:
    """The quickest arithmetic within tolerance that this processor has."""
    able = silent_openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return "bfloat16" if "BF16" in able else "float32"


def cubes_of(pixels: Values, shape: VideoMaeShape) -> Values:
    """Pixels (frames, size, size, 3) as patches: (patches, 3 x tubelet x patch x patch)."""
    deep, patch = shape.tubelet_size, shape.patch_size
    across = shape.image_size // patch
    split = pixels.reshape(-1, deep, across, patch, across, patch, 3)
    apart = split.transpose(0, 2, 4, 6, 1, 3, 5)
    return np.ascontiguousarray(apart.reshape(shape.patches, -1), np.float32)


@dataclass(frozen=True)
class _Drawing:
    """The graph of a network, after its paper (Tong et al. 2022)."""

    shape: VideoMaeShape
    tensors: Tensors
    ops: Any  # OpenVINO's

    def model(self, openvino: Any) -> Any:
        """Cubes and places of any number of patches to the features of all."""
        wide = self.shape.hidden_size
        weight = self.tensors["embeddings.patch_embeddings.projection.weight"]
        cubes = self.ops.parameter([-1, weight[0].size], np.float32)
        places = self.ops.parameter([-1, wide], np.float32)
        flat = np.ascontiguousarray(weight.reshape(wide, -1))
        x = self.ops.matmul(cubes, flat, False, True)
        x = self.ops.add(x, self.tensors["embeddings.patch_embeddings.projection.bias"])
        x = self.ops.add(x, places)
        for number in range(self.shape.num_hidden_layers):
            x = self._layer(f"encoder.layer.{number}", x)
        if self.shape.use_mean_pooling:
            x = self._normed(self.ops.reduce_mean(x, np.array([0]), False), "fc_norm", HEAD_EPS)
        else:
            x = self._normed(x, "layernorm", self.shape.layer_norm_eps)
            x = self.ops.reduce_mean(x, np.array([0]), False)
        return openvino.Model([x.output(0)], [cubes, places], "videomae")

    def _layer(self, name: str, x: Any) -> Any:
        heads, eps = self.shape.num_attention_heads, self.shape.layer_norm_eps
        normed = self._normed(x, f"{name}.layernorm_before", eps)
        apart = np.array([1, -1, heads, self.shape.hidden_size // heads])
        query, key, value = (
            self._turned(self.ops.reshape(self._dense(normed, f"{name}.{part}"), apart, False))
            for part in (f"attention.attention.{one}" for one in ("query", "key", "value"))
        )
        mixed = self._turned(self.ops.scaled_dot_product_attention(query, key, value))
        mixed = self.ops.reshape(mixed, np.array([-1, self.shape.hidden_size]), False)
        x = self.ops.add(x, self._dense(mixed, f"{name}.attention.output.dense"))
        inner = self._dense(
            self._normed(x, f"{name}.layernorm_after", eps), f"{name}.intermediate.dense"
        )
        return self.ops.add(x, self._dense(self.ops.gelu(inner, "erf"), f"{name}.output.dense"))

    def _turned(self, x: Any) -> Any:
        """Heads before patches, and back."""
        return self.ops.transpose(x, np.array([0, 2, 1, 3]))

    def _dense(self, x: Any, name: str) -> Any:
        found = self.ops.matmul(x, self.tensors[f"{name}.weight"], False, True)
        bias = self.tensors.get(f"{name}.bias")
        return found if bias is None else self.ops.add(found, bias)

    def _normed(self, x: Any, name: str, eps: float) -> Any:
        """Published without weight and bias where nothing was trained on top."""
        axis = self.ops.constant(np.array([-1]))
        found = self.ops.mvn(x, axis, True, max(eps, 1e-12), "inside_sqrt")
        weight, bias = self.tensors.get(f"{name}.weight"), self.tensors.get(f"{name}.bias")
        if weight is None or bias is None:
            return found
        return self.ops.add(self.ops.multiply(found, weight), bias)
