"""How a face speaks: rich text for people, JSON for programs, exit codes for shells.

Exit codes: 0 done, 2 the input is at fault, 3 a tool or the machine is at fault, 130 interrupted.
"""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from gametape.schema import Progress as Tell

LINE_EVERY_S = 5.0  # off a terminal: between two lines about the same work

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def print_json(value: object) -> None:
    """Write a value as JSON to standard output, and nothing else."""
    sys.stdout.write(json.dumps(value, indent=2, default=str, allow_nan=False) + "\n")


@contextmanager
def progress_bars(*, is_quiet: bool = False) -> Iterator[Tell]:
    """A progress with one bar per piece of work, on standard error; plain lines off a terminal."""
    if is_quiet:
        yield lambda _what, _done, _total: None
    elif err.is_terminal:
        columns = (
            TextColumn("{task.description:<28}"),
            BarColumn(bar_width=40),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeRemainingColumn(elapsed_when_finished=True),
        )
        with Progress(*columns, console=err) as bars:
            yield _bars(bars)
    else:
        yield _lines()


def _bars(bars: Progress) -> Tell:
    tasks: dict[str, TaskID] = {}

    def tell(what: str, done: float, total: float) -> None:
        if what not in tasks:
            tasks[what] = bars.add_task(what, total=total or 1.0)
        bars.update(tasks[what], completed=done, total=total or 1.0)

    return tell


def _lines() -> Tell:
    """A line when a piece of work is done, and every so often on the way."""
    started: dict[str, float] = {}
    told: dict[str, float] = {}
    finished: set[str] = set()

    def tell(what: str, done: float, total: float) -> None:
        now = time.monotonic()
        began = started.setdefault(what, now)
        is_done = done >= total
        if what in finished or (not is_done and now - told.get(what, began) < LINE_EVERY_S):
            return
        told[what] = now
        if is_done:
            finished.add(what)
        share = 100 * done / total if total > 0 else 100
        left_s = (now - began) * (total - done) / done if done else 0.0
        left = f", {left_s:.0f} s left" if left_s >= 0.5 else ""
        err.print(f"{what}: {share:.0f} % ({now - began:.1f} s{left})")

    return tell
