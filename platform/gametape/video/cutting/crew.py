"""Workers that share one queue, threads of this process; what they work at is elsewhere."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class StoppedError(Exception):
    """Another worker failed, and its error is the one to tell."""


class Crew(Generic[Result]):
    """Some workers; the first error stops all of them."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._stop = threading.Event()

    @property
    def is_stopped(self) -> bool:
        """Whether a worker failed."""
        return self._stop.is_set()

    def next(self, queue: list[Item]) -> Item | None:
        """Take the last of a queue; None when nothing is left or a worker failed."""
        with self.lock:
            return queue.pop() if queue and not self.is_stopped else None

    def share(self, work: Callable[[], list[Result]], workers: int) -> list[Result]:
        """Let so many workers work, each in a thread, and gather what they did."""
        if workers < 1:
            return []
        if workers == 1:
            return self._careful(work)
        with ThreadPoolExecutor(workers) as pool:
            futures = [pool.submit(self._careful, work) for _ in range(workers)]
            try:
                return [result for future in futures for result in future.result()]
            except BaseException:
                self._stop.set()
                raise

    def _careful(self, work: Callable[[], list[Result]]) -> list[Result]:
        try:
            return work()
        except StoppedError:
            return []
        except BaseException:
            self._stop.set()
            raise
