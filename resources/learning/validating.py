"""Cross-validation of a sport's labelled tapes: each judged by a head that never saw its game.

The sport pack's own scorer and always-play are judged on the same tapes, and what the heads said of
every tape is kept, so that fusion can be swept without training again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from gametape.errors import InputError
from gametape.fusion.segments import fuse
from gametape.models.base import Interval
from gametape.profile import FusionSettings, Profile, load_profile
from gametape.schema import Noun, Progress, Span
from gametape.tables import write_table
from resources.learning.examples import Example, labelled_examples
from resources.learning.judging import Explicit, find_all
from resources.learning.training import intervals_of, tally_of
from resources.store import Store

LEARNED, CHOSEN, ALWAYS = "learned", "learned, fusion of other games", "always play"


class Question(Noun):
    """What is to be cross-validated."""

    profile: str
    tapes: tuple[str, ...] = ()
    dataset: str = ""
    helpers: tuple[str, ...] = ()  # sport packs whose tapes train too, and are not judged
    kind: str = "temporal"
    folds: int = 0  # of games; 0: leave one game out
    seed: int = 0
    steps: int | None = None


class Answer(Noun):
    """How well each contender does on tapes that it did not learn from."""

    tapes: int
    games: int
    folds: int
    figures: dict[str, dict[str, Interval]]  # by contender
    strata: dict[str, dict[str, float]]  # by contender: F1@0.50 of "difficulty=hard", ...
    calibration_error: float
    fusion: dict[str, float | int | str | bool | None]  # that the sweep finds best
    is_change: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Validation:
    """The answer, and every tape's scores."""

    answer: Answer
    scores: pl.DataFrame  # tape, start_s, end_s, play


def validate_sport(store: Store, question: Question, *, progress: Progress) -> Validation:
    """Train a head a fold, score what it did not see, sweep fusion over those scores."""
    from gametape.training.folds import grouped_folds, leave_one_game_out
    from gametape.training.settings import TrainSettings
    from gametape.training.sweep import choose, plain_fusion
    from gametape.training.validate import cross_validate

    profile = load_profile(question.profile, folder=store.profiles)
    examples = labelled_examples(store, profile, ids=question.tapes, dataset=question.dataset)
    own = [e.training for e in examples]
    others = _helpers(store, profile, question.helpers)
    folds = grouped_folds(own, question.folds) if question.folds else leave_one_game_out(own)
    values: dict[str, object] = {"profile": profile.name, "kind": question.kind}
    values["seed"] = question.seed
    if question.steps is not None:
        values |= {"max_steps": question.steps, "check_steps": min(30, question.steps)}
    judged = cross_validate(
        [*own, *(e.training for e in others)],
        TrainSettings.model_validate(values),
        folds,
        progress=progress,
        checkpoints=store.root / "models" / profile.name / ".checkpoints",
    )
    plain = plain_fusion(profile.fusion)
    choice = choose(judged.tapes, plain, plain)
    by_game = {one.id: choice.by_game[one.game] for one in judged.tapes}
    scores = {one.id: one.predictions for one in judged.tapes}
    found = {
        LEARNED: _found(examples, scores, dict.fromkeys(scores, plain)),
        CHOSEN: _found(examples, scores, by_game),
        **_rivals(examples, profile),
    }
    tallies = {name: tally_of(examples, plays) for name, plays in found.items()}
    answer = Answer(
        tapes=len(own),
        games=len({one.game for one in own}),
        folds=len(folds),
        figures={name: intervals_of(tally) for name, tally in tallies.items()},
        strata={name: _by_stratum(examples, plays) for name, plays in found.items()},
        calibration_error=round(judged.calibration_error, 6),
        fusion=choice.settings.model_dump(),
        is_change=choice.is_change,
        reasons=choice.reasons,
    )
    every = [table.select(pl.lit(n).alias("tape"), pl.all()) for n, table in scores.items()]
    return Validation(answer, pl.concat(every))


def write_validation(folder: Path, found: Validation) -> None:
    """Keep the answer and the scores in a folder."""
    from gametape.aside import write_text

    write_table(folder / "scores.parquet", found.scores)
    write_text(folder / "validation.json", found.answer.model_dump_json(indent=2) + "\n")


def _helpers(store: Store, profile: Profile, names: Sequence[str]) -> list[Example]:
    """Labelled tapes of other sport packs that give the same features."""
    found: list[Example] = []
    for name in names:
        if name == profile.name:
            raise InputError(f"--with {name}: is the sport that is judged. Leave it out.")
        found += labelled_examples(store, load_profile(name, folder=store.profiles))
    return found


def _rivals(
    examples: Sequence[Example], profile: Profile
) -> dict[str, dict[str, tuple[Span, ...]]]:
    """The explicit scorer of the sport pack, where its tapes are here, and always-play."""
    rivals: dict[str, dict[str, tuple[Span, ...]]] = {
        ALWAYS: {e.training.id: (Span(0.0, e.training.duration_s),) for e in examples}
    }
    is_explicit = profile.scorer.name != "learned"
    if is_explicit and all(e.tape is not None for e in examples):
        scorer = Explicit(profile.scorer.name)
        found = find_all(scorer, examples, profile)
        rivals[scorer.label] = {name: one.plays for name, one in found.items()}
    return rivals


def _found(
    examples: Sequence[Example],
    scores: Mapping[str, pl.DataFrame],
    fusion: Mapping[str, FusionSettings],
) -> dict[str, tuple[Span, ...]]:
    """Plays of each tape from its scores."""
    found = {}
    for one in (e.training for e in examples):
        cuts = pl.DataFrame({"time_s": list(one.cuts_s)}, schema={"time_s": pl.Float64})
        segments = fuse(scores[one.id], cuts, settings=fusion[one.id], duration_s=one.duration_s)
        found[one.id] = tuple(segment.core for segment in segments)
    return found


def _by_stratum(
    examples: Sequence[Example], found: Mapping[str, tuple[Span, ...]]
) -> dict[str, float]:
    """F1 at IoU 0.5 of each group of tapes that have something in common."""
    groups: dict[str, list[Example]] = {}
    for example in examples:
        for name, value in sorted(example.training.strata.items()):
            groups.setdefault(f"{name}={value}", []).append(example)
    return {
        name: intervals_of(tally_of(group, found))["F1@0.50"].value
        for name, group in sorted(groups.items())
        if len(group) < len(examples)
    }
