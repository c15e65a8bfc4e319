"""Ways through time: players along waypoints, the ball along ballistic arcs, all in metres.

The field's origin is its centre; x runs to the right and y away from the main camera, z is up.
"""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
GRAVITY_MPS2 = 9.81
MIN_STEP_S = 0.12  # waypoints nearer in time than this would make people twitch


class PlayerPaths:
    """Waypoints of all players of a match; positions at any time are smooth and repeatable."""

    def __init__(self, starts: Floats) -> None:
        """`starts` (n, 2): where everybody stands at the beginning, metres."""
        self.count = len(starts)
        self._times: list[list[float]] = [[0.0] for _ in starts]
        self._points: list[list[tuple[float, float]]] = [[(float(x), float(y))] for x, y in starts]
        self._jumps: list[list[tuple[float, float]]] = [[] for _ in starts]
        self._clocks: dict[int, Floats] = {}  # times as arrays, for ways that are asked for

    def where(self, player: int) -> tuple[float, float]:
        """Where the player's way ends so far."""
        return self._points[player][-1]

    def until(self, player: int) -> float:
        """When the player's way ends so far."""
        return self._times[player][-1]

    def go(
        self,
        player: int,
        at_s: float,
        x_m: float,
        y_m: float,
        *,
        top_mps: float = 7.0,
        leave_s: float | None = None,
    ) -> tuple[float, float]:
        """Be at a place at a time, or as near as legs allow; returns the place that is reached."""
        times, points = self._times[player], self._points[player]
        if leave_s is not None and leave_s > times[-1] + MIN_STEP_S:
            times.append(leave_s)
            points.append(points[-1])
            self._clocks.pop(player, None)
        step_s = at_s - times[-1]
        if step_s < MIN_STEP_S:
            return points[-1]
        here = points[-1]
        way = np.hypot(x_m - here[0], y_m - here[1])
        # A smooth way is up to half as fast again in its middle as on average.
        share = min(1.0, top_mps / 1.5 * step_s / max(way, 1e-9))
        there = (here[0] + (x_m - here[0]) * share, here[1] + (y_m - here[1]) * share)
        times.append(at_s)
        points.append(there)
        self._clocks.pop(player, None)
        return there

    def jump(self, player: int, at_s: float, height_m: float) -> None:
        """Leave the ground so that the highest point is at `at_s`."""
        self._jumps[player].append((at_s, height_m))

    def at(self, times_s: Floats) -> Floats:
        """Positions (t, n, 3) in metres; z is how high the feet are."""
        from scipy.interpolate import PchipInterpolator

        out = np.zeros((len(times_s), self.count, 3))
        low, high = float(times_s.min()), float(times_s.max())
        for player in range(self.count):
            if player not in self._clocks:
                self._clocks[player] = np.asarray(self._times[player])
            times = self._clocks[player]
            # Only the waypoints around the asked stretch: flat in the length of the tape.
            first = max(0, int(np.searchsorted(times, low)) - 3)
            last = min(len(times), int(np.searchsorted(times, high)) + 3)
            points = np.asarray(self._points[player][first:last])
            if last - first < 2:
                out[:, player, :2] = points[0]
                continue
            curve = PchipInterpolator(times[first:last], points)
            inside = np.clip(times_s, times[first], times[last - 1])
            out[:, player, :2] = curve(inside)
            for at_s, height_m in self._jumps[player]:
                if low - 1 < at_s < high + 1:
                    rise_s = np.sqrt(2 * height_m / GRAVITY_MPS2)
                    up = height_m * (1 - ((times_s - at_s) / rise_s) ** 2)
                    out[:, player, 2] = np.maximum(out[:, player, 2], up)
        return out


@dataclass(frozen=True)
class _Piece:
    start_s: float
    end_s: float
    kind: Literal["fly", "roll", "carry", "foot", "bounce", "away"]
    start: tuple[float, float, float] = (0.0, 0.0, 0.0)
    end: tuple[float, float, float] = (0.0, 0.0, 0.0)
    player: int = -1


