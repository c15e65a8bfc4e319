"""Cheap statistics of one small frame after another: camera movement, what moves besides, colours.

No media is opened and no table written here; the one decode feeds this frame by frame.
Two lags are looked at, so that a 4 Hz tape and a 60 Hz tape give the same kind of numbers: the
frame before (for speeds) and the frame about a fifth of a second before (for what has changed).
"""

from collections import deque
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

GRID_ROWS, GRID_COLUMNS = 3, 4
HUES, GREYS, SHADES = 8, 4, 2
COLOURS = HUES * SHADES + GREYS
LAYOUT_LENGTH = GRID_ROWS * GRID_COLUMNS * COLOURS

# Grey levels: below this two 3x3-blurred 8-bit pixels differ by noise and coding alone.
CHANGE_LEVELS = 6
# Contrast from which flow can be trusted: well above noise.
TEXTURE_LEVELS = 16
# Distance of (u, v) from (128, 128) below which a colour counts as grey.
GREY_RADIUS = 9.0
# The far reference is the newest frame at least this old: 3 frames at 15 Hz, 1 at 4 or 5 Hz.
FAR_LAG_S = 0.19
# A frame further back than this says nothing about movement (a gap in the tape).
MAX_LAG_S = 1.0


@dataclass(frozen=True)
class CameraMove:
    """How the picture as a whole went from one frame to the next: pixels, and growth (1 = none)."""

    dx_px: float
    dy_px: float
    growth: float

    def after(self, earlier: "CameraMove") -> "CameraMove":
        """This move made after an earlier one, as one move."""
        return CameraMove(
            self.growth * earlier.dx_px + self.dx_px,
            self.growth * earlier.dy_px + self.dy_px,
            self.growth * earlier.growth,
        )

    def is_still(self, height: int) -> bool:
        """Whether no pixel went further than a fifth of a pixel."""
        spread = abs(self.growth - 1.0) * height / 2
        return abs(self.dx_px) + abs(self.dy_px) + spread < 0.2


STILL = CameraMove(0.0, 0.0, 1.0)


