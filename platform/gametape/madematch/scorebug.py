"""The score bug: several looks, redrawn only when what it says changes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gametape.madematch.settings import MatchSettings, random_for
from gametape.madematch.venues import Color

Picture = NDArray[np.uint8]
FONTS = ("sans", "italic", "hershey")
SHAPES = ("blocks", "bar", "round", "stack")
PLACES = ("top-left", "top-right", "bottom", "top")
NAMES = ("HAW", "OWL", "RAM", "BAY", "TEX", "NOR", "KIN", "FOX", "SUN", "ELK", "VIK", "ZEN")
ORDINALS = ("1ST", "2ND", "3RD", "4TH", "5TH", "6TH", "7TH")


@dataclass(frozen=True)
class BugLook:
    """How the bug of one broadcast looks; sizes as shares of the picture's height."""

    place: str
    shape: str
    font: str
    weight: int
    height_share: float
    back: Color
    ink: Color
    clock_back: Color
    clock_ink: Color
    home: str
    away: str
    home_color: Color
    away_color: Color
    hides_in_replays: bool
    period_style: str  # "Q2", "2ND", "2"
    has_clock: bool


@dataclass(frozen=True)
class BugText:
    """What the bug says."""

    period: int
    clock_s: int
    home: int
    away: int
    extra: str = ""

    @property
    def clock(self) -> str:
        """Minutes and seconds."""
        return f"{self.clock_s // 60}:{self.clock_s % 60:02d}"


def choose_look(settings: MatchSettings, home_color: Color, away_color: Color) -> BugLook:
    """The look of this match's broadcast, by seed."""
    rng = random_for(settings, "score bug")
    is_dark = rng.random() < 0.6
    back = tuple(int(c) for c in (rng.integers(8, 60, 3) if is_dark else rng.integers(215, 250, 3)))
    ink = (245, 245, 245) if is_dark else (25, 25, 25)
    swaps = rng.random() < 0.5
    home, away = rng.choice(len(NAMES), 2, replace=False)
    return BugLook(
        place=str(rng.choice(PLACES)),
        shape=str(rng.choice(SHAPES)),
        font=str(rng.choice(FONTS)),
        weight=int(rng.choice([400, 600, 800])),
        height_share=float(rng.uniform(0.058, 0.075)),
        back=back,  # type: ignore[arg-type]
        ink=ink,
        clock_back=(30, 200, 240) if swaps else back,  # type: ignore[arg-type]
        clock_ink=(20, 20, 20) if swaps else ink,
        home=NAMES[int(home)],
        away=NAMES[int(away)],
        home_color=home_color,
        away_color=away_color,
        hides_in_replays=bool(rng.random() < 0.5),
        period_style=str(rng.choice(["Q", "ordinal", "plain"])),
        has_clock=settings.sport in ("football", "soccer", "basketball"),
    )


