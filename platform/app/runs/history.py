"""The run history of a library: where commands open it, and what they say when they cannot."""

import contextlib
import errno
import fcntl
import json
import logging
import sqlite3
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from app.console import err
from gametape.aside import write_bytes
from gametape.errors import GametapeError, ToolError
from resources.settings import Settings

if TYPE_CHECKING:
    import dagster as dg

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS)


def prepare_instance(settings: Settings) -> Path:
    """Put the instance's configuration beside the library's run history; return that folder."""
    configuration = project_folder() / "dagster.yaml"
    home = settings.dagster_home
    # What JSON quotes, YAML reads as it was.
    wanted = configuration.read_text(encoding="utf-8")
    wanted = wanted.replace("LIBRARY_HISTORY", json.dumps(str(home.absolute())))
    home.mkdir(parents=True, exist_ok=True)
    placed = home / "dagster.yaml"
    if not placed.is_file() or placed.read_bytes() != wanted.encode():
        write_bytes(placed, wanted.encode())
    return home


def project_folder() -> Path:
    """The checkout that holds workspace.yaml and dagster.yaml."""
    import definitions

    folder = Path(definitions.__file__).resolve().parent.parent
    if not (folder / "dagster.yaml").is_file():
        raise ToolError(
            f"{folder}: dagster.yaml is not there. gametape runs from its checkout: "
            "clone it and use `make setup`."
        )
    return folder


@contextlib.contextmanager
def run_history(settings: Settings) -> "Iterator[dg.DagsterInstance]":
    """The run history, whole; a disk that is full is told in a sentence."""
    with warnings.catch_warnings(), disk_errors_told(settings):
        warnings.simplefilter("ignore")
        import dagster as dg

        from resources.upkeep.retention import complete_database

        logging.getLogger("dagster").setLevel(logging.ERROR)
        home = prepare_instance(settings)
        with _first_alone(home):
            instance = dg.DagsterInstance.from_config(str(home))
            complete_database(instance)
        with instance:
            yield instance


@contextlib.contextmanager
def _first_alone(home: Path) -> Iterator[None]:
    """One after the other: two that make the databases at once spoil them for good."""
    with (home / ".opening.lock").open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def end_lost_runs(instance: "dg.DagsterInstance", settings: Settings) -> None:
    """Mark runs whose process was killed as ended, so that nothing waits for them."""
    from sensors.reaper import reap

    for run_id in reap(instance, settings):
        err.print(f"run {run_id} had lost its process and is marked as ended", soft_wrap=True)


@contextlib.contextmanager
def disk_errors_told(settings: Settings) -> Iterator[None]:
    """Say what the disk did, however deep in Dagster it came up."""
    try:
        yield
    except GametapeError:
        raise
    except Exception as error:
        reason = _disk_error(error)
        if reason is None:
            raise
        raise ToolError(
            f"{settings.library}: could not be written ({reason}). Make room and run again; "
            "nothing was published half, and finished steps are kept."
        ) from error


def _disk_error(error: BaseException | None) -> str | None:
    """What a disk error says that led to this error; None where none did."""
    seen: set[int] = set()  # causes can go round in a circle
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, sqlite3.OperationalError):
            return str(error)
        if isinstance(error, OSError) and error.errno in FULL:
            return error.strerror
        error = error.__cause__ or error.__context__
    return None
