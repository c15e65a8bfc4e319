"""What a football play brings: yards, seconds, points and what the clock does after it."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

LATE_S = 120  # in the last two minutes of a half a first down stops the clock
NAMES = (
    "Abel Quist", "Bo Larner", "Cal Ostrow", "Dev Hallam", "Eli Varga", "Finn Zabel", "Gus Iwata",
    "Hal Brandt", "Ike Solano", "Jon Pryde", "Kip Dorsey", "Lou Achter", "Max Tieman", "Ned Okoro",
)  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """One play's result, as seen from the side that began with the ball."""

    kind: str  # rush, pass, incomplete, sack, interception, punt, field-goal, kickoff, ...
    play_type: str  # as the feeds name it
    length_s: float
    gain: int
    clock_after: Literal["runs", "ready", "stops"]
    points: int = 0  # negative: for the other side
    is_turnover: bool = False
    next_yards: int = -1  # yards to goal of the next side; -1: where the play ended
    runs_clock: bool = True
    is_first_down: bool = False

    @property
    def is_big(self) -> bool:
        """Whether the crowd has a reason to shout."""
        return bool(self.points) or self.is_turnover or self.gain > 15


def kickoff(rng: np.random.Generator) -> Outcome:
    """Touchback, or a return."""
    if rng.random() < 0.6:
        return Outcome("kickoff", "Kickoff", float(rng.uniform(5, 7)), 0, "stops", 0,
                       next_yards=75, runs_clock=False)  # fmt: skip
    back = int(rng.integers(12, 40))
    length_s = float(rng.uniform(8, 11))
    return Outcome("kickoff", "Kickoff Return (Offense)", length_s, back, "stops", 0,
                   next_yards=100 - back)  # fmt: skip


def extra_point(rng: np.random.Generator) -> Outcome:
    """A kick that is nearly always good."""
    is_good = rng.random() < 0.95
    kind = "Extra Point Good" if is_good else "Extra Point Missed"
    return Outcome("extra-point", kind, float(rng.uniform(3, 4.2)), 0, "stops",
                   1 if is_good else 0, runs_clock=False)  # fmt: skip


def call_play(rng: np.random.Generator, down: int, distance: int, to_goal: int) -> Outcome:
    """A play from scrimmage."""
    if down == 4 and (to_goal > 38 or distance > 2):
        return _punt(rng, to_goal) if to_goal > 36 else _field_goal(rng, to_goal)
    is_rush = rng.random() < (0.52 if distance < 8 else 0.36)
    return _rush(rng, distance, to_goal) if is_rush else _pass(rng, distance, to_goal)


def _gain(raw: float, to_goal: int) -> int:
    return int(np.clip(round(raw), -(99 - to_goal), to_goal))


def _rush(rng: np.random.Generator, distance: int, to_goal: int) -> Outcome:
    gain = _gain(rng.normal(3.5, 3.0) + (rng.random() < 0.08) * rng.exponential(14), to_goal)
    length_s = float(np.clip(3.6 + 0.16 * max(gain, 0) + rng.normal(0.6, 0.5), 3.2, 12))
    if gain == to_goal:
        return Outcome("rush", "Rushing Touchdown", length_s, gain, "stops", 6)
    if rng.random() < 0.015:
        return Outcome("rush", "Fumble Recovery (Opponent)", length_s, gain, "stops",
                       is_turnover=True)  # fmt: skip
    after: Literal["ready", "runs"] = "ready" if rng.random() < 0.14 else "runs"
    return Outcome("rush", "Rush", length_s, gain, after, is_first_down=gain >= distance)


def _pass(rng: np.random.Generator, distance: int, to_goal: int) -> Outcome:
    draw = rng.random()
    if draw < 0.07:
        gain = _gain(-rng.uniform(3, 9), to_goal)
        return Outcome("sack", "Sack", float(rng.uniform(3.4, 5.2)), gain, "runs")
    if draw < 0.36:
        return Outcome("incomplete", "Pass Incompletion", float(rng.uniform(3.6, 5.6)), 0, "stops")
    if draw < 0.385:
        length_s = float(rng.uniform(5, 9))
        gain = _gain(rng.uniform(5, 25), to_goal - 1)
        return Outcome("interception", "Pass Interception Return", length_s, gain, "stops",
                       is_turnover=True)  # fmt: skip
    gain = _gain(np.exp(rng.normal(2.1, 0.7)) - 1, to_goal)
    length_s = float(np.clip(4.2 + 0.11 * gain + rng.normal(0.5, 0.5), 3.6, 12))
    if gain == to_goal:
        return Outcome("pass", "Passing Touchdown", length_s, gain, "stops", 6)
    after: Literal["ready", "runs"] = "ready" if rng.random() < 0.22 else "runs"
    return Outcome("pass", "Pass Reception", length_s, gain, after, is_first_down=gain >= distance)


def _punt(rng: np.random.Generator, to_goal: int) -> Outcome:
    kick = min(int(rng.normal(43, 6)), to_goal + 5)
    if kick >= to_goal:
        return Outcome("punt", "Punt", float(rng.uniform(7, 9)), 0, "stops", is_turnover=True,
                       next_yards=80)  # fmt: skip
    back = int(max(0, rng.normal(4, 5)))
    length_s = float(rng.uniform(7.5, 9) + 0.2 * back)
    next_yards = int(np.clip(100 - (to_goal - kick + back), 1, 99))
    return Outcome("punt", "Punt", length_s, 0, "stops", is_turnover=True, next_yards=next_yards)


def _field_goal(rng: np.random.Generator, to_goal: int) -> Outcome:
    length_s = float(rng.uniform(3.6, 4.8))
    if rng.random() < 0.97 - 0.012 * to_goal:
        return Outcome("field-goal", "Field Goal Good", length_s, 0, "stops", 3)
    next_yards = 100 - min(93, to_goal + 7)
    return Outcome("field-goal", "Field Goal Missed", length_s, 0, "stops", is_turnover=True,
                   next_yards=max(next_yards, 7))  # fmt: skip


def wording(rng: np.random.Generator, outcome: Outcome, side: int) -> str:
    """The play in words, as a scorer would put it."""
    half = len(NAMES) // 2
    own = NAMES[side * half : (side + 1) * half]
    one, two = (own[int(i)] for i in rng.choice(half, 2, replace=False))
    yards = f"{outcome.gain} yd{'' if outcome.gain == 1 else 's'}"
    down = " for a 1ST down" if outcome.is_first_down else ""
    words = {
        "Rush": f"{one} runs for {yards}{down}",
        "Rushing Touchdown": f"{one} {outcome.gain} yd run for a touchdown",
        "Pass Reception": f"{one} pass to {two} for {yards}{down}",
        "Passing Touchdown": f"{two} {outcome.gain} yd pass from {one} for a touchdown",
        "Pass Incompletion": f"{one} pass to {two} is incomplete",
        "Pass Interception Return": f"{one} pass is intercepted",
        "Sack": f"{one} is sacked for {yards}",
        "Fumble Recovery (Opponent)": f"{one} runs for {yards}, fumbles, ball lost",
        "Punt": f"{one} punts",
        "Kickoff": f"{one} kicks off, touchback",
        "Kickoff Return (Offense)": f"{one} kicks off, returned for {yards}",
        "Field Goal Good": f"{one} field goal is good",
        "Field Goal Missed": f"{one} field goal is no good",
    }
    return words.get(outcome.play_type, f"{one} kicks")
