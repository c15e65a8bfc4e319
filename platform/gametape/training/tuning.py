"""The steps of fine-tuning: one network, batches of windows, AdamW with a warm start.

Everything that a step needs follows from its number: so a run that goes on after a kill ends, on
a CPU, with the same bytes as one that was never disturbed.
"""

import logging
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gametape.errors import ToolError
from gametape.models.backbones.videomae import RATE_HZ
from gametape.models.backbones.videomaefiles import Tensors, VideoMaeShape
from gametape.models.backbones.videomaenet import build, normalised, pooled
from gametape.models.backbones.windowpictures import ahead, window_pictures
from gametape.schema import Progress
from gametape.training.filmedtapes import Window, epoch_windows
from gametape.training.laststates import LastStates

if TYPE_CHECKING:
    import torch

logger = logging.getLogger(__name__)

LARGEST_GRADIENT = 1.0
# Of graphics memory a window of the base model takes while it is learned from.
WINDOW_BYTES = 2 << 30
LOSSES = "losses"
FIRST, SECOND, WEIGHT = "adam.first.", "adam.second.", "weight."
Batch = tuple[NDArray[np.uint8], NDArray[np.int64]]


@dataclass(frozen=True)
class Pace:
    """How fast, how long and from where on is learned."""

    rate: float
    decay: float
    warm_share: float
    epochs: int
    batch: int
    windows_a_tape: int
    frozen_layers: int
    checkpoint_steps: int
    is_flipped: bool
    seed: int


