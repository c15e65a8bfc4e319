"""Assets of the group `tables`: one per SQL file, and the database for readers."""

import time
from collections.abc import Mapping
from pathlib import Path

import dagster as dg
import polars as pl

from assets.publishing import OWNERS
from gametape.errors import GametapeError
from gametape.fingerprint import hash_file
from gametape.report.summary import markdown_table
from resources.store import Store
from resources.warehouse.building import build, counter_examples, write_snapshot
from resources.warehouse.runs import history_mark, known_runs, runs_table
from resources.warehouse.sqlmodels import Model, column_lineage, load_catalog, load_models
from resources.warehouse.tablemarks import (
    SNAPSHOT,
    current_inputs,
    kinds_of,
    put_table,
    put_table_sidecar,
    put_warehouse_sidecar,
    table_code,
)

GROUP = "tables"
TRIES = 3
SAYS = {
    "nothing_that_must_be_there_is_missing": "Columns that must be filled are filled.",
    "no_row_is_there_twice": "What names a row names one row only.",
    "every_value_lies_in_its_range": "No number lies outside of the range that makes sense.",
    "every_reference_is_known": "What a row refers to is there.",
}


def all_tables() -> list[dg.AssetsDefinition]:
    """One asset per model, each with its tests as checks, and the database of them all."""
    return [*(_table(model) for model in load_models()), _warehouse()]


def _table(model: Model) -> dg.AssetsDefinition:
    from_tapes = {load_catalog().published[name].asset for name in model.published}
    all_of_them = dg.AllPartitionMapping()
    deps = [dg.AssetDep(name, partition_mapping=all_of_them) for name in sorted(from_tapes)]

    @dg.asset(
        name=model.name,
        group_name=GROUP,
        owners=[OWNERS[GROUP]],
        kinds={"duckdb", "sql", "parquet"},
        tags={"layer": model.layer},
        description=model.says,
        code_version=table_code(model),
        deps=[*deps, *model.reads],
        check_specs=[
            dg.AssetCheckSpec(test.name, asset=model.name, description=SAYS[test.name])
            for test in model.tests
        ],
        metadata={
            "dagster/table_name": model.name,
            "dagster/storage_kind": "duckdb",
            "sql": dg.MetadataValue.md(f"```sql\n{model.sql}\n```"),
        },
    )
    def table(
        context: dg.AssetExecutionContext, store: dg.ResourceParam[Store]
    ) -> dg.MaterializeResult:  # type: ignore[type-arg]  # beside checks Dagster knows this form
        try:
            return _materialize(context, store, model)
        except GametapeError as error:
            raise dg.Failure(str(error), allow_retries=False) from error

    return table


def _materialize(
    context: dg.AssetExecutionContext, store: Store, model: Model
) -> dg.MaterializeResult[None]:
    folder = store.root / "tables"
    started = time.monotonic()
    mark, history = _history(context, model, folder)
    for _ in range(TRIES):
        files, marks = store.published_files(kinds_of([model]))
        inputs = current_inputs(model, marks, folder, mark)
        found = build(model, folder, files, history)
        # A tape that was published anew while it was read may have been read half old, half new.
        if store.published_files(kinds_of([model]))[1] == marks:
            break
        context.log.info("%s: tapes changed while they were read, once more", model.name)
    path = put_table(folder, model, found)
    wrong = counter_examples(model, folder)
    result: dg.MaterializeResult[None] = dg.MaterializeResult(
        data_version=dg.DataVersion(hash_file(path)),
        check_results=[_checked(name, wrong[name]) for name in wrong],
        metadata={
            "dagster/row_count": dg.MetadataValue.int(found.height),
            "dagster/column_schema": _schema(model, found),
            "dagster/column_lineage": _lineage(model),
            "seconds": dg.MetadataValue.float(round(time.monotonic() - started, 3)),
            "bytes": dg.MetadataValue.int(path.stat().st_size),
            "preview": dg.MetadataValue.md(markdown_table(found.head(20))),
            "file": dg.MetadataValue.path(path),
        },
    )
    seconds = time.monotonic() - started
    put_table_sidecar(folder, model, inputs=inputs, run_id=context.run.run_id, seconds=seconds)
    return result


def _history(
    context: dg.AssetExecutionContext, model: Model, folder: Path
) -> tuple[str, dict[str, pl.DataFrame]]:
    """The run history for a model that reads it, and its mark, taken first: runs go on."""
    if not model.history:
        return "", {}
    mark = history_mark(context.instance)
    known = known_runs(folder / f"{model.name}.parquet")
    runs = runs_table(context.instance, known=known, without=context.run.run_id)
    return mark, {"runs": runs}


def _checked(name: str, wrong: Mapping[str, pl.DataFrame]) -> dg.AssetCheckResult:
    """A test's result, with the rows that break it under words that say how."""
    return dg.AssetCheckResult(
        passed=not wrong,
        check_name=name,
        description="; ".join(wrong) or SAYS[name],
        metadata={
            words.replace(" ", "_"): dg.MetadataValue.md(markdown_table(rows))
            for words, rows in wrong.items()
        },
    )


def _schema(model: Model, table: pl.DataFrame) -> dg.TableSchema:
    """Types from the table; what a column means and what must hold of it, from models.yaml."""
    return dg.TableSchema(
        [
            dg.TableColumn(
                name,
                str(type_).lower(),
                description=model.columns[name].says,
                constraints=dg.TableColumnConstraints(
                    nullable=not model.columns[name].required, unique=model.columns[name].unique
                ),
            )
            for name, type_ in table.schema.items()
        ]
    )


def _lineage(model: Model) -> dg.TableColumnLineage:
    """Which columns of which tables and files each column comes from."""
    published = load_catalog().published
    found = {
        column: [
            dg.TableColumnDep(dg.AssetKey(published[t].asset if t in published else t), name)
            for t, name in sources
        ]
        for column, sources in column_lineage(model).items()
    }
    return dg.TableColumnLineage({column: deps for column, deps in found.items() if deps})


def _warehouse() -> dg.AssetsDefinition:
    names = [model.name for model in load_models()]

    @dg.asset(
        group_name=GROUP,
        owners=[OWNERS[GROUP]],
        kinds={"duckdb"},
        tags={"layer": "readers"},
        metadata={"dagster/storage_kind": "duckdb"},
        code_version="1",
        deps=names,
    )
    def warehouse(
        context: dg.AssetExecutionContext, store: dg.ResourceParam[Store]
    ) -> dg.MaterializeResult[None]:
        """All tables in one database for readers, put in place whole: nobody ever meets a lock."""
        folder = store.root / "tables"
        path = folder / SNAPSHOT
        started = time.monotonic()
        try:
            write_snapshot(path, folder, names)
            seconds = time.monotonic() - started
            put_warehouse_sidecar(folder, run_id=context.run.run_id, seconds=seconds)
        except GametapeError as error:
            raise dg.Failure(str(error)) from error
        context.log.info("warehouse: %d tables", len(names))
        return dg.MaterializeResult(
            metadata={
                "tables": dg.MetadataValue.int(len(names)),
                "seconds": dg.MetadataValue.float(round(time.monotonic() - started, 3)),
                "bytes": dg.MetadataValue.int(path.stat().st_size),
                "file": dg.MetadataValue.path(path),
            }
        )

    return warehouse