@dataclass
class BallPath:
    """Pieces of the ball's way, in order; between pieces it lies where the last one ended."""

    pieces: list[_Piece] = field(default_factory=list)
    _starts: Floats = field(default_factory=lambda: np.zeros(0))

    @property
    def end(self) -> tuple[float, float, float]:
        """Where the ball is after the last piece."""
        return self.pieces[-1].end if self.pieces else (0.0, 0.0, 0.12)

    def fly(
        self,
        start_s: float,
        end_s: float,
        start: tuple[float, float, float],
        end: tuple[float, float, float],
    ) -> None:
        """A free flight from a place to a place."""
        self._add(_Piece(start_s, end_s, "fly", start, end))

    def roll(
        self,
        start_s: float,
        end_s: float,
        start: tuple[float, float, float],
        end: tuple[float, float, float],
    ) -> None:
        """Along the ground, slower and slower."""
        self._add(_Piece(start_s, end_s, "roll", start, end))

    def carry(
        self,
        start_s: float,
        end_s: float,
        player: int,
        *,
        is_bounced: bool = False,
        low: bool = False,
    ) -> None:
        """In a player's hands, at the feet (`low`), or bounced on the floor."""
        kind: Literal["bounce", "foot", "carry"] = "foot" if low else "carry"
        self._add(_Piece(start_s, end_s, "bounce" if is_bounced else kind, player=player))

    def away(self, start_s: float, end_s: float) -> None:
        """Out of everybody's sight."""
        self._add(_Piece(start_s, end_s, "away"))

    def _add(self, piece: _Piece) -> None:
        if piece.end_s > piece.start_s:
            self.pieces.append(piece)

    def at(self, times_s: Floats, players: Floats) -> tuple[Floats, NDArray[np.bool_]]:
        """Positions (t, 3) and whether there is a ball; `players` (t, n, 3) at the same times."""
        place = np.zeros((len(times_s), 3))
        is_there = np.zeros(len(times_s), bool)
        if len(self._starts) != len(self.pieces):
            self._starts = np.array([p.start_s for p in self.pieces])
        which = np.searchsorted(self._starts, times_s, side="right") - 1
        for index in np.unique(which[which >= 0]):
            rows = np.flatnonzero(which == index)
            piece = self.pieces[index]
            is_there[rows] = piece.kind != "away"
            place[rows] = _place(piece, times_s[rows], players[rows])
        return place, is_there


def _place(piece: _Piece, times_s: Floats, players: Floats) -> Floats:
    """Where the ball is (t, 3) within one piece; past its end it stays."""
    if piece.player >= 0:
        place = players[:, piece.player].copy()
        place[:, 0] += 0.3
        place[:, 2] += 1.0
        if piece.kind == "foot":
            place[:, 0] += 0.25 * np.sin((times_s - piece.start_s) * 7)
            place[:, 2] = 0.12
        if piece.kind == "bounce":
            swing = np.abs(np.sin((times_s - piece.start_s) * np.pi / 0.75))
            place[:, 2] = 0.12 + swing * 0.9
        return place
    length_s = piece.end_s - piece.start_s
    gone_s = np.clip(times_s - piece.start_s, 0, length_s)
    share = gone_s / length_s
    if piece.kind == "roll":
        share = 1 - (1 - share) ** 2
    start, end = np.asarray(piece.start), np.asarray(piece.end)
    place = start + (end - start) * share[:, None]
    if piece.kind == "fly":
        climb = (end[2] - start[2]) / length_s + GRAVITY_MPS2 * length_s / 2
        place[:, 2] = start[2] + climb * gone_s - GRAVITY_MPS2 * gone_s**2 / 2
    place[:, 2] = np.maximum(place[:, 2], 0.11)
    return np.asarray(place)
