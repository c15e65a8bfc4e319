"""Whether a table is still the right one: it has a sidecar, as every artifact of a tape has.

A table follows from its SQL, from what all tapes published of the kinds that it reads, and from
other tables; so its fingerprint is known before anything is built.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from gametape.fingerprint import fingerprint
from resources.causes import Wanted
from resources.publishing import Sidecar, listed, publish_table, sidecar_path, write_json
from resources.sqlmodels import Model, load_catalog, load_models

WAREHOUSE = "warehouse"
SNAPSHOT = "warehouse.duckdb"

Marks = Mapping[str, Mapping[str, str]]  # kind of published file -> tape -> what its files are


def kinds_of(models: Sequence[Model]) -> dict[str, tuple[str, str]]:
    """Kinds of published files that models read: name to (asset, pattern)."""
    published = load_catalog().published
    names = sorted({name for model in models for name in model.published})
    return {name: (published[name].asset, published[name].file) for name in names}


def table_code(model: Model) -> str:
    """Version of a model: its SQL, and the columns of the files that it reads."""
    published = load_catalog().published
    columns = {name: published[name].model_dump(mode="json") for name in model.published}
    return fingerprint(
        inputs={}, parameters={"sql": model.sql, "published": columns}, code="table/1"
    )[:12]


def current_inputs(model: Model, marks: Marks, folder: Path) -> dict[str, str]:
    """What a model reads as it is now: files of tapes, and tables that lie in `folder`."""
    found = {name: listed(sidecar_path(folder, name)) for name in model.reads}
    return _inputs(model, marks, {name: s.fingerprint if s else "" for name, s in found.items()})


def put_table(folder: Path, model: Model, table: pl.DataFrame) -> Path:
    """Put a table in place; it is done only when its sidecar is there."""
    path = folder / f"{model.name}.parquet"
    sidecar_path(folder, model.name).unlink(missing_ok=True)
    publish_table(path, table)
    return path


def put_table_sidecar(
    folder: Path, model: Model, *, inputs: Mapping[str, str], run_id: str, seconds: float
) -> None:
    """Say of what a table that is in place was made; `seconds` with its tests."""
    path = folder / f"{model.name}.parquet"
    _put_sidecar(path, model.name, inputs, table_code(model), run_id=run_id, seconds=seconds)


def put_warehouse_sidecar(folder: Path, *, run_id: str, seconds: float) -> None:
    """Say of which tables the database for readers is made."""
    found = {model.name: listed(sidecar_path(folder, model.name)) for model in load_models()}
    inputs = {name: s.fingerprint if s else "" for name, s in found.items()}
    _put_sidecar(folder / SNAPSHOT, WAREHOUSE, inputs, "1", run_id=run_id, seconds=seconds)


def wanted_tables(marks: Marks) -> dict[str, Wanted]:
    """What each table and the database must be made from, each after those that it reads."""
    wanted: dict[str, Wanted] = {}
    known: dict[str, str] = {}
    for model in load_models():
        inputs = _inputs(model, marks, {name: known[name] for name in model.reads})
        wanted[model.name] = _wanted(model.name, inputs, table_code(model))
        known[model.name] = wanted[model.name].fingerprint
    wanted[WAREHOUSE] = _wanted(WAREHOUSE, dict(known), "1")
    return wanted


def _inputs(model: Model, marks: Marks, tables: Mapping[str, str]) -> dict[str, str]:
    of_tapes = {
        f"published.{name}": fingerprint(inputs=marks[name], parameters={}, code="marks")
        for name in model.published
    }
    return {**of_tapes, **tables}


def _wanted(name: str, inputs: Mapping[str, str], code: str) -> Wanted:
    mark = fingerprint(inputs=inputs, parameters={}, code=f"{name}/{code}")
    return Wanted(mark, inputs, code, dict)


def _put_sidecar(
    path: Path, name: str, inputs: Mapping[str, str], code: str, *, run_id: str, seconds: float
) -> None:
    sidecar = Sidecar(
        asset=name,
        fingerprint=_wanted(name, inputs, code).fingerprint,
        inputs=dict(inputs),
        parameters={},
        code=code,
        run_id=run_id,
        seconds=round(seconds, 3),
        files={path.name: path.stat().st_size},
    )
    write_json(sidecar_path(path.parent, name), sidecar)
