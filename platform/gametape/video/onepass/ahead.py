"""Lets one thread make what another uses: a decoder goes on while its last frames are measured.

Nothing here knows what the things are that are handed over.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import TypeVar

Thing = TypeVar("Thing")


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
