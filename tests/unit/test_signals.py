"""Everything cheap on one grid."""

import numpy as np
import polars as pl
import pytest

from gametape.profile import SignalSettings
from gametape.signals import gather, jumps, unseen_cuts
from gametape.video.maincamera import as_rows
from gametape.video.motion import COLOURS, LAYOUT_LENGTH, SampleMeter

SETTINGS = SignalSettings()


def layout(colour: int) -> list[int]:
    blocks = np.zeros((12, COLOURS), int)
    blocks[:, colour] = 255
    return [int(v) for v in blocks.ravel()]


def tables(
    length_s: float, rate_hz: float, colours: list[tuple[int, float]], **changes: float
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Frames, samples and layouts of a tape whose shots have these colours and lengths."""
    at_s = np.arange(int(length_s * rate_hz)) / rate_hz
    nothing = SampleMeter().update(0.0, np.zeros((90, 160), np.uint8))
    row = nothing | {"lag_s": 1 / rate_hz} | changes
    samples = pl.DataFrame({"time_s": at_s} | {k: np.full(len(at_s), v) for k, v in row.items()})
    grid = np.arange(int(length_s * 4)) / 4
    ends = np.cumsum([s for _, s in colours])
    which = np.searchsorted(ends, grid, side="right")
    look = [layout(colours[i][0]) for i in which]
    layouts = pl.DataFrame(
        {"time_s": grid, "layout": look},
        schema={"time_s": pl.Float64, "layout": pl.Array(pl.UInt8, LAYOUT_LENGTH)},
    )
    return pl.DataFrame({"time_s": at_s}), samples, layouts


def cuts(*times_s: float) -> pl.DataFrame:
    return pl.DataFrame({"time_s": list(times_s)}, schema={"time_s": pl.Float64})


def test_there_is_a_row_every_quarter_second_to_the_end_of_the_last_frame() -> None:
    table = gather(*tables(10.0, 15.0, [(2, 10)]), cuts(), None, SETTINGS)
    assert table["time_s"].to_list() == [i / 4 for i in range(40)]


def test_rows_know_their_shot() -> None:
    table = gather(*tables(10.0, 15.0, [(2, 4), (9, 6)]), cuts(4.0), None, SETTINGS)
    assert table["shot"].to_list() == [0.0] * 16 + [1.0] * 24
    assert table["since_cut_s"][16] == 0.0
    assert table["until_cut_s"][0] == 4.0


def test_movement_across_a_cut_is_left_out() -> None:
    frames, samples, layouts = tables(10.0, 15.0, [(2, 4), (9, 6)], changed_share=0.01)
    jump = (samples["time_s"] >= 4.0) & (samples["time_s"] < 4.2)
    samples = samples.with_columns(
        changed_share=pl.when(jump).then(0.9).otherwise(pl.col("changed_share"))
    )
    table = gather(frames, samples, layouts, cuts(4.0), None, SETTINGS)
    assert table["changed_share"].max() == pytest.approx(0.01)


def test_a_tape_of_four_frames_a_second_gives_the_same_columns() -> None:
    slow = gather(*tables(10.0, 4.0, [(2, 4), (9, 6)]), cuts(4.0), None, SETTINGS)
    quick = gather(*tables(10.0, 30.0, [(2, 4), (9, 6)]), cuts(4.0), None, SETTINGS)
    assert slow.columns == quick.columns
    assert slow.height == quick.height == 40
    assert slow["similarity"].to_list() == pytest.approx(quick["similarity"].to_list())


def test_a_mute_tape_says_so() -> None:
    table = gather(*tables(10.0, 15.0, [(2, 10)]), cuts(), None, SETTINGS)
    assert table["has_sound"].sum() == table["whistle_share"].sum() == 0


def test_a_wipe_that_is_no_cut_ends_a_shot() -> None:
    table = gather(*tables(12.0, 15.0, [(2, 6), (9, 6)]), cuts(), None, SETTINGS)
    assert table["shot"].n_unique() == 2
    assert table["shot_end_s"][0] == pytest.approx(6.0, abs=0.5)


def test_no_unseen_cut_is_found_beside_a_cut_or_in_one_picture() -> None:
    time_s = np.arange(48) / 4
    rows = as_rows(np.array([layout(2)] * 24 + [layout(9)] * 24, np.uint8))
    assert len(unseen_cuts(rows, time_s, np.array([6.0]))) == 0
    assert len(unseen_cuts(rows[:24], time_s[:24], np.zeros(0))) == 0


def test_a_wipe_between_two_views_of_one_field_is_seen_by_what_passes() -> None:
    time_s = np.arange(48) / 4
    field, wipe = layout(2), layout(17)
    rows = as_rows(np.array([field] * 24 + [wipe] * 2 + [field] * 22, np.uint8))
    assert unseen_cuts(rows, time_s, np.zeros(0)).tolist() == pytest.approx([6.0], abs=0.5)


def test_a_moment_in_which_all_changes_ends_a_shot_unless_all_changes_always() -> None:
    at_s = np.arange(150) / 15
    share = np.full(150, 0.01)
    share[74:78] = [0.3, 0.6, 0.5, 0.3]
    quiet = pl.DataFrame({"time_s": at_s, "changed_share": share})
    carried = quiet.with_columns(pl.col("changed_share") + 0.2)
    assert jumps(quiet, np.zeros(0)).tolist() == [5.0]
    assert len(jumps(carried, np.zeros(0))) == 0
    assert len(jumps(quiet, np.array([5.2]))) == 0
