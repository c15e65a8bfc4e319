"""Asset `library`: one row per tape, across all tapes."""

from pathlib import Path

import dagster as dg

from assets.clips import clips
from gametape.report.summary import markdown_table
from resources.publishing import publish_table
from resources.store import Store
from resources.warehouse import query

SQL = Path(__file__).resolve().parents[1] / "dbt_like_sql" / "marts" / "library.sql"


@dg.asset(
    group_name="tables",
    kinds={"duckdb", "sql", "parquet"},
    code_version="1",
    deps=[clips],
)
def library(
    context: dg.AssetExecutionContext, store: dg.ResourceParam[Store]
) -> dg.MaterializeResult[None]:
    """What the library holds: each tape's length, its segments, and what they cost."""
    folders = [tape.folder for tape in store.finished_tapes()]
    if not folders:
        raise dg.Failure("The library holds no finished tape yet. Materialize one first.")
    table = query(
        SQL,
        files={
            "sources": [folder / "sources.json" for folder in folders],
            "segments": [folder / "segments.parquet" for folder in folders],
            "sidecars": [
                path for folder in folders for path in sorted(folder.glob("_meta/*.json"))
            ],
        },
    )
    path = store.root / "tables" / "library.parquet"
    publish_table(path, table)
    context.log.info("library: %d tapes", table.height)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": dg.MetadataValue.int(table.height),
            "preview": dg.MetadataValue.md(markdown_table(table.head(20))),
            "file": dg.MetadataValue.path(path),
        }
    )
