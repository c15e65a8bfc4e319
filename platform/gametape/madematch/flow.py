"""The stories of soccer and basketball: long play, and what interrupts it."""

from gametape.madematch.script import ClockPoint, Contact, PhaseKind, Script
from gametape.madematch.settings import MatchSettings, random_for
from gametape.madematch.story import Pen

SOCCER_HALF_S, BASKET_QUARTER_S = 45 * 60, 12 * 60
# Interruption: chance, mean length in seconds, whether it is whistled, how people move.
SOCCER_STOPS: tuple[tuple[str, float, float, bool, PhaseKind], ...] = (
    ("throw-in", 0.40, 10, False, "walk"),
    ("goal-kick", 0.17, 21, False, "walk"),
    ("corner", 0.12, 24, False, "walk"),
    ("foul", 0.22, 27, True, "walk"),
    ("offside", 0.04, 18, True, "walk"),
    ("goal", 0.05, 48, True, "celebrate"),
)
BASKET_STOPS: tuple[tuple[str, float, float, bool, PhaseKind], ...] = (
    ("out", 0.40, 12, True, "walk"),
    ("foul", 0.45, 19, True, "walk"),
    ("timeout", 0.15, 60, True, "timeout"),
)


def write_flow(settings: MatchSettings) -> Script:
    """Play goes on until something stops it."""
    is_soccer = settings.sport == "soccer"
    rng = random_for(settings, "opening")
    period = int(rng.integers(1, 3)) if is_soccer else int(rng.integers(1, 5))
    if is_soccer:
        start_s = float(rng.integers(30, 35 * 60)) + (period - 1) * SOCCER_HALF_S
        clock = ClockPoint(0.0, period, start_s, 1)
    else:
        clock = ClockPoint(0.0, period, float(rng.integers(60, 11 * 60)), 0)
    pen = Pen(settings, clock=clock)
    score = [int(rng.integers(0, 3 if is_soccer else 60)) for _ in range(2)]
    pen.score(score)
    side = int(rng.integers(2))
    pen.dead("prepare", pen.normal(4, 1, 2.5, 6), side=side)
    stops = SOCCER_STOPS if is_soccer else BASKET_STOPS
    scale = 1.0 if settings.length_s > 200 else 0.7
    while pen.left_s > 10:
        length_s = pen.lognormal(33 if is_soccer else 24, 0.6, 6, 110) * scale
        length_s = max(4.0, min(length_s, pen.left_s - 3.0))
        side = _live(pen, length_s, side, score, is_soccer=is_soccer)
        which = int(pen.rng.choice(len(stops), p=[s[1] for s in stops]))
        side = _stop(pen, stops[which], side, score, is_soccer=is_soccer)
    return pen.finish()


def _live(pen: Pen, length_s: float, side: int, score: list[int], *, is_soccer: bool) -> int:
    """Live ball: passes, losses, baskets; returns who has the ball at the end."""
    if not is_soccer:
        length_s = min(length_s, max(4.0, pen.clock_s() - 0.5))
        pen.clock_goes(-1)
    start_s = time_s = pen.now_s
    first_side, since = side, 0
    pen.contacts.append(Contact(time_s, side, "kick" if is_soccer else "pass"))
    while True:
        step_s = pen.normal(2.0, 0.7, 0.9, 4.0) if is_soccer else pen.normal(1.5, 0.5, 0.7, 3.0)
        time_s, since = time_s + step_s, since + 1
        if time_s > start_s + length_s - 0.7:
            break
        kind = "kick" if is_soccer else "pass"
        if not is_soccer and since > 4 and pen.rng.random() < 0.35:
            kind, since = "shot", 0
        pen.contacts.append(Contact(time_s, side, kind))
        if kind == "shot" or pen.rng.random() < (0.16 if is_soccer else 0.03):
            side, since = 1 - side, 0
    pen.play("live", length_s, side=first_side)
    if not is_soccer:
        _count_baskets(pen, start_s, score)
        pen.clock_goes(0)
    return side


def _count_baskets(pen: Pen, start_s: float, score: list[int]) -> None:
    """About half of the shots go in, and the bug says so a second later."""
    now_s = pen.now_s
    for contact in [c for c in pen.contacts if c.time_s >= start_s and c.kind == "shot"]:
        if pen.rng.random() < 0.48:
            score[contact.side] += 3 if pen.rng.random() < 0.35 else 2
            pen.now_s = min(now_s, contact.time_s + 1.8)
            pen.score(score)
            pen.swell(0.6)
    pen.now_s = now_s


def _stop(
    pen: Pen,
    stop: tuple[str, float, float, bool, PhaseKind],
    side: int,
    score: list[int],
    *,
    is_soccer: bool,
) -> int:
    """One interruption; returns who goes on with the ball."""
    name, _, mean_s, is_whistled, movement = stop
    if is_whistled:
        pen.whistle(pen.normal(0.1, 0.05, 0.0, 0.3), pen.normal(0.7, 0.2, 0.3, 1.2))
    length_s = pen.normal(mean_s, mean_s * 0.2, mean_s * 0.5, mean_s * 1.5)
    length_s *= max(0.6, pen.gap_scale)
    next_side = 1 - side
    if name == "goal":
        pen.swell(1.0, 12.0)
        score[side] += 1
        pen.dead("celebrate", length_s * 0.6, side=side)
        pen.score(score)
        length_s *= 0.4
        movement = "prepare"
    elif name == "foul" and is_soccer:
        pen.swell(0.6)
        next_side = side
    if not is_soccer and pen.clock_s() <= 1.0:
        pen.clock_goes(0, period=pen.clock[-1].period + 1, at_s=float(BASKET_QUARTER_S))
        length_s, movement = max(length_s, 40.0), "timeout"
    limit_s = SOCCER_HALF_S * pen.clock[-1].period
    if is_soccer and pen.clock_s() > limit_s + 90 and pen.clock[-1].period == 1:
        pen.whistle(0.5, 1.2)
        pen.dead("timeout", 60 * pen.gap_scale)
        pen.clock_goes(1, period=2, at_s=float(SOCCER_HALF_S))
        movement = "prepare"
    walk_s = min(length_s * 0.55, max(0.0, length_s - 4.0))
    pen.dead(movement, walk_s, side=next_side)
    pen.dead("prepare", length_s - walk_s, side=next_side)
    if is_whistled:
        pen.whistle(-0.4, 0.3)
    return next_side
