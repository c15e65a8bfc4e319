"""Backbone cheap: play looks alike on tapes that differ in lens, codec and microphone."""

import numpy as np
import polars as pl
import pytest

from gametape.models.backbones.cheap import NAMES, describe

COUNT = 240


def signals(*, gain: float = 1.0, louder_db: float = 0.0, has_sound: bool = True) -> pl.DataFrame:
    """Play and pause by turns, ten seconds each, in front of one camera."""
    rng = np.random.default_rng(11)
    time_s = np.arange(COUNT) / 4
    play = (time_s // 10) % 2
    table = {"time_s": time_s, "shot": np.zeros(COUNT), "shot_start_s": np.zeros(COUNT)}
    table |= {"shot_end_s": np.full(COUNT, 60.0), "since_cut_s": time_s, "until_cut_s": 60 - time_s}
    moved = (0.002 + 0.02 * play) * (0.5 + rng.random(COUNT)) * gain
    table |= dict.fromkeys(("moving_share", "changed_share", "speed_mean"), moved)
    for kind in ("fast", "change"):
        for region in range(12):
            name = f"{kind}_r{region // 4}c{region % 4}"
            table[name] = moved * (0.5 + rng.random(COUNT))
    table |= {name: rng.normal(0, 0.05, COUNT) for name in ("pan_x", "pan_y", "zoom")}
    table["pan_speed"] = np.hypot(table["pan_x"], table["pan_y"])
    table |= {"luma_mean": np.full(COUNT, 90.0), "luma_std": np.full(COUNT, 40.0)}
    table |= {"edge_level": np.full(COUNT, 9.0), "field_share": 0.5 + 0.01 * rng.random(COUNT)}
    table["similarity"] = 0.98 + 0.005 * rng.random(COUNT)
    table["shot_similarity"] = np.full(COUNT, 0.982)
    level = np.where(has_sound, -30 + 5 * play + louder_db + rng.random(COUNT), 0.0)
    table |= {"level_db": level, "crowd_db": level - 5 * has_sound}
    table["hit_db"] = has_sound * 12.0 * (rng.random(COUNT) < 0.1 + 0.3 * play)
    table["whistle_share"] = has_sound * (np.arange(COUNT) % 80 == 40).astype(float)
    table["has_sound"] = np.full(COUNT, float(has_sound))
    return pl.DataFrame(table)


def column(table: np.ndarray, name: str) -> np.ndarray:
    return table[:, NAMES.index(name)]


def test_every_name_is_there_once_and_every_number_is_a_number() -> None:
    found = describe(signals())
    assert found.shape == (COUNT, len(NAMES)) == (COUNT, len(set(NAMES)))
    assert found.dtype == np.float32
    assert np.isfinite(found).all()
    assert np.abs(found).max() <= 10


def test_a_tape_on_which_everything_moves_three_times_as_much_ranks_alike() -> None:
    usual, near = describe(signals()), describe(signals(gain=3.0))
    for name in NAMES:
        if name.endswith("_rank"):
            # Movement below half a pixel counts as none, so the stillest rows may change places.
            assert column(near, name) == pytest.approx(column(usual, name), abs=0.05), name
    for name in ("fast_1s_off", "fast_1s_of_usual", "moving_share_off"):
        assert column(near, name) == pytest.approx(column(usual, name), abs=0.05), name
    assert (column(near, "fast_1s") > column(usual, "fast_1s") + 0.5).all()


def test_a_louder_tape_sounds_alike_but_for_its_level() -> None:
    usual, loud = describe(signals()), describe(signals(louder_db=12.0))
    differing = {n for n in NAMES if np.abs(column(loud, n) - column(usual, n)).max() > 1e-4}
    assert differing == {"level_db", "crowd_db"}


def test_play_moves_more_than_pauses_in_every_way_that_counts() -> None:
    found = describe(signals())
    play = (np.arange(COUNT) / 4 // 10) % 2 == 1
    for name in ("fast_1s_rank", "fast_activity_of_usual", "fast_sides_off", "hits_4s_rank"):
        assert column(found, name)[play].mean() > column(found, name)[~play].mean() + 0.5, name


def test_a_mute_tape_is_told_from_a_silent_moment() -> None:
    found = describe(signals(has_sound=False))
    heard = [n for n in NAMES if n.startswith(("level_", "crowd_", "hit", "whistle"))]
    assert all((column(found, name) == 0).all() for name in [*heard, "has_sound"])


@pytest.mark.parametrize("count", [0, 1, 2])
def test_tapes_of_no_rows_or_few_have_as_many_rows(count: int) -> None:
    found = describe(signals().head(count))
    assert found.shape == (count, len(NAMES))
    assert np.isfinite(found).all()


def test_a_tape_on_which_nothing_ever_moves_has_no_rank() -> None:
    still = signals().with_columns(
        pl.lit(0.0).alias(name)
        for name in signals().columns
        if name.startswith(("fast_", "change_")) or name == "moving_share"
    )
    assert (column(describe(still), "moving_share_rank") == 0).all()
    assert (column(describe(still), "fast_1s_off") == 0).all()
