"""Painting people, balls and nets: cheap drawings that still read as players of two teams."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from gametape.madematch.venues import Color

Picture = NDArray[np.uint8]
Floats = NDArray[np.float64]
SHIFT = 4  # fixed-point bits (sixteenths of a pixel): people glide between pixels
LEAST_PX = 3.0


@dataclass(frozen=True)
class Look:
    """What one person wears."""

    shirt: Color
    shorts: Color
    skin: Color
    hair: Color
    number: str = ""


@dataclass(frozen=True)
class Pose:
    """How a person stands at a moment; `foot_px` is where the feet touch the ground."""

    foot_px: tuple[float, float]
    ground_px: tuple[float, float]  # where the shadow falls; below the feet in a jump
    height_px: float
    stride: float  # -1 to 1: how far the legs are apart, and which is in front
    speed: float  # 0 stands, 1 runs
    facing: float  # -1 left, 1 right, on the picture
    reach: float  # 0 arms down, 1 arms up


def _fixed(points: list[tuple[float, float]]) -> NDArray[np.int32]:
    return np.array([(x * 16 + 0.5, y * 16 + 0.5) for x, y in points], np.int32)


def _dark(color: Color, share: float) -> Color:
    return tuple(int(c * share) for c in color)  # type: ignore[return-value]


@lru_cache(maxsize=512)
def _shade(wide: int, high: int) -> Picture:
    """How much light a shadow of this size leaves (high, wide, 3), 0 to 255."""
    ys, xs = np.ogrid[-1.0 : 1.0 : high * 1j, -1.0 : 1.0 : wide * 1j]
    light = 255 * (1 - 0.45 * np.clip(1.4 * (1 - xs**2 - ys**2), 0, 1))
    return np.repeat(light[:, :, None], 3, axis=2).astype(np.uint8)


def draw_shadow(picture: Picture, pose: Pose) -> None:
    """A soft dark ellipse on the ground, to the side away from the light."""
    import cv2

    wide, high = max(3, round(pose.height_px * 0.8)), max(2, round(pose.height_px * 0.23))
    left = round(pose.ground_px[0] - wide * 0.42)
    top = round(pose.ground_px[1] - high * 0.5)
    cut_x, cut_y = max(0, -left), max(0, -top)
    part = picture[top + cut_y : top + high, left + cut_x : left + wide]
    if part.size and left + wide > 0 and top + high > 0:
        shade = _shade(wide, high)[cut_y:, cut_x:][: part.shape[0], : part.shape[1]]
        cv2.multiply(part, shade, dst=part, scale=1 / 255)


def draw_person(picture: Picture, pose: Pose, look: Look) -> None:
    """A person from the ground up: legs, shorts, trunk, arms, head."""
    import cv2

    height = pose.height_px
    x, y = pose.foot_px
    if height < LEAST_PX or x < -height or x > picture.shape[1] + height:
        return
    lean = 0.10 * pose.speed * pose.facing * height
    hip = (x + lean * 0.3, y - 0.48 * height)
    neck = (x + lean, y - 0.82 * height)
    thick = max(1, round(height * 0.085))
    fan = 0.20 * pose.stride * height * (0.25 + pose.speed)
    for direction in (-1, 1):
        foot = (x + direction * fan, y - max(0.0, -direction * pose.stride) * 0.08 * height)
        knee = (
            (hip[0] + foot[0]) / 2 + 0.04 * pose.facing * height * pose.speed,
            y - 0.25 * height,
        )
        shade = look.skin if direction > 0 else _dark(look.skin, 0.75)
        leg = _fixed([hip, knee, foot])
        cv2.polylines(picture, [leg], False, shade, thick, cv2.LINE_AA, SHIFT)
    half = 0.115 * height
    trunk = [
        (neck[0] - half * 1.1, neck[1] + 0.02 * height),
        (neck[0] + half * 1.1, neck[1] + 0.02 * height),
        (hip[0] + half * 0.9, hip[1]),
        (hip[0] - half * 0.9, hip[1]),
    ]
    seat = [trunk[3], trunk[2], (hip[0] + half, hip[1] + 0.16 * height)]
    seat.append((hip[0] - half, hip[1] + 0.16 * height))
    cv2.fillConvexPoly(picture, _fixed(seat), look.shorts, cv2.LINE_AA, SHIFT)
    cv2.fillConvexPoly(picture, _fixed(trunk), look.shirt, cv2.LINE_AA, SHIFT)
    if height > 24:  # the side away from the light
        shaded = [trunk[0], ((trunk[0][0] * 2 + trunk[1][0]) / 3, trunk[0][1]), trunk[3]]
        cv2.fillConvexPoly(picture, _fixed(shaded), _dark(look.shirt, 0.72), cv2.LINE_AA, SHIFT)
    _arms(picture, pose, look, neck, half, thick)
    _head(picture, pose, look, neck)
    if height > 90 and look.number:
        size = height / 260
        at = (int(hip[0] - 0.07 * height), int(neck[1] + 0.2 * height))
        light = (250, 250, 250) if sum(look.shirt) < 420 else (30, 30, 30)
        font = cv2.FONT_HERSHEY_DUPLEX
        cv2.putText(picture, look.number, at, font, size, light, max(1, thick // 4), cv2.LINE_AA)


def _arms(
    picture: Picture,
    pose: Pose,
    look: Look,
    neck: tuple[float, float],
    half: float,
    thick: int,
) -> None:
    import cv2

    height = pose.height_px
    for direction in (-1, 1):
        shoulder = (neck[0] + direction * half, neck[1] + 0.05 * height)
        swing = -direction * pose.stride * pose.speed * 0.14 * height
        down = 1 - 2 * pose.reach
        elbow = (
            shoulder[0] + direction * 0.05 * height + swing / 2,
            shoulder[1] + down * 0.15 * height,
        )
        hand = (shoulder[0] + direction * 0.04 * height + swing, shoulder[1] + down * 0.29 * height)
        sleeve = max(1, round(thick * 0.8))
        arm = _fixed([shoulder, elbow, hand])
        cv2.polylines(picture, [arm], False, look.skin, sleeve, cv2.LINE_AA, SHIFT)
        upper = _fixed([shoulder, elbow])
        cv2.polylines(picture, [upper], False, _dark(look.shirt, 0.85), sleeve, cv2.LINE_AA, SHIFT)


def _head(picture: Picture, pose: Pose, look: Look, neck: tuple[float, float]) -> None:
    import cv2

    height = pose.height_px
    at = (neck[0] + 0.02 * height * pose.facing, neck[1] - 0.085 * height)
    radius = max(1.0, 0.072 * height)
    center = _fixed([at])[0]
    scale = 1 << SHIFT
    cv2.circle(
        picture, tuple(map(int, center)), int(radius * scale), look.skin, -1, cv2.LINE_AA, SHIFT
    )
    top = _fixed([(at[0] - 0.012 * height * pose.facing, at[1] - 0.3 * radius)])[0]
    axes = (int(radius * scale), int(radius * 0.78 * scale))
    cv2.ellipse(picture, tuple(map(int, top)), axes, 0, 180, 360, look.hair, -1, cv2.LINE_AA, SHIFT)
    if radius > 14:  # near enough to have a face
        for eye in (-0.1, 0.5):
            spot = (int(at[0] + eye * radius * pose.facing), int(at[1] + 0.1 * radius))
            cv2.circle(picture, spot, max(1, int(radius * 0.09)), (40, 30, 30), -1, cv2.LINE_AA)
        mouth = (int(at[0] + 0.2 * radius * pose.facing), int(at[1] + 0.55 * radius))
        cv2.ellipse(
            picture,
            mouth,
            (int(radius * 0.25), max(1, int(radius * 0.08))),
            0,
            0,
            360,
            (70, 60, 130),
            -1,
        )


def draw_ball(picture: Picture, at_px: tuple[float, float], size_px: float, color: Color) -> None:
    """The ball, with a darker underside when it is near."""
    import cv2

    scale = 1 << SHIFT
    center = tuple(int(v) for v in np.round(np.asarray(at_px) * scale))
    radius = max(0.9, size_px / 2)
    cv2.circle(picture, center, int(radius * scale), color, -1, cv2.LINE_AA, SHIFT)
    if radius > 4:
        low = (center[0], int(center[1] + radius * 0.35 * scale))
        cv2.circle(
            picture, low, int(radius * 0.55 * scale), _dark(color, 0.78), -1, cv2.LINE_AA, SHIFT
        )


def draw_net(picture: Picture, low: Floats, high: Floats, ground: Floats) -> None:
    """A net between its lower and upper edge, and its posts; each argument is (2, 2) pixels."""
    import cv2

    height, width = picture.shape[:2]
    xs = np.concatenate([low[:, 0], high[:, 0]])
    left, right = int(np.clip(xs.min(), 0, width)), int(np.clip(xs.max() + 1, 0, width))
    if right > left:
        columns = (np.arange(left, right) - low[0, 0]) / max(1e-6, low[1, 0] - low[0, 0])
        share = float(np.clip(columns.mean(), 0, 1))
        top = int(np.clip(high[0, 1] + (high[1, 1] - high[0, 1]) * share, 0, height))
        bottom = int(np.clip(low[0, 1] + (low[1, 1] - low[0, 1]) * share, 0, height))
        veil = picture[top:bottom, left:right]
        veil[::2] = veil[::2] // 4 * 3 + 14
        veil[:, ::3] = veil[:, ::3] // 4 * 3 + 12
    span = abs(high[0, 1] - ground[0, 1])
    edges = [(high, (245, 245, 245), 0.035), (low, (225, 225, 225), 0.02)]
    edges += [(np.array([ground[i], high[i]]), (70, 70, 80), 0.05) for i in (0, 1)]
    for line, color, share in edges:
        a, b = _fixed([(line[0][0], line[0][1]), (line[1][0], line[1][1])])
        thick = max(1, round(span * share))
        cv2.line(picture, tuple(map(int, a)), tuple(map(int, b)), color, thick, cv2.LINE_AA, SHIFT)
