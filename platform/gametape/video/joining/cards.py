"""Draws title cards and lower thirds as pictures with transparency; how they fade is elsewhere.

Sizes are shares of the picture's, never below what can be read on a phone.
"""

import unicodedata
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from PIL import Image, ImageDraw, ImageFont

from gametape.schema import Card

Rgba = tuple[int, int, int, int]

GROUND: Rgba = (16, 21, 27, 255)
PLATE: Rgba = (13, 17, 22, 205)
BRIGHT: Rgba = (243, 245, 246, 255)
SOFT: Rgba = (176, 188, 198, 255)
FAINT: Rgba = (138, 151, 162, 255)
ACCENT: Rgba = (86, 184, 160, 255)

MISSING = "?"
MAX_TITLE_LINES = 3
# The font that comes with Pillow holds little more than ASCII; this much can be said with it.
SPELLED = str.maketrans(
    dict(
        zip("–—−‐‑×→…ıđłøŁĐØ", ("-", "-", "-", "-", "-", "x", ">", "...", *"idloLDO"), strict=True)
    )
    | {"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "Æ": "Ae", "Œ": "Oe", "€": "EUR"}
)
# Letters of other alphabets, each with its spelling.
SPELLINGS = """
а a б b в v г g д d е e ж zh з z и i й i к k л l м m н n о o п p р r с s т t у u ф f х kh ц ts
ч ch ш sh щ shch ы y э e ю yu я ya і i ї i є e ґ g ђ dj ј j љ lj њ nj ћ c џ dz ѓ g ќ k ѕ dz
α a β v γ g δ d ε e ζ z η i θ th ι i κ k λ l μ m ν n ξ x ο o π p ρ r σ s ς s τ t υ y φ f χ ch
ψ ps ω o
"""
LETTERS = dict(zip(SPELLINGS.split()[::2], SPELLINGS.split()[1::2], strict=True))
LETTERS |= {"ъ": "", "ь": ""}


@dataclass(frozen=True)
class Frame:
    """The picture that is drawn on: stored pixels, upright, and their aspect."""

    width: int
    height: int
    sample_aspect: Fraction

    @property
    def shown_width(self) -> int:
        """In square pixels."""
        return max(2, round(self.width * self.sample_aspect))

    @property
    def unit(self) -> float:
        """What sizes are shares of: the height, or less where the picture is narrow."""
        return min(self.height, self.shown_width * 0.8)


def ground(frame: Frame) -> Image.Image:
    """What lies behind the text of a title card."""
    return Image.new("RGBA", (frame.width, frame.height), GROUND)


def title_card(card: Card, frame: Frame) -> Image.Image:
    """The text of a title card on nothing, as large as the picture."""
    picture, pen = _sheet(frame)
    unit, left = frame.unit, round(frame.shown_width * 0.09)
    room = frame.shown_width - 2 * left
    wanted = 2 if frame.shown_width > frame.height else MAX_TITLE_LINES
    lines, font = _fitted(drawable(card.title), max(15, unit * 0.095), room, wanted)
    small = _font(max(11, unit * 0.052))
    tiny = _font(max(10, unit * 0.036))
    subtitle = _cut(drawable(card.subtitle), small, room)
    line_height, gap = _height(font) * 1.12, unit * 0.045
    block = len(lines) * line_height + (gap + _height(small) if subtitle else 0)
    at = (frame.height - block) / 2 - unit * 0.02
    bar = max(2, round(unit * 0.009))
    top = round(at - unit * 0.055)
    pen.rectangle((left, top, left + round(unit * 0.11), top + bar - 1), fill=ACCENT)
    for line in lines:
        pen.text((left, round(at)), line, font=font, fill=BRIGHT)
        at += line_height
    if subtitle:
        pen.text((left, round(at + gap)), subtitle, font=small, fill=SOFT)
    corner = _cut(drawable(card.corner), tiny, room)
    foot = round(frame.height - unit * 0.09)
    pen.text((left, foot), corner, font=tiny, fill=FAINT, anchor="ls")
    return _squeezed(picture, frame)


def lower_third(card: Card, frame: Frame) -> tuple[Image.Image, tuple[int, int]] | None:
    """The text over a play as a small plate, and where its upper left corner lies; None if empty.

    Both are even, as the colours of a stored picture are.
    """
    unit, left = frame.unit, round(frame.shown_width * 0.05)
    title_font, small = _font(max(12, unit * 0.048)), _font(max(10, unit * 0.036))
    pad, bar = max(5, round(unit * 0.022)), max(2, round(unit * 0.007))
    room = round(frame.shown_width * 0.9) - left - 2 * pad - bar
    texts = [
        (_cut(drawable(text), font, room), font, colour)
        for text, font, colour in (
            (card.title, title_font, BRIGHT),
            (card.subtitle, small, SOFT),
        )
    ]
    texts = [each for each in texts if each[0]]
    if not texts:
        return None
    gap = round(unit * 0.012)
    width = bar + 2 * pad + max(round(font.getlength(text)) for text, font, _ in texts)
    height = round(sum(_height(font) for _, font, _ in texts) + 2 * pad + gap * (len(texts) - 1))
    # Clear of the edge that screens cut off, and of clocks and codes that stand at the very bottom.
    top = round(frame.height - height - max(unit * 0.08, frame.height * 0.07))
    picture, pen = _sheet(frame)
    pen.rounded_rectangle((left, top, left + width, top + height), radius=bar, fill=PLATE)
    pen.rectangle((left, top, left + bar - 1, top + height), fill=ACCENT)
    at = float(top + pad)
    for text, font, colour in texts:
        pen.text((left + bar + pad, round(at)), text, font=font, fill=colour)
        at += _height(font) + gap
    whole = _squeezed(picture, frame)
    box = whole.getbbox()
    assert box is not None, "a plate has been drawn"
    x, y = box[0] - box[0] % 2, box[1] - box[1] % 2
    right, bottom = box[2] + box[2] % 2, box[3] + box[3] % 2
    return whole.crop((x, y, right, bottom)), (x, y)


def drawable(text: str) -> str:
    """A text in letters that the font has: spelled otherwise, without accents, at last as `?`."""
    known = _known()
    out: list[str] = []
    for character in unicodedata.normalize("NFC", " ".join(text.split())):
        if character in known:
            out.append(character)
            continue
        spelled = _spelled(character)
        out.append(spelled if all(each in known for each in spelled) else MISSING)
    return "".join(out).strip()


def _spelled(character: str) -> str:
    if unicodedata.category(character) in ("Mn", "Cf", "Cc", "Me", "Sk"):
        return ""
    plain = LETTERS.get(character.lower())
    if plain is None:
        parts = unicodedata.normalize("NFKD", character.translate(SPELLED))
        plain = "".join(part for part in parts if not unicodedata.combining(part))
        lower = LETTERS.get(plain.lower()) if len(plain) == 1 else None
        if lower is None:
            return plain
        plain = lower
    return plain.capitalize() if character.isupper() else plain


@cache
def _known() -> frozenset[str]:
    """Characters that the font can draw, of those it may be asked for."""
    font = ImageFont.load_default(size=20)
    nothing = bytes(font.getmask("\uffff"))
    tried = [chr(number) for number in range(0x20, 0x2190)]
    return frozenset(
        c for c in tried if c == " " or (c.isprintable() and bytes(font.getmask(c)) != nothing)
    )


@cache
def _font(size: float) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size=size)
    assert isinstance(font, ImageFont.FreeTypeFont), "Pillow's wheels can scale fonts"
    return font


