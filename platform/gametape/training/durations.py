"""The baseline head: a linear model on stacked rows, then lengths and transitions from labels."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from gametape.models.heads.inputs import Array, Weights, encode
from gametape.models.heads.markov import LONGEST_CHAIN, markov_probabilities, stacked
from gametape.training.descent import one_thread
from gametape.training.examples import Example, Stretches
from gametape.training.settings import TrainSettings

# Neighbouring rows say much the same; so much of what each says is counted.
EMISSIONS = (0.02, 0.05, 0.1, 0.2, 0.35, 0.6, 1.0)
MOST_ROUNDS = 60
TURNS = 2  # of stretches of every tape, beside the whole


def fit_linear(
    examples: Sequence[Example], inputs: Weights, names: Sequence[str], settings: TrainSettings
) -> dict[str, Array]:
    """Multinomial logistic regression with a weight on squares, by quasi-Newton steps.

    Beside the whole tapes it sees varied stretches of them, so that it knows short clips too.
    """
    import torch

    whole = [encode(e.blocks, inputs, has_own_ranks=settings.own_ranks) for e in examples]
    parts = [(rows, e.targets) for rows, e in zip(whole, examples, strict=True)]
    stretches = Stretches(examples, inputs, names, settings)
    for turn in range(TURNS * len(examples) // settings.batch + 1):
        for rows, targets, mask in zip(*stretches.batch(turn), strict=True):
            length = int(mask.sum())
            parts.append((rows[:length], targets[:length]))
    rows = np.concatenate([stacked(part) for part, _ in parts])
    targets = np.concatenate([wanted for _, wanted in parts])
    with one_thread():
        seen, wanted = torch.from_numpy(rows), torch.from_numpy(targets)
        weight = torch.zeros((targets.shape[1], rows.shape[1]), requires_grad=True)
        bias = torch.zeros(targets.shape[1], requires_grad=True)
        optimizer = torch.optim.LBFGS(
            [weight, bias], max_iter=MOST_ROUNDS, line_search_fn="strong_wolfe"
        )

        def closure() -> float:
            optimizer.zero_grad()
            sure = torch.log_softmax(seen @ weight.T + bias, dim=1)
            loss = -(sure * wanted).sum(dim=1).mean()
            loss = loss + settings.smoothness * weight.square().sum()
            loss.backward()  # type: ignore[no-untyped-call]
            return float(loss.detach())

        optimizer.step(closure)  # type: ignore[no-untyped-call]
    return {"linear.weight": weight.detach().numpy(), "linear.bias": bias.detach().numpy()}


def fit_durations(examples: Sequence[Example]) -> dict[str, Array]:
    """How long each state lasts and what follows it, counted in the labels."""
    states = examples[0].targets.shape[1]
    lengths: list[list[int]] = [[] for _ in range(states)]
    follow = np.full((states, states), 0.5)
    for example in examples:
        state = example.targets.argmax(axis=1)
        borders = np.flatnonzero(np.diff(state)) + 1
        bounds = [0, *borders.tolist(), len(state)]
        for start, end in pairwise(bounds):
            # What is cut off by an end of the tape was longer; alone it counts all the same.
            is_whole = start > 0 and end < len(state)
            if is_whole or len(bounds) == 2:
                lengths[state[start]].append(end - start)
            if end < len(state):
                follow[state[start], state[end]] += 1
    np.fill_diagonal(follow, 0.0)
    chains, stays = zip(*(_chain(lengths[s]) for s in range(states)), strict=True)
    shares = np.concatenate([e.targets for e in examples]).mean(axis=0)
    return {
        "markov.chain": np.array(chains, np.float32),
        "markov.stay": np.array(stays, np.float32),
        "markov.share": np.maximum(shares, 1e-3).astype(np.float32),
        "markov.follow": (follow / follow.sum(axis=1, keepdims=True)).astype(np.float32),
    }


def choose_emission(
    logits: Sequence[Array], examples: Sequence[Example], weights: Weights
) -> float:
    """How much each row's word counts, by the cross entropy on tapes that were held back."""
    losses = []
    for emission in EMISSIONS:
        total = 0.0
        for own, example in zip(logits, examples, strict=True):
            found = markov_probabilities(own, weights, {"emission": emission})
            total -= float((np.log(np.clip(found, 1e-6, 1)) * example.targets).sum())
        losses.append(total)
    return EMISSIONS[int(np.argmin(losses))]


def _chain(lengths: Sequence[int]) -> tuple[int, float]:
    """Sub-states to walk and the chance to stay in each, from the mean and spread of lengths."""
    if not lengths:
        return 1, 0.95
    mean = max(float(np.mean(lengths)), 1.5)
    spread = max(float(np.var(lengths)), 0.05 * mean**2)
    count = int(np.clip(round(mean**2 / spread), 1, min(LONGEST_CHAIN, int(mean))))
    return count, float(np.clip(1.0 - count / mean, 0.01, 0.9995))
