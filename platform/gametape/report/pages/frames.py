"""Small pictures for pages: frames of a tape that lie ready, and thumbnails made smaller."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
from PIL import Image, UnidentifiedImageError

WIDTH = 168  # pixels: what a card of a page shows
QUALITY = 55
TOO_FAR_S = 2.0  # a frame further off than this shows something else


def frames_at(path: Path, times_s: Sequence[float]) -> list[bytes | None]:
    """For each time the nearest frame of `signals/thumbs.parquet`, as a small JPEG."""
    if not times_s or not path.is_file():
        return [None] * len(times_s)
    table = pl.scan_parquet(path, glob=False)
    known = table.select("time_s").collect()["time_s"].to_numpy()
    if not len(known):
        return [None] * len(times_s)
    nearest = [int(np.argmin(np.abs(known - time_s))) for time_s in times_s]
    wanted = sorted(set(nearest))
    rows = (
        table.with_row_index("row").filter(pl.col("row").is_in(wanted)).select("row", "jpeg")
    ).collect()
    frames = dict(rows.iter_rows())
    return [
        small_picture(frames[row]) if abs(known[row] - time_s) <= TOO_FAR_S else None
        for row, time_s in zip(nearest, times_s, strict=True)
    ]


def small_picture(content: bytes, *, width: int = WIDTH) -> bytes | None:
    """A JPEG of this width; None where the content is no picture."""
    try:
        with Image.open(io.BytesIO(content)) as picture:
            # JPEG can be decoded at an eighth of its size, which is most of the work.
            picture.draft("RGB", (width, width * picture.height // max(1, picture.width)))
            small = picture.convert("RGB")
            height = max(1, round(small.height * width / small.width))
            small = small.resize((width, height), Image.Resampling.BILINEAR)
    except (UnidentifiedImageError, OSError, ValueError):
        return None
    out = io.BytesIO()
    small.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()
