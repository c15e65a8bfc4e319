"""The one way tables are written and read: Parquet, with the unit in each column's name."""

from pathlib import Path

import polars as pl


def write_table(path: Path, table: pl.DataFrame) -> None:
    """Write a table; same rows, same bytes. The caller publishes the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table.write_parquet(path, compression="zstd", statistics=True)


def read_table(path: Path) -> pl.DataFrame:
    """Read a whole table."""
    return pl.read_parquet(path)
