"""The warehouse: SQL models over what tapes have published, and a database for readers.

A model is one file of `dbt_like_sql`: a select over `published.*` (files of the tapes) and over
other models. Nothing is ever written to by two: each model becomes a Parquet file put in place by
rename, and readers get a database file of their own that no writer opens.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import polars as pl
import yaml
from pydantic import BaseModel, ConfigDict, Field

from gametape.aside import written_aside
from gametape.errors import InputError, ToolError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FOLDER = Path(__file__).resolve().parents[1] / "dbt_like_sql"
PUBLISHED = "published"  # the schema that stands for the tapes' own files
EXAMPLES = 10  # counter-examples that a test shows


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Column(_Strict):
    """One column: what it means, and what must hold of it."""

    says: str
    type: str = "varchar"  # as SQL names it; needed for published files only
    unique: bool = False
    required: bool = False
    least: float | None = None
    most: float | None = None
    one_of: str | None = None  # `model.column` that must hold every value


class Published(_Strict):
    """A kind of file that tapes publish, as a table; `tape` is added as its first column."""

    says: str
    file: str  # pattern under a tape's folder
    form: Literal["json", "parquet"]
    asset: str  # who publishes it
    columns: dict[str, Column]


class Described(_Strict):
    """What `models.yaml` says of a model."""

    columns: dict[str, Column]
    unique_together: tuple[str, ...] = ()


class Catalog(_Strict):
    """`models.yaml`: published files, models, columns and tests."""

    published: dict[str, Published]
    models: dict[str, Described] = Field(default_factory=dict)


@dataclass(frozen=True)
class Test:
    """A sentence that must hold of a model, and the queries that find rows where it does not."""

    name: str
    queries: Mapping[str, str]  # what is wrong, in words, to SQL
    reads: tuple[str, ...] = ()  # other models that it looks at


@dataclass(frozen=True)
class Model:
    """One SQL file."""

    name: str
    layer: str  # staging or marts
    says: str  # its first line: what one row is
    sql: str
    reads: tuple[str, ...]  # other models, those that its tests look at included
    published: tuple[str, ...]  # kinds of published files
    columns: Mapping[str, Column] = field(default_factory=dict)
    tests: tuple[Test, ...] = ()


@cache
def load_catalog() -> Catalog:
    """Everything that `models.yaml` says."""
    return Catalog.model_validate(yaml.safe_load((FOLDER / "models.yaml").read_text("utf-8")))


@cache
def load_models() -> tuple[Model, ...]:
    """All models, each after those it reads."""
    catalog = load_catalog()
    paths = [
        path for layer in ("staging", "marts") for path in sorted((FOLDER / layer).glob("*.sql"))
    ]
    found = {path.stem: _model(path, catalog) for path in paths}
    unknown = set(catalog.models) - set(found)
    if unknown:
        raise InputError(f"models.yaml describes {sorted(unknown)}, but there is no such SQL file.")
    ordered: list[Model] = []
    while len(ordered) < len(found):
        done = {model.name for model in ordered}
        ready = [m for n, m in found.items() if n not in done and set(m.reads) <= done]
        if not ready:
            raise InputError(
                f"dbt_like_sql: these models read in a circle: {sorted(set(found) - done)}"
            )
        ordered += ready
    return tuple(ordered)


def tables_read(sql: str) -> list[tuple[str, str]]:
    """Schema (often none) and name of every table that a select reads, its own CTEs left out."""
    import sqlglot
    from sqlglot import exp

    tree = sqlglot.parse_one(sql, dialect="duckdb")
    own = {cte.alias for cte in tree.find_all(exp.CTE)}
    found = {(table.db, table.name) for table in tree.find_all(exp.Table)}
    return sorted((schema, name) for schema, name in found if schema or name not in own)


def _model(path: Path, catalog: Catalog) -> Model:
    sql = path.read_text(encoding="utf-8")
    first = sql.splitlines()[0]
    if not first.startswith("-- One row is "):
        raise InputError(
            f"{path.name}: its first line must say what one row is: `-- One row is …`."
        )
    tables = tables_read(sql)
    described = catalog.models.get(path.stem)
    if described is None:
        raise InputError(f"{path.name}: models.yaml does not describe its columns.")
    tests = tuple(_tests(path.stem, described))
    looked_at = {name for schema, name in tables if not schema}
    looked_at |= {name for test in tests for name in test.reads}
    return Model(
        name=path.stem,
        layer=path.parent.name,
        says=first.removeprefix("-- "),
        sql=sql,
        reads=tuple(sorted(looked_at)),
        published=tuple(sorted({name for schema, name in tables if schema == PUBLISHED})),
        columns=described.columns,
        tests=tests,
    )


def _tests(model: str, described: Described) -> list[Test]:
    """The tests that a model's columns ask for, those of one kind together."""
    columns = described.columns
    missing = {
        f"{name} is missing": f"select * from {model} where {name} is null"
        for name, column in columns.items()
        if column.required
    }
    alone = [(name,) for name, column in columns.items() if column.unique]
    keys = [*alone, *([described.unique_together] if described.unique_together else [])]
    twice = {f"two rows share {', '.join(key)}": _twice(model, key) for key in keys}
    outside = {
        f"{name} lies outside of {_range(column)}": _outside(model, name, column)
        for name, column in columns.items()
        if column.least is not None or column.most is not None
    }
    unknown, known = {}, []
    for name, column in columns.items():
        if column.one_of is not None:
            other, _, key = column.one_of.partition(".")
            known.append(other)
            unknown[f"{name} is none of {other}"] = (
                f"select * from {model} where {name} not in (select {key} from {other})"
            )
    tests = [
        Test("nothing_that_must_be_there_is_missing", missing),
        Test("no_row_is_there_twice", twice),
        Test("every_value_lies_in_its_range", outside),
        Test("every_reference_is_known", unknown, tuple(known)),
    ]
    return [test for test in tests if test.queries]


