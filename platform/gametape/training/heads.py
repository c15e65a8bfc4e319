"""Training a head: inner folds say when to stop and how to calibrate, then all tapes train it.

The tapes that a model will be judged on are never handed in here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gametape.fingerprint import fingerprint
from gametape.metrics.calibration import fit_temperature
from gametape.models.base import ModelCard, TrainingTape
from gametape.models.heads.apply import TrainedHead, calibrated
from gametape.models.heads.inputs import (
    DIRECTIONS,
    WIDEST,
    Array,
    encode,
    fit_inputs,
    joined,
    joined_names,
)
from gametape.models.heads.markov import after_lengths, linear_logits
from gametape.models.heads.temporal import temporal_logits
from gametape.schema import Progress, no_progress
from gametape.training.checkpoints import Checkpoints
from gametape.training.descent import descend, inner_loss
from gametape.training.durations import choose_emission, fit_durations, fit_linear
from gametape.training.examples import Example, Stretches, check_tapes, data_hash, examples_of
from gametape.training.folds import Fold, grouped_folds
from gametape.training.settings import TrainSettings

CODE = "heads/1"

# Weights, what the card's shape gains, and log odds of tapes that were held back.
_Parts = tuple[dict[str, Array], dict[str, int | float], dict[str, Array]]


@dataclass(frozen=True)
class Training:
    """A trained head, and what heads of the same kind said of tapes that they were not trained on.

    `held_back` is, by id of tape, (rows, classes): calibrated, from the inner folds. Training was
    stopped where it suited these tapes, so they flatter a little; `cross_validate` does not.
    """

    head: TrainedHead
    held_back: dict[str, Array]


def train_head(
    tapes: Sequence[TrainingTape],
    settings: TrainSettings,
    *,
    progress: Progress = no_progress,
    checkpoints: Path | None = None,
) -> TrainedHead:
    """A calibrated head from labelled tapes; the same tapes and settings give the same head."""
    return train(tapes, settings, progress=progress, checkpoints=checkpoints).head


def train(
    tapes: Sequence[TrainingTape],
    settings: TrainSettings,
    *,
    progress: Progress = no_progress,
    checkpoints: Path | None = None,
) -> Training:
    """The same, with the probabilities of the inner folds."""
    check_tapes(tapes, settings)
    ordered = sorted(tapes, key=lambda tape: tape.id)
    hashed = data_hash(ordered)
    key = fingerprint(inputs={"data": hashed}, parameters=settings, code=CODE)
    run = _Run(ordered, settings, Checkpoints(checkpoints, key), progress)
    folds = grouped_folds(ordered, min(settings.inner_folds, len({t.game for t in ordered})))
    card = _card(ordered, settings, hashed)
    weights, extra, held = run.temporal(folds) if settings.kind == "temporal" else run.linear(folds)
    card = card.model_copy(update={"shape": _shape(ordered, settings) | extra})
    temperature = float(weights["temperature"][0])
    said = {tape: calibrated(logits, temperature) for tape, logits in held.items()}
    return Training(TrainedHead(card, weights), said)


@dataclass(frozen=True)
class _Run:
    tapes: list[TrainingTape]
    settings: TrainSettings
    checkpoints: Checkpoints
    progress: Progress

    def temporal(self, folds: Sequence[Fold]) -> _Parts:
        """Each fold's tapes say how many steps are enough; temperature from what they never saw."""
        settings, shape = self.settings, _shape(self.tapes, self.settings)
        logits: dict[str, Array] = {}
        targets: dict[str, Array] = {}
        steps = []
        for number, fold in enumerate(folds):
            inputs, train, held = self._sides(fold)
            stretches = Stretches(train, inputs, joined_names(self.tapes[0].features), settings)
            found = descend(
                stretches,
                shape,
                settings,
                steps=settings.max_steps,
                judge=inner_loss(held, inputs, shape),
                checkpoints=self.checkpoints.part(f"fold-{number}"),
                tell=self._tell(number, len(folds)),
            )
            steps.append(found.steps)
            for example in held:
                rows = encode(example.blocks, inputs, has_own_ranks=settings.own_ranks)
                logits[example.id] = temporal_logits(rows, found.weights, shape)
                targets[example.id] = example.targets
        enough = max(settings.check_steps, round(float(np.mean(steps))))
        inputs = fit_inputs([joined(tape.features) for tape in self.tapes])
        every = examples_of(self.tapes, inputs, settings.classes)
        final = descend(
            Stretches(every, inputs, joined_names(self.tapes[0].features), settings),
            shape,
            settings,
            steps=enough,
            judge=None,
            checkpoints=self.checkpoints.part("all"),
            tell=self._tell(len(folds), len(folds)),
        )
        weights = {**inputs, **final.weights, "temperature": _temperature(logits, targets)}
        return weights, {"steps": enough}, logits

    def linear(self, folds: Sequence[Fold]) -> _Parts:
        """The linear model of each fold says how much a row's word counts, and how hot it is."""
        settings, names = self.settings, joined_names(self.tapes[0].features)
        logits, examples = [], []
        for number, fold in enumerate(folds):
            inputs, train, held = self._sides(fold)
            weights = fit_linear(train, inputs, names, settings)
            logits += [
                linear_logits(encode(e.blocks, inputs, has_own_ranks=settings.own_ranks), weights)
                for e in held
            ]
            examples += held
            self.progress("Training", number + 1.0, len(folds) + 1.0)
        inputs = fit_inputs([joined(tape.features) for tape in self.tapes])
        every = examples_of(self.tapes, inputs, settings.classes)
        lengths = fit_durations(every)
        emission = choose_emission(logits, examples, lengths)
        found = {
            e.id: after_lengths(own, lengths, {"emission": emission})
            for own, e in zip(logits, examples, strict=True)
        }
        weights = {**inputs, **fit_linear(every, inputs, names, settings), **lengths}
        weights["temperature"] = _temperature(found, {e.id: e.targets for e in examples})
        self.progress("Training", len(folds) + 1.0, len(folds) + 1.0)
        return weights, {"emission": emission}, found

    def _sides(self, fold: Fold) -> tuple[dict[str, Array], list[Example], list[Example]]:
        """Inputs fitted on one side alone, and both sides as examples."""
        own = [tape for tape in self.tapes if tape.id not in fold.held_back]
        back = [tape for tape in self.tapes if tape.id in fold.held_back]
        inputs = fit_inputs([joined(tape.features) for tape in own])
        classes = self.settings.classes
        return inputs, examples_of(own, inputs, classes), examples_of(back, inputs, classes)

    def _tell(self, part: int, parts: int) -> Callable[[int], None]:
        total = float((parts + 1) * self.settings.max_steps)
        begun = float(part * self.settings.max_steps)
        return lambda step: self.progress("Training", begun + step, total)


