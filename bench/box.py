"""`python -m bench.box LIBRARY --heads DIR --judge GAMES --real FOLDER --out DIR`: models to ship.

Takes heads that `bench.heads --out` has trained, judges them on tapes that they never saw and on
real clips, writes both into their cards, and puts them where the package looks for them
(`platform/gametape/models/embedded`). Nothing is trained or chosen here.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bench.heads import Case, Plan, judge
from bench.realtapes import GAME, add_real
from gametape.metrics.segments import SegmentTally
from gametape.models.base import Interval
from gametape.models.heads.apply import TrainedHead
from gametape.models.heads.files import read_head, write_head
from resources.learning.training import intervals_of, tally_of
from resources.store import Store

F1 = "F1@0.50"


def main(arguments: Sequence[str]) -> int:
    """Judge every head of the folder, and write it with what was found."""
    parser = argparse.ArgumentParser(prog="bench.box")
    parser.add_argument("library", type=Path)
    parser.add_argument("--heads", type=Path, required=True)
    parser.add_argument("--judge", nargs="+", required=True, metavar="GAMES")
    parser.add_argument("--real", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args(arguments)
    names = sorted(path.name for path in asked.heads.iterdir() if path.is_dir())
    add_real(asked.library, asked.real, names)
    for name in names:
        folder = asked.heads / name
        head = read_head(folder)
        plan = Plan(Store(asked.library), head.card.backbones, head.card.kind, is_joint=False)
        made = judge(plan, name, asked.judge, folder)
        real = judge(plan, name, [GAME], folder)
        digest = write_head(asked.out / name, with_figures(head, made, real))
        print(f"{name} {digest[:12]}", flush=True)
    return 0


def with_figures(head: TrainedHead, made: Sequence[Case], real: Sequence[Case]) -> TrainedHead:
    """The card with figures of both kinds of tapes, and what they mean for whoever uses it."""
    figures = intervals_of(_tally(made, is_learned=True))
    explicit = intervals_of(_tally(made, is_learned=False))[F1]
    figures |= {f"explicit {F1}": explicit}
    notes = [
        "Trained on matches that gametape made itself (gametape make-match) and on nothing else: "
        f"{head.card.trained_on['tapes']} tapes, five difficulties.",
        f"Figures: {_words(made)} of other seeds. F1 at IoU 0.5 {figures[F1].value:.2f}, "
        f"the explicit scorer's {explicit.value:.2f}.",
    ]
    if real:
        own, other = (intervals_of(_tally(real, is_learned=side))[F1] for side in (True, False))
        figures |= {f"real {F1}": own, f"real, explicit {F1}": other}
        notes.append(
            f"On {_words(real, 'real clips')}: F1 {own.value:.2f}, the explicit scorer's "
            f"{other.value:.2f}."
        )
    else:
        notes.append("There was no real clip to judge it on.")
    notes.append(
        "Not the default, as it is behind the explicit scorers on real clips of all sports "
        "together. Train on tapes of your own; --set scorer.name=learned asks for this one."
    )
    card = head.card.model_copy(update={"figures": _short(figures), "notes": tuple(notes)})
    return replace(head, card=card)


def _tally(cases: Sequence[Case], *, is_learned: bool) -> SegmentTally:
    found = {c.example.training.id: c.learned if is_learned else c.explicit for c in cases}
    return tally_of([case.example for case in cases], found)


def _words(cases: Sequence[Case], tapes: str = "made matches") -> str:
    plays = sum(len(case.example.training.plays) for case in cases)
    return f"{len(cases)} {tapes} with {plays} plays"


def _short(figures: dict[str, Interval]) -> dict[str, Interval]:
    """Rounded to what so few tapes can tell."""
    return {
        name: Interval(value=round(f.value, 3), low=round(f.low, 3), high=round(f.high, 3))
        for name, f in figures.items()
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
