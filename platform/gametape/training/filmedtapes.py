"""Labelled tapes with their pictures: what may be learned from, and which windows an epoch shows.

Nothing is trained here. Which windows are drawn follows from seed and epoch alone, so that a run
that was broken off goes on with the very windows it would have seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gametape.errors import InputError
from gametape.schema import Span

FEWEST_TAPES = 2
# People mark a tenth of a second late or early, and containers round: so much may stick out.
SLACK_S = 0.5
# Windows whose middle is this near to a boundary would teach what nobody knows.
UNSURE_S = 0.25


@dataclass(frozen=True)
class FilmedTape:
    """A tape to fine-tune on: its proxy, and what a person marked on it."""

    id: str
    game: str  # never on both sides of a split
    video: Path  # the analysis proxy, or any video that is opened here
    plays: tuple[Span, ...]
    duration_s: float
    services: tuple[Span, ...] = ()  # within plays; only where service is a class of its own


@dataclass(frozen=True)
class Window:
    """A stretch of a tape and the number of its class."""

    tape: FilmedTape
    middle_s: float
    label: int


def check_tapes(tapes: Sequence[FilmedTape], classes: tuple[str, ...]) -> None:
    """Refuse what nothing can be learned from, tape and reason named."""
    if len(tapes) < FEWEST_TAPES:
        raise InputError(
            f"fine-tuning: {len(tapes)} labelled tapes, at least {FEWEST_TAPES} are needed. "
            "Label more with `gametape label`."
        )
    for name in {tape.id for tape in tapes if sum(t.id == tape.id for t in tapes) > 1}:
        raise InputError(f"{name}: is named twice among the tapes to learn from. Name it once.")
    for tape in tapes:
        if not tape.video.is_file():
            raise InputError(
                f"{tape.id}: its proxy {tape.video.name} is not there. Make it: `gametape run`."
            )
        for span in (*tape.plays, *tape.services):
            _check_span(tape, span)
    if "service" in classes and not any(tape.services for tape in tapes):
        raise InputError(
            f"fine-tuning: {len(classes)} classes are asked for ({', '.join(classes)}), but on no "
            "tape are services marked. Mark them, or train dead and play only."
        )


def all_windows(tape: FilmedTape, classes: tuple[str, ...], step_s: float) -> list[Window]:
    """Every window of a tape whose class is sure, a step apart."""
    middles = np.arange(step_s / 2, tape.duration_s, step_s)
    labels = np.zeros(len(middles), np.int64)
    _mark(labels, middles, tape.plays, classes.index("play"))
    spans = tape.plays
    if "service" in classes:
        _mark(labels, middles, tape.services, classes.index("service"))
        spans = (*spans, *tape.services)
    edges = np.array([t for s in spans for t in (s.start_s, s.end_s)] or [-np.inf])
    away = np.abs(middles[:, None] - edges[None, :]).min(axis=1)
    return [
        Window(tape, float(middle), int(label))
        for middle, label, far in zip(middles, labels, away, strict=True)
        if far >= UNSURE_S
    ]


def class_weights(windows: Sequence[Window], classes: tuple[str, ...]) -> NDArray[np.float32]:
    """How much a window of each class counts, so that all classes count alike."""
    counts = np.bincount([window.label for window in windows], minlength=len(classes))
    for name, count in zip(classes, counts, strict=True):
        if not count:
            raise InputError(
                f"fine-tuning: no tape to learn from shows {name!r}. Add tapes with all of "
                f"{', '.join(classes)}, or label them anew."
            )
    return np.asarray(counts.sum() / (len(classes) * counts), np.float32)


def epoch_windows(
    windows: Sequence[Sequence[Window]], a_tape: int, seed: int, epoch: int
) -> list[Window]:
    """The windows of one epoch, so many of each tape at most, in the order they are seen in."""
    drawn: list[Window] = []
    for number, own in enumerate(windows):
        rng = np.random.default_rng((seed, epoch, number))
        drawn += [own[index] for index in rng.permutation(len(own))[:a_tape]]
    order = np.random.default_rng((seed, epoch)).permutation(len(drawn))
    return [drawn[index] for index in order]


def held_out_games(tapes: Sequence[FilmedTape], share: float, seed: int) -> frozenset[str]:
    """Games whose tapes are only judged on; none where there are fewer than three."""
    games = sorted({tape.game for tape in tapes})
    if share <= 0 or len(games) < 3:
        return frozenset()
    count = min(len(games) - 2, max(1, round(share * len(games))))
    order = np.random.default_rng((seed, 7)).permutation(len(games))
    return frozenset(games[index] for index in order[:count])


def _check_span(tape: FilmedTape, span: Span) -> None:
    if span.end_s <= span.start_s:
        reason = "ends before it starts"
    elif span.start_s < -SLACK_S or span.end_s > tape.duration_s + SLACK_S:
        reason = f"lies outside the tape, which is {tape.duration_s:.1f} s long"
    else:
        return
    raise InputError(
        f"{tape.id}: the label {span.start_s:.1f}-{span.end_s:.1f} s {reason}. "
        "Correct it, and `gametape label` the tape again."
    )


def _mark(
    labels: NDArray[np.int64], middles: NDArray[np.float64], spans: Sequence[Span], number: int
) -> None:
    for span in spans:
        labels[(middles >= span.start_s) & (middles < span.end_s)] = number
