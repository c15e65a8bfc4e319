"""How soccer and basketball players move: shapes that follow the ball, passes, dribbles, shots."""

import numpy as np

from gametape.madematch.motion import Stage
from gametape.madematch.paths import Floats
from gametape.madematch.script import Contact, Phase, Script
from gametape.madematch.settings import MatchSettings
from gametape.madematch.venues import venue_of

# Home's places as shares of half the field: keeper first; home plays to the right.
SOCCER_PLACES = (
    (-0.93, 0.0), (-0.6, -0.55), (-0.66, -0.18), (-0.66, 0.18), (-0.6, 0.55), (-0.25, -0.45),
    (-0.32, 0.0), (-0.25, 0.45), (0.12, -0.5), (0.22, 0.0), (0.12, 0.5),
)  # fmt: skip
BASKET_PLACES = ((-0.2, 0.0), (-0.1, -0.6), (-0.1, 0.6), (0.15, -0.35), (0.2, 0.35))
STEP_S = 1.1  # how often people make up their minds


def move_flow(script: Script, settings: MatchSettings) -> Stage:
    """All players of a flowing game."""
    flow = _Flow(script, settings)
    for phase in script.phases:
        flow.move(phase)
    return flow.stage


class _Flow:
    """Keeps where the ball is while the phases go by."""

    def __init__(self, script: Script, settings: MatchSettings) -> None:
        self.is_soccer = settings.sport == "soccer"
        places = np.array(SOCCER_PLACES if self.is_soccer else BASKET_PLACES)
        venue = venue_of(settings.sport)
        self.half = np.array([venue.half_x_m, venue.half_y_m])
        self.base = np.concatenate([places, -places]) * self.half
        self.stage = Stage(script, settings, self.base)
        self.contacts = script.contacts
        self.ball = np.zeros(2)
        self.low_m = 0.12 if self.is_soccer else 1.0

    def move(self, phase: Phase) -> None:
        """One phase."""
        stage = self.stage
        if phase.kind == "play":
            self._live(phase)
        elif phase.kind == "timeout":
            stage.benches(phase)
            stage.ball.carry(phase.start_s, phase.end_s, 2 * stage.size)
        elif phase.kind == "drill":
            self._drill(phase)
        elif phase.kind == "celebrate":
            corner = np.array(
                [0.8 * self.half[0] * (1 if phase.side == 0 else -1), -0.7 * self.half[1]]
            )
            stage.gather(phase, phase.side, (float(corner[0]), float(corner[1])), top_mps=4.5)
            self.ball = np.zeros(2)
            stage.ball.carry(phase.start_s, phase.end_s, 2 * stage.size)
        elif phase.kind == "prepare":
            taker = self._taker(phase.side)
            places = self._shape(self.ball, 1.0)
            places[taker] = self.ball
            stage.take_places(phase, places, done=0.7, top_mps=4.0)
            spot = (float(self.ball[0]), float(self.ball[1]), self.low_m)
            stage.ball.roll(phase.start_s, phase.end_s, spot, spot)
        else:
            stage.stroll(phase, reach_m=3.0)
            rest = (float(self.ball[0]), float(self.ball[1]), 0.12)
            stage.ball.roll(phase.start_s, phase.end_s, stage.ball.end, rest)

    def _taker(self, side: int) -> int:
        """Who takes the ball up: the nearest of a side, the keeper only if he must."""
        team = list(self.stage.team(side))[1 if self.is_soccer else 0 :]
        return min(
            team,
            key=lambda p: float(np.hypot(*np.subtract(self.stage.players.where(p), self.ball))),
        )

    def _shape(self, ball: Floats, reach: float) -> Floats:
        """Where everybody wants to be (n, 2) while the ball is somewhere."""
        pull = np.array([0.42, 0.2]) if self.is_soccer else np.array([0.72, 0.15])
        places = self.base * (0.75 if self.is_soccer else 0.6) + ball * pull
        if self.is_soccer:
            size = self.stage.size
            places[0], places[size] = self.base[0], self.base[size]
        spread = (2.2 if self.is_soccer else 1.3) * reach
        places = places + self.stage.rng.normal(0, spread, places.shape)
        return np.asarray(np.clip(places, -self.half * 0.97, self.half * 0.97))

    def _drill(self, phase: Phase) -> None:
        """Running up and down like in play, while one player keeps the ball to himself."""
        stage, rng = self.stage, self.stage.rng
        holder = self._taker(phase.side)
        way: list[tuple[float, Floats]] = [(phase.start_s, self.ball.copy())]
        busy: dict[int, float] = {holder: phase.end_s + 1.0}
        step = np.array([11.0, 7.0]) if self.is_soccer else np.array([9.0, 3.0])
        while way[-1][0] < phase.end_s - 0.5:
            at_s = min(phase.end_s, way[-1][0] + float(rng.uniform(1.4, 2.4)))
            spot = np.clip(way[-1][1] * 0.9 + rng.normal(0, 1, 2) * step, -self.half, self.half)
            reached = stage.players.go(holder, at_s, float(spot[0]), float(spot[1]), top_mps=12)
            way.append((at_s, np.array(reached)))
        stage.ball.carry(phase.start_s, phase.end_s, holder, low=self.is_soccer)
        self.ball = way[-1][1]
        self._follow(phase, way, busy)

    def _follow(
        self, phase: Phase, way: list[tuple[float, Floats]], busy: dict[int, float] | None = None
    ) -> None:
        """Both teams move with the ball; `way` is (time, ball place), in order."""
        reach = 0.5 if phase.is_calm else 1.0
        times = np.array([w[0] for w in way])
        spots = np.array([w[1] for w in way])
        top = (8.0 if self.is_soccer else 7.5) * reach + 0.8
        for player in self.stage.everybody():
            time_s = phase.start_s + float(self.stage.rng.uniform(0.3, STEP_S))
            while time_s < phase.end_s:
                if time_s > (busy or {}).get(player, 0.0) + 0.15:
                    ball = np.array([np.interp(time_s, times, spots[:, i]) for i in (0, 1)])
                    x, y = self._shape(ball, reach)[player]
                    self.stage.players.go(player, time_s, float(x), float(y), top_mps=top)
                time_s += STEP_S * float(self.stage.rng.uniform(0.7, 1.4))

    def _live(self, phase: Phase) -> None:
        """Passes between players; each touch is planned first, then all move together."""
        stage, rng = self.stage, self.stage.rng
        touches = [
            c for c in self.contacts if phase.start_s - 1e-6 <= c.time_s < phase.end_s and c.is_play
        ]
        way: list[tuple[float, Floats]] = [(phase.start_s, self.ball.copy())]
        for touch in touches[1:]:
            way.append((touch.time_s, self._next_spot(way[-1][1], touch)))
        out = way[-1][1] + rng.normal(0, 0.15, 2) * self.half
        way.append((phase.end_s, np.clip(out, -self.half * 1.02, self.half * 1.02)))
        holders = self._walk_with_ball(phase, touches, way)
        last = way[-1][1]
        from_s = touches[-1].time_s if touches else phase.start_s
        x, y = stage.players.where(holders[-1]) if holders else (0.0, 0.0)
        start = (x, y, self.low_m)
        stage.ball.roll(from_s + 0.4, phase.end_s, start, (float(last[0]), float(last[1]), 0.12))
        self.ball = np.clip(last, -self.half, self.half)

    def _next_spot(self, here: Floats, touch: Contact) -> Floats:
        """Where the next touch happens: forward more often than back."""
        rng = self.stage.rng
        ahead = 1 if touch.side == 0 else -1
        if touch.kind == "shot":
            return np.array([ahead * (self.half[0] - 2.5 - 5 * rng.random()), rng.normal(0, 3)])
        reach = np.array([9.0, 9.0]) if self.is_soccer else np.array([3.0, 3.0])
        forward = 4.0 if self.is_soccer else 2.2
        there = here + rng.normal(0, 1, 2) * reach + np.array([ahead * forward, 0.0])
        if not self.is_soccer:  # settle in front of the basket
            there = 0.6 * there + 0.4 * np.array([ahead * 8.0, rng.normal(0, 4)])
        return np.asarray(np.clip(there, -self.half * 0.93, self.half * 0.93))

    def _walk_with_ball(
        self, phase: Phase, touches: list[Contact], way: list[tuple[float, Floats]]
    ) -> list[int]:
        """Choose who takes each touch, write their ways and the ball's; others follow after."""
        stage, holders = self.stage, list[int]()
        plan: dict[int, list[tuple[float, Floats]]] = {}
        for touch, (_, spot) in zip(touches, way, strict=False):
            shape = self._shape(spot, 0.3)
            team = [p for p in stage.team(touch.side) if not holders or p != holders[-1]]
            team = [p for p in team if not (self.is_soccer and p % stage.size == 0)]
            # Nobody can be far away from where he was needed a moment ago.
            holders.append(min(team, key=lambda p: float(np.hypot(*(shape[p] - spot)))))
            plan.setdefault(holders[-1], []).append((touch.time_s, spot))
        reach = 0.5 if phase.is_calm else 1.0
        places: dict[tuple[int, float], tuple[float, float]] = {}
        times = np.array([w[0] for w in way])
        spots = np.array([w[1] for w in way])
        for player in stage.everybody():
            duties = plan.get(player, [])
            marks = [(t, s, True) for t, s in duties]
            time_s = phase.start_s + float(stage.rng.uniform(0.3, STEP_S))
            while time_s < phase.end_s:
                if all(abs(time_s - t) > 0.9 for t, _ in duties):
                    ball = np.array([np.interp(time_s, times, spots[:, i]) for i in (0, 1)])
                    marks.append((time_s, self._shape(ball, reach)[player], False))
                time_s += STEP_S * float(stage.rng.uniform(0.7, 1.4))
            for time_s, spot, is_duty in sorted(marks, key=lambda m: m[0]):
                top = 11.0 if is_duty else (8.0 * reach + 0.8)
                reached = stage.players.go(
                    player, time_s, float(spot[0]), float(spot[1]), top_mps=top
                )
                if is_duty:
                    places[player, time_s] = reached
        self._pass_ball(touches, holders, places)
        return holders

    def _pass_ball(
        self,
        touches: list[Contact],
        holders: list[int],
        places: dict[tuple[int, float], tuple[float, float]],
    ) -> None:
        """From holder to holder: a short dribble, then the pass."""
        ball = self.stage.ball
        for number, touch in enumerate(touches[:-1]):
            holder, after = holders[number], touches[number + 1]
            pass_s = touch.time_s + 0.35 * (after.time_s - touch.time_s)
            if touch.kind == "shot":
                pass_s = touch.time_s
            ball.carry(
                touch.time_s, pass_s, holder, is_bounced=not self.is_soccer, low=self.is_soccer
            )
            x, y = places[holder, touch.time_s]
            goal = places[holders[number + 1], after.time_s]
            start, end = (x, y, self.low_m), (goal[0], goal[1], self.low_m)
            if touch.kind == "shot":
                ahead = 1 if touch.side == 0 else -1
                ring = (ahead * (self.half[0] - 1.58), 0.0, 3.05)
                hit_s = min(pass_s + 1.0, after.time_s - 0.2)
                ball.fly(pass_s, hit_s, (x, y, 2.2), ring)
                pass_s, start = hit_s, ring
            way_m = float(np.hypot(end[0] - start[0], end[1] - start[1]))
            if self.is_soccer and way_m < 22:
                ball.roll(pass_s, after.time_s, start, end)
            else:
                ball.fly(pass_s, after.time_s, start, end)
