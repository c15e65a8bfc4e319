"""How volleyball and tennis players move: to the ball in a rally, at leisure between rallies."""

import numpy as np

from gametape.madematch.motion import Stage
from gametape.madematch.paths import Floats
from gametape.madematch.script import Contact, Phase, Script
from gametape.madematch.settings import MatchSettings

# Height of the ball at each touch, metres.
TOUCH_M = {
    "serve": 2.7, "receive": 0.8, "dig": 0.7, "set": 2.3, "spike": 2.95, "floor": 0.11,
    "stroke": 0.95, "bounce": 0.05, "drill": 1.6,
}  # fmt: skip
# Places of six: three at the net, three behind, for the near side; and of two on sand.
SIX_M = ((-3.0, -2.2), (0.0, -1.8), (3.0, -2.2), (-3.0, -6.6), (0.0, -7.3), (3.0, -6.6))
TWO_M = ((-2.0, -4.8), (2.0, -4.8))
Point3 = tuple[float, float, float]


def move_volleyball(script: Script, settings: MatchSettings) -> Stage:
    """Six or two a side."""
    near = np.array(TWO_M if settings.sport == "volleyball-beach" else SIX_M)
    base = np.concatenate([near, -near])
    stage = Stage(script, settings, base)
    for phase in script.phases:
        server = _server(stage, phase)
        if phase.kind == "play":
            touches = _touches(script, phase)
            _rally(stage, phase, touches, base, server)
        elif phase.kind == "drill":
            _drill(stage, phase, _touches(script, phase), base)
        elif phase.kind == "prepare":
            places = base + stage.rng.normal(0, 0.3, base.shape)
            sign = -1 if phase.side == 0 else 1
            places[server] = (
                sign * -2.2 + stage.rng.normal(0, 0.5),
                sign * (stage.venue.half_y_m + 0.5),
            )
            stage.take_places(phase, places)
            stage.hold_ball(phase, server, is_bounced=True)
        else:
            _pause(stage, phase, server)
    return stage


def move_tennis(script: Script, settings: MatchSettings) -> Stage:
    """One a side, behind the base lines."""
    base = np.array([(0.8, -12.6), (-0.8, 12.6)])
    stage = Stage(script, settings, base)
    points = 0
    for phase in script.phases:
        is_right = points % 2 == 0
        if phase.kind == "play":
            _point(stage, phase, _touches(script, phase))
            points += 1
        elif phase.kind == "drill":
            _drill(stage, phase, _touches(script, phase), base)
        elif phase.kind == "prepare":
            near_x = 0.9 if is_right else -0.9
            places = np.array([(near_x, -12.3), (-near_x, 12.3)])
            receiver = 1 - phase.side
            places[receiver, 0] *= 3.8
            stage.take_places(phase, places, done=0.6)
            stage.hold_ball(phase, phase.side, is_bounced=True)
        else:
            _pause(stage, phase, phase.side)
    return stage


