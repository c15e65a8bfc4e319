"""How Dagster's run history stays bounded: what an old run left goes, unless it is the last word.

The last word on an asset's partition is its newest materialization, its newest plan (so that a tape
that failed stays failed) and the newest result of each check. A run that has one is kept, but what
it logged goes too where that is a database of its own. What concerns no run is not here.
"""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import dagster as dg
import sqlalchemy as db
from dagster._core.storage.event_log import SqlEventLogStorage
from dagster._core.storage.event_log.schema import (
    AssetCheckExecutionsTable,
    SqlEventLogStorageTable,
)
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from sqlalchemy.schema import CreateTable

from gametape.aside import written_aside

LAST_WORDS = ("ASSET_MATERIALIZATION", "ASSET_MATERIALIZATION_PLANNED")
ENDED = [
    dg.DagsterRunStatus.SUCCESS,
    dg.DagsterRunStatus.FAILURE,
    dg.DagsterRunStatus.CANCELED,
]
BATCH = 500
EMPTY_BYTES = 16_384  # at most, of a log without a word in it


@dataclass(frozen=True)
class Purge:
    """Runs that ended long ago: those that go, and those of which only the log goes."""

    runs: tuple[str, ...]
    logs: tuple[str, ...]
    bytes: int  # of files of their own


def plan_purge(instance: dg.DagsterInstance, *, before: datetime) -> Purge:
    """What may go of runs that ended before."""
    last = _runs_with_a_last_word(instance)
    old = list(_old_runs(instance, before))
    gone = [run_id for run_id in old if run_id not in last]
    sizes = {run_id: _size(_log_files(instance, run_id)) for run_id in old}
    kept = [run_id for run_id in old if run_id in last and sizes[run_id] > EMPTY_BYTES]
    return Purge(tuple(gone), tuple(kept), sum(sizes[run_id] for run_id in (*gone, *kept)))


def purge(instance: dg.DagsterInstance, planned: Purge) -> None:
    """Let it go. Dying in between leaves the rest for the next time."""
    for run_id in planned.runs:
        # First what refers to the run: once the run is gone, nobody would look for it.
        _delete_checks(instance, run_id)
        instance.delete_run(run_id)
        for path in _log_files(instance, run_id):
            path.unlink(missing_ok=True)
    for run_id in planned.logs:
        _empty_log(_log_files(instance, run_id))
    for run_id in (*planned.runs, *planned.logs):
        shutil.rmtree(Path(instance.storage_directory()) / run_id, ignore_errors=True)


def complete_database(instance: dg.DagsterInstance) -> None:
    """Make what is missing of the history's databases, all that Dagster makes when first used."""
    instance.get_runs_count()
    assert instance.schedule_storage is not None
    instance.schedule_storage.all_instigator_state()
    with _storage(instance).index_connection():
        pass


def _old_runs(instance: dg.DagsterInstance, before: datetime) -> Iterator[str]:
    chosen = dg.RunsFilter(statuses=ENDED, updated_before=before)
    cursor = None
    while records := instance.get_run_records(chosen, limit=BATCH, cursor=cursor):
        yield from (record.dagster_run.run_id for record in records)
        cursor = records[-1].dagster_run.run_id


def _runs_with_a_last_word(instance: dg.DagsterInstance) -> set[str]:
    events, checks = SqlEventLogStorageTable.c, AssetCheckExecutionsTable.c
    newest_events = (
        db.select(db.func.max(events.id))
        .where(events.dagster_event_type.in_(LAST_WORDS))
        .group_by(events.asset_key, events.partition, events.dagster_event_type)
    )
    newest_checks = db.select(db.func.max(checks.id)).group_by(
        checks.asset_key, checks.check_name, checks.partition
    )
    queries = (
        db.select(events.run_id).where(events.id.in_(newest_events)),
        db.select(checks.run_id).where(checks.id.in_(newest_checks)),
    )
    with _storage(instance).index_connection() as connection:
        return {row[0] for query in queries for row in connection.execute(query)}


def _delete_checks(instance: dg.DagsterInstance, run_id: str) -> None:
    query = db.delete(AssetCheckExecutionsTable).where(AssetCheckExecutionsTable.c.run_id == run_id)
    with _storage(instance).index_connection() as connection:
        connection.execute(query)


def _log_files(instance: dg.DagsterInstance, run_id: str) -> list[Path]:
    """Files that hold the log of this run alone; none where one database holds them all."""
    storage: Any = _storage(instance)
    if not isinstance(storage, SqliteEventLogStorage):
        return []
    shard = Path(storage.path_for_shard(run_id))
    return sorted(shard.parent.glob(f"{shard.name}*"))


def _empty_log(files: Sequence[Path]) -> None:
    """Put an empty log in place: a web server that read the full one still finds its table."""
    shard, *beside = files
    with written_aside(shard) as aside:
        engine = db.create_engine(f"sqlite:///{aside}", poolclass=db.NullPool)
        with engine.begin() as connection:
            connection.execute(CreateTable(SqlEventLogStorageTable))
    for path in beside:
        path.unlink(missing_ok=True)


def _size(files: Sequence[Path]) -> int:
    return sum(path.stat().st_size for path in files)


def _storage(instance: dg.DagsterInstance) -> SqlEventLogStorage:
    storage = instance.event_log_storage
    storage = getattr(storage, "event_log_storage", storage)  # within one that holds all three
    assert isinstance(storage, SqlEventLogStorage), "run history is kept in a database"
    return storage
