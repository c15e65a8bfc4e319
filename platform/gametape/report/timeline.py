"""The timeline picture: signals, cuts, play score, segments and truth of a tape over time.

For `--debug` and for the metadata of the segments. Only drawing belongs here.
"""

from collections.abc import Sequence
from io import BytesIO

import numpy as np
import polars as pl
from PIL import Image, ImageDraw, ImageFont

from gametape.profile import FusionSettings
from gametape.report.lanes import (
    Lane,
    columns_of,
    cut_times,
    evidence_lanes,
    play_lane,
    rows_of_tape,
    signal_lanes,
    ticks,
)
from gametape.report.summary import length, short_time
from gametape.schema import Finding, Segment, Span

WIDTH = 1400
LEFT, RIGHT, TOP = 124, 24, 74
SIGNAL_HEIGHT, PLAY_HEIGHT, CUT_HEIGHT, BAR_HEIGHT = 30, 56, 16, 24
LANE_GAP, ROW_GAP, AXIS_HEIGHT = 6, 22, 20

# Okabe and Ito's colours: told apart by colour-blind eyes, and by their lightness in print.
INK, GREY, PALE = (34, 40, 46), (112, 120, 128), (243, 245, 247)
BLUE, ORANGE, SKY, VERMILLION = (0, 114, 178), (230, 159, 0), (120, 190, 226), (213, 94, 0)
PURPLE, YELLOW, PLAY_FILL = (170, 80, 130), (250, 238, 160), (202, 222, 234)

Colour = tuple[int, int, int]


def draw_timeline(
    *,
    title: str,
    duration_s: float,
    signals: pl.DataFrame | None = None,
    predictions: pl.DataFrame | None = None,
    cuts: pl.DataFrame | None = None,
    segments: Sequence[Segment] = (),
    truth: Sequence[Span | Segment] = (),
    settings: FusionSettings | None = None,
    findings: Sequence[Finding] = (),
) -> bytes:
    """A PNG, 1,400 pixels wide; long tapes wrap into rows. Whatever is missing has no lane."""
    sheet = _Sheet(
        duration_s=duration_s,
        lanes=signal_lanes(signals) + evidence_lanes(predictions),
        play=play_lane(predictions),
        cuts=cut_times(cuts),
        segments=segments,
        truth=truth,
        settings=settings,
        findings=[f for f in findings if f.start_s is not None],
    )
    sheet.head(title)
    for number, (start_s, end_s) in enumerate(sheet.rows):
        _Row(sheet, TOP + number * (sheet.row_height + ROW_GAP), start_s, end_s).draw()
    buffer = BytesIO()
    sheet.image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


