"""Upkeep: what grows with every run, and is nobody's result, goes after a while.

Not an asset: nothing is made. By itself once a night, by hand with `gametape tidy`.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg

from resources.arrivals.ledger import Ledger
from resources.settings import Settings
from resources.store import Store
from resources.upkeep.retention import Purge, plan_purge, purge
from resources.upkeep.sweeping import left_behind, size_of, sweep

AT_NIGHT = "17 4 * * *"


@dataclass(frozen=True)
class Chores:
    """What there is to tidy."""

    history: Purge
    left_behind: tuple[Path, ...]
    superseded: int  # entries of the ledger
    bytes: int  # that become free


def find_chores(settings: Settings, instance: dg.DagsterInstance) -> Chores:
    """What may go today."""
    before = datetime.now(UTC) - timedelta(days=settings.history_days)
    with Ledger(settings.ledger).reading() as book:
        superseded = book.superseded(before_s=before.timestamp())
    history = plan_purge(instance, before=before)
    behind = tuple(left_behind(settings.library))
    freed = history.bytes + sum(size_of(path) for path in behind)
    return Chores(history, behind, superseded, freed)


def do_chores(settings: Settings, instance: dg.DagsterInstance, chores: Chores) -> None:
    """Let it go."""
    purge(instance, chores.history)
    sweep(chores.left_behind)
    if chores.superseded:
        before_s = time.time() - timedelta(days=settings.history_days).total_seconds()
        with Ledger(settings.ledger).writing() as book:
            book.forget_superseded(before_s=before_s)


def told(chores: Chores) -> str:
    """The same in a sentence."""
    return (
        f"{len(chores.history.runs)} runs, logs of {len(chores.history.logs)} more, "
        f"{len(chores.left_behind)} files and folders of workers that were killed, "
        f"{chores.superseded} entries of the ledger: {chores.bytes / 1e6:.1f} MB"
    )


def upkeep_job(settings: Settings) -> dg.JobDefinition:
    """The job for a library."""

    @dg.op(description="Old run history, and what workers that were killed have left.")
    def tidy(context: dg.OpExecutionContext, store: dg.ResourceParam[Store]) -> None:
        del store  # opening it says that this process is alive
        chores = find_chores(settings, context.instance)
        do_chores(settings, context.instance, chores)
        context.log.info("gone: %s", told(chores))

    @dg.job(
        executor_def=dg.in_process_executor,
        description="Lets go of what grows with every run and is nobody's result.",
    )
    def upkeep() -> None:
        tidy()

    return upkeep


def nightly(job: dg.JobDefinition) -> dg.ScheduleDefinition:
    """The job once a night, by itself."""
    return dg.ScheduleDefinition(
        name="upkeep_nightly",
        job=job,
        cron_schedule=AT_NIGHT,
        description="Every night: old run history, and what killed workers have left, goes.",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
