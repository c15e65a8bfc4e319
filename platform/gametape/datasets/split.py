"""Who learns and who judges: splits by game, never by clip, the same everywhere and every time.

A side follows from a hash of the game's name, so that neither the order of tapes nor a tape that
comes later moves a game. What lies on both sides all the same is the matter of `leaks`.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from gametape.errors import InputError

HELD_OUT = 0.25  # share of games that judge
STRATUM_GAMES = 4  # a stratum of so many games gives at least one to those who judge


class Grouped(Protocol):
    """What a split has to know of a tape: TrainingTape and DatasetTape do."""

    @property
    def id(self) -> str:
        """The tape's identity."""
        ...

    @property
    def game(self) -> str:
        """What must not be on both sides."""
        ...

    @property
    def strata(self) -> Mapping[str, str]:
        """In what it differs from others."""
        ...


@dataclass(frozen=True)
class Split:
    """Ids of tapes on each side, in the order of ids."""

    train: tuple[str, ...]
    held_out: tuple[str, ...]


def split_by_game(
    tapes: Sequence[Grouped],
    *,
    share: float = HELD_OUT,
    by: Sequence[str] = (),
    seed: int = 0,
    before: Split | None = None,
) -> Split:
    """Tapes to learn from and tapes held out, no game on both sides.

    `by` names strata of which each one with four games or more is held out in part. Games of the
    split `before` stay on their side; without it only such a stratum's first one may move when
    games are added.
    """
    games = _games(tapes)
    if len(games) < 2:
        raise InputError(
            f"{len(games)} game{'s' * (len(games) != 1)} cannot be split into two sides. Label "
            "tapes of more games, or say of which game each tape is: `gametape add --game`."
        )
    place = {game: _unit(f"{seed}:{game}") for game in games}
    known = _sides(tapes, before)
    held = {game for game in games if known.get(game, place[game] < share)}
    for members in _strata(tapes, by).values():
        free = [game for game in members if game not in known]
        if len(members) >= STRATUM_GAMES and not held & members and free:
            held.add(min(free, key=lambda game: place[game]))
    if not held:
        held.add(min(set(games) - set(known) or games, key=lambda game: place[game]))
    if len(held) == len(games):
        held.discard(max(set(games) - set(known) or games, key=lambda game: place[game]))
    return Split(
        train=tuple(sorted(tape.id for tape in tapes if tape.game not in held)),
        held_out=tuple(sorted(tape.id for tape in tapes if tape.game in held)),
    )


def folds_by_game(
    tapes: Sequence[Grouped], count: int, *, by: Sequence[str] = (), seed: int = 0
) -> tuple[tuple[str, ...], ...]:
    """Tapes in `count` parts for cross-validation, each game in one of them; ids in order.

    Parts hold as many games each, give or take one, and as many of each stratum as can be. With
    as many parts as games it is leave one game out.
    """
    games = _games(tapes)
    if not 2 <= count <= len(games):
        raise InputError(
            f"{count} folds need at least {max(count, 2)} games, and there are {len(games)}. Ask "
            "for fewer folds, label tapes of more games, or say of which game each tape is."
        )
    strata = _strata_of_games(tapes, by)
    least, extra = divmod(len(games), count)
    sizes = [0] * count
    filled: list[Counter[tuple[str, str]]] = [Counter() for _ in range(count)]
    chosen: dict[str, int] = {}
    for game in sorted(games, key=lambda game: (_unit(f"{seed}:{game}"), game)):
        spare = extra - sum(size > least for size in sizes)
        fold = min(
            (fold for fold in range(count) if sizes[fold] < least + (spare > 0)),
            key=lambda fold: (
                sum(filled[fold][stratum] for stratum in strata[game]),
                _unit(f"{seed}:{game}:{fold}"),
            ),
        )
        sizes[fold] += 1
        filled[fold].update(strata[game])
        chosen[game] = fold
    return tuple(
        tuple(sorted(tape.id for tape in tapes if chosen[tape.game] == fold))
        for fold in range(count)
    )


def _games(tapes: Iterable[Grouped]) -> list[str]:
    return sorted({tape.game for tape in tapes})


def _sides(tapes: Sequence[Grouped], before: Split | None) -> dict[str, bool]:
    """Whether each game of an earlier split was held out; one seen on both sides was not."""
    if before is None:
        return {}
    held, trained = set(before.held_out), set(before.train)
    known = {tape.game: True for tape in tapes if tape.id in held}
    return known | {tape.game: False for tape in tapes if tape.id in trained}


def _strata(tapes: Sequence[Grouped], by: Sequence[str]) -> dict[tuple[str, str], set[str]]:
    """Games of each stratum, strata in order."""
    found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for tape in tapes:
        for key in by:
            if key in tape.strata:
                found[key, tape.strata[key]].add(tape.game)
    return dict(sorted(found.items()))


def _strata_of_games(
    tapes: Sequence[Grouped], by: Sequence[str]
) -> defaultdict[str, set[tuple[str, str]]]:
    found: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for stratum, games in _strata(tapes, by).items():
        for game in games:
            found[game].add(stratum)
    return found


def _unit(text: str) -> float:
    """A number from 0 to 1 that follows from a text, spread evenly."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:7], "big") / 2**56
