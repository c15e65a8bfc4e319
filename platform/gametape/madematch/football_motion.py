"""How football players move: huddle, line-up, the play itself, and the walk back."""

import numpy as np

from gametape.madematch.motion import Stage
from gametape.madematch.paths import Floats
from gametape.madematch.script import Phase, Script, Snap
from gametape.madematch.settings import MatchSettings

YARD_M = 0.9144
# Places at the line, metres from the ball: (back from the line, across). Eleven each.
OFFENSE_M = (
    (0.7, -2.2), (0.7, -1.1), (0.6, 0.0), (0.7, 1.1), (0.7, 2.2),  # line
    (4.6, 0.0), (4.9, 1.6),  # passer, runner
    (0.8, -17.0), (0.8, 17.0), (1.5, 9.5), (1.0, -3.4),  # catchers
)  # fmt: skip
DEFENSE_M = (
    (1.0, -2.6), (1.0, -0.9), (1.0, 0.9), (1.0, 2.6),  # line
    (4.6, -3.5), (4.6, 0.2), (4.6, 3.8),  # backers
    (6.0, -17.0), (6.5, 16.5), (12.0, -6.0), (13.0, 7.0),  # backs
)  # fmt: skip
CENTER, PASSER, RUNNER = 2, 5, 6
CATCHERS = (7, 8, 9, 10)


def move_football(script: Script, settings: MatchSettings) -> Stage:
    """Eleven a side."""
    first = script.phases[0]
    start = _line_up(first.spot_m, 1, first.side, None)
    stage = Stage(script, settings, start + np.array([0.0, 0.0]))
    snaps = {s.play: s for s in script.snaps}
    official = 2 * stage.size
    for phase in script.phases:
        snap = snaps.get(phase.play)
        direction = snap.direction if snap else 1
        places = _line_up(phase.spot_m, direction, phase.side, snap)
        if phase.kind == "play" and snap is not None:
            _play(stage, phase, snap, places)
            continue
        if phase.kind == "drill":
            _drill(stage, phase, places)
            continue
        if phase.kind == "huddle":
            ball_x = phase.spot_m
            stage.gather(phase, phase.side, (ball_x - direction * 7.5, 0.0), top_mps=3.2)
            _spread_out(stage, phase, 1 - phase.side, ball_x + direction * 5.5)
        elif phase.kind == "prepare":
            stage.take_places(phase, places, done=0.55, top_mps=5.0)
        elif phase.kind == "timeout":
            stage.benches(phase)
        else:
            stage.stroll(phase, reach_m=3.0)
        if phase.kind == "prepare":
            spot = (phase.spot_m, 0.0, 0.14)
            stage.ball.roll(phase.start_s, phase.end_s, spot, spot)
        else:
            x = phase.spot_m + float(stage.rng.normal(0, 0.5))
            stage.players.go(official, phase.end_s, x, 1.5, top_mps=5.0, leave_s=phase.start_s)
            stage.ball.carry(phase.start_s, phase.end_s, official)
    return stage


def _line_up(spot_m: float, direction: int, offense: int, snap: Snap | None) -> Floats:
    """Places (22, 2) before the snap; kicks have places of their own."""
    kind = snap.play_type if snap else "Rush"
    attack, defend = np.array(OFFENSE_M), np.array(DEFENSE_M)
    if kind.startswith("Kickoff"):
        across = np.linspace(-21, 21, 10)
        attack = np.column_stack([np.full(11, 1.0), [*across, 0.0]])
        attack[10, 0] = 7.0
        deep = np.array([12, 13, 12, 14, 13, 24, 25, 26, 36, 37, 55.0])
        defend = np.column_stack([deep, [-16, -8, 0, 8, 16, -12, 0, 12, -9, 9, 0]])
    elif kind == "Punt":
        attack[PASSER] = (13.0, 0.0)
        defend[10] = (42.0, 1.0)
    elif kind.startswith(("Field Goal", "Extra Point")):
        attack[7:] = ((0.8, -3.3), (0.8, 3.3), (0.9, -4.4), (0.9, 4.4))
        attack[PASSER], attack[RUNNER] = (7.0, 0.0), (9.3, -1.8)
        defend[7:] = ((1.2, -4.2), (1.2, 4.2), (2.5, -1.5), (2.5, 1.5))
    sides = np.empty((2, 11, 2))
    sides[offense] = np.column_stack([spot_m - direction * attack[:, 0], attack[:, 1]])
    sides[1 - offense] = np.column_stack([spot_m + direction * defend[:, 0], defend[:, 1]])
    sides[:, :, 0] = np.clip(sides[:, :, 0], -57.5, 57.5)
    return sides.reshape(22, 2)


def _spread_out(stage: Stage, phase: Phase, side: int, x_m: float) -> None:
    """The defense stands about behind its line."""
    for player in stage.team(side):
        x, y = stage.near((x_m, 0.0), 3.5)
        leave_s = phase.start_s + float(stage.rng.uniform(0, 2))
        at_s = phase.start_s + 0.7 * (phase.end_s - phase.start_s)
        stage.players.go(player, at_s, x, y, top_mps=3.5, leave_s=leave_s)


