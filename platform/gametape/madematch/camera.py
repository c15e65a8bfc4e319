"""A pinhole camera over the field: from metres to pixels, and how each camera follows the match.

No roll, no lens distortion: what is known of the picture stays known of the field.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gametape.madematch.script import Shot
from gametape.madematch.venues import Venue

Floats = NDArray[np.float64]
NEAR_M = 0.5  # nothing nearer than this is shown


@dataclass(frozen=True)
class Camera:
    """Where it stands (metres), where it looks (radians), how far it zooms (pixels)."""

    x_m: float
    y_m: float
    z_m: float
    yaw: float  # 0 looks along y, positive turns to the right
    pitch: float  # negative looks down
    focal_px: float
    center_x_px: float
    center_y_px: float

    @cached_property
    def axes(self) -> Floats:
        """Right, down and forward as unit vectors (3, 3), one a row."""
        sin_yaw, cos_yaw = np.sin(self.yaw), np.cos(self.yaw)
        sin_pitch, cos_pitch = np.sin(self.pitch), np.cos(self.pitch)
        forward = (sin_yaw * cos_pitch, cos_yaw * cos_pitch, sin_pitch)
        right = (cos_yaw, -sin_yaw, 0.0)
        down = (sin_yaw * sin_pitch, cos_yaw * sin_pitch, -cos_pitch)
        return np.array([right, down, forward])

    @cached_property
    def matrix(self) -> Floats:
        """Projection (3, 4) from metres (x, y, z, 1) to pixels times depth."""
        lens = np.array(
            [
                [self.focal_px, 0, self.center_x_px],
                [0, self.focal_px, self.center_y_px],
                [0, 0, 1],
            ]
        )
        axes = self.axes
        shift = -axes @ np.array([self.x_m, self.y_m, self.z_m])
        return np.asarray(lens @ np.column_stack([axes, shift]))

    @property
    def horizon_px(self) -> float:
        """The line of the picture above which there is no ground."""
        return float(self.center_y_px + self.focal_px * np.tan(self.pitch))

    def project(self, points_m: Floats) -> tuple[Floats, Floats]:
        """Pixels (n, 2) and depths (n,) of points (n, 3); behind the camera depth is negative."""
        seen = points_m @ self.matrix[:, :3].T + self.matrix[:, 3]
        depth = seen[:, 2]
        safe = np.where(np.abs(depth) < 1e-6, 1e-6, depth)
        return seen[:, :2] / safe[:, None], depth

    def plane(self, origin: Floats, along: Floats, across: Floats) -> Floats:
        """Homography (3, 3) from (u, v) on the plane origin + u*along + v*across to pixels."""
        matrix = self.matrix
        return np.column_stack(
            [matrix[:, :3] @ along, matrix[:, :3] @ across, matrix @ np.append(origin, 1.0)]
        )


def look(
    place_m: tuple[float, float, float],
    aim_m: tuple[float, float, float],
    view_deg: float,
    width: int,
    height: int,
) -> Camera:
    """A camera at a place that looks at a point, with a horizontal field of view."""
    dx, dy, dz = np.subtract(aim_m, place_m)
    focal = width / 2 / np.tan(np.radians(view_deg) / 2)
    x_m, y_m, z_m = (float(v) for v in place_m)
    return Camera(
        x_m,
        y_m,
        z_m,
        yaw=float(np.arctan2(dx, dy)),
        pitch=float(np.arctan2(dz, np.hypot(dx, dy))),
        focal_px=float(focal),
        center_x_px=width / 2,
        center_y_px=height / 2,
    )


def main_camera(venue: Venue, pull: tuple[float, float], width: int, height: int) -> Camera:
    """The main camera while play is at `pull` (x, y), metres."""
    x, y, z = venue.camera_m
    limit = venue.half_x_m * 0.92
    aim_x = float(np.clip(pull[0] * venue.pan, -limit, limit))
    aim = (venue.aim_m[0] + aim_x, venue.aim_m[1] + pull[1] * venue.pan * 0.25, venue.aim_m[2])
    # On a long field the camera has a rail's worth of freedom: turned less, it sees more.
    return look((x + aim_x * 0.35, y, z), aim, venue.view_deg, width, height)


def shot_camera(
    shot: Shot, venue: Venue, subject_m: Floats, pull: tuple[float, float], size: tuple[int, int]
) -> Camera:
    """The camera of a shot that shows the match; `subject_m` (3,) is who a close-up follows."""
    width, height = size
    if shot.camera == "main":
        return main_camera(venue, pull, width, height)
    style = (shot.subject * 2654435761) % 997 / 997
    if shot.camera == "closeup":
        return _closeup(venue, subject_m, style, width, height)
    return _other(venue, pull, style, width, height)


def _closeup(venue: Venue, subject: Floats, style: float, width: int, height: int) -> Camera:
    """From beside the field at shoulder height, a player about as tall as the picture."""
    side = -1 if style < 0.5 else 1
    if venue.half_x_m > venue.half_y_m:
        away = (subject[0] + 14 * (style - 0.5), -venue.half_y_m - 6.0, 1.9)
    else:
        away = (side * (venue.half_x_m + 5.0), subject[1] - 5 + 10 * style, 1.9)
    distance = float(np.hypot(subject[0] - away[0], subject[1] - away[1]))
    shown_m = 1.5 + 1.4 * ((style * 7) % 1)  # from the chest up to the whole person
    view = 2 * np.degrees(np.arctan(shown_m * width / height / 2 / max(distance, 3.0)))
    aim_z = 1.75 - shown_m * 0.36
    aim = (float(subject[0]), float(subject[1]), float(aim_z))
    return look(away, aim, float(view), width, height)


def _other(
    venue: Venue, pull: tuple[float, float], style: float, width: int, height: int
) -> Camera:
    """A second camera: lower, from a corner or from behind, nearer."""
    side = -1 if style < 0.5 else 1
    reach = max(venue.half_x_m, venue.half_y_m)
    if venue.half_x_m > venue.half_y_m:
        place = (pull[0] + side * reach * 0.28, -venue.half_y_m - 10.0, 3.5 + 5 * style)
        view = 40.0 - 12 * style
    else:
        place = (side * (venue.half_x_m + 7.0), -venue.half_y_m * (0.3 + 0.6 * style), 3.0)
        view = 62.0 - 14 * style
    return look(place, (pull[0] * 0.8, pull[1] * 0.6, 1.0), view, width, height)
