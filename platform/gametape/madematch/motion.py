"""Where everybody is at every moment, in metres: the script's phases turned into ways.

What all sports share is here (strolling, huddles, benches, people who are not in the match);
each sport's play is in `rally_motion`, `flow_motion` and `football_motion`.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gametape.madematch.paths import BallPath, Floats, PlayerPaths
from gametape.madematch.script import Phase, Script
from gametape.madematch.settings import MatchSettings, hardness_of, random_for
from gametape.madematch.venues import Venue, venue_of

WALK_MPS = 1.5
BENCH_M = 2.5  # beyond the side line
OFFICIAL, EXTRA = 2, 3  # teams beside 0 (home) and 1 (away)


@dataclass(frozen=True)
class World:
    """Everything that moves. `teams` (n,) says who is who; players come first, then officials."""

    venue: Venue
    teams: NDArray[np.int64]
    players: PlayerPaths
    ball: BallPath
    extras: PlayerPaths | None = None  # people who are not in the match
    extras_z_m: Floats = field(default_factory=lambda: np.zeros(0))  # (m,) what they stand on

    @property
    def player_count(self) -> int:
        """Players of both teams."""
        return 2 * self.venue.team_size


class Stage:
    """What a sport's movement writes into while a match is set in motion."""

    def __init__(self, script: Script, settings: MatchSettings, starts: Floats) -> None:
        self.script = script
        self.venue = venue_of(settings.sport)
        self.rng = random_for(settings, "motion")
        self.size = self.venue.team_size
        self.players = PlayerPaths(np.concatenate([starts, officials_of(self.venue)]))
        self.ball = BallPath()

    def team(self, side: int) -> range:
        """Indices of a side's players."""
        return range(side * self.size, (side + 1) * self.size)

    def everybody(self) -> range:
        """Indices of all players of both sides."""
        return range(2 * self.size)

    def near(self, point: tuple[float, float], spread_m: float) -> tuple[float, float]:
        """A place around a point."""
        x, y = self.rng.normal(point, spread_m)
        return float(x), float(y)

    def stroll(self, phase: Phase, *, reach_m: float = 2.5, keep: tuple[int, ...] = ()) -> None:
        """Everybody walks about: slow steps with stops between."""
        for player in self.everybody():
            if player in keep:
                continue
            time_s = phase.start_s + float(self.rng.uniform(0.0, 1.5))
            while time_s < phase.end_s - 1.0:
                walk_s = float(self.rng.uniform(1.5, 3.5))
                arrive_s = min(phase.end_s, time_s + walk_s)
                x, y = self.inside(self.near(self.players.where(player), reach_m))
                self.players.go(player, arrive_s, x, y, top_mps=WALK_MPS, leave_s=time_s)
                time_s = arrive_s + float(self.rng.uniform(0.5, 3.0))

    def gather(
        self, phase: Phase, side: int, point: tuple[float, float], *, top_mps: float = 2.4
    ) -> None:
        """A side comes together in a ring around a point and stays there."""
        radius_m = 0.55 + 0.12 * self.size
        for place, player in enumerate(self.team(side)):
            angle = 2 * np.pi * (place + 0.3) / self.size
            x = point[0] + radius_m * float(np.cos(angle))
            y = point[1] + radius_m * float(np.sin(angle))
            leave_s = phase.start_s + float(self.rng.uniform(0, 0.6))
            way = float(np.hypot(*np.subtract(self.players.where(player), (x, y))))
            at_s = min(phase.end_s - 0.1, leave_s + 0.4 + way * 1.6 / top_mps)
            self.players.go(player, at_s, x, y, top_mps=top_mps * 1.6, leave_s=leave_s)

    def benches(self, phase: Phase) -> None:
        """Both sides go to their benches beside the field."""
        for side in (0, 1):
            along = (-1 if side == 0 else 1) * 0.35
            if self.venue.half_x_m > self.venue.half_y_m:  # filmed from the side
                point = (along * self.venue.half_x_m * 0.6, self.venue.half_y_m + BENCH_M)
            else:
                point = (-self.venue.half_x_m - BENCH_M, along * self.venue.half_y_m * 1.6)
            self.gather(phase, side, point, top_mps=2.6)

    def take_places(
        self, phase: Phase, places: Floats, *, done: float = 0.75, top_mps: float = 2.6
    ) -> None:
        """Everybody walks to a place (n, 2), most of them well before the phase is over."""
        length_s = phase.end_s - phase.start_s
        for player, (x, y) in enumerate(places):
            leave_s = phase.start_s + float(self.rng.uniform(0, 0.3)) * length_s
            at_s = phase.start_s + float(self.rng.uniform(done - 0.15, done + 0.2)) * length_s
            self.players.go(player, at_s, x, y, top_mps=top_mps, leave_s=leave_s)

    def hold_ball(self, phase: Phase, player: int, *, is_bounced: bool = False) -> None:
        """A player has the ball for the whole phase."""
        self.ball.carry(phase.start_s, phase.end_s, player, is_bounced=is_bounced)

    def inside(self, point: tuple[float, float], beyond_m: float = 2.0) -> tuple[float, float]:
        """The point, or the nearest one on the field or just beside it."""
        venue = self.venue
        x = float(np.clip(point[0], -venue.half_x_m - beyond_m, venue.half_x_m + beyond_m))
        y = float(np.clip(point[1], -venue.half_y_m - beyond_m, venue.half_y_m + beyond_m))
        return x, y


