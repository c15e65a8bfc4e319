"""Fine-tuning of VideoMAE on labelled tapes: checks, the run with its retries, the model folder.

    finetune(tapes, settings, folder=..., progress=...) -> FineTuned

`tapes` are `FilmedTape`s (proxy and labels); `folder` is where the model folder appears, whole or
not at all: config.json, model.safetensors, check.json and card.json. It is a folder of weights
for the backbone `videomae`, whose rows then end with the probability of each class. States of an
unfinished run lie beside it in `{folder}.checkpoints`; the same call goes on from them. A call
whose result is there already does nothing.
"""

import logging
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np
from pydantic import Field, ValidationError
from safetensors.numpy import save

from gametape.aside import folder_aside
from gametape.errors import InputError, ToolError
from gametape.fingerprint import fingerprint, hash_file
from gametape.models.backbones.videomaefiles import (
    CONFIG,
    OWN_CLASSES,
    WEIGHTS,
    Tensors,
    VideoMaeShape,
    config_text,
    read_folder,
)
from gametape.models.backbones.videomaepull import seal_folder
from gametape.schema import Noun, Progress, no_progress
from gametape.training.descent import one_thread
from gametape.training.filmedtapes import (
    FilmedTape,
    Window,
    all_windows,
    check_tapes,
    class_weights,
    held_out_games,
)
from gametape.training.laststates import LastStates
from gametape.training.tuning import DivergedError, Pace, Tuner, micro_batch, new_model

logger = logging.getLogger(__name__)

CARD = "card.json"
MOST_POINTS = 200  # of the curve of losses
CODE = "1"  # raised when the same run would give other weights


class FineTuneSettings(Noun):
    """How VideoMAE is fine-tuned; the defaults suit tens of tapes and one graphics card."""

    profile: str  # the sport pack that the model is for
    backbone: str = Field("videomae", description="What it is called in sport packs.")
    source: Path = Field(description="Folder of weights: pulled ones, or a model fine-tuned here.")
    classes: tuple[str, ...] = ("dead", "play")
    seed: int = Field(0, ge=0)
    epochs: int = Field(10, ge=1, le=1000)
    rate: float = Field(5e-5, gt=0, description="Of learning; 1e-5 and less to go on from a model.")
    decay: float = Field(0.05, ge=0)
    warm_share: float = Field(0.1, ge=0, lt=1)
    batch: int = Field(8, ge=1, le=512)
    frozen_layers: int = Field(
        0, ge=0, description="First layers that stay as they are; 9 of 12 against forgetting."
    )
    step_s: float = Field(0.5, gt=0, description="Between the windows that may be drawn.")
    windows_a_tape: int = Field(64, ge=1, description="Drawn anew in each epoch.")
    is_weighted: bool = Field(True, description="Rare classes count as much as common ones.")
    is_flipped: bool = Field(True, description="Half of the windows are seen in a mirror.")
    held_out: float = Field(0.2, ge=0, lt=1, description="Share of games only judged on.")
    judges: tuple[str, ...] = Field((), description="Games only judged on, where they are chosen.")
    checkpoint_steps: int = Field(100, ge=1)
    keep: int = Field(2, ge=1, description="States that are kept.")
    retries: int = Field(2, ge=0, le=2)


class FineTuned(Noun):
    """What came of fine-tuning; lies beside the weights as card.json."""

    name: str  # as it is registered: gametape-{profile}-videomae
    kind: str = "videomae"
    classes: tuple[str, ...]
    sha256: str  # of model.safetensors
    key: str  # hash of data, settings, first weights and code: the same key, the same run
    settings: FineTuneSettings
    source_sha256: str  # of the weights it began with
    data_hash: str
    trained_on: dict[str, int | float]  # tapes, games, windows, hours
    held_out: tuple[str, ...]  # games it never saw
    steps: int
    loss: float
    losses: tuple[float, ...] = ()  # of all steps, in at most 200 means
    figures: dict[str, float]  # on windows of the games it never saw


def finetune(
    tapes: Sequence[FilmedTape],
    settings: FineTuneSettings,
    *,
    folder: Path,
    device: str | None = None,
    progress: Progress = no_progress,
) -> FineTuned:
    """Fine-tune on labelled tapes and put the model folder in place; see the head of this module.

    Order of the tapes, threads, kills and retries do not change the result on a CPU.
    """
    ordered = sorted(tapes, key=lambda tape: tape.id)
    shape, tensors, source_sha256 = _begin(ordered, settings)
    data_hash = _data_hash(ordered)
    given = settings.model_dump(
        mode="json", exclude={"backbone", "source", "checkpoint_steps", "keep", "retries"}
    )
    key = fingerprint(
        inputs={"source": source_sha256, "data": data_hash}, parameters=given, code=CODE
    )
    if (done := read_finetuned(folder)) is not None and done.key == key:
        logger.info("%s: is there already", folder.name)
        return done
    states = LastStates(folder.with_name(f"{folder.name}.checkpoints"), key, settings.keep)
    held = frozenset(settings.judges) or held_out_games(ordered, settings.held_out, settings.seed)
    windows = [all_windows(tape, settings.classes, settings.step_s) for tape in ordered]
    shown = [own for own in windows if own and own[0].tape.game not in held]
    weights = class_weights([window for own in shown for window in own], settings.classes)
    if not settings.is_weighted:
        weights = np.ones_like(weights)
    tuner = _train(shape, tensors, settings, shown, weights, states, device, progress)
    judged = [window for own in windows for window in own[::2] if window.tape.game in held]
    with one_thread():
        figures = tuner.judge(judged)
    card = FineTuned(
        name=f"gametape-{settings.profile}-{settings.backbone}",
        classes=settings.classes,
        sha256="",
        key=key,
        settings=settings.model_copy(update={"source": Path(settings.source.name)}),
        source_sha256=source_sha256,
        data_hash=data_hash,
        trained_on=_about(shown),
        held_out=tuple(sorted(held)),
        steps=tuner.steps,
        loss=tuner.last_loss,
        losses=_thinned(tuner.losses),
        figures=figures,
    )
    card = _publish(folder, shape, tuner.tensors(), card)
    states.clear()
    return card


