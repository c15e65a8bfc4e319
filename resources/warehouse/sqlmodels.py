"""SQL models: which files of `dbt_like_sql` there are, what they read, say and promise.

A model is a select over `published.*` (files of the tapes) and over other models; `models.yaml`
says what its columns mean and what must hold of them. Nothing is run here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from gametape.errors import InputError

FOLDER = Path(__file__).resolve().parents[2] / "dbt_like_sql"
PUBLISHED = "published"  # the schema that stands for the tapes' own files
HISTORY = "history"  # the schema that stands for Dagster's run history


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


class Remembered(_Strict):
    """A table that the run history gives."""

    says: str
    columns: dict[str, Column]


class Described(_Strict):
    """What `models.yaml` says of a model."""

    columns: dict[str, Column]
    unique_together: tuple[str, ...] = ()


class Catalog(_Strict):
    """`models.yaml`: published files, run history, models, columns and tests."""

    published: dict[str, Published]
    history: dict[str, Remembered] = Field(default_factory=dict)
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
    history: tuple[str, ...] = ()  # tables of the run history
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
        history=tuple(sorted({name for schema, name in tables if schema == HISTORY})),
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


def column_lineage(model: Model) -> dict[str, list[tuple[str, str]]]:
    """For each column of a model the (table or kind of file, column) pairs that it comes from."""
    from sqlglot import exp
    from sqlglot.lineage import lineage

    models = {other.name: dict.fromkeys(other.columns, "text") for other in load_models()}
    kinds = {
        name: dict.fromkeys(("tape", *kind.columns), "text")
        for name, kind in load_catalog().published.items()
    }
    runs = {
        name: dict.fromkeys(table.columns, "text") for name, table in load_catalog().history.items()
    }
    schema = {PUBLISHED: kinds, HISTORY: runs, "main": models}
    found: dict[str, list[tuple[str, str]]] = {}
    for column in model.columns:
        root = lineage(column, model.sql, schema=schema, dialect="duckdb")
        tables = [(node, node.source) for node in root.walk()]
        leaves = [
            n for n, source in tables if isinstance(source, exp.Table) and source.db != HISTORY
        ]
        pairs = {(leaf.source.name, leaf.name.rsplit(".", 1)[-1].strip('"')) for leaf in leaves}
        found[column] = sorted(pairs)
    return found
