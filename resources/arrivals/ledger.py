"""The ledger: what became of every file that ever arrived, and which runs are still wanted.

One SQLite file in the library. Every change is one transaction, so that a crash at any moment
leaves the ledger as it was before or after, and two writers wait for one another. What a listing
means for a file is decided here by `noticed`; nothing here opens a video or knows Dagster.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path
from typing import Literal

from gametape.errors import ToolError
from resources.arrivals.listing import Listed
from resources.crashpoints import Point, pass_point

State = Literal["seen", "settling", "complete", "ordered", "linked", "failed", "superseded"]

SCHEMA_VERSION = 1
WAIT_S = 60.0  # for another writer; each holds the ledger for a second at most
SCHEMA = """
create table entries (
  name, version integer, size integer, stamp text, state text, since_s real, first_seen_s real,
  content_hash text, tape text, attempts integer, note text, missing_since_s real,
  primary key (name, version)
);
create index entries_by_state on entries (state);
create index entries_by_tape on entries (tape);
create table wishes (tape text primary key, attempt integer, wanted_s real, run_id text);
pragma user_version = 1;
"""


@dataclass(frozen=True)
class Entry:
    """One name and what is under it. Moments are seconds since 1970."""

    name: str
    version: int  # counts the contents that the name has had, from 1
    size: int
    stamp: str
    state: State
    since_s: float  # when size and stamp were first seen as they are
    first_seen_s: float
    content_hash: str | None = None
    tape: str | None = None
    attempts: int = 0  # to examine the file as it is now
    note: str = ""  # why it was refused, or what else a person should know
    missing_since_s: float | None = None

    @property
    def is_live(self) -> bool:
        """Whether the file is there and stands for its tape."""
        return self.state in ("ordered", "linked") and self.missing_since_s is None


COLUMNS = ", ".join(field.name for field in fields(Entry))
MARKS = ", ".join("?" for _ in fields(Entry))


@dataclass(frozen=True)
class Wish:
    """A run of a tape that somebody wants; `run_id` once such a run was seen."""

    tape: str
    attempt: int
    wanted_s: float
    run_id: str | None = None


def noticed(old: Entry | None, listed: Listed, *, now_s: float, settle_s: float) -> Entry:
    """An entry after one more listing: a file is complete once it has not changed for a while."""
    if old is None:
        state: State = "complete" if listed.is_whole else "seen"
        return Entry(listed.name, 1, listed.size, listed.stamp, state, now_s, now_s)
    old = replace(old, missing_since_s=None)
    if (old.size, old.stamp) != (listed.size, listed.stamp):
        return replace(
            old,
            size=listed.size,
            stamp=listed.stamp,
            since_s=now_s,
            state="complete" if listed.is_whole else "settling",
            attempts=0,
            note="",
        )
    if old.state not in ("seen", "settling"):
        return old
    since_s = min(old.since_s, now_s)  # a clock that was set back starts the wait again
    is_complete = listed.is_whole or now_s - since_s >= settle_s
    return replace(old, since_s=since_s, state="complete" if is_complete else "settling")


class Book:
    """The ledger within one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._sql = connection

    def current(self) -> dict[str, Entry]:
        """Every name with what is under it now."""
        return {entry.name: entry for entry in self._entries("state != 'superseded'")}

    def get(self, name: str) -> Entry | None:
        """What is under a name now; None for a name never seen."""
        return next(self._entries("state != 'superseded' and name = ?", _key(name)), None)

    def waiting(self, limit: int) -> list[Entry]:
        """Files that are complete and not yet examined, longest known first."""
        where = "state = 'complete' and missing_since_s is null order by first_seen_s limit ?"
        return list(self._entries(where, limit))

    def of_tape(self, tape: str) -> list[Entry]:
        """Every name that stands for a tape, in the order in which they came."""
        where = "state != 'superseded' and tape = ? order by first_seen_s, name"
        return list(self._entries(where, tape))

    def put(self, entry: Entry) -> None:
        """Write an entry over what its name and version had."""
        row = (_key(entry.name), *astuple(entry)[1:])
        self._sql.execute(f"insert or replace into entries ({COLUMNS}) values ({MARKS})", row)

    def supersede(self, entry: Entry) -> Entry:
        """Keep this version as one that was, and return the next one of the name."""
        self.put(replace(entry, state="superseded"))
        return replace(entry, version=entry.version + 1, content_hash=None, tape=None)

    def history(self, name: str) -> list[Entry]:
        """All versions of a name, the first one first."""
        return list(self._entries("name = ? order by version", _key(name)))

    def superseded(self, *, before_s: float) -> int:
        """How many versions are known that another one took the name of, long ago."""
        chosen = "select count(*) from entries where state = 'superseded' and since_s < ?"
        return int(self._sql.execute(chosen, (before_s,)).fetchone()[0])

    def forget_superseded(self, *, before_s: float) -> None:
        """Forget them; their tapes stay."""
        chosen = "delete from entries where state = 'superseded' and since_s < ?"
        self._sql.execute(chosen, (before_s,))

    def want_run(self, tape: str, *, now_s: float) -> bool:
        """Wish for the first run of a tape; False where one was wished for before."""
        row = (tape, now_s)
        done = self._sql.execute("insert or ignore into wishes values (?, 1, ?, null)", row)
        return done.rowcount > 0

    def want_another_run(self, tape: str, *, now_s: float) -> None:
        """Wish for one more run of a tape, whatever became of those before."""
        self._sql.execute(
            "insert into wishes values (?, 1, ?, null) on conflict (tape) do update "
            "set attempt = attempt + 1, wanted_s = excluded.wanted_s, run_id = null",
            (tape, now_s),
        )

    def wishes(self, limit: int) -> list[Wish]:
        """Runs that are wanted and were not seen yet, oldest first."""
        where = "run_id is null order by wanted_s, tape limit ?"
        rows = self._sql.execute(f"select * from wishes where {where}", (limit,))
        return [Wish(*row) for row in rows]

    def grant(self, wish: Wish, run_id: str) -> None:
        """A wish's run exists; a newer wish for the same tape stays."""
        self._sql.execute(
            "update wishes set run_id = ? where tape = ? and attempt = ?",
            (run_id, wish.tape, wish.attempt),
        )

    def _entries(self, where: str, *values: object) -> Iterator[Entry]:
        rows = self._sql.execute(f"select {COLUMNS} from entries where {where}", values)
        for name, *rest in rows:
            yield Entry(os.fsdecode(name), *rest)


