"""Stills are small JPEG files in square pixels."""

from fractions import Fraction
from io import BytesIO

import av
import numpy as np
from PIL import Image

from gametape.video.cutting.stills import still_jpeg


def frame(width: int, height: int, value: int = 128) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(np.full((height, width), value, np.uint8), format="gray")


def test_a_still_has_the_height_asked_for_and_the_shape_of_the_shown_picture() -> None:
    wide = Image.open(
        BytesIO(still_jpeg(frame(704, 576), height=180, sample_aspect=Fraction(16, 11)))
    )
    assert wide.size == (320, 180)
    assert wide.format == "JPEG"


def test_the_same_frame_gives_the_same_bytes() -> None:
    assert still_jpeg(frame(320, 240, 90), height=60) == still_jpeg(frame(320, 240, 90), height=60)
    assert still_jpeg(frame(320, 240, 90), height=60) != still_jpeg(frame(320, 240, 200), height=60)