def read_finetuned(folder: Path) -> FineTuned | None:
    """What a model folder says of itself; None where there is no fine-tuned model."""
    try:
        return FineTuned.model_validate_json((folder / CARD).read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except ValidationError as error:
        raise InputError(
            f"{folder}: holds another model than a fine-tuned one. Choose another folder."
        ) from error


def _begin(
    tapes: Sequence[FilmedTape], settings: FineTuneSettings
) -> tuple[VideoMaeShape, Tensors, str]:
    """Check everything that can be at fault before any work; the network to begin with."""
    if settings.classes not in OWN_CLASSES:
        raise InputError(
            f"fine-tuning: classes {', '.join(settings.classes) or 'none'} are not known. "
            f"Choose {' or '.join('+'.join(names) for names in OWN_CLASSES)}."
        )
    check_tapes(tapes, settings.classes)
    shape, tensors, sha256 = read_folder(settings.source)
    if settings.frozen_layers > shape.num_hidden_layers:
        raise InputError(
            f"fine-tuning: {settings.frozen_layers} layers to freeze, but {settings.source.name} "
            f"has {shape.num_hidden_layers}. Freeze fewer."
        )
    if shape.classes and shape.classes != settings.classes:
        raise InputError(
            f"{settings.source}: was fine-tuned for {len(shape.classes)} classes "
            f"({', '.join(shape.classes)}), not for {len(settings.classes)} "
            f"({', '.join(settings.classes)}). Choose the same, or begin with pulled weights."
        )
    if not shape.classes:
        rng = np.random.default_rng((settings.seed, 13))
        size = (len(settings.classes), shape.hidden_size)
        tensors = tensors | {
            "classifier.weight": rng.normal(0, 0.02, size).astype(np.float32),
            "classifier.bias": np.zeros(size[0], np.float32),
        }
        shape = shape.model_copy(update={"id2label": dict(enumerate(settings.classes))})
    return shape, tensors, sha256


def _train(
    shape: VideoMaeShape,
    tensors: Tensors,
    settings: FineTuneSettings,
    windows: list[list[Window]],
    weights: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
    states: LastStates,
    device: str | None,
    progress: Progress,
) -> Tuner:
    """Run to the end; what a machine got wrong is tried again from the last state kept."""
    import torch

    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    pace = Pace(**{part.name: getattr(settings, part.name) for part in fields(Pace)})
    micro = micro_batch(shape, device, settings.batch)
    for attempt in range(settings.retries + 1):
        model = new_model(shape, tensors, device)
        tuner = Tuner(shape, pace, windows, weights, states, progress, device, model, micro)
        try:
            with one_thread():  # two add up in another order
                tuner.run()
            return tuner
        except (torch.OutOfMemoryError, RuntimeError, ToolError) as error:
            if isinstance(error, DivergedError) or attempt == settings.retries:
                raise _given_up(error, tuner, attempt) from error
            logger.warning("fine-tuning: %s; again from the last state kept", error)
            if isinstance(error, torch.OutOfMemoryError):
                micro = max(1, micro // 2)
    raise AssertionError("the last attempt returns or raises")


def _given_up(error: Exception, tuner: Tuner, attempt: int) -> ToolError:
    if isinstance(error, ToolError):
        return error
    return ToolError(
        f"fine-tuning: broken off at step {tuner.step} of {tuner.steps} after {attempt + 1} "
        f"attempts ({error}). The same command goes on from the last state kept."
    )


def _publish(folder: Path, shape: VideoMaeShape, tensors: Tensors, card: FineTuned) -> FineTuned:
    with folder_aside(folder) as aside:
        (aside / CONFIG).write_text(config_text(shape, card.classes), encoding="utf-8")
        ordered = {
            name: np.ascontiguousarray(tensors[name], np.float32) for name in sorted(tensors)
        }
        (aside / WEIGHTS).write_bytes(save(ordered))
        check = seal_folder(aside, f"fine-tuned for {card.settings.profile}")
        card = card.model_copy(update={"sha256": check.sha256})
        (aside / CARD).write_text(card.model_dump_json(indent=1) + "\n", encoding="utf-8")
    return card


def _data_hash(tapes: Sequence[FilmedTape]) -> str:
    """Hash of pictures and labels."""
    inputs = {
        tape.id: fingerprint(
            inputs={"video": hash_file(tape.video)},
            parameters={
                "game": tape.game,
                "duration_s": tape.duration_s,
                "plays": [[span.start_s, span.end_s] for span in tape.plays],
                "services": [[span.start_s, span.end_s] for span in tape.services],
            },
            code="filmed",
        )
        for tape in tapes
    }
    return fingerprint(inputs=inputs, parameters={}, code="data")


def _thinned(losses: Sequence[float]) -> tuple[float, ...]:
    """Means of as many stretches as a curve needs."""
    parts = np.array_split(np.asarray(losses, np.float64), min(MOST_POINTS, max(1, len(losses))))
    return tuple(round(float(part.mean()), 6) for part in parts if len(part))


def _about(windows: list[list[Window]]) -> dict[str, int | float]:
    tapes = [own[0].tape for own in windows]
    return {
        "tapes": len(tapes),
        "games": len({tape.game for tape in tapes}),
        "windows": sum(len(own) for own in windows),
        "hours": round(sum(tape.duration_s for tape in tapes) / 3600, 3),
    }
