"""The contact sheet shows thumbnails with what is known of their clips."""

from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from gametape.report.contact import Card, draw_contact_sheet


def card(folder: Path, number: int, size: tuple[int, int] = (320, 180)) -> Card:
    path = folder / f"{number:04d}.jpg"
    Image.new("RGB", size, (200, 30, 30)).save(path)
    return Card(number, path, 10.0 * number, 5.5, "play", 80.0)


def opened(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content)).convert("RGB")


def test_the_sheet_grows_by_rows(tmp_path: Path) -> None:
    one = opened(draw_contact_sheet([card(tmp_path, n) for n in range(1, 6)], columns=5))
    two = opened(draw_contact_sheet([card(tmp_path, n) for n in range(1, 7)], columns=5))
    assert one.width == two.width == 1400
    assert two.height > one.height + 150
    red = (np.asarray(one)[..., 0].astype(int) - np.asarray(one)[..., 1]) > 120
    assert red.mean() > 0.4


def test_upright_pictures_keep_their_shape(tmp_path: Path) -> None:
    sheet = np.asarray(opened(draw_contact_sheet([card(tmp_path, 1, (90, 160))], columns=2)))
    red = np.argwhere((sheet[..., 0].astype(int) - sheet[..., 1]) > 120)
    high, wide = np.ptp(red, axis=0) + 1
    assert abs(wide / high - 90 / 160) < 0.02


def test_a_sheet_without_clips_is_drawn_too(tmp_path: Path) -> None:
    assert opened(draw_contact_sheet([])).width == 1400
    many = [card(tmp_path, n) for n in range(1, 4)]
    assert opened(draw_contact_sheet(many, most=2)).height > opened(draw_contact_sheet([])).height