@dataclass
class Tuner:
    """One network being fine-tuned."""

    shape: VideoMaeShape
    pace: Pace
    windows: Sequence[Sequence[Window]]  # those of each tape
    weights: NDArray[np.float32]  # of each class in the loss
    states: LastStates
    progress: Progress
    device: str
    model: Any
    micro: int = 1  # windows that go through the network at once
    step: int = 0
    losses: list[float] = field(default_factory=list)  # of every step so far

    @property
    def last_loss(self) -> float:
        """Of the last step; nan before the first."""
        return self.losses[-1] if self.losses else math.nan

    @property
    def steps_an_epoch(self) -> int:
        """Whole batches of an epoch; at least one."""
        drawn = sum(min(len(own), self.pace.windows_a_tape) for own in self.windows)
        return max(1, drawn // self.pace.batch)

    @property
    def steps(self) -> int:
        """Steps in all."""
        return self.pace.epochs * self.steps_an_epoch

    def run(self) -> None:
        """All steps that are still to do, from the last state that was kept."""
        optimizer = self._optimizer()
        self._take_up(optimizer)
        self.model.train()
        for batch in ahead(self._batches(self.step), depth=2):
            self._learn(optimizer, *batch)
            self.step += 1
            if self.step % self.pace.checkpoint_steps == 0 and self.step < self.steps:
                self.states.save(self.step, self._state(optimizer))
            self.progress("fine-tuning", self.step, self.steps)

    def tensors(self) -> Tensors:
        """The network's tensors by the names of model folders."""
        state = self.model.state_dict()
        return {
            name.removeprefix("videomae."): value.float().cpu().numpy()
            for name, value in state.items()
        }

    def _batches(self, first: int) -> Iterator[Batch]:
        epoch, drawn = -1, list[Window]()
        for step in range(first, self.steps):
            at, index = divmod(step, self.steps_an_epoch)
            if at != epoch:
                epoch = at
                drawn = epoch_windows(self.windows, self.pace.windows_a_tape, self.pace.seed, epoch)
            size = self.pace.batch
            chosen = drawn[index * size : (index + 1) * size]
            pictures = np.stack([see(window, self.shape) for window in chosen])
            if self.pace.is_flipped:
                rng = np.random.default_rng((self.pace.seed, 11, step))
                turned = rng.random(len(chosen)) < 0.5
                pictures[turned] = pictures[turned][:, :, :, ::-1]
            yield pictures, np.array([window.label for window in chosen], np.int64)

    def _learn(
        self,
        optimizer: "torch.optim.Optimizer",
        pictures: NDArray[np.uint8],
        labels: NDArray[np.int64],
    ) -> None:
        """One step; a batch that is larger than memory goes through in parts."""
        import torch

        for group in optimizer.param_groups:
            group["lr"] = self.pace.rate * rate_at(self.step, self.steps, self.pace.warm_share)
        optimizer.zero_grad(set_to_none=True)
        weights = torch.from_numpy(self.weights).to(self.device)
        counts = float(self.weights[labels].sum())
        loss = 0.0
        for first in range(0, len(labels), self.micro):
            part = slice(first, first + self.micro)
            logits = self._logits(pictures[part])
            target = torch.from_numpy(labels[part]).to(self.device)
            one = torch.nn.functional.cross_entropy(logits, target, weight=weights, reduction="sum")
            torch.autograd.backward(one / counts)
            loss += float(one.detach()) / counts
        if not math.isfinite(loss):
            raise DivergedError(
                f"fine-tuning: the loss is no number any more at step {self.step + 1}. "
                f"Choose a lower rate than {self.pace.rate:g}."
            )
        learning = [p for p in self.model.parameters() if p.requires_grad]
        torch.nn.utils.clip_grad_norm_(learning, LARGEST_GRADIENT)
        optimizer.step()
        self.losses.append(float(np.float32(loss)))  # as states keep it

    def _logits(self, pictures: NDArray[np.uint8]) -> "torch.Tensor":
        import torch

        pixels = normalised(torch.from_numpy(np.ascontiguousarray(pictures)).to(self.device))
        with torch.autocast(self.device, torch.bfloat16, enabled=self.device != "cpu"):
            logits: torch.Tensor = self.model.classifier(pooled(self.model, pixels))
        return logits.float()

    def judge(self, windows: Sequence[Window]) -> dict[str, float]:
        """Share of windows of each class that are told rightly, and the mean of these."""
        import torch

        self.model.eval()
        right: dict[int, list[bool]] = {}
        for first in range(0, len(windows), self.micro):
            part = windows[first : first + self.micro]
            with torch.inference_mode():
                logits = self._logits(np.stack([see(window, self.shape) for window in part]))
            for window, found in zip(part, logits.argmax(dim=1).tolist(), strict=True):
                right.setdefault(window.label, []).append(found == window.label)
        recalls = {
            f"{self.shape.classes[label]}_recall": sum(hits) / len(hits)
            for label, hits in sorted(right.items())
        }
        mean = sum(recalls.values()) / len(recalls) if recalls else 0.0
        return recalls | {"balanced_accuracy": mean} if recalls else {}

    def _optimizer(self) -> "torch.optim.AdamW":
        """AdamW over what learns; biases and norms are not pulled to zero."""
        import torch

        freeze(self.model, self.pace.frozen_layers)
        learning = [p for p in self.model.parameters() if p.requires_grad]
        groups = [
            {"params": [p for p in learning if p.ndim > 1], "weight_decay": self.pace.decay},
            {"params": [p for p in learning if p.ndim <= 1], "weight_decay": 0.0},
        ]
        return torch.optim.AdamW(groups, lr=self.pace.rate, foreach=False)

    def _state(self, optimizer: "torch.optim.Optimizer") -> dict[str, NDArray[np.float32]]:
        """Weights that learn and their moments; all else follows from the step."""
        state = {LOSSES: np.asarray(self.losses, np.float32)}
        for name, weight in self.model.named_parameters():
            if weight.requires_grad:
                moments = optimizer.state[weight]
                state[WEIGHT + name] = weight.detach().cpu().numpy()
                state[FIRST + name] = moments["exp_avg"].cpu().numpy()
                state[SECOND + name] = moments["exp_avg_sq"].cpu().numpy()
        return state

    def _take_up(self, optimizer: "torch.optim.Optimizer") -> None:
        """Go on from the last state that was kept, if there is one."""
        import torch

        found = self.states.last()
        if found is None:
            return
        self.step, state = found
        self.losses = [float(loss) for loss in state.get(LOSSES, ())]
        for name, weight in self.model.named_parameters():
            if weight.requires_grad:
                parts = (torch.from_numpy(state[kind + name]) for kind in (WEIGHT, FIRST, SECOND))
                value, first, second = (part.to(self.device) for part in parts)
                weight.data.copy_(value)
                optimizer.state[weight] = {
                    "step": torch.tensor(float(self.step)),
                    "exp_avg": first,
                    "exp_avg_sq": second,
                }
        logger.info("fine-tuning goes on after step %d of %d", self.step, self.steps)


class DivergedError(ToolError):
    """Learning went wrong: trying again from the same state would go wrong again."""


def new_model(shape: VideoMaeShape, tensors: Tensors, device: str) -> Any:
    """A network to learn with, from these tensors."""
    return build(shape, tensors).to(device)


def micro_batch(shape: VideoMaeShape, device: str, batch: int) -> int:
    """Windows at once while learning: what free graphics memory holds; one on a CPU."""
    import torch

    if device == "cpu":
        return 1
    free, _total = torch.cuda.mem_get_info()
    window = WINDOW_BYTES * shape.patches * shape.hidden_size / (1568 * 768)
    return int(max(1, min(batch, free // max(window, 1.0))))


def freeze(model: Any, layers: int) -> None:
    """Let the patches' embedding and the first layers stay as they are."""
    if layers > 0:
        model.videomae.embeddings.requires_grad_(False)
    for layer in model.videomae.encoder.layer[:layers]:
        layer.requires_grad_(False)


def rate_at(step: int, steps: int, warm_share: float) -> float:
    """Share of the full rate at a step: up in a line, then down in half a cosine."""
    warm = max(1, round(steps * warm_share))
    if step < warm:
        return (step + 1) / warm
    return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))


def see(window: Window, shape: VideoMaeShape) -> NDArray[np.uint8]:
    """The pictures of a window, as the backbone sees them."""
    start_s = window.middle_s - shape.num_frames / RATE_HZ / 2
    found = window_pictures(
        window.tape.video,
        [start_s],
        frames=shape.num_frames,
        rate_hz=RATE_HZ,
        size=shape.image_size,
    )
    return next(found)
