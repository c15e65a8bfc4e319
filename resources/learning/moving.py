"""A registry that lies elsewhere than it says: its library was moved or copied.

MLflow writes down where every file lies, from the root of the machine. Files belong to the database
beside which they lie, so the paths are put right before the registry is used. Nothing else of its
tables is touched here.
"""

import logging
import sqlite3
from pathlib import Path
from urllib.parse import unquote, urlparse

ARTIFACTS = "artifacts"  # beside the database; a folder for each experiment in it
EXPERIMENTS = """
select experiment_id, name, artifact_location
from experiments
where name like 'gametape-%'
"""
# Tables whose rows lie below an experiment's folder.
BELOW = (
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)

log = logging.getLogger(__name__)


def settle(database: Path) -> bool:
    """Let a database say that its files lie beside it, all at once; whether it said otherwise.

    Files of another place are never meant, even where they still exist: of a library that was
    copied, each copy has its own.
    """
    if not database.is_file():
        return False
    root = database.parent / ARTIFACTS
    connection = sqlite3.connect(database, timeout=30, isolation_level=None)
    try:
        if not _moved(connection, root):
            return False
        connection.execute("begin immediate")  # others wait here, and then find it done
        moved = _moved(connection, root)
        for old, new in moved:
            _rewrite(connection, old, new)
        connection.execute("commit")
    finally:
        connection.close()  # what was not committed is undone
    for old, new in moved:
        log.info("The registry moved: %s is now %s", old, new)
    return bool(moved)


def _moved(connection: sqlite3.Connection, root: Path) -> list[tuple[str, str]]:
    """Folders of experiments by what the database says, and what they are."""
    if "experiments" not in _tables(connection):
        return []
    found = []
    for _, name, said in connection.execute(EXPERIMENTS):
        own = root / str(name)
        is_ours = str(said).rstrip("/").endswith(f"/{ARTIFACTS}/{name}")
        if is_ours and not _is_same(str(said), own):
            found.append((str(said).rstrip("/"), own.as_uri()))
    return found


def _is_same(said: str, own: Path) -> bool:
    """Whether a location is this folder, if need be by another of its names, such as a link."""
    if said == own.as_uri():
        return True
    place = Path(unquote(urlparse(said).path))
    return place.exists() and own.exists() and place.samefile(own)


def _rewrite(connection: sqlite3.Connection, old: str, new: str) -> None:
    connection.execute(
        "update experiments set artifact_location = ? where rtrim(artifact_location, '/') = ?",
        (new, old),
    )
    tables = _tables(connection)
    for table, column in BELOW:
        if table in tables:
            connection.execute(
                f"update {table} set {column} = ? || substr({column}, ?) "
                f"where substr({column}, 1, ?) = ?",
                (new, len(old) + 1, len(old) + 1, f"{old}/"),
            )


def _tables(connection: sqlite3.Connection) -> set[str]:
    rows = connection.execute("select name from sqlite_master where type = 'table'")
    return {str(name) for (name,) in rows}
