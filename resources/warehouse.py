"""SQL over published files: DuckDB in memory reads them and gives back one table."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl


def query(path: Path, *, files: Mapping[str, Sequence[Path]]) -> pl.DataFrame:
    """Run one SQL file; each `$name` in it stands for the list of files of that name."""
    import duckdb

    sql = path.read_text(encoding="utf-8")
    with duckdb.connect() as connection:
        # Parameters bind as values, so that no file name is ever read as SQL.
        names = {name: [str(file) for file in listed] for name, listed in files.items()}
        table: pl.DataFrame = connection.sql(sql, params=names).pl()
        return table
