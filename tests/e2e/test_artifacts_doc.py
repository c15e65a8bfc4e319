"""docs/artifacts.md names every file that is published, and every column with its meaning."""

import re
from pathlib import Path

import polars as pl
import pytest

from assets.columns import table_schema

DOC = (Path(__file__).resolve().parents[2] / "docs" / "artifacts.md").read_text(encoding="utf-8")


def pattern(name: str) -> str:
    """The form under which the paper lists a file: clips are numbered, sidecars named by asset."""
    name = re.sub(r"clips/\d{4}", "clips/0001", name)
    return re.sub(r"_meta/(checks/)?\w+\.json", r"_meta/\1{asset}.json", name)


def published(library: Path) -> list[str]:
    [tape] = (library / "videos").iterdir()
    files = [p.relative_to(tape).as_posix() for p in tape.rglob("*") if p.is_file()]
    return [name for name in files if "/." not in name]


def test_every_published_file_is_in_the_paper(library: Path) -> None:
    missing = {pattern(name) for name in published(library) if f"`{pattern(name)}`" not in DOC}
    assert missing == set()


@pytest.mark.parametrize("section", ["frames", "samples", "layouts", "thumbs", "cuts"])
def test_every_column_of_the_raw_signals_is_in_the_paper(library: Path, section: str) -> None:
    assert unexplained(library, f"signals/{section}.parquet") == set()


@pytest.mark.parametrize("table", ["signals", "predictions", "segments"])
def test_every_column_of_the_tables_has_its_meaning_from_the_paper(
    library: Path, table: str
) -> None:
    [tape] = (library / "videos").iterdir()
    schema = table_schema(pl.read_parquet(tape / f"{table}.parquet"), f"{table}.parquet")
    assert [column.name for column in schema.columns if not column.description] == []


def unexplained(library: Path, name: str) -> set[str]:
    """Columns of a table that its section of the paper does not explain."""
    [tape] = (library / "videos").iterdir()
    _, _, after = DOC.partition(f"`{name}`\n")
    section = after.split("\n## ")[0].split("\n### ")[0]
    listed = set(re.findall(r"`([a-z_0-9]+)`", section))
    columns = {re.sub(r"_r\dc\d$", "_r0c0", c) for c in pl.read_parquet_schema(tape / name)}
    return {re.sub(r"^change_\d$", "change_1", c) for c in columns} - listed
