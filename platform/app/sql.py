"""`gametape tables` and `gametape sql`: build the tables over all tapes, and ask them."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from app.console import err, out, print_json, progress_bars
from app.options import AsJson, Library
from app.settings import in_force
from gametape.errors import InputError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MOST_ROWS = 200  # shown at once; a program takes them all with --json
PROMPT, MORE = "sql> ", "...> "


def tables(library: Library = None, as_json: AsJson = False) -> None:
    """Build all tables over all tapes, with their tests, and the database that `sql` opens."""
    from app.materialize import materialize

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
    from resources.warehouse import open_snapshot

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
    table = Table(*names)
    for row in rows[:MOST_ROWS]:
        table.add_row(*("" if value is None else str(value) for value in row))
    out.print(table)
    if len(rows) > MOST_ROWS:
        err.print(f"Only the first {MOST_ROWS} rows are shown; --json gives all of them.")


def _prompt(connection: "DuckDBPyConnection") -> None:
    """Questions until the input ends; each goes on until a semicolon."""
    names = [row[0] for row in connection.execute("show tables").fetchall()]
    is_asked = sys.stdin.isatty()
    if is_asked:
        out.print(f"Tables: {', '.join(names)}. A question ends with ; and Ctrl-D leaves.")
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