@dataclass(frozen=True)
class Ledger:
    """The ledger of one library."""

    path: Path

    @contextlib.contextmanager
    def writing(self) -> Iterator[Book]:
        """Change the ledger: everything in the block, or nothing."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._opened(str(self.path)) as connection:
            connection.execute("begin immediate")
            _lay_out(connection, self.path)
            pass_point(Point.LEDGER_OPENED)
            try:
                yield Book(connection)
                pass_point(Point.LEDGER_CHANGED)
            except BaseException:
                connection.rollback()
                raise
            connection.commit()
            pass_point(Point.LEDGER_KEPT)

    @contextlib.contextmanager
    def reading(self) -> Iterator[Book]:
        """Look things up; nothing is written, not even a new ledger."""
        with self._opened(str(self.path) if self.path.exists() else ":memory:") as connection:
            if not connection.execute("pragma user_version").fetchone()[0]:
                _lay_out(connection, self.path)
            yield Book(connection)

    @contextlib.contextmanager
    def rehearsing(self) -> Iterator[Book]:
        """A copy in memory, to see what would be; nothing is written, not even a new ledger."""
        with self._opened(":memory:") as copy:
            if self.path.exists():
                with self._opened(str(self.path)) as connection:
                    connection.backup(copy)
            _lay_out(copy, self.path)
            yield Book(copy)

    def begin(self, entries: Sequence[Entry]) -> list[Entry]:
        """Note one more attempt at each file, before it is touched; those still as given."""
        if not entries:
            return []
        with self.writing() as book:
            now = [book.get(entry.name) for entry in entries]
            begun = [
                replace(found, attempts=found.attempts + 1)
                for found, entry in zip(now, entries, strict=True)
                if found and (found.stamp, found.state) == (entry.stamp, "complete")
            ]
            for entry in begun:
                book.put(entry)
        return begun

    @contextlib.contextmanager
    def _opened(self, place: str) -> Iterator[sqlite3.Connection]:
        try:
            connection = sqlite3.connect(place, timeout=WAIT_S, isolation_level=None)
            try:
                # A rollback journal, not WAL: it needs no shared memory, so network disks do.
                connection.execute("pragma journal_mode = delete")
                connection.execute("pragma synchronous = full")
                yield connection
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise ToolError(
                f"{self.path}: the ledger cannot be used ({error}). Make room on the disk, end "
                "what holds it, or move the file away: a new one is made, and files are only "
                "read again, not run again."
            ) from error


def _lay_out(connection: sqlite3.Connection, path: Path) -> None:
    found = connection.execute("pragma user_version").fetchone()[0]
    if found > SCHEMA_VERSION:
        raise ToolError(f"{path}: was written by a newer gametape. Use that one on this library.")
    if found < SCHEMA_VERSION:
        for statement in SCHEMA.split(";"):
            connection.execute(statement)


def _key(name: str) -> str | bytes:
    """A name as SQLite can hold it: text, or bytes where it is none."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return os.fsencode(name)
    return name
