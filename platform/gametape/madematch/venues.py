"""What each sport is played on: sizes in metres, colours, and where the main camera stands."""

from dataclasses import dataclass
from typing import Literal

from gametape.madematch.settings import Sport

# Colours are blue, green, red, 0 to 255, as the painters use them.
Color = tuple[int, int, int]
Texture = Literal["wood", "sand", "hard", "grass"]


@dataclass(frozen=True)
class Venue:
    """One kind of court or field; x across the main camera's picture, y away from it."""

    half_x_m: float
    half_y_m: float
    margin_m: float  # free ground around the lines
    texture: Texture
    inner: Color
    outer: Color
    line: Color
    team_size: int
    officials: int
    ball_m: float  # diameter
    ball: Color
    camera_m: tuple[float, float, float]  # where the main camera stands
    aim_m: tuple[float, float, float]  # what it looks at while nothing pulls it
    view_deg: float  # horizontal field of view
    pan: float  # share of the ball's way along x that the camera follows
    net_m: float = 0.0  # height of the net across y = 0
    is_crowded: bool = True
    player_m: float = 1.85


VENUES: dict[Sport, Venue] = {
    "volleyball-indoor": Venue(
        4.5, 9.0, 6.0, "wood", (92, 150, 205), (150, 110, 60), (245, 245, 245), 6, 1, 0.21,
        (60, 220, 245), (0.7, -17.4, 6.6), (0.2, -1.3, 0.0), 64, 0.0, 2.43, False,
    ),
    "volleyball-beach": Venue(
        4.0, 8.0, 7.0, "sand", (150, 200, 225), (145, 195, 222), (180, 90, 20), 2, 1, 0.21,
        (70, 230, 250), (-0.5, -15.6, 5.6), (0.0, -0.9, 0.0), 64, 0.0, 2.43, False,
    ),
    "tennis": Venue(
        5.485, 11.885, 6.0, "hard", (150, 95, 50), (95, 125, 70), (245, 245, 245), 1, 2, 0.11,
        (60, 245, 225), (0.0, -34.0, 12.5), (0.0, -2.2, 0.0), 39, 0.06, 0.95,
    ),
    "football": Venue(
        54.86, 24.38, 8.0, "grass", (58, 128, 66), (60, 105, 70), (240, 245, 240), 11, 3, 0.26,
        (40, 70, 120), (0.0, -62.0, 24.0), (0.0, 0.0, 0.0), 36, 0.95,
    ),
    "soccer": Venue(
        52.5, 34.0, 6.0, "grass", (52, 140, 62), (48, 125, 60), (240, 245, 240), 11, 1, 0.26,
        (245, 245, 245), (0.0, -78.0, 24.0), (0.0, -3.0, 0.0), 33, 0.85,
    ),
    "basketball": Venue(
        14.0, 7.5, 4.0, "wood", (105, 165, 215), (70, 60, 150), (240, 240, 245), 5, 2, 0.26,
        (40, 110, 230), (0.0, -23.0, 9.0), (0.0, -0.5, 0.6), 45, 0.6,
    ),
}  # fmt: skip


def venue_of(sport: Sport) -> Venue:
    """The venue of a sport."""
    return VENUES[sport]
