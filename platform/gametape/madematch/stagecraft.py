"""A frame of the match itself: the empty venue, people from far to near, the net, the ball."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gametape.madematch.camera import NEAR_M, Camera
from gametape.madematch.court import Grounds, Picture, paint_background
from gametape.madematch.figures import (
    Pose,
    draw_ball,
    draw_net,
    draw_person,
    draw_shadow,
)
from gametape.madematch.kit import dress, dress_strangers
from gametape.madematch.motion import World
from gametape.madematch.settings import MatchSettings
from gametape.madematch.states import States
from gametape.madematch.structures import structures_of

Floats = NDArray[np.float64]
STILL_PX = 0.12  # a camera that turns by less shows the same picture


@dataclass(frozen=True)
class Placed:
    """People and ball in one picture: pixels, and whether they are inside it."""

    people_px: Floats  # (n, 2), the point on the ground (or in the air) where the feet are
    is_seen: NDArray[np.bool_]  # (n,)
    ball_px: Floats  # (2,)
    is_ball_seen: bool


class Painter:
    """Paints frames of one match; keeps the last background while the camera is still."""

    def __init__(
        self, world: World, grounds: Grounds, settings: MatchSettings, size: tuple[int, int]
    ) -> None:
        self.world, self.grounds, self.size = world, grounds, size
        self.looks, self.shirts = dress(world, settings)
        extras = world.extras.count if world.extras else 0
        self.extra_looks = dress_strangers(extras, settings)
        self.structures = structures_of(world.venue)
        if self.structures:
            self.structure_points = np.concatenate([line for line, _, _ in self.structures])
        self._key: tuple[int, ...] | None = None
        self._background: Picture | None = None

    def paint(
        self, camera: Camera, states: States, row: int, time_s: float, *, is_soft: bool
    ) -> tuple[Picture, Placed]:
        """One frame; `is_soft` puts the background out of focus."""
        picture = self._empty(camera, is_soft).copy()
        people = states.people[row]
        at_px, depth = camera.project(people)
        ground = people.copy()
        ground[:, 2] = 0
        ground_px, _ = camera.project(ground)
        tall = camera.focal_px * self.world.venue.player_m / np.maximum(depth, NEAR_M)
        self._structures(picture, camera)
        order = np.argsort(-depth)
        speed = np.hypot(*states.velocity[row].T)
        poses = [
            self._pose(camera, i, at_px[i], ground_px[i], tall[i], speed[i], states, row, time_s)
            for i in range(len(people))
        ]
        ball_px, ball_depth = camera.project(states.ball[row][None])
        behind_net = self._is_behind_net(camera, people[:, 1])
        net_drawn = not self.world.venue.net_m
        crowd = [(float(depth[i]), int(i), False) for i in order if depth[i] > NEAR_M]
        extras = self._extras(camera, states, row)
        crowd += extras[0]
        crowd.sort(reverse=True)
        for _, index, is_extra in crowd:
            if not is_extra:
                draw_shadow(picture, poses[index])
        far = [c for c in crowd if c[2] or behind_net[c[1]]]
        near = [c for c in crowd if not c[2] and not behind_net[c[1]]]
        for part in (far, near):
            for _, index, is_extra in part:
                if is_extra:
                    draw_person(picture, extras[1][index], self.extra_looks[index])
                else:
                    draw_person(picture, poses[index], self.looks[index])
            if not net_drawn:
                self._net(picture, camera)
                net_drawn = True
        is_ball_seen = self._ball(picture, camera, states, row, ball_px[0], float(ball_depth[0]))
        width, height = self.size
        inside = (at_px >= 0).all(1) & (at_px[:, 0] < width) & (at_px[:, 1] < height)
        return picture, Placed(at_px, inside & (depth > NEAR_M), ball_px[0], is_ball_seen)

    def _ball(
        self,
        picture: Picture,
        camera: Camera,
        states: States,
        row: int,
        at_px: Floats,
        depth: float,
    ) -> bool:
        venue, (width, height) = self.world.venue, self.size
        is_inside = 0 <= at_px[0] < width and 0 <= at_px[1] < height
        if not states.has_ball[row] or depth <= NEAR_M or not is_inside:
            return False
        size_px = camera.focal_px * venue.ball_m / depth
        foot = states.ball[row].copy()
        foot[2] = 0
        (spot,), _ = camera.project(foot[None])
        shadow = Pose((0, 0), (spot[0], spot[1]), size_px * 2.2, 0, 0, 0, 0)
        draw_shadow(picture, shadow)
        draw_ball(picture, (at_px[0], at_px[1]), size_px, venue.ball)
        return True

    def _pose(
        self,
        camera: Camera,
        index: int,
        at_px: Floats,
        ground_px: Floats,
        tall: float,
        speed: float,
        states: States,
        row: int,
        time_s: float,
    ) -> Pose:
        rate = 2 * np.pi * (0.9 + 0.12 * min(speed, 8.0))
        stride = float(np.sin(rate * time_s + index * 1.7)) * min(1.0, speed / 1.2)
        right = camera.axes[0][:2]
        across = float(states.velocity[row, index] @ right)
        facing = 1.0 if across > 0.05 or (abs(across) <= 0.05 and index % 2) else -1.0
        gap = states.ball[row] - states.people[row, index]
        is_near = states.has_ball[row] and np.hypot(gap[0], gap[1]) < 1.1 and gap[2] > 1.5
        reach = 1.0 if is_near or states.people[row, index, 2] > 0.05 else 0.12 * min(speed, 3) / 3
        return Pose(
            (float(at_px[0]), float(at_px[1])),
            (float(ground_px[0]), float(ground_px[1])),
            float(tall),
            stride,
            float(min(1.0, speed / 6.0)),
            facing,
            float(reach),
        )

    def _extras(
        self, camera: Camera, states: States, row: int
    ) -> tuple[list[tuple[float, int, bool]], dict[int, Pose]]:
        """People who are not in the match: (depth, index, True) and how they stand."""
        people = states.extras[row]
        is_main = abs(camera.y_m - self.world.venue.camera_m[1]) < 1.0
        if not len(people) or not is_main:
            return [], {}
        at_px, depth = camera.project(people)
        found, poses = [], {}
        for i in np.flatnonzero((depth > 1.5) & (depth < 200)):
            tall = camera.focal_px * self.world.venue.player_m / depth[i]
            speed = float(np.hypot(*states.extras_velocity[row, i]))
            stride = float(np.sin(people[i, 0] * 3.1 + people[i, 1] * 2.3))
            foot = (float(at_px[i, 0]), float(at_px[i, 1]))
            poses[int(i)] = Pose(foot, foot, float(tall), stride, min(1.0, speed / 6), 1.0, 0.1)
            found.append((float(depth[i]), int(i), True))
        return found, poses

    def _is_behind_net(self, camera: Camera, y_m: Floats) -> NDArray[np.bool_]:
        if not self.world.venue.net_m:
            return np.zeros(len(y_m), bool)
        return np.asarray((y_m > 0) != (camera.y_m > 0))

    def _net(self, picture: Picture, camera: Camera) -> None:
        venue = self.world.venue
        reach = venue.half_x_m + 0.9
        low_m = venue.net_m - 1.0 if venue.net_m > 2 else 0.0
        ends = np.array([[-reach, 0, low_m], [reach, 0, low_m],
                         [-reach, 0, venue.net_m], [reach, 0, venue.net_m],
                         [-reach, 0, 0], [reach, 0, 0]])  # fmt: skip
        at_px, depth = camera.project(ends)
        if (depth > NEAR_M).all():
            draw_net(picture, at_px[:2], at_px[2:4], at_px[4:])

    def _structures(self, picture: Picture, camera: Camera) -> None:
        """Goals, posts and hoops."""
        import cv2

        if not self.structures:
            return
        at_px, depth = camera.project(self.structure_points)
        first = 0
        for line_m, color, share in self.structures:
            part = slice(first, first + len(line_m))
            first += len(line_m)
            if depth[part].min() <= NEAR_M or np.abs(at_px[part]).max() > 4000:
                continue
            thick = max(1, round(camera.focal_px * share / float(depth[part].mean())))
            points = np.round(at_px[part] * 16).astype(np.int32)
            cv2.polylines(picture, [points], False, color, thick, cv2.LINE_AA, 4)

    def _empty(self, camera: Camera, is_soft: bool) -> Picture:
        import cv2

        width, height = self.size
        step = STILL_PX / camera.focal_px
        key = (
            round(camera.yaw / step), round(camera.pitch / step), round(camera.x_m / 0.01),
            round(camera.y_m / 0.01), round(camera.focal_px), round(camera.center_x_px),
            round(camera.center_y_px),
        )  # fmt: skip
        if key != self._key or self._background is None:
            if is_soft:
                small = paint_background(self.grounds, _half(camera), width // 2, height // 2)
                soft = cv2.blur(small, (max(3, height // 120) | 1,) * 2)
                self._background = np.asarray(cv2.resize(soft, self.size), np.uint8)
            else:
                self._background = paint_background(self.grounds, camera, width, height)
            self._key = key
        return self._background


def _half(camera: Camera) -> Camera:
    return Camera(
        camera.x_m, camera.y_m, camera.z_m, camera.yaw, camera.pitch,
        camera.focal_px / 2, camera.center_x_px / 2, camera.center_y_px / 2,
    )  # fmt: skip
