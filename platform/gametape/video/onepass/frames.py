"""What is measured of every single frame: how much it differs from those just before it.

Small and cheap, because it is done at the tape's full rate: everything that finds camera cuts,
black and frozen stretches later is here, and no picture is needed again.
"""

from collections import deque
from pathlib import Path
from typing import Any

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from gametape.video.onepass.planes import Plane, Planes, Scaler
from gametape.video.onepass.rowfile import Kind, RowFile

COLUMNS, ROWS = 32, 18  # cells of a look, for each of y, u and v
# Pixels read a cell and direction: enough to average coding noise and fine texture, which the
# colours have less of.
SAMPLED, SAMPLED_COLOUR = 4, 2
LAGS = 5  # frames back that each frame is compared with
BLOCKS = (4, 3)  # columns and rows over which a change is spread or not
CALM_BLOCKS = 8  # of 12: a score bug, a caption or a logo fills the other third at most
LOOK_ROWS, LOOK_COLUMNS = 18, 8  # cells kept: 6 x 8 of y, over 6 x 8 of u, over 6 x 8 of v
LOOK_LENGTH = LOOK_ROWS * LOOK_COLUMNS

CHANGES = tuple(f"change_{lag}" for lag in range(1, LAGS + 1))


TABLE_COLUMNS: dict[str, Kind] = {"pts": "int64", "time_s": "float64", "is_key": "bool"}
TABLE_COLUMNS |= dict.fromkeys(("luma", *CHANGES, "change_calm"), "float32")
TABLE_COLUMNS["look"] = LOOK_LENGTH


class FrameTable(RowFile):
    """frames.parquet of one tape, written while it is decoded: a row a displayed frame."""

    def __init__(self, folder: Path, scaler: Scaler) -> None:
        super().__init__(folder / "frames.parquet", TABLE_COLUMNS, rows_a_group=8192)
        self._meter = FrameMeter(scaler)

    def add_frame(self, frame: VideoFrame, time_s: float) -> None:
        """Measure the next displayed frame."""
        row = self._meter.update(frame)
        self.add(row | {"pts": frame.pts, "time_s": time_s, "is_key": frame.key_frame})


class FrameMeter:
    """Turns frames, in order, into one row of numbers each."""

    def __init__(self, scaler: Scaler) -> None:
        self._scaler = scaler
        self._past: deque[NDArray[np.uint8]] = deque(maxlen=LAGS)

    def update(self, frame: VideoFrame) -> dict[str, Any]:
        """Measurements of this frame against those before it.

        `luma` is its mean brightness (0-255); `change_1` ... `change_5` are the mean differences of
        brightness and both colours to the frame so many before (grey levels, summed over the three;
        0 where there is none); `change_calm` is `change_1` over the two thirds of the picture that
        changed least; `look` is the frame itself as 18 x 8 cells.
        """
        import cv2

        look = self._look(frame)
        row: dict[str, Any] = {"luma": float(cv2.mean(look[:ROWS])[0])}
        row["change_calm"] = self._calm(look)
        cells = ROWS * COLUMNS
        for lag, name in enumerate(CHANGES, start=1):
            known = lag <= len(self._past)
            row[name] = cv2.norm(look, self._past[-lag], cv2.NORM_L1) / cells if known else 0.0
        row["look"] = cv2.resize(look, (LOOK_COLUMNS, LOOK_ROWS), interpolation=cv2.INTER_AREA)
        self._past.append(look)
        return row

    def _look(self, frame: VideoFrame) -> NDArray[np.uint8]:
        """The frame as (3 * 18, 32) uint8: y over u over v."""
        import cv2

        look = np.empty((3 * ROWS, COLUMNS), np.uint8)
        for index, plane in enumerate(self._sampled(frame)):
            part: Plane = look[index * ROWS : (index + 1) * ROWS]
            cv2.resize(plane, (COLUMNS, ROWS), dst=part, interpolation=cv2.INTER_AREA)
        return look

    def _sampled(self, frame: VideoFrame) -> Planes:
        size = (COLUMNS * SAMPLED, ROWS * SAMPLED)
        half = (COLUMNS * SAMPLED_COLOUR, ROWS * SAMPLED_COLOUR)
        y = self._scaler.luma(frame, size, skips=True)
        return y, *self._scaler.colours(frame, half)

    def _calm(self, look: NDArray[np.uint8]) -> float:
        import cv2

        if not self._past:
            return 0.0
        difference = np.asarray(cv2.absdiff(look, self._past[-1]), np.float32)
        columns, rows = BLOCKS
        blocks = cv2.resize(difference, (columns, 3 * rows), interpolation=cv2.INTER_AREA)
        y, u, v = np.asarray(blocks, np.float32).reshape(3, -1)
        return float(sum(sorted((y + u + v).tolist())[:CALM_BLOCKS])) / CALM_BLOCKS
