"""Which pictures are the main camera's: the colour layout to which a tape returns most.

A mode is sought, not a mean: crowds, close-ups and commercials are many but unlike one another,
while the main camera comes back to the same layout again and again. No motion is looked at here.
"""

import numpy as np
from numpy.typing import NDArray

from gametape.video.motion import COLOURS, GREYS, HUES, SHADES

Rows = NDArray[np.float32]

# A shot counts as this long at most, so that one long still picture (a studio, an end card) weighs
# less than a camera that comes back; longer than nearly all tennis points and football plays.
SHOT_CAP_S = 20.0
# Similarity (cosine of square-rooted histograms) below which two pictures lend no support.
SUPPORT_FROM = 0.75
# Pictures this like the centre refine it: the same camera, hardly turned. Replays from beside the
# court share its colours and reach 0.9.
REFINE_FROM = 0.94
# Density is estimated on so many pictures at most; 3 hours at 4 Hz are 43,200.
DENSITY_ROWS = 2500


def as_rows(layouts: NDArray[np.uint8]) -> Rows:
    """Layout histograms (n, LAYOUT_LENGTH) as unit vectors whose dot product is similarity.

    Neighbouring hues and shades lend each other a share, so that light which pushes a colour over
    the border of its class does not make two pictures strangers.
    """
    blocks = np.asarray(layouts, np.float32).reshape(len(layouts), -1, COLOURS)
    hues = blocks[..., : HUES * SHADES].reshape(*blocks.shape[:2], HUES, SHADES)
    hues = 0.7 * hues + 0.15 * np.roll(hues, 1, axis=2) + 0.15 * np.roll(hues, -1, axis=2)
    hues = 0.85 * hues + 0.15 * hues[..., ::-1]
    greys = np.pad(blocks[..., -GREYS:], ((0, 0), (0, 0), (1, 1)), mode="edge")
    greys = 0.7 * greys[..., 1:-1] + 0.15 * greys[..., :-2] + 0.15 * greys[..., 2:]
    mixed = np.concatenate([hues.reshape(*blocks.shape[:2], -1), greys], axis=2)
    rows = np.sqrt(np.maximum(mixed, 0)).reshape(len(layouts), -1)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(length, 1e-6), np.float32)


def find_main_camera(rows: Rows, shot: NDArray[np.int64], *, rate_hz: float) -> Rows:
    """The densest layout of a tape, a unit vector; `shot` numbers the shot of each row."""
    lengths = np.bincount(shot, minlength=int(shot.max()) + 1)[shot] / rate_hz
    weight = np.minimum(1.0, SHOT_CAP_S / np.maximum(lengths, 1 / rate_hz)).astype(np.float32)
    step = max(1, len(rows) // DENSITY_ROWS)
    some, some_weight = rows[::step], weight[::step]
    support = np.clip((some @ some.T - SUPPORT_FROM) / (1 - SUPPORT_FROM), 0, 1)
    centre = some[int((support @ some_weight).argmax())]
    for _ in range(4):
        near = np.where(rows @ centre >= REFINE_FROM, weight, 0)
        mean = near @ rows
        centre = np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-6), np.float32)
    return np.asarray(centre, np.float32)


def field_colours(rows: Rows, weight: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Colours of the playing surface: those that cover most of the lower two thirds, (COLOURS,)."""
    blocks = (rows**2).reshape(len(rows), 3, -1, COLOURS)[:, 1:].mean(axis=(1, 2))
    total = weight @ blocks
    order = np.argsort(-total)
    # As many colours as it takes for 60 % of the surface's pictures: the field is the rest's frame.
    needed = int(np.searchsorted(np.cumsum(total[order]), 0.6 * total.sum())) + 1
    chosen = np.zeros(COLOURS, bool)
    chosen[order[:needed]] = True
    return chosen


def field_share(rows: Rows, colours: NDArray[np.bool_]) -> Rows:
    """Share of each picture that has the playing surface's colours, (n,) from 0 to 1."""
    blocks = (rows**2).reshape(len(rows), -1, COLOURS)
    share = blocks[..., colours].sum(axis=(1, 2)) / np.maximum(blocks.sum(axis=(1, 2)), 1e-6)
    return np.asarray(share, np.float32)
