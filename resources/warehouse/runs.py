"""What ran and what failed: Dagster's run history as a table, one row a run.

Only the writer of the tables reads the history for it. A run that the history has let go is in the
table no more; of one whose log was let go, the table keeps what it said.
"""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from gametape.fingerprint import fingerprint
from resources.arrivals.failures import PARTITION, SILENT, first_fault

if TYPE_CHECKING:
    import dagster as dg

MOST_RUNS = 10_000  # the newest; years of one tape a day, or one backfill of a large library
MOST_FAULTS = 100  # logs opened at once, up to a tenth of a second each; the next build reads on
BATCH = 1_000
OF_TAPES = ("tape", "truth", "__ASSET_JOB")  # jobs that work on tapes; the last is the UI's own
RECENT = 20  # runs of the UI's own job among which one of a tape is looked for
FACES = {  # tags that tell who asked for a run, the first that a run has
    "gametape/face": None,  # says it itself
    "dagster/backfill": "backfill",
    "dagster/sensor_name": "sensor",
    "dagster/schedule_name": "schedule",
}
RUN_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "run_id": pl.String,
    "tape": pl.String,
    "job": pl.String,
    "face": pl.String,
    "asked": pl.String,
    "status": pl.String,
    "started": pl.Datetime("us"),
    "seconds": pl.Float64,
    "step": pl.String,
    "error": pl.String,
}

logger = logging.getLogger(__name__)


def runs_table(
    instance: "dg.DagsterInstance", *, known: pl.DataFrame | None = None, without: str = ""
) -> pl.DataFrame:
    """The newest runs, oldest first; `without` is the run that asks, which has not ended.

    `known` is the table as it was: why a run failed is read from its log once.
    """
    told = _told(known)
    rows, left = [], MOST_FAULTS
    for record in _records(instance):
        row = _row(record)
        if row["run_id"] == without:
            continue
        if row["status"] == "failure":
            fault = told.get(str(row["run_id"]))
            if fault is None and left > 0:
                left -= 1
                fault = _fault(instance, str(row["run_id"]))
            row |= dict(zip(("step", "error"), fault or (None, None), strict=True))
        rows.append(row)
    return pl.DataFrame(rows[::-1], schema=RUN_COLUMNS, orient="row")


def known_runs(path: Path) -> pl.DataFrame | None:
    """The table as it was built last; None where it is not there or cannot be read."""
    try:
        return pl.read_parquet(path, glob=False)
    except (FileNotFoundError, pl.exceptions.PolarsError):
        return None


def history_mark(instance: "dg.DagsterInstance") -> str:
    """What the history last heard of a tape. Runs that only build tables do not count.

    Otherwise each time the tables are built would be a reason to build them again.
    """
    import dagster as dg

    newest = {}
    for job in OF_TAPES:
        chosen = dg.RunsFilter(job_name=job)
        records = instance.get_run_records(chosen, limit=RECENT, order_by="update_timestamp")
        for record in records:
            if PARTITION in record.dagster_run.tags:
                status = record.dagster_run.status.value
                newest[job] = f"{record.dagster_run.run_id} {status}"
                break
    return fingerprint(inputs=newest, parameters={}, code="history") if newest else ""


def _records(instance: "dg.DagsterInstance") -> Iterator["dg.RunRecord"]:
    """The newest first."""
    cursor, left = None, MOST_RUNS
    while left > 0:
        found = instance.get_run_records(limit=min(BATCH, left), cursor=cursor)
        yield from found
        if len(found) < BATCH:
            return
        cursor, left = found[-1].dagster_run.run_id, left - len(found)


def _row(record: "dg.RunRecord") -> dict[str, object]:
    run = record.dagster_run
    asked = sorted(key.to_user_string() for key in run.asset_selection or ())
    faces = (says or run.tags[tag] for tag, says in FACES.items() if tag in run.tags)
    began, ended = record.start_time, record.end_time
    return {
        "run_id": run.run_id,
        "tape": run.tags.get(PARTITION),
        "job": None if run.job_name == "__ASSET_JOB" else run.job_name,
        "face": next(faces, "UI"),
        "asked": ", ".join(asked) or None,
        "status": run.status.value.lower(),
        "started": record.create_timestamp.replace(tzinfo=None) if began is None else _utc(began),
        "seconds": None if began is None or ended is None else round(ended - began, 3),
        "step": None,
        "error": None,
    }


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)


def _told(known: pl.DataFrame | None) -> dict[str, tuple[str, str]]:
    """By run what the table says already: step and reason."""
    if known is None or not {"run_id", "step", "error"} <= set(known.columns):
        return {}
    rows = known.select("run_id", "step", "error").drop_nulls().iter_rows()
    return {run_id: (step, error) for run_id, step, error in rows if error != SILENT}


def _fault(instance: "dg.DagsterInstance", run_id: str) -> tuple[str, str]:
    """Step and first line of the reason, as the run's log has them."""
    import sqlalchemy
    from dagster import DagsterError

    try:
        step, reason = first_fault(instance, run_id)
    except (sqlalchemy.exc.SQLAlchemyError, DagsterError, OSError) as error:
        logger.warning("the log of run %s cannot be read: %s", run_id, error)
        return "run", "Its log cannot be read."
    return step, next((line for line in reason.splitlines() if line.strip()), SILENT).strip()
