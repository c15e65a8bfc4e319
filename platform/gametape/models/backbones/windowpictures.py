"""Short stretches of a proxy as small square pictures, for backbones that look at video.

Pictures are taken by time and not by number, so that movement is as fast on a tape of 25 frames a
second as on one of 60 (row R-34). What is seen in them is the backbone's matter.
"""

import queue
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from gametape.video.media import open_media
from gametape.video.timebase import pts_on_display, seconds

Picture = NDArray[np.uint8]
Item = TypeVar("Item")
# A time this little before a stamp means the stamp.
NEARLY_S = 1e-6


def window_pictures(
    path: Path,
    starts_s: Sequence[float],
    *,
    frames: int,
    rate_hz: float,
    size: int,
    is_square: bool = True,
) -> Iterator[Picture]:
    """The windows of a proxy that begin at these times, in rising order: (frames, size, size, 3).

    Each picture is the one on display at its time, red first; before the tape it is the first, and
    after it the last. Not square they keep the tape's shape, with as many pixels as one of 16:9
    that is `size` wide.
    """
    if not len(starts_s):
        return
    offsets_s = np.arange(frames) / rate_hz
    held: deque[tuple[int, Picture]] = deque()
    todo = deque(float(start) for start in starts_s)
    with open_media(path) as media:
        base = media.time_base
        first_pts = media.video.start_time or 0
        if todo[0] > 0:
            media.seek(max(first_pts, pts_on_display(todo[0], base, first_pts)))
        for frame in media.decode():
            if not isinstance(frame, VideoFrame) or frame.pts is None:
                continue
            time_s = seconds(frame.pts, base, first_pts)
            while todo and held and todo[0] + offsets_s[-1] + NEARLY_S < time_s:
                yield _window(held, todo.popleft() + offsets_s, float(base), first_pts)
            if not todo:
                return
            held.append((frame.pts, small(frame, size) if is_square else in_shape(frame, size)))
            # Of those before the next window only the one on display at its start is needed.
            wanted = pts_on_display(max(0.0, todo[0]), base, first_pts)
            while len(held) > 1 and held[1][0] <= wanted:
                held.popleft()
        while todo:
            yield _window(held, todo.popleft() + offsets_s, float(base), first_pts)


def small(frame: VideoFrame, size: int) -> Picture:
    """The whole picture as a square: (size, size, 3), red first.

    Narrowed and not cropped: services and throw-ins happen at the edges.
    """
    import cv2

    pixels = frame.to_ndarray(format="rgb24")
    return np.asarray(cv2.resize(pixels, (size, size), interpolation=cv2.INTER_AREA), np.uint8)


def in_shape(frame: VideoFrame, size: int) -> Picture:
    """The whole picture in its own shape, with about size x size x 9/16 pixels; sides are even."""
    scale = (size * size * 9 / 16 / (frame.width * frame.height)) ** 0.5 / 2
    width, height = (2 * max(1, round(side * scale)) for side in (frame.width, frame.height))
    little = frame.reformat(width=width, height=height, format="rgb24", interpolation="AREA")
    return np.asarray(little.to_ndarray(), np.uint8)


def ahead(items: Iterator[Item], depth: int) -> Iterator[Item]:
    """The same items, made by a thread of its own up to `depth` of them before they are asked for.

    So decoding goes on while a network works. An error comes up where the items are taken.
    """
    ready: queue.Queue[tuple[Item | None, BaseException | None]] = queue.Queue(max(1, depth))
    stop = threading.Event()

    def put(item: Item | None, error: BaseException | None) -> bool:
        while not stop.is_set():
            try:
                ready.put((item, error), timeout=0.1)
                return True
            except queue.Full:
                continue
        return False

    def work() -> None:
        try:
            for item in items:
                if not put(item, None):
                    return
            put(None, None)
        except BaseException as error:
            put(None, error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        while True:
            item, error = ready.get()
            if error is not None:
                raise error
            if item is None:
                return
            yield item
    finally:
        stop.set()
        thread.join()


def _window(
    held: deque[tuple[int, Picture]], times_s: NDArray[np.float64], base: float, first_pts: int
) -> Picture:
    """The pictures on display at some times, among those at hand."""
    stamps = (np.array([pts for pts, _ in held]) - first_pts) * base
    chosen = np.searchsorted(stamps, times_s + NEARLY_S, side="right") - 1
    return np.stack([held[index][1] for index in np.clip(chosen, 0, len(held) - 1)])
