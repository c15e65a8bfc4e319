"""Doing what a plan says: tape after tape in this process, then tables and pages once.

A tape that fails is reported and the others go on. Whatever ends the process, finished steps are
kept, so that the next plan is what was left of this one.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from app.cut import refuse_wrong_clips
from app.runs.materialize import Worker, worker
from app.runs.watching import TABLES, Done, Watcher
from gametape.errors import GametapeError, InputError
from gametape.fingerprint import hash_file
from gametape.line import TRUTH
from gametape.schema import Progress
from resources.arrivals.failures import troubles_of
from resources.pages import stale_pages, wanted_pages
from resources.planning.looking import READS_FILE
from resources.planning.pageplans import PAGES
from resources.planning.plans import TapePlan, stale_tables
from resources.settings import Settings
from resources.store import Store
from resources.warehouse.runs import history_mark

if TYPE_CHECKING:
    import dagster as dg

TRUTH_STEPS = frozenset(step.name for step in TRUTH)


def carry_out(settings: Settings, tapes: Sequence[TapePlan], watcher: Watcher) -> list[Done]:
    """Make what is stale of these tapes, and then the tables and pages that follow."""
    store = Store(settings.library, settings.profiles)
    results: list[Done] = []
    estimate = Estimate([predicted_s(tape) for tape in tapes])
    progress: Progress = watcher.tell
    with worker(settings, progress=progress, has_tables=True) as ready:
        for number, tape in enumerate(tapes, start=1):
            watcher.began(number, len(tapes), tape.tape, estimate.left_s())
            done = _timed(tape.tape, tape.to_run, partial(_make, ready, store, tape))
            estimate.note(done.seconds)
            results.append(done)
            watcher.ended(number, len(tapes), done, estimate.left_s())
        rest = stale_overviews(store, ready.instance)
        if rest:
            watcher.began(1, 1, TABLES, None)
            results.append(_timed(TABLES, rest, lambda: ready.run("tables", None, rest)))
            watcher.ended(1, 1, results[-1], None)
    return results


def stale_overviews(store: Store, instance: "dg.DagsterInstance") -> list[str]:
    """Assets over all tapes that are stale by now: tables, and the pages where any of them is."""
    stale = [table.name for table in stale_tables(store, history_mark(instance))]
    if stale or stale_pages(store, wanted_pages(store, troubles_of(store, instance))):
        stale.append(PAGES)
    return stale


def _timed(name: str, steps: list[str], work: Callable[[], None]) -> Done:
    started = time.monotonic()
    failure, exit_code = "", 0
    try:
        work()
    except GametapeError as error:
        failure, exit_code = str(error), 2 if isinstance(error, InputError) else 3
    except Exception as error:  # of one tape; the others go on
        failure, exit_code = f"{type(error).__name__}: {error}", 3
    return Done(name, steps, round(time.monotonic() - started, 3), failure, exit_code)


def _make(ready: Worker, store: Store, plan: TapePlan) -> None:
    """Run a tape's line, then its truth; say at the end what could not be made."""
    line = [step for step in plan.to_run if step not in TRUTH_STEPS]
    truth = [step for step in plan.to_run if step in TRUTH_STEPS]
    if plan.is_file_touched and READS_FILE & set(line) and "sources" not in line:
        _refuse_other_content(store, plan.tape)
    if line:
        ready.run("tape", plan.tape, line)
        refuse_wrong_clips(store.tape(plan.tape))
    if truth:
        ready.run("truth", plan.tape, truth)
    if plan.is_stuck:
        raise InputError(plan.trouble)


def _refuse_other_content(store: Store, tape_id: str) -> None:
    """Read a file that was written or moved since: its steps would take it for what it was."""
    order = store.tape(tape_id).order
    if hash_file(order.file) != order.content_hash:
        raise InputError(
            f"{tape_id}: {order.path} holds other content than when it was added. Bring the old "
            "file back; the new one, once added, is another tape."
        )


def predicted_s(tape: TapePlan) -> float | None:
    """Seconds that a tape will take by what its steps have cost; None where one is not known."""
    seconds = [step.prediction.seconds for step in tape.steps if not step.is_blocked]
    return None if None in seconds else sum(s for s in seconds if s is not None)


class Estimate:
    """Seconds that are left, by the prediction as it proved so far."""

    def __init__(self, predicted: Sequence[float | None]) -> None:
        self._predicted = predicted
        self._spent: list[float] = []

    def note(self, seconds: float) -> None:
        """The next piece of work took so long."""
        self._spent.append(seconds)

    def left_s(self) -> float | None:
        """Predicted seconds, stretched as those before were; else as long as those before."""
        pairs = list(zip(self._predicted, self._spent, strict=False))
        foretold = [(p, spent) for p, spent in pairs if p]
        factor = sum(s for _, s in foretold) / sum(p for p, _ in foretold) if foretold else 1.0
        each = sum(self._spent) / len(self._spent) if self._spent else None
        left = [
            each if seconds is None else seconds * factor
            for seconds in self._predicted[len(self._spent) :]
        ]
        return None if None in left else sum(s for s in left if s is not None)
