import numpy as np

from gametape.video.preflight import BLACK_LUMA, FROZEN_CHANGE, PreflightSettings, preflight

RATE = 25


def tape(seconds: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times, a bright luma and a lively change for each frame."""
    times = np.arange(int(seconds * RATE)) / RATE
    return times, np.full(len(times), 110.0), np.full(len(times), 2.0)


def rows(start_s: float, end_s: float) -> slice:
    return slice(round(start_s * RATE), round(end_s * RATE))


def test_a_lively_tape_has_nothing_to_report() -> None:
    times, luma, change = tape(20)
    assert preflight(times, luma, change, duration_s=20) == []


def test_black_and_frozen_are_found_where_they_are() -> None:
    times, luma, change = tape(30)
    luma[rows(5, 9)] = 16
    change[rows(15.04, 20)] = 0
    black, frozen = preflight(times, luma, change, duration_s=30)
    assert (black.code, black.start_s, black.end_s) == ("black", 5.0, 9.0)
    # The first of the equal frames still shows a change from the one before it.
    assert (frozen.code, frozen.start_s, frozen.end_s) == ("frozen", 15.0, 20.0)
    assert black.severity == frozen.severity == "warning"


def test_a_fade_and_a_short_freeze_are_not_reported() -> None:
    times, luma, change = tape(30)
    luma[rows(5, 6.9)] = 16
    change[rows(15, 16.8)] = 0
    assert preflight(times, luma, change, duration_s=30) == []


def test_a_black_stretch_is_not_told_again_as_frozen() -> None:
    times, luma, change = tape(10)
    luma[:], change[:] = 16, 0
    found = preflight(times, luma, change, duration_s=10)
    assert [(f.code, f.start_s, f.end_s) for f in found] == [("black", 0.0, 10.0)]


def test_a_flash_does_not_end_a_black_stretch_but_a_shot_does() -> None:
    times, luma, change = tape(30)
    luma[rows(2, 10)] = 16
    luma[rows(5, 5.2)] = 200
    luma[rows(7, 7.6)] = 200
    found = preflight(times, luma, change, duration_s=30)
    assert [(f.start_s, f.end_s) for f in found] == [(2.0, 7.0), (7.6, 10.0)]


def test_the_last_frame_lasts_to_the_end_of_the_tape() -> None:
    times = np.array([0.0, 1.0, 2.0])
    found = preflight(times, [100, 100, 10], [0, 5, 5], duration_s=9)
    assert [(f.start_s, f.end_s) for f in found] == [(2.0, 9.0)]


def test_thresholds_hold_at_their_edge_and_can_be_set() -> None:
    times, luma, change = tape(10)
    luma[:] = BLACK_LUMA
    assert [f.code for f in preflight(times, luma, change, duration_s=10)] == ["black"]
    luma[:] = BLACK_LUMA + 0.1
    assert preflight(times, luma, change, duration_s=10) == []
    change[:] = FROZEN_CHANGE
    assert [f.code for f in preflight(times, luma, change, duration_s=10)] == ["frozen"]
    patient = PreflightSettings(min_length_s=11)
    assert preflight(times, luma, change, duration_s=10, settings=patient) == []


def test_the_first_frame_with_nothing_before_it_is_not_frozen() -> None:
    times = np.array([0.0, 5.0])
    assert preflight(times, [100, 100], [0.0, 3.0], duration_s=10) == []


def test_missing_numbers_are_neither_black_nor_frozen() -> None:
    times, luma, change = tape(10)
    luma[:], change[:] = np.nan, np.nan
    assert preflight(times, luma, change, duration_s=10) == []


def test_many_stretches_are_told_in_one_sentence() -> None:
    times, luma, change = tape(200)
    for start in range(0, 200, 10):
        luma[rows(start, start + 4)] = 16
    found = preflight(times, luma, change, duration_s=200)
    assert len(found) == 11
    assert "10 more places, 40.0 s in all" in found[-1].message


def test_a_tape_without_frames_has_no_findings() -> None:
    assert preflight([], [], [], duration_s=0) == []
