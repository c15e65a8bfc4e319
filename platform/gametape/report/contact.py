"""The contact sheet: thumbnails of clips with number, time, label and score, as one picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from gametape.exports.manifest import Manifest
from gametape.report.summary import length, tape_time

WIDTH, MARGIN, GAP, CAPTION = 1400, 24, 12, 40
INK, GREY, BLUE, PALE = (34, 40, 46), (112, 120, 128), (0, 114, 178), (226, 229, 232)
QUALITY = 85


@dataclass(frozen=True)
class Card:
    """One clip on the sheet; `score` runs from 0 to 100."""

    number: int
    thumbnail: Path
    start_s: float
    length_s: float
    label: str
    score: float


def contact_sheet(manifest: Manifest, folder: Path, *, columns: int = 5, most: int = 30) -> bytes:
    """The sheet of a manifest's clips; `folder` is the manifest's own."""
    cards = [
        Card(c.number, folder / c.thumbnail, c.start_s, c.duration_s, c.label, c.score)
        for c in manifest.clips
    ]
    return draw_contact_sheet(cards, columns=columns, most=most, title=manifest.tape.name)


def draw_contact_sheet(
    cards: Sequence[Card], *, columns: int = 5, most: int = 30, title: str = ""
) -> bytes:
    """A JPEG, 1,400 pixels wide, of the first `most` clips; how many are left out is said."""
    shown = cards[:most]
    wide = (WIDTH - 2 * MARGIN - (columns - 1) * GAP) // columns
    pictures = [_picture(card.thumbnail, wide) for card in shown]
    high = max((picture.height for picture in pictures), default=0)
    rows = -(-len(shown) // columns)
    top = MARGIN + (36 if title else 0)
    bottom = 30 if len(cards) > most or not cards else 0
    sheet = Image.new(
        "RGB", (WIDTH, top + rows * (high + CAPTION + GAP) + bottom + MARGIN), "white"
    )
    pen = ImageDraw.Draw(sheet)
    if title:
        pen.text((MARGIN, MARGIN - 6), title, font=ImageFont.load_default(22), fill=INK)
    for place, (card, picture) in enumerate(zip(shown, pictures, strict=True)):
        x = MARGIN + place % columns * (wide + GAP)
        y = top + place // columns * (high + CAPTION + GAP)
        pen.rectangle((x, y, x + wide - 1, y + high - 1), fill=PALE)
        sheet.paste(picture, (x + (wide - picture.width) // 2, y + (high - picture.height) // 2))
        _caption(pen, card, x, y + high + 5, wide)
    if bottom:
        text = f"and {len(cards) - most} more" if cards else "no clips"
        pen.text(
            (MARGIN, sheet.height - MARGIN - 16), text, font=ImageFont.load_default(14), fill=GREY
        )
    buffer = BytesIO()
    sheet.save(buffer, "JPEG", quality=QUALITY, optimize=True)
    return buffer.getvalue()


def _caption(pen: ImageDraw.ImageDraw, card: Card, x: int, y: int, wide: int) -> None:
    bold, plain = ImageFont.load_default(15), ImageFont.load_default(13)
    pen.text((x, y), f"{card.number}  {card.label}"[:24], font=bold, fill=INK)
    pen.text((x + wide, y), f"{card.score:.0f}", font=bold, fill=BLUE, anchor="ra")
    times = f"{tape_time(card.start_s)}  ·  {length(card.length_s)}"
    pen.text((x, y + 18), times, font=plain, fill=GREY)


def _picture(path: Path, wide: int) -> Image.Image:
    with Image.open(path) as picture:
        scale = min(wide / picture.width, wide * 9 / 16 / picture.height)
        size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
        return picture.convert("RGB").resize(size, Image.Resampling.LANCZOS)
