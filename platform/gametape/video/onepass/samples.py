"""What is measured at the proxy's rate, from pictures that are already small: tables of samples.

The numbers themselves come from `motion`; here is how often each is taken, and where it goes.
"""

from fractions import Fraction
from pathlib import Path

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from gametape.video.motion import LAYOUT_LENGTH, SampleMeter
from gametape.video.onepass.planes import Planes, Scaler, Shrinker, Turn
from gametape.video.onepass.rowfile import BYTES, RowFile

SMALL_WIDTH = 160  # of the pictures that movement is measured on
THUMB_WIDTH = 224  # of those kept for models: what image backbones are trained on
LAYOUT_HZ, THUMB_HZ = 4, 2
# Pictures measured in one go: the processor then has at hand what that takes.
TOGETHER = 8
JPEG_QUALITY = 85
FULL_RANGE = 2  # FFmpeg's numbers for ranges and matrices
BT601 = (5, 6)
BT2020 = (9, 10)


class SampleTables:
    """samples, layouts and thumbs of one tape, written while it is decoded."""

    def __init__(
        self, folder: Path, first: VideoFrame, size: tuple[int, int], turn: Turn, scaler: Scaler
    ) -> None:
        self._meter = SampleMeter()
        self._waiting: list[tuple[float, NDArray[np.uint8]]] = []
        self._folder = folder
        self._samples: RowFile | None = None  # once its columns are known
        self._layouts = RowFile(
            folder / "layouts.parquet",
            {"time_s": "float64", "layout": LAYOUT_LENGTH},
            rows_a_group=2048,
        )
        self._thumbs = RowFile(
            folder / "thumbs.parquet", {"time_s": "float64", "jpeg": BYTES}, rows_a_group=256
        )
        width, height = size
        small_height = _even(SMALL_WIDTH * height / width)
        self._small = Shrinker(first, SMALL_WIDTH, small_height, turn, scaler)
        thumb_height = _even(THUMB_WIDTH * height / width)
        self._thumb = Shrinker(first, THUMB_WIDTH, thumb_height, turn, scaler)
        self._to_bgr = colour_matrix(first.colorspace, first.color_range, height)

    def update(self, frame: VideoFrame, time_s: Fraction) -> None:
        """Measure a frame that is on display at a tick."""
        luma = self._small.luma(frame)
        self._waiting.append((float(time_s), luma))
        if len(self._waiting) == TOGETHER:
            self._measure()
        if time_s * LAYOUT_HZ >= self._layouts.rows:
            layout = self._meter.layout(luma, *self._small.colours(frame))
            self._layouts.add({"time_s": float(time_s), "layout": layout})
        if time_s * THUMB_HZ >= self._thumbs.rows:
            planes = (self._thumb.luma(frame), *self._thumb.colours(frame))
            jpeg = thumb(planes, self._to_bgr)
            self._thumbs.add({"time_s": float(time_s), "jpeg": jpeg})

    def close(self) -> None:
        """End all files and put them in place."""
        self._measure()
        for file in self._files():
            file.close()

    def discard(self) -> None:
        """Leave nothing of unfinished files; finished ones stay."""
        for file in self._files():
            file.discard()

    def _files(self) -> list[RowFile]:
        files = (self._samples, self._layouts, self._thumbs)
        return [file for file in files if file is not None]

    def _measure(self) -> None:
        """The movement in the pictures that wait."""
        for time_s, luma in self._waiting:
            row = {"time_s": time_s, **self._meter.update(time_s, luma)}
            if self._samples is None:
                columns = {name: "float64" if name == "time_s" else "float32" for name in row}
                path = self._folder / "samples.parquet"
                self._samples = RowFile(path, columns, rows_a_group=8192)
            self._samples.add(row)
        self._waiting.clear()


def thumb(planes: Planes, to_bgr: NDArray[np.float32]) -> bytes:
    """A picture as JPEG."""
    import cv2

    y, *halves = planes
    height, width = y.shape
    layers = [y, *(cv2.resize(half, (width, height)) for half in halves)]
    picture = cv2.transform(cv2.merge(layers), to_bgr)
    is_done, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    assert is_done
    return bytes(jpeg)


def colour_matrix(matrix: int, colour_range: int, height: int) -> NDArray[np.float32]:
    """(3, 4): from 8-bit y, u, v to blue, green, red, by FFmpeg's numbers for matrix and range.

    Where the matrix is not stated it is BT.709 for HD and BT.601 below, as players take it.
    """
    is_601 = matrix in BT601 or (matrix not in (1, *BT2020) and height < 480)
    red, blue = (0.2627, 0.0593) if matrix in BT2020 else (0.2126, 0.0722)
    red, blue = (0.299, 0.114) if is_601 else (red, blue)
    green = 1 - red - blue
    is_full = colour_range == FULL_RANGE
    luma, chroma = (1.0, 1.0) if is_full else (255 / 219, 255 / 224)
    black = 0.0 if is_full else 16.0
    to_red, to_blue = 2 * (1 - red) * chroma, 2 * (1 - blue) * chroma
    rows = np.array(
        [
            [luma, to_blue, 0.0],
            [luma, -to_blue * blue / green, -to_red * red / green],
            [luma, 0.0, to_red],
        ]
    )
    offset = -(rows @ np.array([black, 128.0, 128.0]))
    return np.column_stack([rows, offset]).astype(np.float32)


def _even(value: float) -> int:
    return max(2, round(value / 2) * 2)
