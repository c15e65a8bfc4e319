"""The timeline picture shows what there is, and is drawn even when there is nothing."""

from io import BytesIO

import numpy as np
import polars as pl
import pytest
from PIL import Image

from gametape.profile import FusionSettings
from gametape.report.lanes import (
    Lane,
    columns_of,
    evidence_lanes,
    rows_of_tape,
    signal_lanes,
    ticks,
)
from gametape.report.timeline import BLUE, ORANGE, draw_timeline
from gametape.schema import Finding, Segment, Span


def opened(content: bytes) -> Image.Image:
    picture = Image.open(BytesIO(content))
    assert picture.format == "PNG"
    return picture.convert("RGB")


def signals(duration_s: float) -> pl.DataFrame:
    time_s = np.arange(0, duration_s, 0.25)
    return pl.DataFrame(
        {
            "time_s": time_s,
            "similarity": np.linspace(0.5, 1, len(time_s)),
            "changed_share": np.zeros(len(time_s)),
            "crowd_db": np.full(len(time_s), -40.0),
            "has_sound": np.ones(len(time_s)),
            "a_column_nobody_knows": np.full(len(time_s), np.nan),
        }
    )


def test_empty_tables_and_no_tables_still_give_a_picture() -> None:
    empty = pl.DataFrame({"time_s": []}, schema={"time_s": pl.Float64})
    windows = pl.DataFrame(schema={"start_s": pl.Float64, "end_s": pl.Float64, "play": pl.Float64})
    for table, scores in ((None, None), (empty, windows)):
        picture = opened(
            draw_timeline(
                title="", duration_s=60, signals=table, predictions=scores, cuts=table, segments=[]
            )
        )
        assert picture.width == 1400
    assert opened(draw_timeline(title="x", duration_s=0)).width == 1400


def test_a_segment_is_a_bar_at_its_time_above_the_truth() -> None:
    picture = opened(
        draw_timeline(
            title="tape.mp4",
            duration_s=100,
            segments=[Segment(25, 50, score=77)],
            truth=[Span(50, 75)],
        )
    )
    pixels = np.asarray(picture)[74:]  # below the head with its legend
    found = np.argwhere((pixels == BLUE).all(axis=2))
    true = np.argwhere((pixels == ORANGE).all(axis=2))
    wide = 1400 - 124 - 24
    assert abs(found[:, 1].min() - (124 + wide * 0.25)) <= 1
    assert abs(found[:, 1].max() - (124 + wide * 0.50)) <= 1
    assert abs(true[:, 1].min() - (124 + wide * 0.50)) <= 1
    assert found[:, 0].max() < true[:, 0].min()


def test_all_lanes_together_are_drawn_the_same_every_time() -> None:
    scores = pl.DataFrame({"start_s": [0.0, 1.0], "end_s": [1.0, 2.0], "play": [0.2, float("nan")]})
    cuts = pl.DataFrame({"time_s": [3.0, 70.0], "kind": ["cut", "fade"]})

    def drawn() -> bytes:
        return draw_timeline(
            title="a very long name " * 9,
            duration_s=2000,
            signals=signals(2000),
            predictions=scores,
            cuts=cuts,
            segments=[Segment(10, 10.01), Segment(590, 1210)],
            truth=[Segment(5, 6)],
            settings=FusionSettings(),
            findings=[Finding(code="black", message="black", start_s=30, end_s=50)],
        )

    assert drawn() == drawn()
    assert opened(drawn()).height > 600


@pytest.mark.parametrize(
    ("duration_s", "rows", "length_s"),
    [(12, 1, 12), (900, 1, 900), (901, 2, 600), (3 * 3600, 9, 1200), (12 * 3600, 6, 7200)],
)
def test_long_tapes_wrap_into_few_rows(duration_s: float, rows: int, length_s: float) -> None:
    stretches = rows_of_tape(duration_s)
    assert len(stretches) == rows
    assert stretches[0] == (0.0, length_s)
    assert stretches[-1][1] >= duration_s


def test_ticks_are_round_and_few() -> None:
    assert ticks(0, 60) == [0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60]
    assert ticks(600, 1200) == [600 + 60 * n for n in range(11)]
    assert len(ticks(0, 7200)) <= 14


def test_a_mute_tape_has_no_lanes_of_sound() -> None:
    mute = signals(10).with_columns(has_sound=pl.lit(0.0))
    assert [lane.label for lane in signal_lanes(mute)] == ["main camera", "movement"]
    assert [lane.label for lane in signal_lanes(signals(10))][-1] == "crowd"


def test_what_the_scorer_says_has_lanes_of_its_own() -> None:
    scores = pl.DataFrame({"start_s": [0.0], "end_s": [1.0], "play": [0.2], "live": [0.7]})
    lanes = evidence_lanes(scores)
    assert [(lane.label, lane.time_s.tolist()) for lane in lanes] == [("players move", [0.5])]
    assert evidence_lanes(scores.drop("live")) == []


def test_a_peak_of_one_row_is_seen_however_long_the_tape() -> None:
    share = np.zeros(40_000)
    share[12_345] = 1.0
    lane = Lane("x", np.arange(40_000) / 4, share)
    columns = columns_of(lane, 0, 10_000, 1000)
    assert np.flatnonzero(columns > 0.9).tolist() == [308]


def test_nothing_is_drawn_where_the_table_has_no_rows() -> None:
    lane = Lane("x", np.array([2.0, 3.0]), np.array([0.5, 0.5]))
    columns = columns_of(lane, 0, 10, 10)
    assert np.isnan(columns[[0, 1, 4, 9]]).all()
    assert columns[2] == 0.5
