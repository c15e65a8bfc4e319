"""What everybody wears: two teams that can be told apart, more or less, and strangers."""

from gametape.madematch.figures import Look
from gametape.madematch.motion import World
from gametape.madematch.settings import MatchSettings, hardness_of, random_for
from gametape.madematch.venues import Color

SHIRTS: tuple[Color, ...] = (
    (40, 40, 200), (190, 90, 30), (235, 235, 235), (40, 160, 230), (90, 40, 120),
    (60, 140, 50), (30, 30, 30), (200, 190, 60), (30, 210, 240), (100, 30, 90),
)  # fmt: skip
SKINS: tuple[Color, ...] = ((130, 165, 215), (95, 125, 180), (70, 95, 145), (45, 60, 95))


def dress(world: World, settings: MatchSettings) -> tuple[list[Look], tuple[Color, Color]]:
    """What everybody wears; at higher difficulty the teams look alike."""
    rng = random_for(settings, "shirts")
    likeness = hardness_of(settings).shirt_likeness
    home = SHIRTS[int(rng.integers(len(SHIRTS)))]
    others = [s for s in SHIRTS if sum(abs(a - b) for a, b in zip(s, home, strict=True)) > 260]
    away = others[int(rng.integers(len(others)))]
    away = tuple(int(a * (1 - likeness) + h * likeness) for a, h in zip(away, home, strict=True))  # type: ignore[assignment]
    shorts = (home if rng.random() < 0.5 else (40, 40, 40), (240, 240, 240))
    kit = {0: (home, shorts[0]), 1: (away, shorts[1]), 2: ((35, 35, 35), (25, 25, 25))}
    looks = []
    for team in world.teams:
        shirt, seat = kit[int(team)]
        skin = SKINS[int(rng.integers(len(SKINS)))]
        hair = tuple(int(c) for c in rng.integers(15, 70, 3))
        number = str(int(rng.integers(1, 60))) if team < 2 else ""
        looks.append(Look(shirt, seat, skin, hair, number))  # type: ignore[arg-type]
    return looks, (home, away)


def dress_strangers(count: int, settings: MatchSettings) -> list[Look]:
    """Clothes for people who are not in the match."""
    rng = random_for(settings, "strangers")
    return [
        Look(
            SHIRTS[int(rng.integers(len(SHIRTS)))],
            (60, 50, 45),
            SKINS[int(rng.integers(len(SKINS)))],
            (30, 30, 40),
        )
        for _ in range(count)
    ]
