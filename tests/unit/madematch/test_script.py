"""The story of a match holds together, whatever is asked for."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gametape.madematch.match import write_script
from gametape.madematch.script import Script
from gametape.madematch.settings import DIFFICULTIES, MatchSettings, frame_times
from gametape.madematch.timeline import lay_out

SPORTS = ("volleyball-indoor", "volleyball-beach", "tennis", "football", "soccer", "basketball")

WISHES = st.builds(
    MatchSettings,
    sport=st.sampled_from(SPORTS),
    seed=st.integers(0, 2**31 - 1),
    length_s=st.floats(4, 900),
    difficulty=st.sampled_from(DIFFICULTIES),
    coverage=st.sampled_from([None, "fixed", "broadcast"]),
    rate=st.sampled_from(["25", "59.94", "variable"]),
)


@given(WISHES)
@settings(max_examples=80, deadline=None)
def test_phases_and_shots_cover_the_tape_without_gap_or_overlap(wish: MatchSettings) -> None:
    script = write_script(wish)
    for parts in (script.phases, script.shots):
        assert parts[0].start_s == 0
        assert parts[-1].end_s == pytest.approx(wish.length_s)
        assert all(a.end_s == pytest.approx(b.start_s) for a, b in pairwise(parts))
        assert all(p.end_s > p.start_s for p in parts)


@given(WISHES)
@settings(max_examples=80, deadline=None)
def test_plays_are_in_order_apart_and_on_the_tape(wish: MatchSettings) -> None:
    script = write_script(wish)
    assert all(0 < p.start_s < p.end_s <= wish.length_s for p in script.plays)
    assert all(a.end_s < b.start_s for a, b in pairwise(script.plays))
    assert [p.number for p in script.plays] == list(range(1, len(script.plays) + 1))
    assert all(0 <= w.time_s < wish.length_s for w in script.whistles)


@given(WISHES)
@settings(max_examples=60, deadline=None)
def test_the_clock_never_turns_back_within_a_period(wish: MatchSettings) -> None:
    script = write_script(wish)
    readings = [script.clock_at(t) for t in np.arange(0, wish.length_s, 0.5)]
    sign = 1 if wish.sport == "soccer" else -1
    for (period, clock_s), (next_period, next_s) in pairwise(readings):
        assert next_period >= period
        if next_period == period:
            assert sign * (next_s - clock_s) in (0, 1)


@given(WISHES)
@settings(max_examples=60, deadline=None)
def test_on_frames_segments_agree_with_the_frames_and_cuts_with_the_shots(
    wish: MatchSettings,
) -> None:
    script, frames = write_script(wish), frame_times(wish)
    line = lay_out(script, frames)
    ends = np.append(line.time_s, frames.end_s)
    for segment in line.segments:
        assert line.is_in_play[segment.start_frame : segment.end_frame].all()
        assert segment.start_s == ends[segment.start_frame]
        assert segment.end_s == ends[segment.end_frame]
    assert line.is_in_play.sum() == sum(s.end_frame - s.start_frame for s in line.segments)
    changes = np.flatnonzero(np.diff(line.shot)) + 1
    assert [c.frame for c in line.cuts] == list(changes)


def _far(script: Script, camera: str) -> float:
    """Seconds of play that a camera shows."""
    shown = 0.0
    for shot in script.shots:
        for play in script.plays:
            if shot.camera == camera:
                shown += max(0.0, min(shot.end_s, play.end_s) - max(shot.start_s, play.start_s))
    return shown


@given(WISHES)
@settings(max_examples=60, deadline=None)
def test_live_play_is_never_hidden_by_a_replay_a_crowd_or_a_commercial(wish: MatchSettings) -> None:
    script = write_script(wish)
    assert sum(_far(script, c) for c in ("replay", "crowd", "commercial")) < 1e-6


@pytest.mark.parametrize("sport", ["volleyball-indoor", "volleyball-beach"])
def test_volleyball_is_mostly_waiting_as_in_real_matches(sport: str) -> None:
    share, lengths, gaps = [], [], []
    for seed in range(12):
        wish = MatchSettings.model_validate({"sport": sport, "seed": seed, "length_s": 900})
        plays = write_script(wish).plays
        lengths += [p.end_s - p.start_s for p in plays]
        gaps += [b.start_s - a.end_s for a, b in pairwise(plays)]
        share.append(sum(p.end_s - p.start_s for p in plays) / 900)
    assert 0.13 < np.mean(share) < 0.27
    assert 4.0 < np.median(lengths) < 6.0
    assert 16 < np.median(gaps) < 25


def test_short_tapes_have_rallies_too() -> None:
    counts = [len(write_script(MatchSettings(length_s=60, seed=s)).plays) for s in range(20)]
    assert min(counts) >= 2


def test_football_plays_are_short_and_come_every_25_to_40_seconds() -> None:
    lengths, cycles = [], []
    for seed in range(8):
        plays = write_script(MatchSettings(sport="football", seed=seed, length_s=900)).plays
        lengths += [p.end_s - p.start_s for p in plays]
        cycles += [b.start_s - a.start_s for a, b in pairwise(plays)]
    assert 4 <= np.median(lengths) <= 8
    assert 25 <= np.median(cycles) <= 40


def test_a_fixed_camera_has_one_shot_and_no_cut() -> None:
    script = write_script(MatchSettings(sport="tennis", coverage="fixed"))
    assert [s.camera for s in script.shots] == ["main"]


def test_replays_show_the_play_before_them() -> None:
    script = write_script(MatchSettings(sport="tennis", length_s=900))
    replays = [s for s in script.shots if s.camera == "replay"]
    assert replays
    for shot in replays:
        shown_to_s = shot.replay_from_s + (shot.end_s - shot.start_s) * shot.replay_speed
        assert shown_to_s <= shot.start_s + 1e-6
        assert any(p.start_s < shown_to_s and p.end_s > shot.replay_from_s for p in script.plays)