class _Sheet:
    """The whole picture, and all that its rows share."""

    def __init__(
        self,
        *,
        duration_s: float,
        lanes: list[Lane],
        play: Lane | None,
        cuts: Sequence[tuple[float, bool]],
        segments: Sequence[Segment],
        truth: Sequence[Span | Segment],
        settings: FusionSettings | None,
        findings: Sequence[Finding],
    ) -> None:
        self.duration_s = duration_s
        self.lanes = lanes
        self.play = play
        self.cuts = cuts
        self.segments = segments
        self.truth = truth
        self.settings = settings
        self.findings = findings
        self.rows = rows_of_tape(duration_s)
        heights = self.lane_heights()
        self.row_height = sum(heights) + LANE_GAP * len(heights) + AXIS_HEIGHT
        height = TOP + len(self.rows) * (self.row_height + ROW_GAP)
        self.image = Image.new("RGB", (WIDTH, height), "white")
        self.pen = ImageDraw.Draw(self.image)
        self.small = ImageFont.load_default(12)
        self.plain = ImageFont.load_default(14)
        self.large = ImageFont.load_default(22)

    def lane_heights(self) -> list[int]:
        """Height of each lane of a row, from the top."""
        heights = [SIGNAL_HEIGHT] * len(self.lanes)
        heights += [PLAY_HEIGHT] if self.play is not None else []
        heights += [CUT_HEIGHT] if self.cuts else []
        return heights + [BAR_HEIGHT] * (1 + bool(self.truth))

    def head(self, title: str) -> None:
        """Title, counts in words, and the legend."""
        self.pen.text((24, 14), _fitting(title, 70), font=self.large, fill=INK)
        played_s = sum(segment.length_s for segment in self.segments)
        share = played_s / self.duration_s if self.duration_s > 0 else 0.0
        words = [f"{_count(self.segments, 'segment')}, {length(played_s)}"]
        words[0] += f" of {length(self.duration_s)} ({share:.0%})"
        words += [_count(self.cuts, "cut")] if self.cuts else []
        words += [_count(self.truth, "true segment")] if self.truth else []
        self.pen.text((24, 44), "  ·  ".join(words), font=self.plain, fill=GREY)
        self._legend()

    def _legend(self) -> None:
        entries: list[tuple[str, Colour]] = [("found", BLUE)]
        entries += [("true", ORANGE)] if self.truth else []
        if self.play is not None and self.settings is not None:
            entries += [(f"enter {self.settings.enter:g}", VERMILLION)]
            entries += [(f"leave {self.settings.leave:g}", GREY)]
        entries += [("fade", PURPLE)] if any(is_fade for _, is_fade in self.cuts) else []
        entries += [("finding", YELLOW)] if self.findings else []
        x = WIDTH - RIGHT
        for text, colour in reversed(entries):
            x -= round(self.plain.getlength(text))
            self.pen.text((x, 44), text, font=self.plain, fill=INK)
            x -= 18
            self.pen.rectangle((x, 47, x + 12, 57), fill=colour)
            x -= 18


