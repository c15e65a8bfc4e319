"""Splits: no game on two sides, the same for everybody, and stable when tapes come."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gametape.datasets.split import Split, folds_by_game, split_by_game
from gametape.errors import InputError


@dataclass(frozen=True)
class T:
    """A tape, as far as a split sees it."""

    id: str
    game: str
    strata: dict[str, str] = field(default_factory=dict)


VENUES = ("hall", "beach", "stadium")


@st.composite
def libraries(draw: st.DrawFn, least_games: int = 2) -> list[T]:
    games = draw(
        st.lists(
            st.text("abcdef", min_size=1, max_size=5),
            unique=True,
            min_size=least_games,
            max_size=24,
        )
    )
    tapes = []
    for game in games:
        venue = draw(st.sampled_from(VENUES))
        for number in range(draw(st.integers(1, 3))):
            tapes.append(T(f"{game}-{number}", game, {"venue": venue}))
    return tapes


@given(libraries(), st.floats(0.05, 0.95), st.booleans(), st.randoms(use_true_random=False))
def test_every_tape_is_on_one_side_and_every_game_too(tapes, share, is_by_venue, random):
    by = ("venue",) if is_by_venue else ()
    split = split_by_game(tapes, share=share, by=by)
    assert sorted(split.train + split.held_out) == sorted(tape.id for tape in tapes)
    assert split.train and split.held_out
    games = {tape.id: tape.game for tape in tapes}
    assert not {games[t] for t in split.train} & {games[t] for t in split.held_out}
    shuffled = random.sample(tapes, len(tapes))
    assert split_by_game(shuffled, share=share, by=by) == split


@given(libraries(least_games=4))
def test_games_of_an_earlier_split_never_change_sides(tapes):
    games = sorted({tape.game for tape in tapes})
    early = [tape for tape in tapes if tape.game in games[: len(games) // 2 + 1]]
    before = split_by_game(early, by=("venue",))
    after = split_by_game(tapes, by=("venue",), before=before)
    assert set(before.train) <= set(after.train)
    assert set(before.held_out) <= set(after.held_out)


@given(libraries(least_games=4))
def test_a_game_that_comes_later_moves_no_game_that_a_hash_alone_has_placed(tapes):
    full = split_by_game(tapes, share=0.5)
    last = max(tape.game for tape in tapes)
    fewer = split_by_game([tape for tape in tapes if tape.game != last], share=0.5)
    moved = set(fewer.held_out) & set(full.train) | set(fewer.train) & set(full.held_out)
    games = {tape.game for tape in tapes if tape.id in moved}
    # Only where one side was empty may the one game move that was put there for that.
    assert len(games) <= 1


def test_a_stratum_of_four_games_is_held_out_in_part():
    tapes = [
        T(f"{venue}{n}", f"{venue} {n}", {"venue": venue}) for venue in VENUES for n in range(5)
    ]
    for seed in range(20):
        split = split_by_game(tapes, share=0.05, by=("venue",), seed=seed)
        assert {tape_id[:-1] for tape_id in split.held_out} == set(VENUES)


def test_a_quarter_of_many_games_is_held_out():
    tapes = [T(f"t{n}", f"game {n}") for n in range(2000)]
    assert len(split_by_game(tapes).held_out) == pytest.approx(500, abs=60)


def test_one_game_cannot_be_split():
    with pytest.raises(InputError, match=r"1 game cannot be split.*gametape add --game"):
        split_by_game([T("a", "final"), T("b", "final")])


@settings(max_examples=60)
@given(libraries(), st.data())
def test_folds_hold_each_game_once_and_as_many_each(tapes, data):
    games = sorted({tape.game for tape in tapes})
    count = data.draw(st.integers(2, len(games)))
    folds = folds_by_game(tapes, count, by=("venue",))
    assert sorted(t for fold in folds for t in fold) == sorted(tape.id for tape in tapes)
    of_tape = {tape.id: tape.game for tape in tapes}
    sets = [{of_tape[t] for t in fold} for fold in folds]
    assert sum(map(len, sets)) == len(games)
    assert max(map(len, sets)) - min(map(len, sets)) <= 1
    assert folds_by_game(tapes[::-1], count, by=("venue",)) == folds


def test_folds_spread_each_stratum_over_all_of_them():
    tapes = [T(f"{v}{n}", f"{v} {n}", {"venue": v}) for v in VENUES for n in range(4)]
    for fold in folds_by_game(tapes, 4, by=("venue",)):
        assert {tape_id[:-1] for tape_id in fold} == set(VENUES)


def test_as_many_folds_as_games_leave_one_game_out_each():
    tapes = [T("a1", "a"), T("a2", "a"), T("b", "b"), T("c", "c")]
    assert sorted(folds_by_game(tapes, 3)) == [("a1", "a2"), ("b",), ("c",)]


def test_more_folds_than_games_are_refused():
    with pytest.raises(InputError, match=r"3 folds need at least 3 games, and there are 2"):
        folds_by_game([T("a", "a"), T("b", "b")], 3)


def test_a_game_that_was_once_on_both_sides_stays_with_those_who_learned():
    tapes = [T("a1", "a"), T("a2", "a"), T("b", "b")]
    split = split_by_game(tapes, before=Split(train=("a1",), held_out=("a2",)))
    assert "a1" in split.train and "a2" in split.train
