"""Decodes in a thread of its own, while the frames decoded last are measured and encoded.

What is done with a frame is not known here.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from queue import SimpleQueue
from typing import TypeVar

from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame

from gametape.video.media import Media

AnyFrame = VideoFrame | AudioFrame
Thing = TypeVar("Thing")

MOST_THREADS = 3  # of the decoder: then what measures has to wait for nothing
# Pictures and pixels that are handed over at once; up to four such batches are in memory.
MOST_IN_A_BATCH, BATCH_PIXELS = 8, 16_000_000


def decoding_threads() -> int:
    """Threads of the decoder: half of the cores, since the other half measures and encodes.

    Each thread costs: a frame begun on one core is needed by the next.
    """
    return max(1, min(MOST_THREADS, (os.cpu_count() or 1) // 2))


@contextmanager
def decoded_ahead(media: Media) -> Iterator[Iterator[AnyFrame]]:
    """What `decode` of a tape gives, its first sound included, decoded while the last is used."""
    a_frame = max(1, media.video.width * media.video.height)
    pictures = max(1, min(MOST_IN_A_BATCH, BATCH_PIXELS // a_frame))
    batches = in_batches(media.decode(sounds=media.audio[:1]), pictures)
    with made_ahead(batches) as handed:
        yield chain.from_iterable(handed)


def in_batches(frames: Iterator[AnyFrame], pictures: int) -> Iterator[list[AnyFrame]]:
    """Frames in lists that hold so many pictures, and the sound between them."""
    batch: list[AnyFrame] = []
    missing = pictures
    for frame in frames:
        batch.append(frame)
        missing -= isinstance(frame, VideoFrame)
        if not missing:
            yield batch
            batch, missing = [], pictures
    yield batch


@contextmanager
def made_ahead(things: Iterator[Thing], *, waiting: int = 1) -> Iterator[Iterator[Thing]]:
    """The things in order, made in a thread of their own; so many at most wait to be used.

    Threads that wake each other for every trifle do little else: hand over batches.

    An error of the maker comes where the next thing would. At the end of the block the maker has
    ended, too, whether all was used or not: what it makes things from may be closed then.
    """
    handed: SimpleQueue[Thing | _End] = SimpleQueue()
    room = threading.Semaphore(waiting)
    is_over = threading.Event()

    def make() -> None:
        end = _End()
        try:
            for thing in things:
                handed.put(thing)
                room.acquire()
                if is_over.is_set():
                    break
        except BaseException as error:
            end.error = error
        handed.put(end)

    def use() -> Iterator[Thing]:
        while not isinstance(thing := handed.get(), _End):
            room.release()
            yield thing
        if thing.error is not None:
            raise thing.error

    maker = threading.Thread(target=make, name="made ahead", daemon=True)
    maker.start()
    try:
        yield use()
    finally:
        is_over.set()
        room.release()
        maker.join()


class _End:
    """Put after the last thing, with the error that ended the making, if one did."""

    error: BaseException | None = None