class SampleMeter:
    """Turns pictures about 160 px wide, in order, into one row of numbers each.

    They must be scaled down with averaging (area): skipped pixels make every crowd flicker, and
    that drowns the players.
    """

    def __init__(self) -> None:
        self._past: deque[tuple[float, NDArray[np.uint8], CameraMove]] = deque()
        self._colour_of = _colour_table()
        self._flow: Any = None

    def update(self, time_s: float, y: NDArray[np.uint8]) -> dict[str, float]:
        """Statistics of a picture's brightness (h, 160) against those before it.

        Returns a dict with the same keys each time: `luma_mean`, `luma_std`, `edge_level` (grey
        levels); `pan_x`, `pan_y` (frame heights per second), `zoom` (share per second);
        `speed_mean` of what moves against the camera (frame heights per second);
        `moving_share` (previous frame: only what is fast leaves its neighbourhood), `changed_share`
        (far lag: what walks does too), `fast_r0c0` ... `fast_r2c3` and `change_r0c0` ...
        `change_r2c3` (the two by region), `lag_s` (age of the previous frame; 0 where is none).
        """
        import cv2

        soft = np.asarray(cv2.blur(y, (3, 3)), np.uint8)
        if self._past and not 0 < time_s - self._past[-1][0] <= MAX_LAG_S:
            self._past.clear()
        if self._past and self._past[-1][1].shape != soft.shape:
            self._past.clear()
        row = _still_picture(y)
        row |= self._movement(time_s, soft)
        return row

    def layout(
        self, y: NDArray[np.uint8], u: NDArray[np.uint8], v: NDArray[np.uint8]
    ) -> NDArray[np.uint8]:
        """Colour shares of 3 x 4 blocks: (LAYOUT_LENGTH,) uint8, 255 = the whole block.

        u and v are half as wide and high as y.
        """
        import cv2

        height, width = u.shape
        small = cv2.resize(y, (width, height), interpolation=cv2.INTER_AREA)
        dark = np.asarray(small, np.uint8)
        colour = self._colour_of[u >> 3, v >> 3, dark >> 6].astype(np.int64)
        rows = np.arange(height) * GRID_ROWS // height
        columns = np.arange(width) * GRID_COLUMNS // width
        block = rows[:, None] * GRID_COLUMNS + columns[None, :]
        counts = np.bincount((block * COLOURS + colour).ravel(), minlength=LAYOUT_LENGTH)
        blocks = counts.reshape(-1, COLOURS)
        shares = blocks / np.maximum(blocks.sum(axis=1, keepdims=True), 1)
        return np.asarray(np.rint(shares * 255), np.uint8).ravel()

    def _movement(self, time_s: float, soft: NDArray[np.uint8]) -> dict[str, float]:
        """Camera and object movement; remembers this frame for the next."""
        if not self._past:
            self._past.append((time_s, soft, STILL))
            return _no_movement()
        before_s, before, _ = self._past[-1]
        lag_s = max(time_s - before_s, 1e-3)
        flow = self._flow_between(before, soft)
        move, residual = _camera_move(flow, _texture(before))
        height = soft.shape[0]
        row = _no_movement()
        row["speed_mean"] = float(residual.mean()) / height / lag_s
        row["lag_s"] = lag_s
        row["pan_x"] = move.dx_px / height / lag_s
        row["pan_y"] = move.dy_px / height / lag_s
        row["zoom"] = (move.growth - 1.0) / lag_s
        near = _changed(before, soft, move)
        row["moving_share"] = _share(near)
        row |= _by_region(near, "fast")
        far_lag, far_frame, far_move = self._far(time_s, move)
        far = near if far_lag == lag_s else _changed(far_frame, soft, far_move)
        row["changed_share"] = _share(far)
        row |= _by_region(far, "change")
        self._past = deque((t, y, move.after(m)) for t, y, m in self._past)
        self._past.append((time_s, soft, STILL))
        while len(self._past) > 2 and time_s - self._past[1][0] >= FAR_LAG_S:
            self._past.popleft()
        return row

    def _far(self, time_s: float, move: CameraMove) -> tuple[float, NDArray[np.uint8], CameraMove]:
        """The newest frame that is at least FAR_LAG_S old (or the oldest), and the way from it."""
        chosen = self._past[0]
        for candidate in self._past:
            if time_s - candidate[0] >= FAR_LAG_S:
                chosen = candidate
        return time_s - chosen[0], chosen[1], move.after(chosen[2])

    def _flow_between(
        self, before: NDArray[np.uint8], after: NDArray[np.uint8]
    ) -> NDArray[np.float32]:
        """Dense flow (h/4, w/4, 2) in pixels, every fourth pixel."""
        import cv2

        if self._flow is None:
            self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        dense = self._flow.calc(before, after, None)
        return np.ascontiguousarray(dense[2::4, 2::4], np.float32)


def _colour_table() -> NDArray[np.uint8]:
    """Colour class by (u / 8, v / 8, y / 64): greys by four shades, hues by two."""
    level = np.arange(32) * 8 + 4 - 128.0
    u, v = np.meshgrid(level, level, indexing="ij")
    hue = np.floor((np.arctan2(v, u) / (2 * np.pi) + 0.5) * HUES).astype(int) % HUES
    is_grey = np.hypot(u, v) < GREY_RADIUS
    table = np.empty((32, 32, 4), np.uint8)
    for shade in range(4):
        hues = hue * SHADES + shade // 2
        table[:, :, shade] = np.where(is_grey, HUES * SHADES + shade, hues)
    return table


def _still_picture(y: NDArray[np.uint8]) -> dict[str, float]:
    """What can be said of a picture by itself."""
    import cv2

    mean, std = cv2.meanStdDev(y)
    beside = cv2.absdiff(y[:, 1:], y[:, :-1])
    return {
        "luma_mean": float(mean[0, 0]),
        "luma_std": float(std[0, 0]),
        "edge_level": float(cv2.mean(beside)[0]),
    }


def _no_movement() -> dict[str, float]:
    """The row of a frame that has none before it."""
    names = ["speed_mean", "lag_s", "pan_x", "pan_y", "zoom", "moving_share", "changed_share"]
    return dict.fromkeys([*names, *_regions("fast"), *_regions("change")], 0.0)


