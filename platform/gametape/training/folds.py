"""Folds by game: no game is ever on two sides."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from gametape.errors import InputError
from gametape.models.base import TrainingTape


@dataclass(frozen=True)
class Fold:
    """Tapes, by id, that are held back together."""

    name: str
    held_back: frozenset[str]


def leave_one_game_out(tapes: Sequence[TrainingTape]) -> list[Fold]:
    """One fold a game."""
    return grouped_folds(tapes, len({tape.game for tape in tapes}))


def grouped_folds(tapes: Sequence[TrainingTape], count: int) -> list[Fold]:
    """So many folds of whole games; games of one stratum are spread over the folds.

    Nothing is drawn: the folds follow from names alone, in whatever order the tapes come.
    """
    strata: dict[str, str] = {}
    for tape in sorted(tapes, key=lambda tape: tape.id):
        strata.setdefault(tape.game, " ".join(f"{k}={v}" for k, v in sorted(tape.strata.items())))
    if not 2 <= count <= len(strata):
        raise InputError(
            f"{count} folds of {len(strata)} games: there must be 2 folds at least, and a game for "
            "each. Label tapes of more games, or ask for fewer folds."
        )
    mixed = {game: hashlib.sha256(game.encode()).hexdigest() for game in strata}
    order = sorted(strata, key=lambda game: (strata[game], mixed[game]))
    fold_of = {game: place % count for place, game in enumerate(order)}
    games = [sorted(game for game in strata if fold_of[game] == n) for n in range(count)]
    return [
        Fold(
            of_fold[0] if len(of_fold) == 1 else f"fold-{number + 1}",
            frozenset(tape.id for tape in tapes if tape.game in of_fold),
        )
        for number, of_fold in enumerate(games)
    ]