class ScoreBug:
    """Draws one look onto pictures of one size, and says where."""

    def __init__(self, look: BugLook, width: int, height: int, sport: str) -> None:
        self.look, self.sport = look, sport
        self.row_px = max(10, round(look.height_share * height))
        self._said: BugText | None = None
        widest = BugText(4, 14 * 60 + 58, 28, 28, "AD-40" if sport == "tennis" else "")
        self._drawn = self._draw(widest)
        high, wide = self._drawn.shape[:2]
        margin_x, margin_y = round(width * 0.045), round(height * 0.055)
        left = {"top-left": margin_x, "top-right": width - margin_x - wide}.get(
            look.place, (width - wide) // 2
        )
        top = height - margin_y - high if look.place == "bottom" else margin_y
        self.box = (max(0, left), max(0, top), min(wide, width), min(high, height))

    def draw(self, picture: Picture, text: BugText) -> None:
        """Put the bug into a picture."""
        if text != self._said:
            self._drawn, self._said = self._draw(text), text
        x, y, wide, high = self.box
        wide, high = min(wide, self._drawn.shape[1]), min(high, self._drawn.shape[0])
        picture[y : y + high, x : x + wide] = self._drawn[:high, :wide]

    def _period(self, period: int) -> str:
        if self.sport == "soccer":
            return ORDINALS[period - 1]
        if self.sport in ("tennis", "volleyball-indoor", "volleyball-beach"):
            return f"SET {period}"
        styles = {"Q": f"Q{period}", "ordinal": ORDINALS[min(period, 7) - 1]}
        return styles.get(self.look.period_style, str(period))

    def _draw(self, text: BugText) -> Picture:
        """The bug as a picture of its own."""
        row, look = self.row_px, self.look
        pad = round(row * 0.35)
        score_wide = round(row * 1.5)
        name_wide = round(row * 2.3)
        clock_wide = round(row * 2.7) if look.has_clock else 0
        period_wide = round(row * (2.2 if not look.has_clock else 1.7))
        cells: list[tuple[str, int, Color, Color]] = []
        for name, score, color in (
            (look.home, text.home, look.home_color),
            (look.away, text.away, look.away_color),
        ):
            named = color if look.shape in ("blocks", "stack") else look.back
            cells.append((name, name_wide, named, _ink_on(named)))
            cells.append((str(score), score_wide, look.back, look.ink))
        if self.sport == "tennis":
            cells.append((text.extra or "0-0", round(row * 2.6), look.back, look.ink))
        end = [(self._period(text.period), period_wide, look.clock_back, look.clock_ink)]
        if clock_wide:
            end.append((text.clock, clock_wide, look.clock_back, look.clock_ink))
        if self.sport == "football":
            down = (text.extra, round(row * 3.6), look.back, look.ink)
            end.append(down)
        if look.shape == "stack":
            lines = [cells[:2] + cells[4:], [*cells[2:4]], end]
            wide = max(sum(c[1] for c in line) for line in lines)
            picture = np.empty((row * 3, wide, 3), np.uint8)
            picture[:] = look.back
            for index, line in enumerate(lines):
                self._row(picture, line, index * row, 0)
            return picture
        line = cells + end
        wide = sum(c[1] for c in line) + 2 * pad
        picture = np.empty((row, wide, 3), np.uint8)
        picture[:] = look.back
        self._row(picture, line, 0, pad)
        if look.shape == "bar":
            picture[-max(1, row // 9) :, : wide // 2] = look.home_color
            picture[-max(1, row // 9) :, wide // 2 :] = look.away_color
        return picture

    def _row(
        self, picture: Picture, cells: list[tuple[str, int, Color, Color]], top: int, left: int
    ) -> None:
        import cv2

        x = left
        for text, wide, back, ink in cells:
            low = (x + wide - 1, top + self.row_px - 1)
            if self.look.shape == "round":
                inner = self.row_px // 8
                cv2.rectangle(picture, (x + 1, top + inner), (low[0] - 1, low[1] - inner), back, -1)
            else:
                cv2.rectangle(picture, (x, top), low, back, -1)
            self._word(picture, text, x + wide / 2, top + self.row_px / 2, ink)
            x += wide

    def _word(self, picture: Picture, text: str, x: float, y: float, ink: Color) -> None:
        import cv2

        if not text:
            return
        if self.look.font == "hershey":
            size = self.row_px / 42
            thick = max(1, round(self.row_px / 18))
            (wide, high), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, size, thick)
            at = (round(x - wide / 2), round(y + high / 2))
            cv2.putText(picture, text, at, cv2.FONT_HERSHEY_DUPLEX, size, ink, thick, cv2.LINE_AA)
            return
        size = max(8, round(self.row_px * 0.66))
        face = cv2.FontFace(self.look.font)
        canvas = np.zeros_like(picture)
        (end_x, _), _ = cv2.putText(
            canvas, text, (0, size), (1, 1, 1), face, size, self.look.weight
        )
        at = (round(x - end_x / 2), round(y + size * 0.36))
        cv2.putText(picture, text, at, ink, face, size, self.look.weight)


def _ink_on(color: Color) -> Color:
    return (25, 25, 25) if sum(color) > 420 else (245, 245, 245)