def _twice(model: str, key: tuple[str, ...]) -> str:
    listed = ", ".join(key)
    return f"select {listed}, count(*) as times from {model} group by {listed} having count(*) > 1"


def _range(column: Column) -> str:
    least = "any" if column.least is None else f"{column.least:g}"
    most = "any" if column.most is None else f"{column.most:g}"
    return f"{least} to {most}"


def _outside(model: str, name: str, column: Column) -> str:
    # NaN lies outside of every range, and DuckDB sorts it above all numbers.
    bad = [f"isnan({name}::double)"]
    bad += [f"{name} < {column.least}"] if column.least is not None else []
    bad += [f"{name} > {column.most}"] if column.most is not None else []
    return f"select * from {model} where {' or '.join(bad)}"


def build(
    model: Model, tables: Path, files: Mapping[str, Sequence[tuple[str, Path]]]
) -> pl.DataFrame:
    """Run one model over the other models' Parquet files and the tapes' own (tape, file)."""
    with _connection() as connection:
        connection.execute(f"create schema {PUBLISHED}")
        for name in model.published:
            _add_published(connection, name, load_catalog().published[name], files.get(name, ()))
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


def column_lineage(model: Model) -> dict[str, list[tuple[str, str]]]:
    """For each column of a model the (table or kind of file, column) pairs that it comes from."""
    from sqlglot import exp
    from sqlglot.lineage import lineage

    models = {other.name: dict.fromkeys(other.columns, "text") for other in load_models()}
    kinds = {
        name: dict.fromkeys(("tape", *kind.columns), "text")
        for name, kind in load_catalog().published.items()
    }
    found: dict[str, list[tuple[str, str]]] = {}
    for column in model.columns:
        root = lineage(
            column, model.sql, schema={PUBLISHED: kinds, "main": models}, dialect="duckdb"
        )
        leaves = [node for node in root.walk() if isinstance(node.source, exp.Table)]
        pairs = {(leaf.source.name, leaf.name.rsplit(".", 1)[-1].strip('"')) for leaf in leaves}
        found[column] = sorted(pairs)
    return found


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
