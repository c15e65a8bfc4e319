"""Telling a story: a pen that writes phases, plays, whistles and clock one after the other.

The pen keeps the order and the edges of the tape; what to write is the sports' business.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from gametape.madematch.script import (
    ClockPoint,
    Contact,
    Phase,
    PhaseKind,
    Play,
    ScorePoint,
    Script,
    Swell,
    Whistle,
)
from gametape.madematch.settings import Hardness, MatchSettings, hardness_of, random_for

# A drill is never shorter: a shorter one would not look like play.
MIN_DRILL_S = 2.5


class Pen:
    """Writes forward in time; `now_s` is the moment that has been reached."""

    def __init__(self, settings: MatchSettings, *, clock: ClockPoint | None = None) -> None:
        self.settings = settings
        self.hardness: Hardness = hardness_of(settings)
        self.rng: np.random.Generator = random_for(settings, "story")
        self.now_s = 0.0
        self.phases: list[Phase] = []
        self.plays: list[Play] = []
        self.contacts: list[Contact] = []
        self.whistles: list[Whistle] = []
        self.swells: list[Swell] = []
        self.clock: list[ClockPoint] = [clock or ClockPoint(0.0, 1, 0.0, 0)]
        self.scores: list[ScorePoint] = [ScorePoint(0.0, 0, 0)]

    @property
    def left_s(self) -> float:
        """Seconds of tape that are still empty."""
        return self.settings.length_s - self.now_s

    @property
    def gap_scale(self) -> float:
        """Short tapes have shorter pauses, so that something happens on them."""
        return float(np.clip(self.settings.length_s / 300.0, 0.45, 1.0))

    def normal(self, mean: float, spread: float, least: float, most: float) -> float:
        """A number around a mean, kept inside limits."""
        return float(np.clip(self.rng.normal(mean, spread), least, most))

    def lognormal(self, median: float, spread: float, least: float, most: float) -> float:
        """A length with a long tail, kept inside limits."""
        return float(np.clip(median * np.exp(self.rng.normal(0, spread)), least, most))

    def dead(self, kind: PhaseKind, length_s: float, *, side: int = 0, spot_m: float = 0.0) -> None:
        """A stretch without play; at higher difficulty it may move like play."""
        length_s = min(length_s, self.left_s)
        if length_s <= 0:
            return
        is_lively = self.rng.random() < self.hardness.lively_dead and length_s >= MIN_DRILL_S
        kind = "drill" if is_lively else kind
        phase = Phase(
            kind, self.now_s, self.now_s + length_s, len(self.plays), side=side, spot_m=spot_m
        )
        self.phases.append(phase)
        self.now_s = phase.end_s

    def play(self, kind: str, length_s: float, *, side: int, spot_m: float = 0.0) -> Play:
        """A play of this length from now on."""
        play = Play(len(self.plays) + 1, self.now_s, self.now_s + length_s, kind, side)
        calm = bool(self.rng.random() < self.hardness.calm_play)
        phase = Phase("play", play.start_s, play.end_s, len(self.plays), side, spot_m, calm)
        self.phases.append(phase)
        self.plays.append(play)
        self.now_s = play.end_s
        return play

    def whistle(self, after_s: float = 0.0, length_s: float = 0.5) -> None:
        """The referee whistles, unless nobody can hear it."""
        if self.rng.random() >= self.hardness.silent_whistle:
            self.whistles.append(Whistle(max(0.0, self.now_s + after_s), length_s))

    def swell(self, level: float, length_s: float = 5.0) -> None:
        """The crowd rises now, or at a moment that has nothing to do with it."""
        time_s = self.now_s
        if self.rng.random() < self.hardness.sound_lies:
            time_s = float(self.rng.uniform(0, self.settings.length_s))
        self.swells.append(Swell(time_s, length_s, level))

    def clock_goes(
        self, rate: int, *, period: int | None = None, at_s: float | None = None
    ) -> None:
        """The clock starts, stops, or stands at a new value."""
        last = self.clock[-1]
        gone = last.rate * (self.now_s - last.time_s)
        clock_s = at_s if at_s is not None else max(0.0, last.clock_s + gone)
        self.clock.append(ClockPoint(self.now_s, period or last.period, clock_s, rate))

    def clock_s(self) -> float:
        """Seconds on the game clock now."""
        last = self.clock[-1]
        return max(0.0, last.clock_s + last.rate * (self.now_s - last.time_s))

    def script_clock(self) -> int:
        """Whole seconds on the game clock now, as a score bug that counts down shows them."""
        return int(-(-(self.clock_s() - 1e-6) // 1))

    def score(self, points: Sequence[int], extra: str = "") -> None:
        """The score stands so from now on, home first."""
        self.scores.append(ScorePoint(self.now_s, points[0], points[1], extra))

    def finish(self) -> Script:
        """The story, with false sounds added and everything off the tape left out."""
        length_s = self.settings.length_s
        if self.left_s > 1e-9:
            self.dead("walk", self.left_s)
        self._add_false_sounds()

        return Script(
            sport=self.settings.sport,
            length_s=length_s,
            phases=tuple(self.phases),
            plays=tuple(self.plays),
            contacts=tuple(sorted(self.contacts, key=lambda c: c.time_s)),
            whistles=tuple(
                sorted(
                    (w for w in self.whistles if w.time_s + w.length_s < length_s),
                    key=lambda w: w.time_s,
                )
            ),
            swells=tuple(sorted(self.swells, key=lambda s: s.time_s)),
            clock=tuple(p for p in self.clock if p.time_s <= length_s),
            scores=tuple(p for p in self.scores if p.time_s <= length_s),
        )

    def _add_false_sounds(self) -> None:
        rng = random_for(self.settings, "false sounds")
        length_s = self.settings.length_s
        count = rng.poisson(self.hardness.false_whistles_per_min * length_s / 60)
        for _ in range(count):
            self.whistles.append(
                Whistle(float(rng.uniform(0, length_s)), float(rng.uniform(0.2, 0.9)), False)
            )
        # Hits of drills are written by `motion`'s pattern: one every second or so.
        for phase in self.phases:
            if phase.kind == "drill":
                self._drill_hits(phase, rng)

    def _drill_hits(self, phase: Phase, rng: np.random.Generator) -> None:
        time_s = phase.start_s + float(rng.uniform(0.2, 0.8))
        kind: Literal["drill"] = "drill"
        while time_s < phase.end_s - 0.3:
            self.contacts.append(Contact(time_s, int(rng.integers(2)), kind, is_play=False))
            time_s += float(rng.uniform(0.6, 1.5))
