"""The story of a football match: downs, drives, and a clock that runs and stops by the rules."""

from dataclasses import dataclass, field

from gametape.madematch.script import ClockPoint, Contact, Script, Snap
from gametape.madematch.settings import MatchSettings, random_for
from gametape.madematch.snaps import (
    LATE_S,
    Outcome,
    call_play,
    extra_point,
    kickoff,
    wording,
)
from gametape.madematch.story import Pen

PERIOD_S = 15 * 60
WHOLE_MATCH_S = 1500.0  # shorter tapes begin somewhere in the match
READY_S = 7.0  # the clock restarts this long before the snap, after a ball out of bounds
YARD_M = 0.9144


@dataclass
class _State:
    """Where the match stands."""

    offense: int
    yards_to_goal: int = 75
    down: int = 1
    distance: int = 10
    score: list[int] = field(default_factory=lambda: [0, 0])
    drive: int = 1
    drive_play: int = 0
    needs: str = ""  # "kickoff" or "extra-point" before anything else
    opened: int = 0  # who kicked off first
    last: Outcome | None = None


def write_football(settings: MatchSettings) -> Script:
    """Plays of 4 to 8 s, one every 25 to 40 s."""
    rng = random_for(settings, "opening")
    is_whole = settings.length_s >= WHOLE_MATCH_S
    period = 1 if is_whole else int(rng.integers(1, 5))
    clock_s = PERIOD_S if is_whole else int(rng.integers(40, 14 * 60))
    pen = Pen(settings, clock=ClockPoint(0.0, period, float(clock_s), 0))
    state = _State(int(rng.integers(2)), opened=int(rng.integers(2)))
    if is_whole:
        state.offense, state.needs = state.opened, "kickoff"
    else:
        state.score = [int(rng.choice([0, 3, 7, 10, 14])) for _ in range(2)]
        state.yards_to_goal = int(rng.integers(30, 80))
    snaps: list[Snap] = []
    pen.score(state.score, _bug_line(state))
    pen.dead("walk", pen.normal(2.0, 0.5, 1, 3), spot_m=_spot_m(pen, state))
    while _before_snap(pen, state):
        outcome = _next_outcome(pen, state)
        if outcome.length_s > pen.left_s - 1.5:
            break
        snaps.append(_run_play(pen, state, outcome))
        _after_play(pen, state, outcome)
    script = pen.finish()
    # The rest of the tape has no more plays: what the last pause prepared did not come.
    return Script(**{**script.__dict__, "snaps": tuple(snaps)})


def _direction(pen: Pen, offense: int) -> int:
    """Home plays to the right in odd quarters."""
    sign = 1 if pen.clock[-1].period % 2 else -1
    return sign if offense == 0 else -sign


def _spot_m(pen: Pen, state: _State) -> float:
    """Where the ball lies, along x."""
    at_yards = {"kickoff": 65, "extra-point": 3}.get(state.needs, state.yards_to_goal)
    return _direction(pen, state.offense) * (50 - at_yards) * YARD_M


def _bug_line(state: _State) -> str:
    if state.needs:
        return ""
    ordinal = ("1ST", "2ND", "3RD", "4TH")[state.down - 1]
    goal = "GOAL" if state.distance >= state.yards_to_goal else str(state.distance)
    return f"{ordinal} & {goal}"


def _before_snap(pen: Pen, state: _State) -> bool:
    """Huddle and line-up; a quarter may end here. False when the tape has no room any more."""
    scale = pen.gap_scale
    huddle_s = pen.normal(10.5, 2, 6, 16) * scale
    line_s = max(3.5, pen.normal(7.5, 1.2, 5, 10) * scale)
    if pen.clock_s() <= 0 or (pen.clock[-1].rate and pen.clock_s() < huddle_s + line_s + 1):
        _end_period(pen, state)
    if pen.left_s < huddle_s + line_s + 6:
        return False
    is_waiting = state.last is not None and state.last.clock_after == "ready"
    pen.score(state.score, _bug_line(state))
    pen.dead("huddle", huddle_s, side=state.offense, spot_m=_spot_m(pen, state))
    if is_waiting and pen.clock[-1].rate == 0 and not state.needs:
        wait_s = max(0.0, line_s - READY_S)
        pen.dead("prepare", wait_s, side=state.offense, spot_m=_spot_m(pen, state))
        pen.whistle(0.0, 0.3)
        pen.clock_goes(-1)
        line_s -= wait_s
    pen.dead("prepare", line_s, side=state.offense, spot_m=_spot_m(pen, state))
    return True


def _end_period(pen: Pen, state: _State) -> None:
    """The clock runs out, people change ends."""
    if pen.clock[-1].rate:
        pen.dead("walk", pen.clock_s() + 0.02, side=state.offense, spot_m=_spot_m(pen, state))
    pen.clock_goes(0, at_s=0.0)
    pen.whistle(0.1, 1.0)
    pen.dead("timeout", pen.normal(40, 6, 30, 60) * pen.gap_scale, spot_m=_spot_m(pen, state))
    period = pen.clock[-1].period + 1
    pen.clock_goes(0, period=period, at_s=float(PERIOD_S))
    if period == 3:
        state.offense, state.needs, state.drive = 1 - state.opened, "kickoff", state.drive + 1
        state.drive_play = 0


