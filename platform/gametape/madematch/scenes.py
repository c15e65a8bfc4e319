"""Pictures that are not the match: people in the stands, commercials, the wipe before a replay."""

import numpy as np
from numpy.typing import NDArray

from gametape.madematch.court import Picture, grain, paint_crowd

WIPE_S = 0.5


class Scenes:
    """Keeps the big pictures that such shots are cut out of."""

    def __init__(self, width: int, height: int, rng: np.random.Generator) -> None:
        self.width, self.height = width, height
        per_m = height / 4.2  # people about a third of the picture tall
        shape = (round(height * 1.25), round(width * 1.5))
        self.crowd = paint_crowd(shape, per_m * 0.55, rng, is_crowded=True)
        self.seed = int(rng.integers(2**31))
        self._spots: dict[int, tuple[Picture, Picture]] = {}

    def draw_crowd(self, time_s: float, style: int) -> Picture:
        """The stands from near: the camera drifts, people sway."""
        high, wide = self.crowd.shape[:2]
        drift = (np.sin(time_s * 0.35 + style) + 1) / 2
        x = int(drift * (wide - self.width))
        bob = np.abs(np.sin(time_s * 5.2 + style)) * 0.018 * self.height
        y = int((high - self.height) * (0.2 + 0.5 * ((style * 0.37) % 1)) + bob)
        y = min(y, high - self.height)
        picture = self.crowd[y : y + self.height, x : x + self.width].copy()
        # Every other block of people moves against the rest.
        block = max(8, self.height // 9)
        shift = int(np.sin(time_s * 6.5 + style) * 0.012 * self.height)
        for left in range(0, self.width, 2 * block):
            part = picture[:, left : left + block]
            part[:] = np.roll(part, shift, axis=0)
        return picture

    def draw_commercial(self, time_s: float, spot: int) -> Picture:
        """Another world: colours, shapes that move, a product, a word."""
        import cv2

        back, product = self._spot(spot)
        x = int((np.sin(time_s * 0.8 + spot) + 1) / 2 * (back.shape[1] - self.width))
        picture = back[: self.height, x : x + self.width].copy()
        high, wide = product.shape[:2]
        path = (time_s * (0.25 + (spot % 5) * 0.08) + spot * 0.31) % 1.4 - 0.2
        left = int(path * self.width - wide / 2)
        top = int(self.height * (0.3 + 0.12 * np.sin(time_s * 2.1 + spot)))
        low, most = max(0, left), min(self.width, left + wide)
        if most > low:
            bottom = min(self.height, top + high)
            picture[top:bottom, low:most] = product[: bottom - top, low - left : most - left]
        word = ("FRESH", "DRIVE", "MORE", "NOW", "HOME", "PLUS", "ZERO")[spot % 7]
        size = self.height / 130
        at = (int(self.width * 0.08), int(self.height * 0.88))
        thick = max(2, self.height // 90)
        cv2.putText(picture, word, at, cv2.FONT_HERSHEY_DUPLEX, size, (0, 0, 0), thick * 3, 16)
        cv2.putText(picture, word, at, cv2.FONT_HERSHEY_DUPLEX, size, (255, 255, 255), thick, 16)
        return picture

    def _spot(self, spot: int) -> tuple[Picture, Picture]:
        """The backdrop and the product of a commercial shot."""
        if spot not in self._spots:
            if len(self._spots) > 8:
                self._spots.clear()
            self._spots[spot] = self._paint_spot(np.random.default_rng([self.seed, spot]))
        return self._spots[spot]

    def _paint_spot(self, rng: np.random.Generator) -> tuple[Picture, Picture]:
        import cv2

        wide = self.width + self.width // 2
        ends = rng.uniform(20, 240, (4, 3)).astype(np.float32).reshape(2, 2, 3)
        back = cv2.resize(ends, (wide, self.height), interpolation=cv2.INTER_CUBIC)
        for _ in range(int(rng.integers(6, 22))):
            at = (int(rng.uniform(0, wide)), int(rng.uniform(0, self.height)))
            color = tuple(float(c) for c in rng.uniform(10, 250, 3))
            reach = int(rng.uniform(0.03, 0.25) * self.height)
            if rng.random() < 0.5:
                cv2.circle(back, at, reach, color, -1, cv2.LINE_AA)
            else:
                cv2.rectangle(back, at, (at[0] + reach, at[1] + 2 * reach), color, -1)
        speckle = grain((self.height, wide), rng, (1, 3, 20))[:, :, None] * 9
        side = self.height // 3
        product = np.empty((side, side // 2, 3), np.float32)
        product[:] = rng.uniform(20, 240, 3)
        product[side // 4 : side // 2] = rng.uniform(20, 240, 3)
        product += np.linspace(40, -50, side // 2)[None, :, None]
        clipped = np.clip(back + speckle, 0, 255).astype(np.uint8)
        return clipped, np.clip(product, 0, 255).astype(np.uint8)


def draw_wipe(picture: Picture, share: float, color: tuple[int, int, int]) -> None:
    """A slanted band that runs across the picture; `share` is how far it has come, 0 to 1."""
    import cv2

    height, width = picture.shape[:2]
    band = 0.45 * width
    left = -band - 0.3 * height + share * (width + band + 0.6 * height)
    lean = 0.3 * height
    points = [(left + lean, 0), (left + band + lean, 0), (left + band, height), (left, height)]
    cv2.fillConvexPoly(picture, np.array(points, np.int32), color, cv2.LINE_AA)
    inner = [(x + band * (0.25 if i in (0, 3) else -0.25), y) for i, (x, y) in enumerate(points)]
    light = tuple(min(255, c + 70) for c in color)
    cv2.fillConvexPoly(picture, np.array(inner, np.int32), light, cv2.LINE_AA)


def draw_tag(picture: Picture, text: str, color: tuple[int, int, int]) -> None:
    """The word that says it is a replay."""
    import cv2

    height, width = picture.shape[:2]
    size = height / 600
    thick = max(1, height // 300)
    (wide, high), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, size, thick)
    x, y = width - wide - width // 20, height - height // 12
    cv2.rectangle(picture, (x - high, y - 2 * high), (x + wide + high, y + high), color, -1)
    cv2.putText(picture, text, (x, y), cv2.FONT_HERSHEY_DUPLEX, size, (245, 245, 245), thick, 16)


def fade(picture: NDArray[np.uint8], share: float) -> None:
    """Towards black: 0 is black, 1 is the picture."""
    picture[:] = picture * np.float32(share)
