"""Cards can be read at every size, and no text, however odd, makes them fail."""

from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from gametape.schema import Card
from gametape.video.joining.cards import Frame, drawable, ground, lower_third, title_card

SIZES = [(320, 180), (426, 240), (1280, 720), (180, 320), (606, 1080), (3840, 2160)]
CARD = Card(title="14 Rally", subtitle="Set 2 · 4:3", corner="Court 1")
LONG = Card(title="A very long rally " * 20, subtitle="with a long score " * 20, corner="x" * 400)


def light(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture.convert("L")).astype(int)


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("Đoković – Žółć, Müller & Ærø", "Dokovic - Zolc, Muller & Aero"),
        ("Подача Щукин", "Podacha Shchukin"),
        ("Σέρβις Ηλίας", "Servis Ilias"),
        ("東京 vs 大阪", "?? vs ??"),
        ("goal \U0001f600!", "goal ?!"),
        ("two\nlines\tand\x00 more", "two lines and more"),
        ("👩🏽‍🦱", "??"),
        ("   ", ""),
    ],
)
def test_letters_that_the_font_lacks_are_spelled_or_replaced(text: str, drawn: str) -> None:
    assert drawable(text) == drawn


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("card", [CARD, LONG, Card(title="東" * 300), Card(title="")])
def test_words_stay_inside_the_picture(size: tuple[int, int], card: Card) -> None:
    frame = Frame(*size, Fraction(1))
    picture = ground(frame)
    picture.alpha_composite(title_card(card, frame))
    assert picture.size == size
    values = light(picture)
    edge = max(4, round(0.03 * min(size)))
    for strip in (values[:edge], values[-edge:], values[:, :edge], values[:, -edge:]):
        assert strip.max() < 40
    placed = lower_third(card, frame)
    if placed is None:
        assert card.title == ""
        return
    plate, (x, y) = placed
    assert x % 2 == y % 2 == plate.width % 2 == plate.height % 2 == 0
    assert x >= edge and x + plate.width <= size[0] - edge
    assert y >= size[1] // 2 and y + plate.height <= size[1] - edge


@pytest.mark.parametrize("size", SIZES)
def test_letters_are_large_enough_to_be_read(size: tuple[int, int]) -> None:
    frame = Frame(*size, Fraction(1))
    bright = light(title_card(Card(title="HHH"), frame)) > 160
    rows = np.flatnonzero(bright[round(size[1] * 0.4) :].any(axis=1))
    assert np.ptp(rows) + 1 >= max(9, 0.045 * min(size))
    placed = lower_third(Card(title="HHH"), frame)
    assert placed is not None
    bar = max(2, round(frame.unit * 0.007))
    letters = light(placed[0])[:, bar + 2 :] > 160
    assert np.ptp(np.flatnonzero(letters.any(axis=1))) + 1 >= max(8, 0.022 * min(size))


def test_pixels_that_are_not_square_get_words_drawn_narrower() -> None:
    drawn = []
    for frame in (Frame(1024, 576, Fraction(1)), Frame(720, 576, Fraction(64, 45))):
        picture = ground(frame)
        picture.alpha_composite(title_card(CARD, frame))
        drawn.append(light(picture.resize((1024, 576), Image.Resampling.BICUBIC)))
    assert np.abs(drawn[0] - drawn[1]).mean() < 1


def test_a_plate_keeps_clear_of_what_stands_at_the_very_bottom() -> None:
    for width, height in SIZES:
        placed = lower_third(CARD, Frame(width, height, Fraction(1)))
        assert placed is not None
        assert placed[1][1] + placed[0].height <= height * 0.94