def _next_outcome(pen: Pen, state: _State) -> Outcome:
    if state.needs == "kickoff":
        return kickoff(pen.rng)
    if state.needs == "extra-point":
        return extra_point(pen.rng)
    return call_play(pen.rng, state.down, state.distance, state.yards_to_goal)


def _run_play(pen: Pen, state: _State, outcome: Outcome) -> Snap:
    """Snap, play, whistle; the row an official writes."""
    is_kick = bool(state.needs)
    snap_clock_s = pen.script_clock()
    start_s = pen.now_s
    if outcome.runs_clock:
        pen.clock_goes(-1)
    index, spot_m = len(pen.plays), _spot_m(pen, state)
    direction = _direction(pen, state.offense)
    pen.play(outcome.kind, outcome.length_s, side=state.offense, spot_m=spot_m)
    pen.contacts.append(Contact(start_s + 0.02, state.offense, "snap"))
    pen.contacts.append(Contact(pen.now_s - 0.15, 1 - state.offense, "tackle"))
    pen.whistle(pen.normal(0.2, 0.1, 0.02, 0.5), pen.normal(0.6, 0.15, 0.35, 1.0))
    late = pen.clock_s() < LATE_S and pen.clock[-1].period in (2, 4)
    keeps_running = outcome.clock_after == "runs" and not (late and outcome.is_first_down)
    if not keeps_running or pen.clock_s() <= 0:
        pen.clock_goes(0)
    pen.swell(pen.normal(0.5 + 0.4 * outcome.is_big, 0.15, 0.2, 1.0))
    before = (state.yards_to_goal, state.down, state.distance)
    if is_kick:
        before = ({"kickoff": 65, "extra-point": 3}[state.needs], 0, 0)
    scorer = state.offense if outcome.points > 0 else 1 - state.offense
    state.score[scorer] += abs(outcome.points)
    state.drive_play += 1
    return Snap(
        play=index,
        period=pen.clock[-1].period,
        clock_s=snap_clock_s,
        offense=state.offense,
        yards_to_goal=before[0],
        down=before[1],
        distance=before[2],
        yards_gained=outcome.gain,
        play_type=outcome.play_type,
        text=wording(pen.rng, outcome, state.offense),
        is_scoring=outcome.points != 0,
        home_score=state.score[0],
        away_score=state.score[1],
        drive=state.drive,
        drive_play=state.drive_play,
        direction=direction,
        is_official=outcome.kind != "extra-point",
    )


def _after_play(pen: Pen, state: _State, outcome: Outcome) -> None:
    """Down and distance go on; a drive may be over."""
    scale = pen.gap_scale
    state.last = outcome
    kick, state.needs = state.needs, ""
    if outcome.points in (6, -6):
        if outcome.points < 0:
            state.offense = 1 - state.offense
        state.needs = "extra-point"
    elif kick == "extra-point" or outcome.points == 3:
        _new_drive(state, 75)
        state.offense = 1 - state.offense  # who scored kicks off
        state.needs = "kickoff"
    elif kick == "kickoff":
        _new_drive(state, outcome.next_yards)
    elif outcome.is_turnover:
        spot = state.yards_to_goal - outcome.gain if outcome.next_yards < 0 else 0
        _new_drive(state, 100 - spot if outcome.next_yards < 0 else outcome.next_yards)
    else:
        state.yards_to_goal -= outcome.gain
        state.distance -= outcome.gain
        state.down += 1
        if state.distance <= 0:
            state.down, state.distance = 1, min(10, state.yards_to_goal)
        elif state.down > 4:
            _new_drive(state, 100 - state.yards_to_goal)
    state.yards_to_goal = max(1, min(99, state.yards_to_goal))
    spot_m = _spot_m(pen, state)
    pen.dead("celebrate", pen.normal(3.5, 0.8, 2, 6) * scale, side=state.offense, spot_m=spot_m)
    pen.score(state.score, _bug_line(state))
    if outcome.points or outcome.is_turnover:  # sides change, commercials are shown
        pen.dead("walk", pen.normal(30, 8, 16, 60) * scale, side=state.offense, spot_m=spot_m)
    elif pen.rng.random() < 0.05:
        pen.whistle(0.1, 0.8)
        pen.clock_goes(0)
        state.last = None
        pen.dead("timeout", pen.normal(32, 5, 25, 45) * scale, side=state.offense, spot_m=spot_m)


def _new_drive(state: _State, yards_to_goal: int) -> None:
    """The other side has the ball, first and ten."""
    state.offense = 1 - state.offense
    state.yards_to_goal = max(1, min(99, yards_to_goal))
    state.down, state.distance = 1, min(10, state.yards_to_goal)
    state.drive, state.drive_play = state.drive + 1, 0
