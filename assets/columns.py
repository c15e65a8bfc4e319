"""The columns of published tables as Dagster shows them: name, type, meaning and unit.

Meanings and units stand in `docs/artifacts.md`, and only there; names and types in the table.
"""

import re
from functools import cache
from pathlib import Path

import dagster as dg
import polars as pl

PAPER = Path(__file__).resolve().parents[1] / "docs" / "artifacts.md"
SECTION = re.compile(r"^##+ `([^`]+)`\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
ROW = re.compile(r"^\|( `[^|]+)\|([^|]*)\|([^|]*)\|$", re.MULTILINE)
ELSEWHERE = re.compile(r"^as in ([a-z]+)$")
REGION = re.compile(r"_r\dc\d$")


def table_schema(table: pl.DataFrame, name: str) -> dg.TableSchema:
    """The schema of a published table; `name` is the file that the paper lists it under."""
    return dg.TableSchema(
        [
            dg.TableColumn(column, str(type_).lower(), description=meaning(name, column))
            for column, type_ in table.schema.items()
        ]
    )


def meaning(name: str, column: str) -> str | None:
    """What a column of a published file means, with its unit; None where the paper is silent."""
    return _meanings().get(name, {}).get(REGION.sub("_r0c0", column))


@cache
def _meanings() -> dict[str, dict[str, str]]:
    """File to column to meaning, as the paper says."""
    text = PAPER.read_text(encoding="utf-8") if PAPER.is_file() else ""
    found: dict[str, dict[str, str]] = {}
    for name, section in SECTION.findall(text):
        found[name] = {}
        for row in ROW.findall(section):
            columns, unit, words = (cell.strip() for cell in row)
            other = ELSEWHERE.match(words)
            known = found[f"signals/{other[1]}.parquet"] if other else {}
            for column in re.findall(r"`(\w+)`", columns):
                found[name][column] = known.get(column) or (f"{words} ({unit})" if unit else words)
    return found
