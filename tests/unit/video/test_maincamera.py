"""The main camera is the layout that comes back."""

import numpy as np
from numpy.typing import NDArray

from gametape.video.maincamera import as_rows, field_colours, field_share, find_main_camera
from gametape.video.motion import COLOURS, LAYOUT_LENGTH

RATE_HZ = 4.0
Layouts = NDArray[np.uint8]


def picture(colours: list[int]) -> Layouts:
    """A layout whose twelve blocks have these colours."""
    layout = np.zeros((12, COLOURS), np.uint8)
    layout[np.arange(12), np.resize(colours, 12)] = 255
    return layout.ravel()


def tape(shots: list[tuple[Layouts, float]]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    rows = [np.tile(layout, (int(length_s * RATE_HZ), 1)) for layout, length_s in shots]
    number = [np.full(len(r), i) for i, r in enumerate(rows)]
    return as_rows(np.concatenate(rows)), np.concatenate(number)


COURT = picture([3, 3, 3, 3, 5, 5, 5, 5])
STUDIO = picture([16, 17, 18, 19])


def closeup(seed: int) -> Layouts:
    return picture(np.random.default_rng(seed).integers(0, COLOURS, 12).tolist())


def test_the_layout_that_comes_back_is_the_main_camera() -> None:
    shots = [(COURT, 6.0) if i % 2 else (closeup(i), 9.0) for i in range(12)]
    rows, shot = tape(shots)
    centre = find_main_camera(rows, shot, rate_hz=RATE_HZ)
    likeness = rows @ centre
    assert likeness[shot % 2 == 1].min() > 0.99
    assert likeness[shot % 2 == 0].max() < 0.8


def test_one_long_still_picture_does_not_outweigh_a_camera_that_returns() -> None:
    shots = [(STUDIO, 60.0)] + [(COURT if i % 2 else closeup(i), 8.0) for i in range(12)]
    rows, shot = tape(shots)
    assert (rows @ find_main_camera(rows, shot, rate_hz=RATE_HZ))[shot == 2].min() > 0.99


def test_light_that_shifts_a_hue_by_one_leaves_pictures_alike() -> None:
    rows = as_rows(np.stack([picture([4]), picture([6]), picture([12])]))
    assert rows[0] @ rows[1] > rows[0] @ rows[2] + 0.2


def test_the_field_is_what_covers_the_lower_part_of_the_main_camera() -> None:
    rows = as_rows(np.stack([picture([2] * 4 + [9] * 8), picture([17])]))
    chosen = field_colours(rows, np.array([1.0, 0.0], np.float32))
    share = field_share(rows, chosen)
    assert share[0] > 0.4 > 0.1 > share[1]
    assert len(rows[0]) == LAYOUT_LENGTH
