"""A frame number that can be read from the pixels, as a tiny strip of blocks at the lower left.

Two rows of eighteen blocks: 24 bits of number in Gray code, 8 bits of check, guards at both ends.
A block is a 45th of the height (8 pixels at 360 lines). Nothing here knows what a match is.
"""

import numpy as np
from numpy.typing import NDArray

ROWS, COLUMNS = 2, 18
NUMBER_BITS, CHECK_BITS = 24, 8
BLOCKS_PER_HEIGHT = 45
DARK, LIGHT = 36, 208  # inside the limited range, and not harsher than a score bug
MIN_CONTRAST = 40  # guards nearer than this are no bar code

Gray8 = NDArray[np.uint8]


def box(width: int, height: int) -> tuple[int, int, int, int]:
    """Where the strip is, as x, y, width, height in pixels of a picture of this size."""
    block = height / BLOCKS_PER_HEIGHT
    top = round(height - ROWS * block)
    return 0, top, min(width, round(COLUMNS * block)), height - top


def draw(frame: NDArray[np.uint8], number: int) -> None:
    """Write a frame number into a picture: grey (h, w) or with channels (h, w, c)."""
    height, width = frame.shape[:2]
    strip = _cells(number)
    columns = _edges(width, height, COLUMNS)
    rows = [round(height - (ROWS - row) * height / BLOCKS_PER_HEIGHT) for row in range(ROWS + 1)]
    for row in range(ROWS):
        for column in range(COLUMNS):
            value = LIGHT if strip[row, column] else DARK
            frame[rows[row] : rows[row + 1], columns[column] : columns[column + 1]] = value


def read(gray: Gray8) -> int | None:
    """Read the frame number from a luma plane (h, w) of any size; None where none is readable."""
    height, width = gray.shape[:2]
    block = height / BLOCKS_PER_HEIGHT
    if width < COLUMNS * block or block < 2:
        return None
    margin = block * 0.28
    means = np.empty((ROWS, COLUMNS))
    for row in range(ROWS):
        top = height - (ROWS - row) * block
        lines = slice(
            round(top + margin), max(round(top + margin) + 1, round(top + block - margin))
        )
        for column in range(COLUMNS):
            left = round(column * block + margin)
            right = max(left + 1, round((column + 1) * block - margin))
            means[row, column] = gray[lines, left:right].mean()
    light = (means[0, 0] + means[1, -1]) / 2
    dark = (means[1, 0] + means[0, -1]) / 2
    if light - dark < MIN_CONTRAST:
        return None
    return _number((means > (light + dark) / 2)[:, 1:-1].ravel())


def _edges(width: int, height: int, count: int) -> list[int]:
    return [min(width, round(i * height / BLOCKS_PER_HEIGHT)) for i in range(count + 1)]


def _cells(number: int) -> NDArray[np.bool_]:
    """The strip (rows, columns); guards: light over dark left, dark over light right."""
    number &= (1 << NUMBER_BITS) - 1
    word = ((number ^ (number >> 1)) << CHECK_BITS) | _check(number)
    total = NUMBER_BITS + CHECK_BITS
    bits = [(word >> (total - 1 - i)) & 1 for i in range(total)]
    cells = np.zeros((ROWS, COLUMNS), bool)
    cells[:, 1:-1] = np.array(bits, bool).reshape(ROWS, COLUMNS - 2)
    cells[0, 0] = cells[1, -1] = True
    return cells


def _number(bits: NDArray[np.bool_]) -> int | None:
    word = 0
    for bit in bits:
        word = (word << 1) | int(bit)
    gray, check = word >> CHECK_BITS, word & ((1 << CHECK_BITS) - 1)
    number = 0
    while gray:
        number ^= gray
        gray >>= 1
    return number if _check(number) == check else None


def _check(number: int) -> int:
    """CRC-8 (polynomial 0x07, start 0xA5), so that an empty strip is never the number 0."""
    value = 0xA5
    for shift in (16, 8, 0):
        value ^= (number >> shift) & 0xFF
        for _ in range(8):
            value = ((value << 1) ^ 0x07 if value & 0x80 else value << 1) & 0xFF
    return value
