"""What ran and what failed, as a table: from a real run history, tidied or not."""

import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from assets.tables import all_tables
from resources.arrivals.failures import SILENT
from resources.store import Store
from resources.upkeep.retention import plan_purge, purge
from resources.warehouse.runs import MOST_RUNS, RUN_COLUMNS, history_mark, known_runs, runs_table
from resources.warehouse.tablemarks import history_in
from tests.integration.test_tables import put_tape

TAPES = dg.StaticPartitionsDefinition(["tape-1", "tape-2"])
FAILS = {"is_on": False}


@dg.asset(partitions_def=TAPES)
def proxies() -> None:
    if FAILS["is_on"]:
        raise dg.Failure("match.mp4: the picture ends at 3 s.\nGive the whole file.")


@pytest.fixture
def instance(tmp_path: Path):
    silent = {"telemetry": {"enabled": False}}
    (tmp_path / "dagster").mkdir()
    with dg.DagsterInstance.local_temp(str(tmp_path / "dagster"), overrides=silent) as found:
        yield found


def run(instance: dg.DagsterInstance, tape: str, *, fails: bool = False, **tags: str) -> str:
    FAILS["is_on"] = fails
    job = dg.define_asset_job("tape", selection=[proxies])
    whole = dg.Definitions(assets=[proxies], jobs=[job]).resolve_job_def("tape")
    done = whole.execute_in_process(
        partition_key=tape, instance=instance, raise_on_error=False, tags=tags
    )
    return done.run_id


def test_a_run_is_told_with_its_tape_its_face_and_how_it_ended(instance) -> None:
    first = run(instance, "tape-1", **{"gametape/face": "command line"})
    second = run(instance, "tape-2", fails=True, **{"dagster/sensor_name": "inbox"})
    rows = runs_table(instance).to_dicts()
    assert [row["run_id"] for row in rows] == [first, second]
    assert [row["tape"] for row in rows] == ["tape-1", "tape-2"]
    assert [row["face"] for row in rows] == ["command line", "sensor"]
    assert [row["status"] for row in rows] == ["success", "failure"]
    assert [row["step"] for row in rows] == [None, "proxies"]
    assert rows[1]["error"] == "match.mp4: the picture ends at 3 s."
    assert all(0 <= row["seconds"] < 60 for row in rows)
    assert all(abs(row["started"] - datetime.now(UTC).replace(tzinfo=None)) < timedelta(minutes=5)
               for row in rows)  # fmt: skip


def test_an_empty_history_gives_an_empty_table_with_all_its_columns(instance) -> None:
    table = runs_table(instance)
    assert table.is_empty() and table.schema == pl.Schema(RUN_COLUMNS)
    assert history_mark(instance) == ""


def test_why_a_run_failed_is_kept_when_its_log_was_tidied(instance) -> None:
    failed = run(instance, "tape-1", fails=True)
    known = runs_table(instance)
    purge(instance, plan_purge(instance, before=datetime.now(UTC) + timedelta(days=1)))
    (forgotten,) = runs_table(instance).to_dicts()
    assert (forgotten["run_id"], forgotten["error"]) == (failed, SILENT)
    (kept,) = runs_table(instance, known=known).to_dicts()
    assert kept["error"] == "match.mp4: the picture ends at 3 s."


def test_a_run_that_was_let_go_is_in_the_table_no_more(instance) -> None:
    first = run(instance, "tape-1")
    second = run(instance, "tape-1")
    known = runs_table(instance)
    instance.delete_run(first)
    assert runs_table(instance, known=known)["run_id"].to_list() == [second]


def test_a_log_that_cannot_be_read_is_said_and_the_rest_is_told(instance) -> None:
    failed = run(instance, "tape-1", fails=True)
    storage = instance.event_log_storage
    Path(storage.path_for_shard(failed)).write_bytes(b"no database" * 1000)
    other = run(instance, "tape-2", fails=True)
    errors = {row["run_id"]: row["error"] for row in runs_table(instance).to_dicts()}
    assert errors[failed] == "Its log cannot be read."
    assert errors[other] == "match.mp4: the picture ends at 3 s."


def test_what_a_file_says_that_is_no_table_is_not_known(tmp_path: Path) -> None:
    assert known_runs(tmp_path / "none.parquet") is None
    (tmp_path / "bad.parquet").write_bytes(b"PAR1")
    assert known_runs(tmp_path / "bad.parquet") is None


def test_the_mark_moves_with_tapes_and_not_with_tables(instance) -> None:
    run(instance, "tape-1")
    before = history_mark(instance)

    @dg.asset
    def library() -> None: ...

    dg.materialize([library], instance=instance)
    assert history_mark(instance) == before
    run(instance, "tape-2", fails=True)
    assert history_mark(instance) != before


def test_the_newest_ten_thousand_are_told_batch_by_batch(instance, monkeypatch) -> None:
    @dg.job
    def tape() -> None: ...

    storage = instance.run_storage
    monkeypatch.setattr("resources.warehouse.runs.MOST_RUNS", 25)
    monkeypatch.setattr("resources.warehouse.runs.BATCH", 10)
    made = [
        storage.add_run(
            dg.DagsterRun("tape", run_id=str(uuid.uuid4()), status=dg.DagsterRunStatus.SUCCESS)
        ).run_id
        for _ in range(30)
    ]
    assert MOST_RUNS == 10_000
    assert runs_table(instance)["run_id"].to_list() == made[5:]


def test_the_tables_tell_what_ran_and_what_is_left_of_it(instance, tmp_path: Path) -> None:
    store = Store(tmp_path / "library")
    put_tape(store, 1, [(1.0, 5.0)])
    run(instance, "tape-1", fails=True)
    wanted = {"stg_runs", "runs", "stg_steps", "stg_tapes"}
    models = [m for m in all_tables() if m.key.to_user_string() in wanted]
    done = dg.materialize(models, resources={"store": store}, instance=instance)
    assert all(check.passed for check in done.get_asset_check_evaluations())
    rows = pl.read_parquet(store.root / "tables" / "runs.parquet").to_dicts()
    (row,) = rows  # the run that builds the tables is not over
    assert (row["tape"], row["name"], row["status"]) == ("tape-1", "it's [a] match.mp4", "failure")
    assert (row["step"], row["is_last"], row["steps_kept"]) == ("proxies", True, 0)
    assert history_in(store.root / "tables") == history_mark(instance)
