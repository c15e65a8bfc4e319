"""Whether a table is still the right one: it has a sidecar, as every artifact of a tape has.

A table follows from its SQL, from what all tapes published of the kinds that it reads, and from
other tables; so its fingerprint is known before anything is built.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from gametape.fingerprint import fingerprint
from resources.planning.causes import Wanted
from resources.publishing import Sidecar, listed, publish_table, sidecar_path, write_json
from resources.warehouse.sqlmodels import HISTORY, Model, load_catalog, load_models

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
    catalog = load_catalog()
    columns = {n: catalog.published[n].model_dump(mode="json") for n in model.published}
    columns |= {n: catalog.history[n].model_dump(mode="json") for n in model.history}
    return fingerprint(
        inputs={}, parameters={"sql": model.sql, "published": columns}, code="table/1"
    )[:12]


def current_inputs(model: Model, marks: Marks, folder: Path, history: str = "") -> dict[str, str]:
    """What a model reads as it is now: files of tapes, the run history, tables in `folder`."""
    found = {name: listed(sidecar_path(folder, name)) for name in model.reads}
    known = {name: s.fingerprint if s else "" for name, s in found.items()}
    return _inputs(model, marks, known, history)


def history_in(folder: Path) -> str:
    """The mark of the run history that the tables in a folder were built from."""
    for model in load_models():
        sidecar = listed(sidecar_path(folder, model.name)) if model.history else None
        if sidecar is not None:
            return next((v for k, v in sidecar.inputs.items() if k.startswith(HISTORY)), "")
    return ""


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


def wanted_tables(marks: Marks, history: str = "") -> dict[str, Wanted]:
    """What each table and the database must be made from, each after those that it reads.

    `history` is the mark of the run history.
    """
    wanted: dict[str, Wanted] = {}
    known: dict[str, str] = {}
    for model in load_models():
        inputs = _inputs(model, marks, {name: known[name] for name in model.reads}, history)
        wanted[model.name] = _wanted(model.name, inputs, table_code(model))
        known[model.name] = wanted[model.name].fingerprint
    wanted[WAREHOUSE] = _wanted(WAREHOUSE, dict(known), "1")
    return wanted


def _inputs(model: Model, marks: Marks, tables: Mapping[str, str], history: str) -> dict[str, str]:
    of_tapes = {
        f"published.{name}": fingerprint(inputs=marks[name], parameters={}, code="marks")
        for name in model.published
    }
    of_runs = {f"{HISTORY}.{name}": history for name in model.history}
    return {**of_tapes, **of_runs, **tables}


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