class _Row:
    """One row of the picture: all lanes over one stretch of tape."""

    def __init__(self, sheet: _Sheet, top: int, start_s: float, end_s: float) -> None:
        self.sheet = sheet
        self.pen = sheet.pen
        self.top = self.y = top
        self.start_s = start_s
        self.end_s = end_s
        self.wide = WIDTH - LEFT - RIGHT
        # The last row of several may be longer than the tape.
        self.right = self.x(min(end_s, sheet.duration_s))

    def x(self, time_s: float) -> int:
        """Column of a time."""
        share = (time_s - self.start_s) / (self.end_s - self.start_s)
        return LEFT + round(min(max(share, 0.0), 1.0) * self.wide)

    def draw(self) -> None:
        """Draw all lanes and the axis."""
        sheet = self.sheet
        self._grounds()
        self._findings()
        for lane in sheet.lanes:
            self._curve(lane, SIGNAL_HEIGHT, SKY, None)
        if sheet.play is not None:
            self._play(sheet.play)
        if sheet.cuts:
            self._cuts()
        self._bars("segments", sheet.segments, BLUE, "white", has_score=True)
        if sheet.truth:
            self._bars("truth", sheet.truth, ORANGE, INK, has_score=False)
        self._axis()

    def _grounds(self) -> None:
        y = self.top
        for height in self.sheet.lane_heights():
            self.pen.rectangle((LEFT, y, self.right, y + height), fill=PALE)
            y += height + LANE_GAP

    def _findings(self) -> None:
        bottom = self.top + self.sheet.row_height - AXIS_HEIGHT
        for finding in self.sheet.findings:
            start_s = finding.start_s or 0.0
            end_s = finding.end_s if finding.end_s is not None else start_s
            if start_s < self.end_s and end_s >= self.start_s:
                box = (
                    self.x(start_s),
                    self.top - 4,
                    max(self.x(end_s), self.x(start_s) + 2),
                    bottom,
                )
                self.pen.rectangle(box, fill=YELLOW)

    def _label(self, text: str, height: int) -> None:
        place = (LEFT - 12, self.y + height // 2)
        self.pen.text(place, text, font=self.sheet.plain, fill=INK, anchor="rm")

    def _curve(self, lane: Lane, height: int, fill: Colour, line: Colour | None) -> None:
        self._label(lane.label, height)
        values = columns_of(lane, self.start_s, self.end_s, self.wide)
        bottom = self.y + height
        tops = np.where(np.isnan(values), np.nan, bottom - np.round(values * height))
        before = np.nan
        for column, peak in enumerate(tops):
            if np.isnan(peak):
                before = np.nan
                continue
            x = LEFT + column
            self.pen.line((x, bottom, x, int(peak)), fill=fill)
            if line is not None:
                # The line spans to the column before, so that steep flanks stay whole.
                other = peak if np.isnan(before) else before
                self.pen.line((x, int(min(peak, other)), x, int(max(peak, other)) + 1), fill=line)
            before = peak
        self.y += height + LANE_GAP

    def _play(self, lane: Lane) -> None:
        top = self.y
        self._curve(lane, PLAY_HEIGHT, PLAY_FILL, BLUE)
        if self.sheet.settings is not None:
            for share, colour in (
                (self.sheet.settings.leave, GREY),
                (self.sheet.settings.enter, VERMILLION),
            ):
                self._dashes(top + PLAY_HEIGHT - round(share * PLAY_HEIGHT), colour)

    def _dashes(self, y: int, colour: Colour) -> None:
        for x in range(LEFT, self.right, 8):
            self.pen.line((x, y, min(x + 4, self.right), y), fill=colour)

    def _cuts(self) -> None:
        self._label("cuts", CUT_HEIGHT)
        for time_s, is_fade in self.sheet.cuts:
            if self.start_s <= time_s < self.end_s:
                x = self.x(time_s)
                self.pen.line((x, self.y, x, self.y + CUT_HEIGHT), fill=PURPLE if is_fade else INK)
        self.y += CUT_HEIGHT + LANE_GAP

    def _bars(
        self,
        label: str,
        spans: Sequence[Span | Segment],
        fill: Colour,
        ink: Colour | str,
        *,
        has_score: bool,
    ) -> None:
        self._label(label, BAR_HEIGHT)
        for number, span in enumerate(spans, start=1):
            if span.start_s >= self.end_s or span.end_s <= self.start_s:
                continue
            left, right = (
                self.x(span.start_s),
                max(self.x(span.end_s) - 1, self.x(span.start_s) + 1),
            )
            self.pen.rectangle((left, self.y, right, self.y + BAR_HEIGHT), fill=fill)
            texts = [f"{number}"]
            if has_score and isinstance(span, Segment):
                texts.insert(0, f"{number} · {span.score:.0f}")
            self._inside(texts, left, right, ink)
        self.y += BAR_HEIGHT + LANE_GAP

    def _inside(self, texts: Sequence[str], left: int, right: int, ink: Colour | str) -> None:
        """Write the first of some texts that fits into a bar, if one does."""
        for text in texts:
            if self.sheet.small.getlength(text) + 6 <= right - left:
                place = ((left + right) // 2, self.y + BAR_HEIGHT // 2)
                self.pen.text(place, text, font=self.sheet.small, fill=ink, anchor="mm")
                return

    def _axis(self) -> None:
        self.pen.line((LEFT, self.y, self.right, self.y), fill=GREY)
        for time_s in ticks(self.start_s, self.end_s):
            if time_s > self.sheet.duration_s:
                break
            x = self.x(time_s)
            self.pen.line((x, self.y, x, self.y + 4), fill=GREY)
            text = short_time(time_s) if time_s == int(time_s) else f"{time_s:.1f}"
            self.pen.text((x, self.y + 6), text, font=self.sheet.small, fill=GREY, anchor="mt")


def _count(things: Sequence[object], name: str) -> str:
    return f"{len(things)} {name}{'' if len(things) == 1 else 's'}"


def _fitting(text: str, letters: int) -> str:
    printable = "".join(c if c.isprintable() else " " for c in text)
    return printable if len(printable) <= letters else printable[: letters - 1] + "…"
