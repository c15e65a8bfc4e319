"""Folds, cross-validation, sweeps: nobody judges a game it knows; evidence changes defaults."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gametape.errors import InputError
from gametape.fusion.segments import fuse
from gametape.metrics.segments import score_segments
from gametape.models.base import TrainingTape
from gametape.profile import FusionSettings
from gametape.schema import Span
from gametape.training import validate
from gametape.training.examples import mirrored
from gametape.training.folds import grouped_folds, leave_one_game_out
from gametape.training.settings import TrainSettings
from gametape.training.sweep import Scored, choose, grid_of, plain_fusion, sweep
from gametape.training.validate import (
    cross_validate,
    learning_curve,
    learning_sizes,
    train_for_use,
)
from tests.unit.training.made_tapes import QUICK, made_tape, made_tapes


@given(st.lists(st.integers(0, 7), min_size=2, max_size=20), st.integers(2, 5))
def test_no_game_is_ever_in_two_folds_and_every_tape_in_one(games: list[int], count: int) -> None:
    tapes = [
        replace(made_tape(0, duration_s=1.0), id=f"t{n}", game=f"g{game}")
        for n, game in enumerate(games)
    ]
    if len(set(games)) < count:
        with pytest.raises(InputError, match="there must be 2 folds at least"):
            grouped_folds(tapes, count)
        return
    folds = grouped_folds(tapes, count)
    held = sorted(tape for fold in folds for tape in fold.held_back)
    assert held == sorted(tape.id for tape in tapes)
    game_of = {tape.id: tape.game for tape in tapes}
    sides = [{game_of[tape] for tape in fold.held_back} for fold in folds]
    assert sum(map(len, sides)) == len(set.union(*sides))


def test_leaving_one_game_out_names_each_fold_by_its_game() -> None:
    folds = leave_one_game_out([*made_tapes(3), made_tape(7, game="game-1")])
    assert {fold.name: set(fold.held_back) for fold in folds} == {
        "game-0": {"tape-0"},
        "game-1": {"tape-1", "tape-7"},
        "game-2": {"tape-2"},
    }


def test_cross_validation_never_trains_on_the_game_that_it_judges(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tapes = made_tapes(5)
    seen: list[set[str]] = []
    real = validate.train_head

    def watched(own: list[TrainingTape], settings: TrainSettings, **rest: object) -> object:
        seen.append({tape.game for tape in own})
        return real(own, settings, **rest)  # type: ignore[arg-type]

    monkeypatch.setattr(validate, "train_head", watched)
    settings = QUICK.model_copy(update={"kind": "linear-hmm"})
    judged = cross_validate(tapes, settings, leave_one_game_out(tapes))
    assert sorted(tape.id for tape in judged.tapes) == [tape.id for tape in tapes]
    every = {tape.game for tape in tapes}
    assert seen == [every - {tape.game} for tape in judged.tapes]
    assert judged.calibration_error < 0.1
    assert judged.squared_error < 0.08
    assert judged.reliability["rows"].sum() == 5 * 240


def scored(number: int, *, noise: float = 0.0, gaps: bool = False) -> Scored:
    """A tape whose scores say play where it is, with short false alarms or gaps."""
    tape = made_tape(number)
    start = tape.features[0].time_s
    play = np.full(len(start), 0.1)
    for span in tape.plays:
        play[(start >= span.start_s) & (start < span.end_s)] = 0.9
    rng = np.random.default_rng(number)
    if gaps:
        for span in tape.plays:
            middle = (span.start_s + span.end_s) / 2
            play[(start >= middle - 0.5) & (start < middle + 0.5)] = 0.1
    play = np.clip(play + rng.normal(0, noise, len(play)), 0, 1)
    table = pl.DataFrame({"start_s": start, "end_s": start + 0.25, "play": play})
    return Scored(tape.id, tape.game, table, tape.plays, (), tape.duration_s, {})


def test_a_sweep_counts_what_fusion_and_the_protocol_say() -> None:
    tape = scored(1, noise=0.25)
    every = [settings for _, settings in grid_of(plain_fusion(FusionSettings()))][::37]
    table = sweep([tape], every)
    cuts = pl.DataFrame({"time_s": []}, schema={"time_s": pl.Float64})
    for row, settings in zip(table.iter_rows(named=True), every, strict=True):
        found = fuse(tape.predictions, cuts, settings=settings, duration_s=tape.duration_s)
        cores = [Span(s.core.start_s, s.core.end_s) for s in found]
        for iou in (0.3, 0.5, 0.7):
            official = score_segments(tape.plays, cores, iou=iou)
            assert row[f"matched_{round(100 * iou)}"] == official.matched_count
        assert row["found_count"] == len(cores)


def test_settings_that_bridge_gaps_become_the_default_where_every_play_has_one() -> None:
    base = plain_fusion(FusionSettings())
    current = base.model_copy(update={"continuation_s": 0.5})
    choice = choose([scored(n, gaps=True) for n in range(4)], current, base)
    assert choice.is_change
    assert choice.settings.continuation_s > 1.0
    assert choice.figures["chosen_on_other_games"] > choice.figures["current"]
    assert all(reason.startswith("yes: ") for reason in choice.reasons)


def test_nothing_changes_where_the_current_settings_do_as_well_or_games_are_few() -> None:
    base = plain_fusion(FusionSettings())
    same = choose([scored(n) for n in range(4)], base, base)
    assert not same.is_change
    assert same.reasons[0].startswith("no: on games that did not choose them")
    current = base.model_copy(update={"continuation_s": 0.5})
    few = choose([scored(n, gaps=True) for n in range(2)], current, base)
    assert not few.is_change
    assert few.reasons[-1] == "no: 2 games have chosen (asked: 3)"


def test_a_head_for_use_carries_the_fusion_that_suits_it_and_leaves_padding_to_the_pack() -> None:
    pack = FusionSettings(enter=0.6, leave=0.35, boundary=0.03, snap_s=0.75, pad_before_s=9.0)
    settings = QUICK.model_copy(update={"kind": "linear-hmm"})
    head, choice = train_for_use(made_tapes(), settings, pack)
    assert head.card.fusion["snap_s"] == 0.0
    assert "pad_before_s" not in head.card.fusion
    laid_over = FusionSettings.model_validate({**pack.model_dump(), **head.card.fusion})
    assert laid_over.pad_before_s == 9.0
    assert choice.figures["settings"] >= 200


def test_in_a_mirror_regions_change_sides_and_turning_to_a_side_its_sign() -> None:
    names = ["fast_all", "fast_r0c1", "luma", "fast_r0c0_rank", "fast_r0c1_rank", "pan_x"]
    order, sign = mirrored([f"cheap.{name}" for name in names])
    assert order.tolist() == [0, 1, 2, 4, 3, 5]  # fast_r0c1 has no counterpart
    assert sign.tolist() == [1, 1, 1, 1, 1, -1]


def test_a_learning_curve_learns_from_ever_more_games_and_knows_none_that_judges() -> None:
    tapes, held = made_tapes(7), [made_tape(20), made_tape(21)]
    settings = QUICK.model_copy(update={"kind": "linear-hmm"})
    assert learning_sizes(tapes) == [4, 6]
    assert learning_sizes(made_tapes(4)) == []
    pack = FusionSettings()
    points = learning_curve(tapes, held, settings, [4, 6], pack=pack)
    assert [(point.games, point.tapes) for point in points] == [(4, 4), (6, 6)]
    assert all(0.5 < point.f1.value <= 1 for point in points)
    assert all(point.f1.low <= point.f1.value <= point.f1.high for point in points)
    # Neither the order of the tapes nor what else is asked for changes a point.
    assert learning_curve(tapes[::-1], held, settings, [6], pack=pack) == points[1:]
