"""What a tape's frames look like in 144 numbers each, small enough to compare all with all.

Made from the small pictures that the one decode leaves (`signals/thumbs.parquet`); what two tapes
with like frames mean is the matter of `leaks`.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from gametape.errors import InputError
from gametape.tables import read_table

ROWS, COLUMNS = 9, 16
PRINT = ROWS * COLUMNS


@dataclass(frozen=True)
class FramePrints:
    """Prints of a tape's frames, in order of time."""

    time_s: NDArray[np.float64]  # (frames,)
    luma: NDArray[np.uint8]  # (frames, PRINT)


NO_PRINTS = FramePrints(np.zeros(0), np.zeros((0, PRINT), np.uint8))


def prints_of(thumbs: Path) -> FramePrints:
    """Prints of the pictures in a table of thumbs."""
    import cv2

    table = read_table(thumbs)
    luma = np.empty((table.height, PRINT), np.uint8)
    for row, jpeg in enumerate(table["jpeg"]):
        content = np.frombuffer(jpeg, np.uint8)
        picture = cv2.imdecode(content, cv2.IMREAD_REDUCED_GRAYSCALE_4)
        if picture is None:
            raise InputError(f"{thumbs}: picture {row + 1} is damaged. Run the tape again.")
        small = cv2.resize(picture, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA)
        luma[row] = np.asarray(small, np.uint8).ravel()
    return FramePrints(table["time_s"].to_numpy(), luma)


def prints_table(prints: FramePrints) -> pl.DataFrame:
    """Prints as a table: time_s, luma."""
    return pl.DataFrame(
        {"time_s": prints.time_s, "luma": prints.luma},
        schema={"time_s": pl.Float64, "luma": pl.Array(pl.UInt8, PRINT)},
    )


def read_prints(path: Path) -> FramePrints:
    """Prints as they were written."""
    table = read_table(path)
    if table.is_empty():
        return NO_PRINTS
    return FramePrints(table["time_s"].to_numpy(), table["luma"].to_numpy())
