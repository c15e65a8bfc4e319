"""The network of VideoMAE: made from a folder's tensors, checked against them, and run.

All of torch and transformers is here; which pictures it sees is the backbone's matter.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gametape.errors import ToolError
from gametape.models.backbones.videomaecheck import (
    check_stated,
    known_features,
    known_window,
    patches_looked_at,
)
from gametape.models.backbones.videomaefiles import (
    MEAN,
    SPREAD,
    TOLERANCE,
    Tensors,
    VideoMaeShape,
    read_folder,
)

if TYPE_CHECKING:
    import torch

# Of graphics memory a window of the base model takes with all around it: 8 GB hold 32 (row R-18).
WINDOW_BYTES = 256 << 20
LARGEST_BATCH = 64


@dataclass(frozen=True)
class Network:
    """A checked network on its device."""

    shape: VideoMaeShape
    model: Any  # transformers' VideoMAEForVideoClassification
    device: str
    precision: str  # of its weights, as torch names it
    batch: int  # windows at once
    sha256: str

    @property
    def numbers(self) -> int:
        """Numbers that it gives of a window."""
        return self.shape.hidden_size + len(self.shape.classes)

    def look(self, windows: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Features of windows, then the probability of each class of a fine-tuned one.

        `windows` are (windows, frames, size, size, 3), red first; the result is
        (windows, numbers). A window's numbers do not depend on those beside it.
        """
        import torch

        parts = []
        for first in range(0, len(windows), self.batch):
            part = windows[first : first + self.batch]
            # Always as many at once: another number might be summed in another order.
            padded = np.resize(part, (self.batch, *part.shape[1:])) if self.batch > 1 else part
            with torch.inference_mode():
                seen = self._look(torch.from_numpy(np.ascontiguousarray(padded)))
            parts.append(seen.float().cpu().numpy()[: len(part)])
        return np.concatenate(parts) if parts else np.zeros((0, self.numbers), np.float32)

    def _look(self, windows: "torch.Tensor") -> "torch.Tensor":
        import torch

        features: torch.Tensor = pooled(self.model, self.pixels(windows))
        if not self.shape.classes:
            return features
        logits = self.model.classifier(features).float()
        return torch.cat((features.float(), torch.softmax(logits, dim=-1)), dim=1)

    def pixels(self, windows: "torch.Tensor") -> "torch.Tensor":
        """Pictures of 0 to 255 as the network takes them: (windows, frames, 3, size, size)."""
        dtype = next(self.model.parameters()).dtype
        pixels = normalised(windows.to(self.device, non_blocking=True))
        return pixels.to(dtype)


def load_network(
    folder: Path, *, device: str | None = None, precision: str | None = None
) -> Network:
    """The network of a folder, held against plain arithmetic on its tensors before it is used.

    Device and precision are the quickest that this machine has unless they are named.
    """
    import torch

    shape, tensors, sha256 = read_folder(folder)
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    precision = precision or quick_precision(device)
    model = build(shape, tensors).eval().requires_grad_(False)
    model = model.to(device=device, dtype=getattr(torch, precision))
    network = Network(shape, model, device, precision, batch_for(shape, device), sha256)
    _check(folder, network, tensors)
    return network


def build(shape: VideoMaeShape, tensors: Tensors, *, attention: str = "sdpa") -> Any:
    """The network with exactly these tensors, in 32 bits on the CPU."""
    import torch

    with _without_torchvision():
        from transformers import VideoMAEConfig, VideoMAEForVideoClassification
    values = shape.model_dump(exclude={"model_type", "id2label"})
    names = dict(enumerate(shape.classes))
    config = VideoMAEConfig(**values, id2label=names)
    config._attn_implementation = attention
    model = VideoMAEForVideoClassification(config)
    state = {_theirs(name): torch.from_numpy(np.array(v)) for name, v in tensors.items()}
    for name, value in model.state_dict().items():
        if name.startswith("fc_norm."):
            state.setdefault(name, value)
    model.load_state_dict(state, strict=True)
    return model


def pooled(model: Any, pixels: "torch.Tensor", hidden: "torch.Tensor | None" = None) -> Any:
    """Mean over all patches of each window, as the head takes it; `hidden` leaves patches out."""
    states = model.videomae(pixels, bool_masked_pos=hidden).last_hidden_state
    features = states.mean(1)
    return features if model.fc_norm is None else model.fc_norm(features)


def normalised(windows: "torch.Tensor") -> "torch.Tensor":
    """Pictures of 0 to 255 as (windows, frames, 3, size, size), normalised, in 32 bits."""
    import torch

    scale = torch.tensor([1 / (255 * s) for s in SPREAD], device=windows.device)
    shift = torch.tensor([m / s for m, s in zip(MEAN, SPREAD, strict=True)], device=windows.device)
    return (windows.float() * scale - shift).permute(0, 1, 4, 2, 3)


def quick_precision(device: str) -> str:
    """The quickest arithmetic within tolerance: 16 bits where the machine has them."""
    import torch

    if device == "cpu":
        has_bf16 = torch.ops.mkldnn._is_mkldnn_bf16_supported()
        return "bfloat16" if has_bf16 else "float32"
    return "bfloat16" if torch.cuda.is_bf16_supported() else "float16"


def batch_for(shape: VideoMaeShape, device: str) -> int:
    """Windows at once: what free graphics memory holds; one on a CPU, where more gain nothing."""
    import torch

    if device == "cpu":
        return 1
    free, _total = torch.cuda.mem_get_info()
    base = 1568 * 768  # patches times width of the base model
    window = WINDOW_BYTES * shape.patches * shape.hidden_size / base
    return int(max(1, min(LARGEST_BATCH, free // max(window, 1.0))))


def _check(folder: Path, network: Network, tensors: Tensors) -> None:
    """The loaded network says of the known input what the file's tensors say."""
    import torch

    shape = network.shape
    expected = known_features(shape, tensors)
    check_stated(folder, expected)
    hidden = torch.ones((1, shape.patches), dtype=torch.bool)
    hidden[0, torch.from_numpy(patches_looked_at(shape))] = False
    dtype = getattr(torch, network.precision)
    pixels = torch.from_numpy(known_window(shape))[None].to(network.device, dtype)
    with torch.inference_mode():
        found = pooled(network.model, pixels, hidden.to(network.device)).float().cpu().numpy()[0]
    away = float(np.abs(found - expected).max()) / max(float(expected.std()), 1e-6)
    if not away <= TOLERANCE[network.precision]:
        raise ToolError(
            f"{folder}: as loaded here, the network is {away:.2g} away from its own weights on the "
            "known input. Another version of torch or transformers is needed: see constraints.txt."
        )


def _theirs(name: str) -> str:
    """A tensor's name in transformers' class with a head."""
    return name if name.startswith(("fc_norm.", "classifier.")) else f"videomae.{name}"


@contextmanager
def _without_torchvision() -> Iterator[None]:
    """Say what is missing where torch or transformers is not installed."""
    try:
        yield
    except ImportError as error:
        raise ToolError(
            f"VideoMAE needs torch and transformers ({error}). Install them: "
            "`pip install 'gametape[learn]'`."
        ) from error