def _play(stage: Stage, phase: Phase, snap: Snap, places: Floats) -> None:
    """Snap to whistle."""
    kind = snap.play_type
    if kind.startswith("Kickoff"):
        carrier, end = _kick(stage, phase, snap, stage.team(snap.offense)[10], hang_s=3.8)
    elif kind == "Punt":
        carrier, end = _kick(stage, phase, snap, stage.team(snap.offense)[PASSER], hang_s=4.0)
    elif kind.startswith(("Field Goal", "Extra Point")):
        carrier, end = _place_kick(stage, phase, snap)
    elif kind.startswith(("Pass", "Sack")):
        carrier, end = _throw(stage, phase, snap)
    else:
        carrier, end = _run(stage, phase, snap)
    _others(stage, phase, snap, carrier, end)


def _spot(snap: Snap, phase: Phase, gain: float) -> float:
    return float(np.clip(phase.spot_m + snap.direction * gain * YARD_M, -56, 56))


def _snap_ball(stage: Stage, phase: Phase, snap: Snap, to: int) -> float:
    """The ball goes back to a player; returns when he has it."""
    x, y = stage.players.where(to)
    back_s = 0.25 + 0.05 * abs(x - phase.spot_m)
    start, end = (phase.spot_m, 0.0, 0.3), (x, y, 1.0)
    stage.ball.fly(phase.start_s, phase.start_s + back_s, start, end)
    return phase.start_s + back_s


def _run(stage: Stage, phase: Phase, snap: Snap) -> tuple[int, tuple[float, float]]:
    team = stage.team(snap.offense)
    passer, runner = team[PASSER], team[RUNNER]
    has_s = _snap_ball(stage, phase, snap, passer)
    stage.ball.carry(has_s, has_s + 0.5, passer)
    stage.ball.carry(has_s + 0.5, phase.end_s, runner)
    side = float(stage.rng.choice([-1, 1]))
    through = (phase.spot_m + snap.direction * 0.5, side * float(stage.rng.uniform(0.5, 6)))
    stage.players.go(runner, phase.start_s + 1.6, *through, leave_s=phase.start_s + 0.3)
    end = (
        _spot(snap, phase, snap.yards_gained),
        through[1] + side * float(stage.rng.uniform(0, 6)),
    )
    end = stage.players.go(runner, phase.end_s - 0.1, *end, top_mps=11.5)
    return runner, end


def _throw(stage: Stage, phase: Phase, snap: Snap) -> tuple[int, tuple[float, float]]:
    team = stage.team(snap.offense)
    passer = team[PASSER]
    has_s = _snap_ball(stage, phase, snap, passer)
    length_s = phase.end_s - phase.start_s
    drop = (phase.spot_m - snap.direction * 7.0, float(stage.rng.normal(0, 1.0)))
    stage.players.go(passer, phase.start_s + 1.5, *drop, top_mps=6, leave_s=phase.start_s + 0.1)
    if snap.play_type == "Sack":
        stage.ball.carry(has_s, phase.end_s, passer)
        spot = (_spot(snap, phase, snap.yards_gained), drop[1] + 1.5)
        return passer, stage.players.go(passer, phase.end_s - 0.1, *spot, top_mps=6)
    throw_s = phase.start_s + min(2.6, 0.5 * length_s)
    stage.ball.carry(has_s, throw_s, passer)
    catcher = team[int(stage.rng.choice(CATCHERS))]
    is_stolen = "Interception" in snap.play_type
    is_dropped = snap.play_type == "Pass Incompletion"
    deep = max(3.0, snap.yards_gained * 0.6) if not is_dropped else float(stage.rng.uniform(6, 22))
    catch_s = min(phase.end_s - 0.4, throw_s + 0.5 + 0.035 * deep)
    y = float(np.clip(stage.players.where(catcher)[1] * 0.7 + stage.rng.normal(0, 2), -21, 21))
    goal = (_spot(snap, phase, deep), y)
    place = stage.players.go(catcher, catch_s, *goal, top_mps=11, leave_s=phase.start_s + 0.1)
    start = (*stage.players.where(passer), 2.0)
    if is_dropped:
        low = (place[0] + snap.direction * 1.8, place[1] + 1.0, 0.12)
        stage.ball.fly(throw_s, phase.end_s - 0.02, start, low)
        return catcher, place
    taker = stage.team(1 - snap.offense)[int(stage.rng.integers(7, 11))] if is_stolen else catcher
    if is_stolen:
        place = stage.players.go(taker, catch_s, place[0], place[1], top_mps=14)
    stage.ball.fly(throw_s, catch_s, start, (place[0], place[1], 1.6))
    stage.ball.carry(catch_s, phase.end_s, taker)
    end_x = _spot(snap, phase, snap.yards_gained)
    return taker, stage.players.go(taker, phase.end_s - 0.1, end_x, place[1] * 0.9, top_mps=11.5)


