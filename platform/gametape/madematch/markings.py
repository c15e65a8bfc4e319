"""The lines of each court and field, painted onto its ground texture."""

from gametape.madematch.court import Picture
from gametape.madematch.venues import Venue

YARD_M = 0.9144


class _Chalk:
    """Draws in metres onto a texture."""

    def __init__(self, texture: Picture, venue: Venue, per_m: float, width_m: float) -> None:
        self.texture, self.venue, self.per_m = texture, venue, per_m
        self.width_px = max(1, round(width_m * per_m))

    def at(self, x_m: float, y_m: float) -> tuple[int, int]:
        venue = self.venue
        return (
            round((x_m + venue.half_x_m + venue.margin_m) * self.per_m),
            round((venue.half_y_m + venue.margin_m - y_m) * self.per_m),
        )

    def line(self, x0: float, y0: float, x1: float, y1: float) -> None:
        import cv2

        cv2.line(self.texture, self.at(x0, y0), self.at(x1, y1), self.venue.line, self.width_px)

    def box(self, x0: float, y0: float, x1: float, y1: float) -> None:
        import cv2

        cv2.rectangle(
            self.texture, self.at(x0, y0), self.at(x1, y1), self.venue.line, self.width_px
        )

    def ring(self, x: float, y: float, radius_m: float, start: float = 0, end: float = 360) -> None:
        import cv2

        size = (round(radius_m * self.per_m),) * 2
        place = self.at(x, y)
        cv2.ellipse(
            self.texture, place, size, 0, start, end, self.venue.line, self.width_px, cv2.LINE_AA
        )

    def fill(self, x0: float, y0: float, x1: float, y1: float, color: tuple[int, int, int]) -> None:
        import cv2

        cv2.rectangle(self.texture, self.at(x0, y0), self.at(x1, y1), color, -1)

    def word(self, text: str, x: float, y: float, height_m: float) -> None:
        import cv2

        size = height_m * self.per_m / 22
        thick = max(1, round(height_m * self.per_m / 9))
        (wide, high), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, size, thick)
        place = self.at(x, y)
        origin = (place[0] - wide // 2, place[1] + high // 2)
        cv2.putText(
            self.texture, text, origin, cv2.FONT_HERSHEY_DUPLEX, size, self.venue.line, thick, 16
        )


def draw_lines(texture: Picture, venue: Venue, per_m: float) -> None:
    """Paint the markings of a venue."""
    chalk = _Chalk(texture, venue, per_m, 0.05 if venue.texture in ("wood", "hard") else 0.1)
    x, y = venue.half_x_m, venue.half_y_m
    if venue.texture == "grass" and venue.net_m == 0 and abs(x - 54.86) < 0.1:
        _football(chalk)
        return
    chalk.box(-x, -y, x, y)
    if venue.texture == "grass":
        _soccer(chalk)
    elif venue.net_m > 2 and venue.texture == "wood":
        chalk.line(-x, 0, x, 0)
        chalk.line(-x, 3, x, 3)
        chalk.line(-x, -3, x, -3)
    elif venue.texture == "hard":
        _tennis(chalk)
    elif venue.net_m == 0:
        _basketball(chalk)


def _tennis(chalk: _Chalk) -> None:
    for x in (-4.115, 4.115):
        chalk.line(x, -11.885, x, 11.885)
    for y in (-6.4, 6.4):
        chalk.line(-4.115, y, 4.115, y)
    chalk.line(0, -6.4, 0, 6.4)


def _soccer(chalk: _Chalk) -> None:
    chalk.line(0, -34, 0, 34)
    chalk.ring(0, 0, 9.15)
    for end in (-1, 1):
        chalk.box(end * 52.5, -20.16, end * 36.0, 20.16)
        chalk.box(end * 52.5, -9.16, end * 47.0, 9.16)
        chalk.ring(end * 41.5, 0, 0.15)
        middle = 0 if end < 0 else 180
        chalk.ring(end * 41.5, 0, 9.15, middle - 53, middle + 53)


def _basketball(chalk: _Chalk) -> None:
    chalk.line(0, -7.5, 0, 7.5)
    chalk.ring(0, 0, 1.8)
    for end in (-1, 1):
        chalk.fill(end * 14, -2.45, end * 8.2, 2.45, (60, 70, 160))
        chalk.box(end * 14, -2.45, end * 8.2, 2.45)
        chalk.ring(end * 8.2, 0, 1.8)
        middle = 0 if end < 0 else 180
        chalk.ring(end * 12.425, 0, 6.75, middle - 77, middle + 77)


def _football(chalk: _Chalk) -> None:
    goal_x, side_y = 50 * YARD_M, chalk.venue.half_y_m
    end_x = 60 * YARD_M
    chalk.fill(-end_x, -side_y, -goal_x, side_y, (110, 40, 30))
    chalk.fill(goal_x, -side_y, end_x, side_y, (40, 30, 120))
    chalk.box(-end_x, -side_y, end_x, side_y)
    for yard in range(-50, 51, 5):
        chalk.line(yard * YARD_M, -side_y, yard * YARD_M, side_y)
        if yard % 10 == 0 and abs(yard) < 50:
            number = str(50 - abs(yard))
            for y in (-side_y + 8.2, side_y - 8.2):
                chalk.word(number, yard * YARD_M, y, 2.6)
    for yard in range(-49, 50):
        x = yard * YARD_M
        for y in (-side_y + 0.6, side_y - 0.6, -6.1, 6.1):
            chalk.line(x, y - 0.35, x, y + 0.35)