def _texture(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Contrast around every fourth pixel, (h/4, w/4) grey levels."""
    import cv2

    around = np.ones((5, 5), np.uint8)
    contrast = cv2.morphologyEx(picture, cv2.MORPH_GRADIENT, around)
    return np.ascontiguousarray(contrast[2::4, 2::4], np.uint8)


def _camera_move(
    flow: NDArray[np.float32], texture: NDArray[np.uint8]
) -> tuple[CameraMove, NDArray[np.float32]]:
    """Shift and growth that most of the flow agrees on, and how far the rest goes (pixels).

    Only where the picture has texture is flow known: a plain court would say that nothing moves.
    """
    rows, columns = flow.shape[:2]
    x, y = _places(rows, columns)
    use = np.flatnonzero(texture > max(TEXTURE_LEVELS, int(_median(texture.ravel()))))
    if len(use) < rows * columns // 20:
        use = np.arange(rows * columns)
    along, down = flow[..., 0].ravel(), flow[..., 1].ravel()
    fx, fy, px, py = along[use], down[use], x[use], y[use]
    squares, products = px * px + py * py, px * fx + py * fy
    dx, dy, growth = _median(fx), _median(fy), 0.0
    # Twice a straight fit to those who agree: the first within 2 pixels, then within 1.
    for reach in (2.0, 1.0):
        off = np.abs(fx - dx - growth * px) + np.abs(fy - dy - growth * py)
        near = (off < reach).astype(np.float32)
        count = float(near.sum())
        if count < 16:
            break
        sx, sy, tx, ty = (float(near @ values) for values in (px, py, fx, fy))
        spread = float(near @ squares) - (sx * sx + sy * sy) / count
        growth = (float(near @ products) - (sx * tx + sy * ty) / count) / (spread + 1e-6)
        dx, dy = (tx - growth * sx) / count, (ty - growth * sy) / count
    rest = np.hypot(along - np.float32(dx) - growth * x, down - np.float32(dy) - growth * y)
    return CameraMove(dx, dy, 1.0 + growth), np.asarray(rest, np.float32)


def _median(values: NDArray[Any]) -> float:
    """As numpy's, whose checks take longer than the work on so few."""
    middle = len(values) // 2
    if len(values) % 2:
        return float(np.partition(values, middle)[middle])
    ordered = np.partition(values, (middle - 1, middle))
    return (float(ordered[middle - 1]) + float(ordered[middle])) / 2


@cache
def _places(rows: int, columns: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Where the flow's points lie, in pixels from the middle: x and y, each (rows * columns,)."""
    y = (np.arange(rows, dtype=np.float32) - np.float32((rows - 1) / 2)) * 4
    x = (np.arange(columns, dtype=np.float32) - np.float32((columns - 1) / 2)) * 4
    return np.tile(x, rows), np.repeat(y, columns)


def _changed(
    before: NDArray[np.uint8], after: NDArray[np.uint8], move: CameraMove
) -> NDArray[np.float32]:
    """1 where the picture differs by more than noise once the camera's move is taken out.

    A pixel must leave the range of its 3 x 3 neighbourhood in the earlier picture: what a trembling
    camera, a rest of panning or the codec shifts by a pixel is no movement, in crowds above all.
    """
    import cv2

    height, width = after.shape
    if not move.is_still(height):
        grow = move.growth
        matrix = np.array(
            [
                [grow, 0.0, move.dx_px + (1 - grow) * (width - 1) / 2],
                [0.0, grow, move.dy_px + (1 - grow) * (height - 1) / 2],
            ]
        )
        warped = cv2.warpAffine(before, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
        before = np.asarray(warped, np.uint8)
    around = np.ones((3, 3), np.uint8)
    above = cv2.subtract(after, cv2.dilate(before, around))
    below = cv2.subtract(cv2.erode(before, around), after)
    _, mask = cv2.threshold(cv2.max(above, below), CHANGE_LEVELS, 1, cv2.THRESH_BINARY)
    return np.asarray(mask, np.float32)


def _share(changed: NDArray[np.float32]) -> float:
    """Share of all pixels."""
    import cv2

    return float(cv2.mean(changed)[0])


def _by_region(changed: NDArray[np.float32], name: str) -> dict[str, float]:
    """Share of changed pixels in each of 3 x 4 regions."""
    import cv2

    shares = cv2.resize(changed, (GRID_COLUMNS, GRID_ROWS), interpolation=cv2.INTER_AREA)
    return dict(zip(_regions(name), shares.ravel().tolist(), strict=True))


@cache
def _regions(name: str) -> tuple[str, ...]:
    """Column names of the 3 x 4 regions, row by row."""
    places = np.ndindex(GRID_ROWS, GRID_COLUMNS)
    return tuple(f"{name}_r{row}c{column}" for row, column in places)
