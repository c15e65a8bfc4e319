"""Pictures of a training: how honest its scores are, and how it does tape by tape. PNG bytes."""

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from gametape.training.finetune import FineTuned
    from gametape.training.validate import Judged


def learning_plots(found: "Judged", by_tape: Mapping[str, float]) -> dict[str, bytes]:
    """Reliability and scores of tapes that did not train the model, by file name."""
    return {
        "reliability.png": _reliability(found),
        "tapes.png": _by_tape(by_tape),
    }


def tuning_plots(card: "FineTuned") -> dict[str, bytes]:
    """How the loss fell, and what it tells rightly in games it never saw, by file name."""
    from matplotlib.figure import Figure

    plots = {}
    if card.losses:
        figure = Figure(figsize=(7, 4))
        axes = figure.add_subplot()
        steps = [card.steps * (n + 1) / len(card.losses) for n in range(len(card.losses))]
        axes.plot(steps, card.losses, color="tab:blue")
        axes.set(xlabel="step", ylabel="loss", ylim=(0, None))
        plots["loss.png"] = _png(figure)
    if card.figures:
        figure = Figure(figsize=(7, 1.2 + 0.4 * len(card.figures)))
        axes = figure.add_subplot()
        axes.barh(list(card.figures), list(card.figures.values()), color="tab:blue")
        axes.set(xlabel=f"share of windows, {len(card.held_out)} held-out games", xlim=(0, 1))
        plots["classes.png"] = _png(figure)
    return plots


def _reliability(found: "Judged") -> bytes:
    from matplotlib.figure import Figure

    table = found.reliability
    figure = Figure(figsize=(5, 5))
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color="0.7", linestyle=":")
    axes.plot(table["said"], table["seen"], marker="o", color="tab:blue")
    axes.set(xlabel="play, as said", ylabel="play, as labelled", xlim=(0, 1), ylim=(0, 1))
    axes.set_title(
        f"calibration error {found.calibration_error:.3f}, {len(found.tapes)} held-out tapes"
    )
    return _png(figure)


def _by_tape(by_tape: Mapping[str, float]) -> bytes:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 1.2 + 0.3 * len(by_tape)))
    axes = figure.add_subplot()
    names = sorted(by_tape, key=lambda name: by_tape[name])
    axes.barh(names, [by_tape[name] for name in names], color="tab:blue")
    axes.set(xlabel="F1 at IoU 0.5", xlim=(0, 1))
    return _png(figure)


def _png(figure: "Figure") -> bytes:
    """The same picture, the same bytes."""
    content = io.BytesIO()
    figure.tight_layout()
    figure.savefig(content, format="png", dpi=100, metadata={"Software": None})
    return content.getvalue()
