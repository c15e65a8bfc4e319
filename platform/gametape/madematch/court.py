"""Painting the ground and the stands: textures in metres, and their picture through a camera."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from gametape.madematch.camera import Camera, Floats
from gametape.madematch.venues import Venue

Picture = NDArray[np.uint8]
MOST_TEXELS = 24_000_000
STAND_RISE_M = 9.0


@dataclass(frozen=True)
class Plane:
    """A textured rectangle in space: texture (h, w, 3), its corner, and metres a texel."""

    texture: Picture
    origin: Floats
    along: Floats  # metres of one texel to the right
    across: Floats  # metres of one texel down


@dataclass(frozen=True)
class Grounds:
    """All that does not move: the ground, the walls around it, the light above."""

    ground: Plane
    walls: tuple[Plane, ...]
    sky: tuple[int, int, int]


def build_grounds(venue: Venue, width: int, rng: np.random.Generator) -> Grounds:
    """Paint a venue once, as finely as pictures of this width need."""
    distance = float(np.linalg.norm(np.subtract(venue.aim_m, venue.camera_m)))
    view_m = 2 * distance * np.tan(np.radians(venue.view_deg) / 2)
    per_m = width / view_m * 1.35
    size_x = 2 * (venue.half_x_m + venue.margin_m)
    size_y = 2 * (venue.half_y_m + venue.margin_m)
    per_m = min(per_m, float(np.sqrt(MOST_TEXELS / (size_x * size_y))))
    texture = _paint_ground(venue, per_m, rng)
    ground = Plane(
        texture,
        np.array([-size_x / 2, size_y / 2, 0.0]),
        np.array([1 / per_m, 0, 0]),
        np.array([0, -1 / per_m, 0]),
    )
    is_open = venue.texture in ("grass", "sand")
    sky = (215, 190, 160) if is_open else (38, 34, 32)
    return Grounds(ground, _walls(venue, per_m, size_x, size_y, rng), sky)


def grain(shape: tuple[int, int], rng: np.random.Generator, scales: tuple[int, ...]) -> Floats:
    """Noise (h, w) with structure at several sizes in pixels, standard deviation about 1."""
    import cv2

    total = np.zeros(shape, np.float32)
    for scale in scales:
        small = rng.standard_normal((shape[0] // scale + 2, shape[1] // scale + 2), np.float32)
        total += cv2.resize(small, shape[::-1], interpolation=cv2.INTER_LINEAR)
    return total / np.float32(np.sqrt(len(scales)))  # type: ignore[return-value]


def _paint_ground(venue: Venue, per_m: float, rng: np.random.Generator) -> Picture:

    from gametape.madematch.markings import draw_lines

    height = round(2 * (venue.half_y_m + venue.margin_m) * per_m)
    width = round(2 * (venue.half_x_m + venue.margin_m) * per_m)
    base = np.empty((height, width, 3), np.uint8)
    base[:] = venue.outer
    edge = round(venue.margin_m * per_m)
    base[edge : height - edge, edge : width - edge] = venue.inner
    if venue.texture == "grass":  # mown in stripes of five yards
        stripe = (np.arange(width) / per_m / 4.572).astype(int) % 2
        base = (base * (0.95 + 0.10 * stripe[None, :, None])).astype(np.uint8)
    draw_lines(base, venue, per_m)
    tile = _grain_tile(venue, per_m, rng)
    times = (-(-height // tile.shape[0]), -(-width // tile.shape[1]))
    for row in range(times[0]):
        for column in range(times[1]):
            y, x = row * tile.shape[0], column * tile.shape[1]
            part = base[y : y + tile.shape[0], x : x + tile.shape[1]]
            turned = tile[:: 1 - 2 * (row % 2), :: 1 - 2 * (column % 2)]  # no seam shows
            shade = turned[: part.shape[0], : part.shape[1], None]
            part[:] = np.clip(part + shade, 0, 255)
    return base


def _grain_tile(venue: Venue, per_m: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Brightness to add, (1024, 1024): fine grain, patches, and boards for wood."""
    shape = (1024, 1024)
    coarse = max(2, round(per_m * 0.5))
    strength = {"grass": 9.0, "sand": 8.0, "wood": 4.0, "hard": 3.0}[venue.texture]
    tile = grain(shape, rng, (1, 2, coarse, coarse * 4)) * strength
    if venue.texture == "wood":
        board = max(2, round(per_m * 0.14))
        shades = rng.normal(0, 7, shape[1] // board + 1)
        tile += np.repeat(shades, board)[: shape[1]].astype(np.float32)
    return tile.astype(np.float32)


def _walls(
    venue: Venue, per_m: float, size_x: float, size_y: float, rng: np.random.Generator
) -> tuple[Plane, ...]:
    """Four slopes around the ground: rows of people, or a hall's wall with boards."""
    rise = STAND_RISE_M * (1.6 if venue.is_crowded else 1.0)
    if venue.texture == "sand":
        rise = 1.7  # a fence, and the open sky above it
    run = rise * 1.2 if venue.is_crowded else 0.3
    per_wall = max(4.0, per_m * 0.8)
    x, y = size_x / 2, size_y / 2
    # corner, direction along the wall (left to right as seen from inside), outwards
    sides = (
        ((-x, y), (1, 0), (0, 1), size_x),
        ((x, y), (0, -1), (1, 0), size_y),
        ((x, -y), (-1, 0), (0, -1), size_x),
        ((-x, -y), (0, 1), (-1, 0), size_y),
    )
    slope_m = float(np.hypot(rise, run))
    walls = []
    for corner, along, out, length in sides:
        reach = length + 2 * run
        shape = (round(slope_m * per_wall), round(reach * per_wall))
        texture = paint_crowd(shape, per_wall, rng, is_crowded=venue.is_crowded)
        start = np.array([corner[0] - along[0] * run, corner[1] - along[1] * run, 0.0])
        up = np.array([out[0] * run, out[1] * run, rise]) / slope_m
        walls.append(
            Plane(
                texture,
                start + up * slope_m,
                np.array([*along, 0.0]) / per_wall,
                -up / per_wall,
            )
        )
    return tuple(walls)


def paint_crowd(
    shape: tuple[int, int], per_m: float, rng: np.random.Generator, *, is_crowded: bool
) -> Picture:
    """Rows of heads and shoulders over a board, or a bare wall with a few people."""
    import cv2

    height, width = shape
    fans = rng.uniform(30, 200, 3)
    wall = np.empty((height, width, 3), np.uint8)
    wall[:] = (58, 52, 50) if is_crowded else (120, 128, 132)
    board = round(1.1 * per_m)
    share = 0.93 if is_crowded else 0.12
    pitch = max(3.0, 0.6 * per_m)
    for row in np.arange(pitch, height - board, pitch * 1.25):
        count = int(width / pitch)
        xs = (np.arange(count) + rng.uniform(-0.25, 0.25, count)) * pitch
        # Clothes are mostly grey, dark or pale; four in ten wear the home side's colour.
        colors = rng.integers(25, 215, (count, 1)) + rng.normal(0, 22, (count, 3))
        is_fan = rng.random(count) < 0.4
        colors[is_fan] = fans + rng.normal(0, 25, (int(is_fan.sum()), 3))
        colors = np.clip(colors, 8, 245)
        for x, color, draw in zip(xs, colors, rng.random(count), strict=True):
            if draw > share:
                continue
            at = (int(x), int(row + rng.uniform(-0.15, 0.15) * pitch))
            body = tuple(int(c) for c in color)
            cv2.circle(
                wall, (at[0], int(at[1] + pitch * 0.55)), max(1, int(pitch * 0.48)), body, -1
            )
            skin = int(rng.uniform(90, 190))
            cv2.circle(
                wall, at, max(1, int(pitch * 0.27)), (skin * 6 // 10, skin * 8 // 10, skin), -1
            )
    noise = grain(shape, rng, (1, 2, 8)) * 7
    wall = np.clip(wall + noise[:, :, None], 0, 255).astype(np.uint8)
    _paint_boards(wall, board, rng)
    return wall


def _paint_boards(wall: Picture, board: int, rng: np.random.Generator) -> None:
    """Advertising along the bottom."""
    import cv2

    height, width = wall.shape[:2]
    x = 0
    while x < width and board > 2:
        length = int(board * rng.uniform(3, 8))
        color = tuple(int(c) for c in rng.integers(0, 256, 3))
        cv2.rectangle(wall, (x, height - board), (x + length, height), color, -1)
        word = "".join(chr(int(c)) for c in rng.integers(65, 91, int(rng.integers(3, 7))))
        ink = (255, 255, 255) if sum(color) < 380 else (20, 20, 20)
        size = board / 34
        at = (x + board // 3, height - board // 4)
        cv2.putText(wall, word, at, cv2.FONT_HERSHEY_DUPLEX, size, ink, max(1, board // 14), 16)
        x += length


def paint_background(grounds: Grounds, camera: Camera, width: int, height: int) -> Picture:
    """The empty venue through a camera."""
    picture = _plain(width, height, grounds.sky).copy()
    place = np.array([camera.x_m, camera.y_m, camera.z_m])
    for wall in grounds.walls:
        outwards = np.cross(wall.along, wall.across)
        if (place - wall.origin) @ outwards > 0:
            continue  # seen from behind: the camera stands in these stands
        _warp(wall, camera, picture, 0, height)
    top = int(np.clip(np.ceil(camera.horizon_px) + 1, 0, height))
    if top < height:
        _warp(grounds.ground, camera, picture, top, height)
    return picture


@lru_cache(maxsize=4)
def _plain(width: int, height: int, color: tuple[int, int, int]) -> Picture:
    """The air above the stands, darker towards the top; kept, since painting it costs time."""
    rng = np.random.default_rng(width)
    clouds = grain((height, width), rng, (max(8, height // 6), max(4, height // 20))) * 5
    shade = np.linspace(0.86, 1.06, height)[:, None, None]
    picture = np.array(color) * shade + clouds[:, :, None]
    return np.clip(picture, 0, 255).astype(np.uint8)


def _in_front(plane: Plane, matrix: Floats) -> Plane | None:
    """The columns of a wall that lie in front of the camera, all of them at least a bit."""
    high, wide = plane.texture.shape[:2]
    columns = np.arange(0, wide + 1, max(1, wide // 200))
    nearest = np.minimum(matrix[2, 0] * columns, matrix[2, 0] * columns + matrix[2, 1] * high)
    is_front = nearest + matrix[2, 2] > 0.3
    if is_front.sum() < 2:
        return None
    first, last = int(columns[is_front][0]), int(columns[is_front][-1])
    return Plane(
        plane.texture[:, first:last],
        plane.origin + plane.along * first,
        plane.along,
        plane.across,
    )


def _warp(plane: Plane, camera: Camera, picture: Picture, top: int, bottom: int) -> None:
    """Put a plane into the lines top to bottom of a picture, where it is in front."""
    import cv2

    matrix = camera.plane(plane.origin, plane.along, plane.across)
    high, wide = plane.texture.shape[:2]
    corners = np.array([[0, 0, 1], [wide, 0, 1], [wide, high, 1], [0, high, 1]], float)
    seen = corners @ matrix.T
    left, right = 0, picture.shape[1]
    if (seen[:, 2] <= 0.2).all():
        return
    if (seen[:, 2] > 0.2).all():
        at = seen[:, :2] / seen[:, 2:]
        low, most = np.floor(at.min(0)).astype(int), np.ceil(at.max(0)).astype(int)
        left, right = max(left, int(low[0])), min(right, int(most[0]) + 1)
        top, bottom = max(top, int(low[1])), min(bottom, int(most[1]) + 1)
    elif plane.across[2] != 0:
        rest = _in_front(plane, matrix)
        if rest is not None:
            _warp(rest, camera, picture, top, bottom)
        return
    if right - left < 1 or bottom - top < 1:
        return
    move = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1]], float)
    part = picture[top:bottom, left:right]
    size = (right - left, bottom - top)
    cv2.warpPerspective(
        plane.texture,
        move @ matrix,
        size,
        dst=part,
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_TRANSPARENT,
    )