def _height(font: ImageFont.FreeTypeFont) -> float:
    """From the top of capitals' room to below the deepest letter."""
    above, below = font.getmetrics()
    return float(above + below)


def _fitted(
    text: str, size: float, room: float, wanted: int
) -> tuple[list[str], ImageFont.FreeTypeFont]:
    """A text in as many lines as are wanted, smaller if need be, at last in one more line."""
    lines: list[str] = []
    font = _font(size)
    for share in (1.0, 0.85, 0.7, 0.6):
        font = _font(max(12, size * share))
        lines = _wrapped(text, font, room)
        if len(lines) <= (wanted if share > 0.7 else MAX_TITLE_LINES):
            return lines, font
    rest = " ".join(lines[MAX_TITLE_LINES - 1 :])
    return [*lines[: MAX_TITLE_LINES - 1], _cut(rest, font, room)], font


def _wrapped(text: str, font: ImageFont.FreeTypeFont, room: float) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(joined) <= room:
            lines[-1] = joined
        else:
            lines.append(_cut(word, font, room))
    return lines


def _cut(text: str, font: ImageFont.FreeTypeFont, room: float) -> str:
    """A text as far as it fits, with dots where it does not."""
    if font.getlength(text) <= room:
        return text
    while text and font.getlength(text + "...") > room:
        text = text[:-1]
    return text.rstrip() + "..."


def _sheet(frame: Frame) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    # Nothing is the plate's own colour seen through: white would shine at the edges of letters.
    picture = Image.new("RGBA", (frame.shown_width, frame.height), (*GROUND[:3], 0))
    return picture, ImageDraw.Draw(picture)


def _squeezed(picture: Image.Image, frame: Frame) -> Image.Image:
    if picture.width == frame.width:
        return picture
    return picture.resize((frame.width, frame.height), Image.Resampling.LANCZOS)
