"""`python -m bench.heads LIBRARY --train GAMES --judge GAMES`: learned heads against the scorers.

Trains a head a sport pack on the labelled tapes whose game begins so (`made-1001`), judges it on
others beside the pack's own scorer, and prints F1 (`segments-f1`) by sport and by difficulty, the
last word of a made game's name. `--out DIR` keeps the heads, `--heads DIR` judges such heads
without training, `--kind`, `--backbones` and `--with-others` vary them. `--real FOLDER` adds
labelled clips to the library (of the form that `bench.real_clips` takes) and judges on those too.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.realtapes import GAME, add_real, without_play
from gametape.metrics.bootstrap import paired_differences
from gametape.metrics.segments import SegmentTally
from gametape.metrics.tally import ALL, figures_of
from gametape.models.heads.files import digest_of, write_head
from gametape.profile import load_profile
from gametape.schema import Span
from gametape.training.heads import train
from gametape.training.settings import TrainSettings
from gametape.training.validate import for_use
from resources.datasets.exporting import training_tapes
from resources.learning.examples import Example
from resources.learning.judging import Explicit, Learned, find_all
from resources.learning.training import tally_of
from resources.store import Store

KEYS = (("F1@0.30", ALL), ("F1@0.50", ALL), ("F1@0.70", ALL))


@dataclass(frozen=True)
class Case:
    """One tape with the plays of both contenders."""

    example: Example
    groups: tuple[str, ...]  # its sport pack, its difficulty, all
    explicit: tuple[Span, ...]
    learned: tuple[Span, ...]


@dataclass(frozen=True)
class Plan:
    """What is trained and judged: tapes, features and kind of head."""

    store: Store
    backbones: tuple[str, ...]
    kind: str
    is_joint: bool


def main(arguments: Sequence[str]) -> int:
    """Train where asked, judge, print."""
    parser = argparse.ArgumentParser(prog="bench.heads")
    parser.add_argument("library", type=Path)
    parser.add_argument("--train", nargs="*", default=[], metavar="GAMES")
    parser.add_argument("--judge", nargs="*", default=[], metavar="GAMES")
    parser.add_argument("--real", type=Path, metavar="FOLDER")
    parser.add_argument("--kind", default="linear-hmm")
    parser.add_argument("--backbones", nargs="*", default=["cheap"])
    parser.add_argument("--with-others", action="store_true", help="tapes of all sports train")
    parser.add_argument("--sports", nargs="*", default=[])
    parser.add_argument("--heads", type=Path)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args(arguments)
    store = Store(asked.library)
    folder = asked.heads or asked.out or Path("heads")
    names = asked.sports or sorted({store.tape(n).order.profile for n in store.tape_ids()})
    plan = Plan(store, tuple(asked.backbones), asked.kind, asked.with_others)
    if asked.heads is None:
        train_all(plan, names, asked.train, folder)
    if asked.real is not None:
        add_real(asked.library, asked.real, names)
    for games in (asked.judge, [GAME] if asked.real is not None else []):
        cases = [case for name in names for case in judge(plan, name, games, folder / name)]
        if cases:
            Console(width=120).print(table_of(cases))
    return 0


def train_all(plan: Plan, names: Sequence[str], games: Sequence[str], folder: Path) -> None:
    """A head of each sport pack, written to a folder of its name."""
    own = {name: examples_of(plan, name, games) for name in names}
    joint = None
    if plan.is_joint:
        every = [e.training for examples in own.values() for e in examples]
        joint = train(every, TrainSettings.model_validate({"kind": plan.kind}))
    for name, examples in own.items():
        if not examples:
            continue
        tapes = [e.training for e in examples]
        settings = TrainSettings.model_validate({"kind": plan.kind, "profile": name})
        training = joint or train(tapes, settings)
        others = [e.training for n, rest in own.items() if joint and n != name for e in rest]
        head, _ = for_use(training, tapes, name, load_profile(name).fusion, others=others)
        digest = write_head(folder / name, head)
        plays = sum(len(tape.plays) for tape in tapes)
        print(f"{name} {digest[:12]}: {len(tapes)} tapes, {plays} plays", flush=True)


def judge(plan: Plan, name: str, games: Sequence[str], folder: Path) -> list[Case]:
    """Both contenders on the tapes of a sport pack that judge."""
    examples, profile = examples_of(plan, name, games), load_profile(name)
    if not examples or not folder.is_dir():
        return []
    learned = Learned.of(folder, profile=name, version=digest_of(folder)[:12])
    explicit = find_all(Explicit(profile.scorer.name), examples, profile)
    found = find_all(learned, examples, profile)
    return [
        Case(
            e,
            (name, e.training.game.rpartition("-")[2], "all"),
            explicit[e.training.id].plays,
            found[e.training.id].plays,
        )
        for e in examples
    ]


def examples_of(plan: Plan, name: str, games: Sequence[str]) -> list[Example]:
    """Labelled tapes of a sport pack whose game begins with one of these, with their features."""
    ids: list[str] = []
    silent: list[str] = []
    for tape_id in plan.store.tape_ids():
        tape = plan.store.tape(tape_id)
        is_asked = tape.order.game.get("game", "").startswith(tuple(games))
        if tape.order.profile == name and is_asked and tape.sidecar("features") is not None:
            (ids if tape.labels_file.is_file() else silent).append(tape_id)
    found = training_tapes(plan.store, ids, plan.backbones) if len(ids) > 1 else []
    found += [without_play(plan.store.tape(one), plan.backbones) for one in silent if GAME in games]
    tapes = {one.id: plan.store.tape(one.id) for one in found}
    return [Example(one, tapes[one.id].order.content_hash, tapes[one.id]) for one in found]


def table_of(cases: Sequence[Case]) -> Table:
    """A row a group: F1 of both at three IoUs, and the difference with its interval."""
    table = Table(box=None, pad_edge=False)
    for title in ("tapes", "number", "plays", "explicit", "learned", "difference at 0.5"):
        table.add_column(title, justify="left" if title == "tapes" else "right")
    for group in sorted({group for case in cases for group in case.groups}):
        own = [case for case in cases if group in case.groups]
        explicit, learned = _tally(own, is_learned=False), _tally(own, is_learned=True)
        gap = paired_differences(learned, explicit)[KEYS[1]]
        around = f" ({gap.interval.low:+.2f} to {gap.interval.high:+.2f})" if gap.interval else ""
        sides = [
            " / ".join(f"{figures_of(t)[key]:.2f}" for key in KEYS) for t in (explicit, learned)
        ]
        plays = sum(len(case.example.training.plays) for case in own)
        table.add_row(group, str(len(own)), str(plays), *sides, f"{gap.value:+.2f}{around}")
    return table


def _tally(cases: Sequence[Case], *, is_learned: bool) -> SegmentTally:
    found = {c.example.training.id: c.learned if is_learned else c.explicit for c in cases}
    return tally_of([case.example for case in cases], found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