def _temperature(logits: dict[str, Array], targets: dict[str, Array]) -> Array:
    names = sorted(logits)
    found = fit_temperature(
        np.concatenate([logits[n] for n in names]), np.concatenate([targets[n] for n in names])
    )
    return np.array([found], np.float32)


def _card(tapes: Sequence[TrainingTape], settings: TrainSettings, hashed: str) -> ModelCard:
    first = tapes[0]
    return ModelCard(
        name=f"gametape-{settings.profile}",
        profile=settings.profile,
        kind=settings.kind,
        classes=settings.classes,
        backbones=tuple(sequence.backbone for sequence in first.features),
        backbone_digests={s.backbone: s.weights for s in first.features if s.weights},
        step_s=first.features[0].step_s,
        feature_names=joined_names(first.features),
        trained_on={
            "tapes": len(tapes),
            "games": len({tape.game for tape in tapes}),
            "plays": sum(len(tape.plays) for tape in tapes),
            "hours": round(sum(tape.duration_s for tape in tapes) / 3600, 3),
            "seed": settings.seed,
        },
        data_hash=hashed,
        code_version=CODE,
    )


def _shape(tapes: Sequence[TrainingTape], settings: TrainSettings) -> dict[str, int | float]:
    widths = [sequence.values.shape[1] for sequence in tapes[0].features]
    columns = sum(min(DIRECTIONS, wide) if wide > WIDEST else wide for wide in widths)
    shape: dict[str, int | float] = {f"width_{n}": wide for n, wide in enumerate(widths)}
    shape |= {"own_ranks": int(settings.own_ranks), "states": 1 + len(settings.classes)}
    shape["inputs"] = columns * (2 if settings.own_ranks else 1)
    if settings.kind == "temporal":
        names = ("hidden", "fine_layers", "scale_layers", "middle_rows", "coarse_rows")
        for name in (*names, "second_hidden", "second_layers"):
            shape[name] = int(getattr(settings, name))
    return shape
