"""What holds for any scores and any settings of fusion."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from gametape.fusion.segments import fuse
from gametape.profile import FusionSettings
from gametape.schema import Segment

STRIDE_S = 0.25
seconds = st.sampled_from([0.0, 0.25, 0.5, 1.0, 2.0, 3.5])
scores = st.lists(st.integers(0, 20).map(lambda n: n / 20), min_size=1, max_size=120)
cut_places = st.lists(st.integers(1, 300).map(lambda n: n / 10), max_size=6, unique=True)


@st.composite
def any_settings(draw: st.DrawFn) -> FusionSettings:
    boundary, leave, enter = sorted(draw(st.lists(st.floats(0, 1), min_size=3, max_size=3)))
    return FusionSettings(
        smooth_s=draw(seconds),
        enter=enter,
        leave=leave,
        boundary=boundary,
        boundary_max_s=draw(seconds),
        snap_s=draw(seconds),
        snap_end_s=draw(seconds),
        continuation_s=draw(seconds),
        min_density=draw(st.floats(0, 1)),
        min_active_windows=draw(st.integers(1, 4)),
        merge_gap_s=draw(seconds),
        min_play_s=draw(seconds),
        max_play_s=draw(st.sampled_from([None, 2.0, 5.0])),
        pad_before_s=draw(seconds),
        pad_after_s=draw(seconds),
        clip_min_s=draw(st.sampled_from([0.0, 2.0])),
        clip_max_s=draw(st.sampled_from([None, 4.0])),
        overlap=draw(st.sampled_from(["merge", "share"])),
    )


def run(play: list[float], cuts: list[float], settings: FusionSettings) -> list[Segment]:
    start = [i * STRIDE_S for i in range(len(play))]
    table = pl.DataFrame(
        {"start_s": start, "end_s": [s + STRIDE_S for s in start], "play": play},
        schema={"start_s": pl.Float64, "end_s": pl.Float64, "play": pl.Float64},
    )
    cut_table = pl.DataFrame({"time_s": cuts}, schema={"time_s": pl.Float64})
    return fuse(table, cut_table, settings=settings, duration_s=len(play) * STRIDE_S)


def cores(segments: list[Segment]) -> list[tuple[float, float]]:
    return [(s.evidence["core_start_s"], s.evidence["core_end_s"]) for s in segments]


def total_s(segments: list[Segment]) -> float:
    return sum(end - start for start, end in cores(segments))


@given(scores, cut_places, any_settings())
def test_segments_are_in_order_apart_and_inside_the_tape(
    play: list[float], cuts: list[float], settings: FusionSettings
) -> None:
    segments = run(play, cuts, settings)
    edges = [edge for s in segments for edge in (s.start_s, s.end_s)]
    assert edges == sorted(edges)
    assert all(0 <= edge <= len(play) * STRIDE_S for edge in edges)
    assert all(s.end_s > s.start_s for s in segments)
    assert all(0 <= s.score <= 100 for s in segments)


@given(scores, cut_places, any_settings())
def test_no_play_is_shorter_or_longer_than_allowed(
    play: list[float], cuts: list[float], settings: FusionSettings
) -> None:
    lengths = [end - start for start, end in cores(run(play, cuts, settings))]
    assert all(length >= settings.min_play_s - 1e-6 for length in lengths)
    if settings.max_play_s is not None and settings.overlap == "share":
        assert all(length <= settings.max_play_s + 1e-6 for length in lengths)


@given(scores, cut_places, any_settings())
def test_the_same_scores_give_the_same_segments(
    play: list[float], cuts: list[float], settings: FusionSettings
) -> None:
    assert run(play, cuts, settings) == run(play, cuts, settings)


@given(scores, any_settings(), st.floats(0, 1))
def test_raising_a_threshold_never_adds_play(
    play: list[float], settings: FusionSettings, higher: float
) -> None:
    # The density filter and the greatest length may keep more once a thin or long one falls apart.
    before = settings.model_copy(
        update={"min_density": 0.0, "min_active_windows": 1, "max_play_s": None}
    )
    after = before.model_copy(update={"enter": max(before.enter, higher)})
    assert total_s(run(play, [], after)) <= total_s(run(play, [], before)) + 1e-9
    strict = after.model_copy(update={"leave": after.enter})
    assert total_s(run(play, [], strict)) <= total_s(run(play, [], after)) + 1e-9


@given(scores, any_settings())
def test_fusing_the_found_plays_again_changes_nothing(
    play: list[float], settings: FusionSettings
) -> None:
    # Rules about scores around the found plays are off: the second time there are none.
    settings = settings.model_copy(
        update={
            "smooth_s": 0.0,
            "max_play_s": None,
            "enter": max(settings.enter, 0.5),
            "leave": max(min(settings.leave, 1.0), 0.5),
            "boundary": 0.5,
            "min_density": 0.0,
            "min_active_windows": 1,
            "overlap": "share",
        }
    )
    once = cores(run(play, [], settings))
    middles = [(i + 0.5) * STRIDE_S for i in range(len(play))]
    again = [float(any(a <= m < b for a, b in once)) for m in middles]
    assert cores(run(again, [], settings)) == once