def officials_of(venue: Venue) -> Floats:
    """Where the officials stand at the beginning (n, 2)."""
    if venue.net_m:
        places = [(venue.half_x_m + 1.0, 0.0), (-venue.half_x_m - 1.2, 0.4)]
    else:
        places = [(2.0, 5.0), (-6.0, -6.0), (8.0, 2.0)]
    return np.array(places[: venue.officials], float).reshape(-1, 2)


def set_in_motion(script: Script, settings: MatchSettings) -> World:
    """Give everybody a way through the whole tape."""
    from gametape.madematch.flow_motion import move_flow
    from gametape.madematch.football_motion import move_football
    from gametape.madematch.rally_motion import move_tennis, move_volleyball

    movers = {"tennis": move_tennis, "football": move_football}
    if settings.sport.startswith("volleyball"):
        stage = move_volleyball(script, settings)
    elif settings.sport in movers:
        stage = movers[settings.sport](script, settings)
    else:
        stage = move_flow(script, settings)
    teams = [0] * stage.size + [1] * stage.size + [OFFICIAL] * stage.venue.officials
    extras, extras_z_m = _extras(settings, stage.venue)
    return World(stage.venue, np.array(teams), stage.players, stage.ball, extras, extras_z_m)


def _extras(settings: MatchSettings, venue: Venue) -> tuple[PlayerPaths | None, Floats]:
    """People on other courts, who never stop, and people who pass in front of the camera."""
    hardness, rng = hardness_of(settings), random_for(settings, "extras")
    passers = int(rng.poisson(hardness.passers_by_per_min * settings.length_s / 60))
    others = hardness.other_courts
    if not passers + others:
        return None, np.zeros(0)
    camera_x, camera_y, camera_z = venue.camera_m
    hidden = (camera_x, camera_y - 30.0)
    paths = PlayerPaths(np.array([hidden] * (passers + others), float))
    for other in range(others):
        is_left = other % 2 == 0
        side = -1 if is_left else 1
        centre = (side * (venue.half_x_m + 4.0), venue.half_y_m * 0.6 + 1.5 * (other // 2))
        paths.go(other, 0.13, *centre, top_mps=1e6)
        time_s = 0.2
        while time_s < settings.length_s:
            time_s += float(rng.uniform(0.7, 1.6))
            x, y = rng.normal(centre, (1.6, 2.2))
            paths.go(other, time_s, float(x), float(y), top_mps=5.5)
    near_y = camera_y + 3.2  # a row or two in front of the camera, on the stands
    for person in range(others, others + passers):
        start_s = float(rng.uniform(0.5, settings.length_s))
        from_x = camera_x + float(rng.choice([-1, 1])) * 6.0
        paths.go(person, start_s, from_x, near_y, top_mps=1e6, leave_s=start_s - 0.13)
        paths.go(person, start_s + 7.0, 2 * camera_x - from_x, near_y, top_mps=9.0)
        paths.go(person, start_s + 7.3, *hidden, top_mps=1e6)
    z_m = np.concatenate([np.zeros(others), np.full(passers, camera_z - 3.0)])
    return paths, z_m
