"""Gradient descent on the temporal head: steps, averaged weights, early stopping, resuming.

One thread and seeded steps: the same data and settings give the same weights, killed or not.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gametape.models.heads.inputs import Array, Weights, encode
from gametape.models.heads.temporal import temporal_logits
from gametape.training.checkpoints import Checkpoints
from gametape.training.examples import Example, Stretches
from gametape.training.network import first_weights, loss_of, stages
from gametape.training.settings import TrainSettings

if TYPE_CHECKING:
    pass

# What is used are weights averaged over about so many steps: calmer than those of any one step.
AVERAGED_STEPS = 50
LARGEST_GRADIENT = 1.0
WARM_STEPS = 20

Shape = Mapping[str, int | float]


@dataclass(frozen=True)
class Descent:
    """Where a descent ended: averaged weights, and after how many steps they were best."""

    weights: dict[str, Array]
    steps: int
    loss: float  # on the inner tapes; on none of them, not a number


def descend(
    stretches: Stretches,
    shape: Shape,
    settings: TrainSettings,
    *,
    steps: int,
    judge: Callable[[Weights], float] | None,
    checkpoints: Checkpoints,
    tell: Callable[[int], None],
) -> Descent:
    """Train for so many steps; with a judge until it has seen no gain for a while."""
    import torch

    state = _State(shape, settings, checkpoints)
    with one_thread():
        while state.step < steps and not state.has_settled(settings.patience):
            _advance(state, stretches, shape, settings)
            state.step += 1
            if state.step % settings.check_steps == 0 or state.step == steps:
                state.judge(judge)
                state.keep()
                tell(state.step)
    del torch
    chosen = state.best if judge is not None else state.averaged
    return Descent(dict(chosen), state.best_step if judge else state.step, state.best_loss)


def inner_loss(
    examples: Sequence[Example], inputs: Weights, shape: Shape
) -> Callable[[Weights], float]:
    """Mean cross entropy a row on these tapes, by the numpy head: what will be used is judged."""
    rows = [encode(example.blocks, inputs) for example in examples]

    def judge(weights: Weights) -> float:
        total, count = 0.0, 0
        for encoded, example in zip(rows, examples, strict=True):
            logits = temporal_logits(encoded, weights, shape).astype(np.float64)
            sure = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
            total -= float((sure * example.targets).sum())
            count += len(encoded)
        return total / max(count, 1)

    return judge


class _State:
    """All that a descent needs to go on: weights, their averages, moments, and the best so far."""

    def __init__(self, shape: Shape, settings: TrainSettings, checkpoints: Checkpoints) -> None:
        import torch

        self.checkpoints = checkpoints
        kept = checkpoints.load()
        begin = first_weights(shape, seed=settings.seed)
        self.names = list(begin)
        self.step, self.best_step, self.looks = 0, 0, 0
        self.best_loss = float("inf")
        self.averaged: dict[str, Array] = {n: a.copy() for n, a in begin.items()}
        self.best: dict[str, Array] = {n: a.copy() for n, a in begin.items()}
        now, moments = begin, {}
        if kept is not None:
            now = {n: kept[f"now/{n}"] for n in self.names}
            self.averaged = {n: kept[f"averaged/{n}"] for n in self.names}
            self.best = {n: kept[f"best/{n}"] for n in self.names}
            moments = {n: (kept[f"first/{n}"], kept[f"second/{n}"]) for n in self.names}
            self.step, self.best_step, self.looks = (int(v) for v in kept["counts"])
            self.best_loss = float(kept["best_loss"][0])
        self.tensors = {n: torch.from_numpy(a.copy()).requires_grad_() for n, a in now.items()}
        self.optimizer = torch.optim.AdamW(
            self.tensors.values(), lr=settings.rate, weight_decay=settings.decay
        )
        for name, (first, second) in moments.items():
            self.optimizer.state[self.tensors[name]] = {
                "step": torch.tensor(float(self.step)),
                "exp_avg": torch.from_numpy(first.copy()),
                "exp_avg_sq": torch.from_numpy(second.copy()),
            }

    def has_settled(self, patience: int) -> bool:
        return self.looks >= patience

    def average(self) -> None:
        share = min(1.0 - 1.0 / AVERAGED_STEPS, (1 + self.step) / (10 + self.step))
        for name, tensor in self.tensors.items():
            now = tensor.detach().numpy()
            self.averaged[name] = np.asarray(
                share * self.averaged[name] + (1 - share) * now, np.float32
            )

    def judge(self, judge: Callable[[Weights], float] | None) -> None:
        if judge is None:
            return
        loss = judge(self.averaged)
        self.looks += 1
        if loss < self.best_loss - 1e-5:
            self.best_loss, self.best_step, self.looks = float(np.float32(loss)), self.step, 0
            self.best = {n: a.copy() for n, a in self.averaged.items()}

    def keep(self) -> None:
        state: dict[str, Array] = {}
        for name, tensor in self.tensors.items():
            moments = self.optimizer.state[tensor]
            state[f"now/{name}"] = tensor.detach().numpy()
            state[f"averaged/{name}"], state[f"best/{name}"] = self.averaged[name], self.best[name]
            state[f"first/{name}"] = moments["exp_avg"].numpy()
            state[f"second/{name}"] = moments["exp_avg_sq"].numpy()
        # Counts stay far below what 32-bit numbers hold exactly.
        state["counts"] = np.array([self.step, self.best_step, self.looks], np.float32)
        state["best_loss"] = np.array([self.best_loss], np.float32)
        self.checkpoints.save(state)


def _advance(state: _State, stretches: Stretches, shape: Shape, settings: TrainSettings) -> None:
    import torch

    inputs, targets, mask = stretches.batch(state.step)
    torch.manual_seed(settings.seed * 1_000_003 + state.step)
    rows = torch.from_numpy(np.ascontiguousarray(inputs.transpose(0, 2, 1)))
    wanted = torch.from_numpy(np.ascontiguousarray(targets.transpose(0, 2, 1)))
    known = torch.from_numpy(mask)
    found = stages(state.tensors, rows, known, shape, dropout=settings.dropout)
    loss = loss_of(found, wanted, known, smoothing=settings.smoothing)
    for group in state.optimizer.param_groups:
        group["lr"] = settings.rate * min(1.0, (state.step + 1) / WARM_STEPS)
    state.optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(state.tensors.values(), LARGEST_GRADIENT)
    state.optimizer.step()
    state.average()


@contextmanager
def one_thread() -> Iterator[None]:
    """Sums in one order, whatever the machine; and the caller's random numbers stay its own."""
    import torch

    threads = torch.get_num_threads()
    with torch.random.fork_rng(devices=[]):
        try:
            torch.set_num_threads(1)
            yield
        finally:
            torch.set_num_threads(threads)
