"""Dagster's run history in SQLite, in the same files, with less of the processor for each event.

Dagster makes an engine for every statement, so that each is compiled anew, and a whole schema for
every run. Here an engine is kept and a run's database has the one table that is used of it.
Connections are not kept: closing the last is what shows others, the UI too, what was written; and
so nothing is open that a fork could share.
"""

import sqlite3
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as db
from dagster._core.execution.compute_logs import redirect_to_file
from dagster._core.storage.compute_log_manager import CapturedLogContext
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._core.storage.event_log.sqlite.sqlite_event_log import (
    INDEX_SHARD_NAME,
    SqliteEventLogStorage,
)
from dagster._core.storage.local_compute_log_manager import LocalComputeLogManager
from dagster._core.storage.runs import SqliteRunStorage
from dagster._core.storage.schedules import SqliteScheduleStorage
from dagster._core.storage.sql import create_engine
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._core.storage.sqlite_storage import (
    DagsterSqliteStorage,
    _event_logs_directory,
    _runs_directory,
    _schedule_directory,
)
from dagster._serdes import ConfigurableClassData
from dagster._utils import ensure_file, touch_file
from sqlalchemy.schema import CreateTable


class KeptEvents(SqliteEventLogStorage):
    """Events of each run in a database of its own, and those of assets in the index too."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._path = ""  # that the engine connects to: one at a time, as Dagster's lock has it
        self._engine = create_engine("sqlite://", poolclass=db.NullPool, creator=self._open)
        self._tables: set[str] = set()  # known to be there; none is ever removed
        super().__init__(base_dir, inst_data)

    def has_table(self, table_name: str) -> bool:
        """Whether the index has it."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(
            self._path, timeout=SQLITE_BUSY_TIMEOUT_SECONDS, check_same_thread=False
        )

    @contextmanager
    def _connect(self, shard: str) -> Iterator[db.Connection]:
        with self._db_lock:
            self._path = self.path_for_shard(shard)
            if shard not in self._initialized_dbs:
                self._make(shard)
                self._initialized_dbs.add(shard)
            with self._engine.connect() as connection, connection.begin():
                yield connection

    def _make(self, shard: str) -> None:
        """Make what is missing of a database; others may do so at the same time."""
        if shard == INDEX_SHARD_NAME:
            self._initdb(self._engine)
            return
        with self._engine.connect() as connection:
            connection.execute(db.text("PRAGMA journal_mode=WAL"))
            connection.execute(CreateTable(SqlEventLogStorageTable, if_not_exists=True))
            connection.commit()


class _Kept:
    """A database with one engine, and a connection for each transaction."""

    def __init__(self, conn_string: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engine = _engine_for(conn_string)
        super().__init__(conn_string, inst_data)  # type: ignore[call-arg]

    @contextmanager
    def connect(self) -> Iterator[db.Connection]:
        """A connection for one transaction."""
        with self._engine.connect() as connection, connection.begin():
            yield connection


class KeptRuns(_Kept, SqliteRunStorage):
    """The list of runs."""


class KeptSchedules(_Kept, SqliteScheduleStorage):
    """Ticks of schedules and sensors, and what they remember."""


class KeptStorage(DagsterSqliteStorage):
    """All three; named in dagster.yaml."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self.base_dir = base_dir
        self._run_storage = KeptRuns.from_local(_runs_directory(base_dir))
        self._event_log_storage = KeptEvents(_event_logs_directory(base_dir))
        self._schedule_storage = KeptSchedules.from_local(_schedule_directory(base_dir))
        self._inst_data = inst_data
        super(DagsterSqliteStorage, self).__init__()  # type: ignore[no-untyped-call]

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "KeptStorage":
        """As dagster.yaml names it."""
        return cls.from_local(inst_data=inst_data, **config_value)


class FileLogs(LocalComputeLogManager):
    """What a run prints goes into its files; Dagster starts four processes to print it again."""

    @contextmanager
    def capture_logs(self, log_key: Sequence[str]) -> Iterator[CapturedLogContext]:
        """Let what is printed from here on be that of a run."""
        out, err = (self.get_captured_local_path(log_key, end) for end in ("out", "err"))
        ensure_file(out)  # and its folder
        with redirect_to_file(sys.stdout, out), redirect_to_file(sys.stderr, err):
            yield CapturedLogContext(log_key)
        path = self.get_captured_local_path(log_key, "complete")
        touch_file(path)  # nothing more will come

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "FileLogs":
        """As it is named where a run begins."""
        return cls(inst_data=inst_data, **config_value)


def _engine_for(conn_string: str) -> db.Engine:
    patience = {"timeout": SQLITE_BUSY_TIMEOUT_SECONDS}
    return create_engine(conn_string, poolclass=db.NullPool, connect_args=patience)
