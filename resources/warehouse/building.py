"""The warehouse: SQL models run over what tapes have published, and a database for readers.

Nothing is ever written to by two: each model becomes a Parquet file put in place by rename, and
readers get a database file of their own that no writer opens.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from gametape.aside import written_aside
from gametape.errors import InputError, ToolError
from resources.warehouse.sqlmodels import (
    HISTORY,
    PUBLISHED,
    Column,
    Model,
    Published,
    load_catalog,
    load_models,
    tables_read,
)

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

EXAMPLES = 10  # counter-examples that a test shows


def build(
    model: Model,
    tables: Path,
    files: Mapping[str, Sequence[tuple[str, Path]]],
    history: Mapping[str, pl.DataFrame] | None = None,
) -> pl.DataFrame:
    """Run one model over the other models' Parquet files, the tapes' own (tape, file), and runs."""
    with _connection() as connection:
        connection.execute(f"create schema {PUBLISHED}")
        for name in model.published:
            _add_published(connection, name, load_catalog().published[name], files.get(name, ()))
        for name in model.history:
            _add_history(connection, name, (history or {}).get(name))
        for name in model.reads:
            _add_table(connection, name, tables)
        table: pl.DataFrame = connection.sql(model.sql).pl()
    missing = [name for name in model.columns if name not in table.columns]
    unsaid = [name for name in table.columns if name not in model.columns]
    if missing or unsaid:
        raise InputError(
            f"{model.name}.sql and models.yaml disagree: described but not selected {missing}, "
            f"selected but not described {unsaid}."
        )
    return table


def counter_examples(model: Model, tables: Path) -> dict[str, dict[str, pl.DataFrame]]:
    """For each test of a published model what is wrong, in words, with at most ten such rows."""
    found: dict[str, dict[str, pl.DataFrame]] = {}
    with _connection() as connection:
        for name in {model.name, *(name for test in model.tests for name in test.reads)}:
            _add_table(connection, name, tables)
        for test in model.tests:
            rows = {
                words: connection.sql(f"{query} limit {EXAMPLES}").pl()
                for words, query in test.queries.items()
            }
            found[test.name] = {words: wrong for words, wrong in rows.items() if len(wrong)}
    return found


def query(sql: str, tables: Path) -> pl.DataFrame:
    """The rows of a select over published tables."""
    with _connection() as connection:
        for _, name in tables_read(sql):
            _add_table(connection, name, tables)
        rows: pl.DataFrame = connection.sql(sql).pl()
    return rows


def write_snapshot(path: Path, tables: Path, names: Sequence[str]) -> None:
    """Put a database that holds these tables in place; who has the old one open keeps it."""
    import duckdb

    with written_aside(path) as aside, duckdb.connect(str(aside)) as connection:
        for name in names:
            source = tables / f"{name}.parquet"
            connection.execute(
                f'create table "{name}" as select * from read_parquet(?)', [str(source)]
            )
            for column, said in _columns_of(name).items():
                text = said.says.replace("'", "''")
                connection.execute(f'comment on column "{name}"."{column}" is \'{text}\'')
        connection.execute("checkpoint")


def open_snapshot(path: Path) -> "DuckDBPyConnection":
    """A connection that can read the snapshot and nothing else: no file, no network, no setting."""
    import duckdb

    if not path.is_file():
        raise InputError(
            f"{path.name}: there are no tables yet. Materialize the assets of the group `tables`, "
            "in the UI or with `gametape tables`."
        )
    try:
        connection = duckdb.connect(str(path), read_only=True)
    except duckdb.Error as error:
        raise ToolError(
            f"{path.name}: cannot be opened ({error}). Build the tables again."
        ) from error
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    return connection


def _columns_of(name: str) -> Mapping[str, Column]:
    return {model.name: model.columns for model in load_models()}.get(name, {})


def _connection() -> "DuckDBPyConnection":
    import duckdb

    connection = duckdb.connect()
    connection.execute("set threads = 2")
    # Rows come out in the same order every time only where the SQL says so; this keeps the rest.
    connection.execute("set preserve_insertion_order = true")
    return connection


def _add_table(connection: "DuckDBPyConnection", name: str, tables: Path) -> None:
    path = tables / f"{name}.parquet"
    if not path.is_file():
        raise InputError(f"The table {name} is not there. Materialize {name} first.")
    connection.execute(f"create table {name} as select * from read_parquet(?)", [str(path)])


def _add_history(connection: "DuckDBPyConnection", name: str, table: pl.DataFrame | None) -> None:
    """A table of the run history; without one it is empty, but typed."""
    columns = load_catalog().history[name].columns
    listed = ", ".join(f'"{key}" {column.type}' for key, column in columns.items())
    connection.execute(f"create schema if not exists {HISTORY}")
    connection.execute(f"create table {HISTORY}.{name} ({listed})")
    if table is not None and not table.is_empty():
        rows = table.select(list(columns)).to_arrow()
        connection.register("_history", rows)
        connection.execute(f"insert into {HISTORY}.{name} select * from _history")


def _add_published(
    connection: "DuckDBPyConnection",
    name: str,
    kind: Published,
    files: Sequence[tuple[str, Path]],
) -> None:
    """A table of one kind of file, all tapes together; without files it is empty, but typed."""
    columns = {"tape": "varchar"} | {key: column.type for key, column in kind.columns.items()}
    listed = ", ".join(f'"{key}" {type_}' for key, type_ in columns.items())
    connection.execute(f"create table {PUBLISHED}.{name} ({listed})")
    if not files:
        return
    connection.execute("create or replace temp table _tapes (filename varchar, tape varchar)")
    connection.executemany("insert into _tapes values (?, ?)", [[str(p), t] for t, p in files])
    paths = [str(path) for _, path in files]
    if kind.form == "json":
        shape = ", ".join(f"'{key}': '{column.type}'" for key, column in kind.columns.items())
        rows = f"read_json($paths, columns = {{{shape}}}, filename = true, format = 'auto')"
    else:
        rows = "read_parquet($paths, filename = true, union_by_name = true)"
    have = {
        row[0]
        for row in connection.execute(f"describe select * from {rows}", {"paths": paths}).fetchall()
    }
    wanted = [
        f'f."{key}"::{column.type}' if key in have else f"null::{column.type}"
        for key, column in kind.columns.items()
    ]
    connection.execute(
        f"insert into {PUBLISHED}.{name} select t.tape, {', '.join(wanted)} "
        f"from {rows} f join _tapes t using (filename)",
        {"paths": paths},
    )
