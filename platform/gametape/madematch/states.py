"""Where everything is for a run of frames: positions, speeds, and what the cameras follow."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gametape.madematch.motion import World

Floats = NDArray[np.float64]
PULL_HZ = 10  # how often the ball is looked at to steer the main camera
PULL_SPREAD_S = 0.9  # an operator turns smoothly, and a little ahead
SPEED_STEP_S = 0.08


@dataclass(frozen=True)
class States:
    """Places of a run of frames: t frames, n people; metres and metres a second."""

    people: Floats  # (t, n, 3)
    velocity: Floats  # (t, n, 2)
    steady: Floats  # (t, n, 2), smoothed: what a close-up follows
    ball: Floats  # (t, 3)
    has_ball: NDArray[np.bool_]  # (t,)
    extras: Floats  # (t, m, 3)
    extras_velocity: Floats  # (t, m, 2)


def sample(world: World, times_s: Floats) -> States:
    """States at moments of the match, in any order."""
    people = world.players.at(times_s)
    before, after = (world.players.at(times_s + d)[:, :, :2] for d in (-0.25, 0.25))
    early = world.players.at(times_s - SPEED_STEP_S)[:, :, :2]
    late = world.players.at(times_s + SPEED_STEP_S)[:, :, :2]
    ball, has_ball = world.ball.at(times_s, people)
    extras, extras_velocity = np.zeros((len(times_s), 0, 3)), np.zeros((len(times_s), 0, 2))
    if world.extras is not None:
        extras = world.extras.at(times_s)
        extras[:, :, 2] += world.extras_z_m
        ahead = world.extras.at(times_s + SPEED_STEP_S)
        extras_velocity = (ahead - extras)[:, :, :2] / SPEED_STEP_S
    return States(
        people,
        (late - early) / (2 * SPEED_STEP_S),
        (people[:, :, :2] + before + after + early + late) / 5,
        ball,
        has_ball,
        extras,
        extras_velocity,
    )


class Pull:
    """What draws the main camera: the ball, smoothed; where it is out of sight, where it was."""

    def __init__(self, world: World, end_s: float) -> None:
        self.times_s = np.arange(0.0, end_s + 1 / PULL_HZ, 1 / PULL_HZ)
        parts = []
        for start in range(0, len(self.times_s), 2000):
            times = self.times_s[start : start + 2000]
            ball, has_ball = world.ball.at(times, world.players.at(times))
            ball[~has_ball] = np.nan
            parts.append(ball[:, :2])
        ways = np.concatenate(parts)
        venue = world.venue
        ways = np.clip(ways, (-venue.half_x_m, -venue.half_y_m), (venue.half_x_m, venue.half_y_m))
        self.way = np.column_stack([self._smooth(ways[:, axis]) for axis in (0, 1)])

    def _smooth(self, values: Floats) -> Floats:
        from scipy.ndimage import gaussian_filter1d

        known = ~np.isnan(values)
        if not known.any():
            return np.zeros(len(values))
        filled = np.interp(self.times_s, self.times_s[known], values[known])
        return np.asarray(gaussian_filter1d(filled, PULL_SPREAD_S * PULL_HZ, mode="nearest"))

    def at(self, time_s: float) -> tuple[float, float]:
        """Where the camera is drawn to (x, y) at a moment of the match, metres."""
        return (
            float(np.interp(time_s, self.times_s, self.way[:, 0])),
            float(np.interp(time_s, self.times_s, self.way[:, 1])),
        )