def _kick(
    stage: Stage, phase: Phase, snap: Snap, kicker: int, *, hang_s: float
) -> tuple[int, tuple[float, float]]:
    """Kickoffs and punts: the ball flies, somebody brings it back."""
    other = stage.team(1 - snap.offense)
    if snap.play_type == "Punt":
        has_s = _snap_ball(stage, phase, snap, kicker)
        kick_s = phase.start_s + 2.1
        stage.ball.carry(has_s, kick_s, kicker)
    else:
        kick_s = phase.start_s
    land_s = min(kick_s + hang_s, phase.end_s - 0.6)
    returner = other[10]
    reach = 44.0 if snap.play_type == "Punt" else 60.0
    aim_x = float(np.clip(phase.spot_m + snap.direction * reach, -54, 54))
    place = stage.players.go(
        returner, land_s, aim_x, float(stage.rng.normal(0, 5)), leave_s=kick_s + 0.5
    )
    start = (*stage.players.where(kicker), 0.4)
    stage.ball.fly(kick_s, land_s, start, (place[0], place[1], 1.2))
    stage.ball.carry(land_s, phase.end_s, returner)
    if phase.end_s - land_s > 1.2:
        back_m = 6.0 * (phase.end_s - land_s)
        place = stage.players.go(
            returner,
            phase.end_s - 0.1,
            place[0] - snap.direction * back_m,
            place[1] + float(stage.rng.normal(0, 4)),
            top_mps=11,
        )
    return returner, place


def _place_kick(stage: Stage, phase: Phase, snap: Snap) -> tuple[int, tuple[float, float]]:
    team = stage.team(snap.offense)
    holder, kicker = team[PASSER], team[RUNNER]
    has_s = _snap_ball(stage, phase, snap, holder)
    kick_s = phase.start_s + 1.4
    stage.ball.carry(has_s, kick_s, holder)
    x, y = stage.players.where(holder)
    stage.players.go(kicker, kick_s, x - snap.direction * 0.4, y, leave_s=phase.start_s + 0.4)
    is_good = "Good" in snap.play_type
    goal = (snap.direction * 56.0, 0.6 if is_good else 5.5, 6.0)
    stage.ball.fly(kick_s, phase.end_s - 0.05, (x, y, 0.2), goal)
    return holder, (x, y)


def _others(stage: Stage, phase: Phase, snap: Snap, carrier: int, end: tuple[float, float]) -> None:
    """Blockers block, defenders run to the ball, catchers run their ways."""
    length_s = phase.end_s - phase.start_s
    reach = 0.45 if phase.is_calm else 1.0
    for player in stage.everybody():
        if player == carrier or stage.players.until(player) > phase.start_s + 0.2:
            continue
        place, is_attacker = player % stage.size, player // stage.size == snap.offense
        x, y = stage.players.where(player)
        leave_s = phase.start_s + float(stage.rng.uniform(0.02, 0.25))
        half_s = phase.start_s + 0.5 * length_s
        is_kickoff = snap.play_type.startswith("Kickoff")
        if place < 5 and not is_kickoff:  # the two lines push
            push = float(stage.rng.normal(0.5, 1.0)) * snap.direction
            stage.players.go(player, half_s, x + push, y * 1.2, top_mps=4, leave_s=leave_s)
        elif is_attacker and place in CATCHERS:
            way = float(stage.rng.uniform(8, 22)) * reach
            goal = (x + snap.direction * way, y * 0.8 + float(stage.rng.normal(0, 3)))
            stage.players.go(player, half_s + 0.6, *stage.inside(goal), top_mps=11, leave_s=leave_s)
        else:
            mid = ((x + end[0]) / 2, (y + end[1]) / 2)
            goal = stage.near(mid, 2.0)
            stage.players.go(player, half_s, *goal, top_mps=9 * reach + 1, leave_s=leave_s)
        goal = stage.near(end, 1.4 + 0.12 * abs(x - end[0]))
        pace = 10.5 if not is_attacker else 7.5
        stage.players.go(player, phase.end_s, *stage.inside(goal), top_mps=pace * reach + 0.5)


def _drill(stage: Stage, phase: Phase, places: Floats) -> None:
    """Running like in a play, away from the places and back, with no ball in the air."""
    runs_s = float(stage.rng.uniform(2.5, 4.5))
    away = stage.near((0.0, 0.0), 5.0)
    for player in stage.everybody():
        x, y = float(places[player, 0]), float(places[player, 1])
        time_s, is_out = phase.start_s + float(stage.rng.uniform(0, 0.4)), True
        while time_s < phase.end_s - 0.8:
            goal = stage.near((x + away[0] * is_out, y * (0.6 if is_out else 1.0)), 4.0)
            step_s = float(stage.rng.uniform(0.8, 1.2)) * runs_s / 2
            until_s = min(phase.end_s, time_s + step_s)
            stage.players.go(player, until_s, *stage.inside(goal), top_mps=10.0)
            time_s, is_out = until_s, not is_out
    runner = stage.team(phase.side)[RUNNER]
    stage.ball.carry(phase.start_s, phase.end_s, runner)
