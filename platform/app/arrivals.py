"""Files that somebody named, on their way to being tapes: found, read, registered one by one."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from gametape.errors import InputError
from gametape.profile import profile_names
from gametape.schema import Progress
from gametape.video.probe import check_media
from resources.arrivals.examining import Examined, examine
from resources.arrivals.intake import Asked, Intake, Outcome, sport_of
from resources.arrivals.ledger import Ledger
from resources.arrivals.listing import Folder, Listed, look_at, shown, told
from resources.settings import Settings
from resources.store import Store

if TYPE_CHECKING:
    import dagster as dg


@dataclass(frozen=True)
class Found:
    """What was given: files to read, what cannot be read, and what was left out in folders."""

    files: list[Listed]
    refused: list[Outcome]
    skipped: dict[str, str]
    roots: dict[str, Path]  # the folder that was named, of each file in one


def find_files(paths: list[Path], settings: Settings) -> Found:
    """The files that were named, and the videos in folders that were named."""
    found = Found([], [], {}, {})
    for given in paths:
        path = _placed(given, settings)
        if path.is_dir():
            listing = Folder(path).listing()
            for name, file in listing.found.items():
                if Path(name).is_relative_to(settings.library):
                    found.skipped[name] = "the library's own"
                else:
                    found.files.append(file)
                    found.roots[name] = path
            found.skipped.update(
                (str(path / name), reason) for name, reason in listing.skipped.items()
            )
        elif listed := look_at(path):
            found.files.append(listed)
        else:
            found.refused.append(Outcome(str(path), "refused", reason=_fault(path)))
    if not found.files and not found.refused:
        raise InputError(
            f"{', '.join(map(str, paths))}: no video in it"
            + (f"; left out: {told(found.skipped)}." if found.skipped else ".")
            + " Name video files, or a folder that holds some."
        )
    unique = {listed.name: listed for listed in found.files}
    return replace(found, files=list(unique.values()))


def _placed(given: Path, settings: Settings) -> Path:
    """A path as typed, or else as it lies in the inbox."""
    path = Path(os.path.abspath(given))  # noqa: PTH100 (links stay as they are)
    if not path.exists() and settings.inbox is not None and (settings.inbox / given).exists():
        return settings.inbox / given
    return path


def _fault(path: Path) -> str:
    try:
        check_media(path)
    except InputError as error:
        return str(error)
    return f"{shown(path.name)} is gone. Look where it went, and add it from there."


@dataclass(frozen=True)
class Adding:
    """One `gametape add`: how files that were found become tapes."""

    settings: Settings
    sport: str | None
    facts: dict[str, str]
    roots: dict[str, Path]
    is_rehearsal: bool
    is_retry: bool

    def run(self, files: list[Listed], progress: Progress) -> list[Outcome]:
        """Read every file and register it at once; in a rehearsal all of them in memory."""
        if not files:
            return []
        outcomes: list[Outcome] = []
        read: list[tuple[Listed, Examined]] = []
        with self._instance() as instance:
            intake = self._intake(instance)
            for listed in files:
                examined = self._read(intake, listed, progress)
                if instance is None:
                    read.append((listed, examined))
                else:
                    outcomes += intake.register(
                        [examined], self._asked, now_s=time.time(), by_hand=[listed]
                    )
            outcomes += intake.rehearse(read, self._asked, now_s=time.time())
            return self._tried_again(intake, instance, outcomes) if self.is_retry else outcomes

    @contextmanager
    def _instance(self) -> "Iterator[dg.DagsterInstance | None]":
        """The library's run history, which knows the partitions; none for a rehearsal."""
        if self.is_rehearsal:
            yield None
            return
        from app.runs.history import run_history

        with run_history(self.settings) as instance:
            yield instance

    def _intake(self, instance: "dg.DagsterInstance | None") -> Intake:
        def add_partitions(tapes: list[str]) -> None:
            if instance is not None:
                instance.add_dynamic_partitions("videos", tapes)

        store = Store(self.settings.library, self.settings.profiles)
        return Intake(store, Ledger(self.settings.ledger), self.settings.profile, add_partitions)

    def _read(self, intake: Intake, listed: Listed, progress: Progress) -> Examined:
        """What a file is; one that the ledger knows just as it is now is not read again."""
        with intake.ledger.reading() as book:
            known = book.get(listed.name)
        if known and known.is_live and (known.size, known.stamp) == (listed.size, listed.stamp):
            return Examined(listed.name, listed.stamp, content_hash=known.content_hash)
        name = f"Reading {Path(listed.name).name}"
        examined = examine(listed, lambda done, total: progress(name, done, total))
        if examined is None:
            file = shown(Path(listed.name).name)
            refusal = f"{file} changed while it was read. Add it when it is whole."
            return Examined(listed.name, listed.stamp, refusal=refusal)
        # Nobody comes back to a file that was named by hand: what went wrong is told at once.
        return replace(examined, refusal=examined.refusal or examined.trouble, trouble=None)

    def _asked(self, name: str) -> Asked:
        """What was typed; a file that lies in the inbox is run as if it had been found there."""
        path, inbox = Path(name), self.settings.inbox
        root = self.roots.get(name) or inbox
        sport = self.sport
        if sport is None and root is not None:
            sport = sport_of(path, root, profile_names(self.settings.profiles))
        is_in_inbox = inbox is not None and path.is_relative_to(inbox)
        return Asked(sport, self.facts, is_run_wanted=is_in_inbox)

    def _tried_again(
        self, intake: Intake, instance: "dg.DagsterInstance | None", outcomes: list[Outcome]
    ) -> list[Outcome]:
        """Wish for another run of each tape that is not finished and not being worked on."""
        asked = {outcome.tape for outcome in outcomes if outcome.is_run_asked}
        again: list[Outcome] = []
        for outcome in outcomes:
            tape = outcome.tape
            if tape is None or tape in asked:
                again.append(outcome)
                continue
            asked.add(tape)
            again.append(self._again(intake, instance, outcome, tape))
            if again[-1].is_run_asked and instance is not None:
                with intake.ledger.writing() as book:
                    book.want_another_run(tape, now_s=time.time())
        return again

    def _again(
        self, intake: Intake, instance: "dg.DagsterInstance | None", outcome: Outcome, tape: str
    ) -> Outcome:
        if intake.is_finished(tape):
            return replace(outcome, reason="finished: nothing to try again")
        if instance is not None and _is_worked_on(instance, tape):
            return replace(outcome, reason="is being worked on")
        return replace(outcome, is_run_asked=True)


def _is_worked_on(instance: "dg.DagsterInstance", tape: str) -> bool:
    import dagster as dg

    status = dg.DagsterRunStatus
    going = [status.QUEUED, status.NOT_STARTED, status.STARTING, status.STARTED]
    runs = dg.RunsFilter(statuses=going, tags={"dagster/partition": tape})
    return instance.get_runs_count(runs) > 0