def _server(stage: Stage, phase: Phase) -> int:
    """Who serves: the places rotate with the plays."""
    return phase.side * stage.size + (phase.play // 2) % stage.size


def _touches(script: Script, phase: Phase) -> list[Contact]:
    is_play = phase.kind == "play"
    low, high = phase.start_s - 1e-6, phase.end_s + 1e-6
    return [c for c in script.contacts if low <= c.time_s <= high and c.is_play == is_play]


def _pause(stage: Stage, phase: Phase, fetcher: int) -> None:
    """What people do between plays."""
    if phase.kind == "timeout":
        stage.benches(phase)
        stage.ball.away(phase.start_s, phase.end_s)
    elif phase.kind == "celebrate":
        sign = -1 if phase.side == 0 else 1
        if stage.size > 1:
            stage.gather(phase, phase.side, (0.0, sign * stage.venue.half_y_m * 0.45), top_mps=3.2)
        else:
            stage.stroll(phase, reach_m=1.5)
        lies = stage.ball.end
        stage.ball.roll(
            phase.start_s, phase.end_s, lies, (lies[0] * 1.3, lies[1] * 1.15 + 0.5, 0.11)
        )
    elif phase.kind == "fetch":
        length_s = phase.end_s - phase.start_s
        x, y, _ = stage.ball.end
        goal = stage.inside((x, y), stage.venue.margin_m - 1.5)
        stage.stroll(phase, reach_m=1.2, keep=(fetcher,))
        there_s = phase.start_s + 0.55 * length_s
        stage.players.go(fetcher, there_s, *goal, top_mps=4.5, leave_s=phase.start_s + 0.5)
        stage.ball.carry(there_s, phase.end_s, fetcher)
        sign = -1 if phase.side == 0 else 1
        home = (0.5, sign * stage.venue.half_y_m * 0.6)
        stage.players.go(fetcher, phase.end_s, *home, top_mps=3.0)
    else:
        stage.stroll(phase)
        stage.hold_ball(phase, fetcher)


def _rally(stage: Stage, phase: Phase, touches: list[Contact], base: Floats, server: int) -> None:
    """Send a player to each touch, the ball from touch to touch, and all others along a bit."""
    reach = 0.5 if phase.is_calm else 1.0
    last: tuple[float, Point3] | None = None
    for number, touch in enumerate(touches):
        sign = -1 if touch.side == 0 else 1
        hitter = server if touch.kind == "serve" else _hitter(stage, touch)
        aim = _place_of(stage, touch, sign, base[hitter], reach)
        if touch.kind in ("floor", "serve"):
            reached = aim if touch.kind == "floor" else stage.players.where(hitter)
        else:
            reached = stage.players.go(hitter, touch.time_s, *aim)
        ball = (reached[0], reached[1] - sign * 0.25, TOUCH_M[touch.kind])
        if touch.kind == "spike":
            stage.players.jump(hitter, touch.time_s, 0.65)
            _block(stage, 1 - touch.side, touch.time_s + 0.08, reached[0])
        if last is not None:
            stage.ball.fly(last[0], touch.time_s, last[1], ball)
        last = (touch.time_s, ball)
        is_net_play = touch.kind in ("set", "spike")
        for player in stage.everybody():
            is_busy = player == hitter or stage.players.until(player) > touch.time_s - 0.2
            if is_busy or (number == 0 and player != hitter):
                continue
            lean = 0.35 if is_net_play else 0.2
            home = base[player]
            spot = (
                home[0] + lean * reach * (reached[0] - home[0]) + stage.rng.normal(0, 0.35),
                home[1] + 0.15 * reach * (reached[1] - home[1]) + stage.rng.normal(0, 0.35),
            )
            own = -1 if player < stage.size else 1
            spot = (spot[0], own * max(0.7, own * spot[1]))
            stage.players.go(player, touch.time_s, *spot, top_mps=5.5 * reach + 0.5)


def _hitter(stage: Stage, touch: Contact) -> int:
    """Who takes a touch: the back digs, the middle sets, the wings spike."""
    team = stage.team(touch.side)
    if stage.size == 2:
        return team[int(stage.rng.integers(2))]
    places = {"set": (1,), "spike": (0, 2)}.get(touch.kind, (3, 4, 5))
    return team[int(stage.rng.choice(places))]


def _place_of(
    stage: Stage, touch: Contact, sign: int, home: Floats, reach: float
) -> tuple[float, float]:
    """Where a touch happens."""
    rng, venue = stage.rng, stage.venue
    if touch.kind == "set":
        return float(rng.normal(0.3, 0.6)), sign * float(rng.uniform(1.0, 2.4))
    if touch.kind == "spike":
        side = 1 if home[0] > 0 else -1
        return side * float(rng.uniform(1.8, venue.half_x_m - 0.6)), sign * 0.9
    if touch.kind == "floor":
        out = float(rng.uniform(-0.1, 0.35))
        x = float(rng.uniform(-1, 1)) * venue.half_x_m * (0.9 + out)
        return x, sign * float(rng.uniform(2.0, venue.half_y_m * (0.95 + out)))
    x = float(home[0] + rng.normal(0, 1.3 * reach))
    return x, float(home[1] + sign * rng.normal(0, 1.2 * reach))


def _block(stage: Stage, side: int, at_s: float, x_m: float) -> None:
    """A player of the other side jumps at the net."""
    if stage.size < 6:
        return
    own = -1 if side == 0 else 1
    team = stage.team(side)
    blocker = min(team[:3], key=lambda p: abs(stage.players.where(p)[0] - x_m))
    stage.players.go(blocker, at_s, x_m, own * 0.6, top_mps=5.0)
    stage.players.jump(blocker, at_s, 0.5)


def _point(stage: Stage, phase: Phase, touches: list[Contact]) -> None:
    """A tennis point: stroke, bounce, stroke, until the ball bounces twice."""
    rng, venue = stage.rng, stage.venue
    reach = 0.45 if phase.is_calm else 1.0
    last: tuple[float, Point3] | None = None
    for touch in touches:
        sign = -1 if touch.side == 0 else 1
        player = touch.side
        if touch.kind == "serve":
            x, y = stage.players.where(player)
            ball = (x, y, TOUCH_M["serve"])
            stage.players.jump(player, touch.time_s, 0.15)
        elif touch.kind in ("bounce", "floor"):
            assert last is not None
            wide = float(rng.uniform(-1, 1)) * (venue.half_x_m - 1.6) * reach
            deep = sign * float(rng.uniform(0.45, 0.95)) * venue.half_y_m
            if touch.kind == "floor":  # on from the first bounce
                wide, deep = last[1][0] * 1.35, last[1][1] + sign * 4.5
            ball = (wide, deep, TOUCH_M[touch.kind])
        else:
            assert last is not None
            goal = (last[1][0] * 1.2, last[1][1] + sign * float(rng.uniform(2.0, 4.0)))
            x, y = stage.players.go(player, touch.time_s, *goal, top_mps=8.5)
            ball = (x, y, TOUCH_M["stroke"])
            # After the stroke back towards the middle.
            home = (float(rng.normal(0, 0.7)), sign * float(rng.uniform(12.0, 13.3)))
            stage.players.go(player, touch.time_s + 0.95, *home, top_mps=5.5 * reach + 1)
        if last is not None:
            stage.ball.fly(last[0], touch.time_s, last[1], ball)
        last = (touch.time_s, ball)


def _drill(stage: Stage, phase: Phase, touches: list[Contact], base: Floats) -> None:
    """Movement like in play, in which the ball never crosses the net."""
    holder = _server(stage, phase)
    stage.ball.carry(phase.start_s, phase.end_s, holder, is_bounced=True)
    spread = np.array([1.3, 1.2]) if stage.size > 1 else np.array([2.2, 0.8])
    for touch in touches:
        for player in stage.everybody():
            is_active = stage.size == 1 or stage.rng.random() < 0.62
            if not is_active or stage.players.until(player) > touch.time_s - 0.2:
                continue
            x, y = stage.rng.normal(base[player], spread)
            own = -1 if player < stage.size else 1
            stage.players.go(player, touch.time_s, float(x), own * max(0.8, own * float(y)))
            if stage.size > 1 and stage.rng.random() < 0.08:
                stage.players.jump(player, touch.time_s, 0.5)
