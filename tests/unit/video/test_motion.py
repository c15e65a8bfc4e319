"""Movement and colours of small made pictures."""

import numpy as np
import pytest
from numpy.typing import NDArray

from gametape.video.motion import LAYOUT_LENGTH, SampleMeter

HEIGHT, WIDTH = 90, 160
Picture = NDArray[np.uint8]


def stand(seed: int = 0) -> Picture:
    """A picture with texture all over, larger than a frame."""
    import cv2

    coarse = np.random.default_rng(seed).integers(60, 200, (40, 60), dtype=np.uint8)
    return np.asarray(cv2.resize(coarse, (320, 200), interpolation=cv2.INTER_CUBIC), np.uint8)


def layout(y: Picture, *, u: int, v: int) -> NDArray[np.float64]:
    half = (HEIGHT // 2, WIDTH // 2)
    found = SampleMeter().layout(y, np.full(half, u, np.uint8), np.full(half, v, np.uint8))
    return found.astype(float)


def measure(pictures: list[Picture], rate_hz: float = 15.0) -> list[dict[str, float]]:
    meter = SampleMeter()
    return [meter.update(i / rate_hz, y) for i, y in enumerate(pictures)]


def test_every_row_has_the_same_columns() -> None:
    rows = measure([stand()[:HEIGHT, :WIDTH]] * 3)
    assert list(rows[0]) == list(rows[1]) == list(rows[2])


def test_a_picture_that_stands_still_does_not_move() -> None:
    last = measure([stand()[20:110, 20:180]] * 5)[-1]
    assert last["changed_share"] == last["moving_share"] == 0
    assert abs(last["pan_x"]) < 1e-3


def test_a_pan_is_told_as_camera_movement_and_not_as_players() -> None:
    wide = stand()
    rows = measure([wide[50:140, 40 + i : 200 + i] for i in range(8)])
    # One pixel a frame to the left, 15 frames a second, 90 pixels a frame height.
    assert rows[-1]["pan_x"] == pytest.approx(-15 / 90, rel=0.15)
    assert rows[-1]["moving_share"] < 0.02


def test_a_zoom_is_told_as_zoom() -> None:
    import cv2

    wide = stand()[20:110, 20:180]
    pictures = []
    for i in range(4):
        matrix = cv2.getRotationMatrix2D(((WIDTH - 1) / 2, (HEIGHT - 1) / 2), 0, 1.02**i)
        pictures.append(np.asarray(cv2.warpAffine(wide, matrix, (WIDTH, HEIGHT)), np.uint8))
    assert measure(pictures)[-1]["zoom"] == pytest.approx(0.02 * 15, rel=0.3)


def moving_players(speed_px: float, count: int = 12) -> list[Picture]:
    pictures = []
    for i in range(count):
        y = np.full((HEIGHT, WIDTH), 120, np.uint8)
        x = 90 + round(speed_px * i)
        y[60:78, x : x + 6] = 220
        pictures.append(y)
    return pictures


def test_movement_is_told_in_the_region_where_it_is() -> None:
    last = measure(moving_players(3.0))[-1]
    assert last["change_r2c2"] + last["change_r2c3"] > 0.01
    assert last["change_r0c0"] == last["change_r2c0"] == 0


def test_who_runs_leaves_his_neighbourhood_within_a_frame_and_who_walks_does_not() -> None:
    walking, running = measure(moving_players(0.5))[-1], measure(moving_players(4.0))[-1]
    assert walking["moving_share"] == 0
    assert walking["changed_share"] > 0
    assert running["moving_share"] > 0.002


def test_a_tape_of_few_frames_compares_with_the_frame_before() -> None:
    last = measure(moving_players(4.0), rate_hz=4.0)[-1]
    assert last["changed_share"] == last["moving_share"] > 0
    assert last["lag_s"] == pytest.approx(0.25)


def test_after_a_gap_nothing_is_said_of_movement() -> None:
    meter = SampleMeter()
    meter.update(0.0, stand()[:HEIGHT, :WIDTH])
    row = meter.update(5.0, stand(1)[:HEIGHT, :WIDTH])
    assert row["changed_share"] == row["lag_s"] == 0


def test_a_layout_tells_colours_apart_and_not_small_movements() -> None:
    y = np.full((HEIGHT, WIDTH), 120, np.uint8)
    green = layout(y, u=100, v=100)
    blue = layout(y, u=170, v=110)
    with_player = y.copy()
    with_player[60:78, 90:96] = 220
    moved = layout(with_player, u=100, v=100)
    assert green.shape == (LAYOUT_LENGTH,)
    assert np.abs(green - blue).sum() > 10 * np.abs(green - moved).sum()
