"""The frame number in the pixels."""

import io

import av
import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gametape.madematch import barcode

NUMBERS = st.integers(0, (1 << barcode.NUMBER_BITS) - 1)


def _busy(width: int, height: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(16, 235, (height, width), dtype=np.uint8)


@given(NUMBERS, st.sampled_from([(640, 360), (1280, 720), (426, 240), (320, 180), (1918, 1078)]))
@settings(max_examples=60, deadline=None)
def test_what_is_drawn_is_read(number: int, size: tuple[int, int]) -> None:
    frame = _busy(*size)
    barcode.draw(frame, number)
    assert barcode.read(frame) == number


@given(NUMBERS, st.sampled_from([(854, 480), (426, 240)]))
@settings(max_examples=40, deadline=None)
def test_a_scaled_picture_still_says_its_number(number: int, size: tuple[int, int]) -> None:
    frame = _busy(1280, 720)
    barcode.draw(frame, number)
    small = cv2.resize(frame, size, interpolation=cv2.INTER_LINEAR)
    assert barcode.read(small) == number


def test_a_picture_without_a_code_has_no_number() -> None:
    assert barcode.read(np.full((360, 640), 90, np.uint8)) is None
    assert [barcode.read(_busy(640, 360, seed)) for seed in range(50)] == [None] * 50


def test_a_turned_block_is_noticed() -> None:
    frame = _busy(640, 360)
    barcode.draw(frame, 4711)
    x = round(5 * 360 / barcode.BLOCKS_PER_HEIGHT)
    block = frame[-16:-8, x : x + 8]
    block[:] = 255 - block
    assert barcode.read(frame) is None


def test_the_strip_is_a_hundredth_of_the_picture_at_most() -> None:
    _, _, wide, high = barcode.box(640, 360)
    assert wide * high <= 0.0101 * 640 * 360


@pytest.mark.parametrize("lines", [480, 240])
def test_the_number_survives_hard_compression_and_scaling(lines: int) -> None:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream(
            "libx264", rate=25, options={"crf": "28", "preset": "superfast"}
        )
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        for number in range(40):
            planes = np.full((540, 640), 128, np.uint8)
            planes[:360] = np.roll(_busy(640, 360) // 2 + 40, number * 3, axis=1)
            barcode.draw(planes[:360], number * 997)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(planes, format="yuv420p")))
        container.mux(stream.encode(None))
    with av.open(io.BytesIO(file.getvalue())) as container:
        numbers = []
        for frame in container.decode(video=0):
            gray = frame.to_ndarray(format="gray")
            numbers.append(barcode.read(cv2.resize(gray, (lines * 16 // 9, lines))))
    assert numbers == [n * 997 for n in range(40)]
