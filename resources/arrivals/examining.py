"""Reading a file that arrived: is it a video at all, and which content is it?

Long files take longer than a sensor's tick may. So one thread reads on between ticks; it only
reads, so whatever ends the process costs nothing but reading that file again.
"""

import itertools
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from gametape.errors import GametapeError, InputError
from gametape.fingerprint import hash_file
from gametape.video.probe import check_media
from resources.arrivals.ledger import Entry, Ledger
from resources.arrivals.listing import Listed, look_at, shown

MAX_ATTEMPTS = 5  # then a file that ends the process, or a disk that cannot be read, is left alone
MAX_IN_FLIGHT = 64  # files handed to the thread; what a stopped sensor still reads
LINGER_S = 0.2  # at most, between one file and the next of the same batch

Tell = Callable[[int, int], None]


@dataclass(frozen=True)
class Examined:
    """What reading a file gave: its content, or why it is refused, or what went wrong."""

    name: str
    stamp: str
    content_hash: str | None = None
    refusal: str | None = None  # the file is at fault: no use to read it again
    trouble: str | None = None  # the machine is: worth another try


def examine(file: Entry | Listed, tell: Tell | None = None) -> Examined | None:
    """Let a file through the door and hash it; None if it is not, or did not stay, as listed."""
    path = Path(file.name)
    if not _is_as_listed(file, path):
        return None
    content_hash = refusal = trouble = None
    try:
        check_media(path)
        content_hash = hash_file(path, tell)
    except InputError as error:
        refusal = str(error)
    except (GametapeError, OSError) as error:
        trouble = str(error)
    if not _is_as_listed(file, path):
        return None
    return Examined(file.name, file.stamp, content_hash, refusal, trouble)


def _is_as_listed(file: Entry | Listed, path: Path) -> bool:
    there = look_at(path)
    return there is not None and (there.size, there.stamp) == (file.size, file.stamp)


@dataclass
class Examiner:
    """One thread that examines files one after the other, across ticks.

    Each attempt is in the ledger before the thread sees the file, so that a file at which the
    process dies is known when the next one starts: from then on it is examined alone.
    """

    ledger: Ledger
    _asked: "queue.Queue[Entry]" = field(default_factory=queue.Queue)
    _done: "queue.Queue[tuple[Entry, Examined | None]]" = field(default_factory=queue.Queue)
    _in_flight: dict[tuple[str, str], Entry] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _thread: threading.Thread | None = None

    def ask(self, entries: list[Entry]) -> set[str]:
        """Hand files to the thread, as many as it may hold; the names that it took or has."""
        with self._lock:
            has = {name for name, _ in self._in_flight}
            begun = self.ledger.begin(self._chosen([e for e in entries if e.name not in has]))
            for entry in begun:
                self._in_flight[entry.name, entry.stamp] = entry
                self._asked.put(entry)
            if begun and self._thread is None:
                # A daemon thread: the end of the process waits for no file.
                self._thread = threading.Thread(target=self._work, daemon=True, name="examiner")
                self._thread.start()
            return has | {entry.name for entry in begun}

    def _chosen(self, entries: list[Entry]) -> list[Entry]:
        """What fits: up to the bound of files never tried, or one that was, for itself."""
        room = MAX_IN_FLIGHT - len(self._in_flight)
        if any(entry.attempts > 1 for entry in self._in_flight.values()) or not entries:
            return []
        if entries[0].attempts:
            return entries[:1] if not self._in_flight else []
        return list(itertools.takewhile(lambda entry: not entry.attempts, entries[:room]))

    @property
    def is_busy(self) -> bool:
        """Whether some file is still to be read, or to be asked for with `finished`."""
        return bool(self._in_flight)

    def finished(self, *, until: float) -> list[Examined]:
        """What is done; waits for the first until a moment of the monotonic clock."""
        found: list[Examined] = []
        while self.is_busy:
            # Small files come fast; taking many at once costs one write of the ledger.
            until = min(until, time.monotonic() + LINGER_S) if found else until
            wait_s = max(0.0, until - time.monotonic())
            try:
                entry, examined = self._done.get(block=wait_s > 0, timeout=wait_s or None)
            except queue.Empty:
                break
            with self._lock:
                self._in_flight.pop((entry.name, entry.stamp), None)
            if examined is not None:
                found.append(examined)
        return found

    def _work(self) -> None:
        while (entry := self._next()) is not None:
            try:
                examined = _examine_again(entry) if entry.attempts > 1 else examine(entry)
            except Exception as error:  # whatever it is, it is about this file, not the next
                trouble = f"{type(error).__name__}: {error}"
                examined = Examined(entry.name, entry.stamp, trouble=trouble)
            self._done.put((entry, examined))

    def _next(self) -> Entry | None:
        with self._lock:
            if self._asked.empty():
                self._thread = None  # the next file that is asked for starts another
                return None
            return self._asked.get()


def _examine_again(entry: Entry) -> Examined | None:
    if entry.attempts <= MAX_ATTEMPTS:
        return examine(entry)
    why = entry.note or "each time the process that read it ended"
    refusal = (
        f"{shown(Path(entry.name).name)}: tried {MAX_ATTEMPTS} times, and {why}. "
        "Look at the file and the disk, then add it again."
    )
    return Examined(entry.name, entry.stamp, refusal=refusal)
