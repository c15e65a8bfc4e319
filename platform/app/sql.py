"""`gametape tables` and `gametape sql`: build the tables over all tapes, and ask them."""

import sys
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from app.console import err, out, print_json, progress_bars
from app.options import AsJson, Library
from app.settings import in_force
from gametape.errors import InputError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MOST_ROWS = 200  # shown at once; a program takes them all with --json
NUMBERS = (int, float, Decimal)
MEANINGS = (
    "What columns mean: select column_name, comment from duckdb_columns() where table_name = "
    "'runs';\nA question ends with ; and Ctrl-D leaves."
)
PROMPT, MORE = "sql> ", "...> "


def tables(library: Library = None, as_json: AsJson = False) -> None:
    """Build all tables over all tapes, with their tests, and the database that `sql` opens."""
    from app.runs.materialize import materialize

    settings = in_force(library=library).settings
    with progress_bars(is_quiet=as_json) as progress:
        materialize(settings, None, None, progress=progress, job="tables")
    path = settings.library / "tables" / "warehouse.duckdb"
    if as_json:
        print_json({"database": str(path)})
        return
    out.print(f"The tables are in {path}. Ask them with `gametape sql`.")


def sql(
    query: Annotated[
        str | None, typer.Argument(help="One question; without it a prompt opens.")
    ] = None,
    library: Library = None,
    as_json: AsJson = False,
) -> None:
    """Ask the tables in SQL: read-only, with no way to any file, address or setting."""
    from resources.warehouse.building import open_snapshot

    settings = in_force(library=library).settings
    with open_snapshot(settings.library / "tables" / "warehouse.duckdb") as connection:
        if query is not None:
            _answer(connection, query, as_json=as_json)
            return
        _prompt(connection)


def _answer(connection: "DuckDBPyConnection", query: str, *, as_json: bool) -> None:
    import duckdb

    try:
        cursor = connection.execute(query)
        names = [column[0] for column in cursor.description or ()]
        rows = cursor.fetchall() if as_json else cursor.fetchmany(MOST_ROWS + 1)
    except duckdb.Error as error:
        raise InputError(f"SQL: {str(error).strip()}") from error
    if as_json:
        print_json([dict(zip(names, row, strict=True)) for row in rows])
        return
    if not names:
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    shown = rows[:MOST_ROWS]
    for place, name in enumerate(names):
        is_number = all(isinstance(row[place], NUMBERS) for row in shown if row[place] is not None)
        table.add_column(escape(name), justify="right" if is_number else "left", overflow="fold")
    for row in shown:
        table.add_row(*(escape(_shown(value)) for value in row))
    out.print(table)
    if not shown:
        out.print("no rows")
    if len(rows) > MOST_ROWS:
        err.print(f"Only the first {MOST_ROWS} rows are shown; --json gives all of them.")


def _shown(value: object) -> str:
    """A value as people read it; a program takes every digit with --json."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    return f"{value:%Y-%m-%d %H:%M:%S}" if isinstance(value, datetime) else str(value)


def _prompt(connection: "DuckDBPyConnection") -> None:
    """Questions until the input ends; each goes on until a semicolon."""
    names = [row[0] for row in connection.execute("show tables").fetchall()]
    is_asked = sys.stdin.isatty()
    if is_asked:
        out.print(f"Tables: {', '.join(names)}.", soft_wrap=True)
        out.print(MEANINGS, markup=False, soft_wrap=True)
    lines: list[str] = []
    while True:
        try:
            lines.append(input((MORE if lines else PROMPT) if is_asked else ""))
        except EOFError:
            break
        if not lines[-1].rstrip().endswith(";"):
            continue
        try:
            _answer(connection, "\n".join(lines), as_json=False)
        except InputError as error:
            if not is_asked:
                raise
            err.print(str(error), style="red", markup=False)
        lines = []
    if "".join(lines).strip():
        _answer(connection, "\n".join(lines), as_json=False)
