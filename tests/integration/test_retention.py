"""The run history stays bounded, and the last word on every tape stays in it."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from app.main import run
from assets.upkeep import do_chores, find_chores
from definitions import build_defs
from resources.arrivals.ledger import Entry, Ledger
from resources.settings import Settings
from resources.upkeep.retention import EMPTY_BYTES, plan_purge, purge
from resources.upkeep.sweeping import left_behind, sweep

KEY = dg.AssetKey("clips")
TAPES = dg.StaticPartitionsDefinition(["a", "b"])
SHOULD = {"fail": False}


@dg.asset(name="clips", partitions_def=TAPES)
def clips() -> dg.MaterializeResult:
    if SHOULD["fail"]:
        raise dg.Failure("no")
    return dg.MaterializeResult(metadata={"words": "x" * 20_000})


@dg.asset_check(asset=KEY, name="is_right")
def is_right() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


class History:
    """A run history on disk, of one asset with two tapes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        silent = {"telemetry": {"enabled": False}}
        self.instance = dg.DagsterInstance.local_temp(str(folder), overrides=silent)

    def run(self, tape: str, *, fails: bool = False) -> str:
        SHOULD["fail"] = fails
        done = dg.materialize(
            [clips, is_right], partition_key=tape, instance=self.instance, raise_on_error=False
        )
        assert done.success is not fails
        return done.run_id

    def tidy(self) -> None:
        purge(self.instance, plan_purge(self.instance, before=later()))

    def runs(self) -> set[str]:
        return {record.run_id for record in self.instance.get_runs()}

    def logs(self) -> set[str]:
        """Runs whose log holds a word."""
        files = (self.folder / "history" / "runs").glob("*-*.db")
        return {path.stem for path in files if path.stat().st_size > EMPTY_BYTES}


def later() -> datetime:
    return datetime.now(UTC) + timedelta(minutes=1)


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    found = History(tmp_path)
    yield found
    found.instance.dispose()


def test_of_each_tape_the_newest_materialization_stays_and_all_others_go(history: History) -> None:
    for _ in range(3):
        history.run("a")
    last = {history.run("a"), history.run("b")}
    history.tidy()
    assert history.runs() == last
    assert history.logs() == set()
    assert [history.instance.all_logs(run_id) for run_id in last] == [[], []]
    assert history.instance.get_materialized_partitions(KEY) == {"a", "b"}
    event = history.instance.get_latest_materialization_event(KEY)
    assert event is not None
    assert event.asset_materialization is not None
    assert len(str(event.asset_materialization.metadata["words"].value)) == 20_000
    results = history.instance.event_log_storage.get_asset_check_execution_history(
        dg.AssetCheckKey(KEY, "is_right"), limit=9
    )
    assert {result.run_id for result in results} == last


def test_a_tape_that_failed_last_stays_failed_and_keeps_what_it_had(history: History) -> None:
    made, failed = history.run("a"), history.run("a", fails=True)
    history.tidy()
    assert history.runs() == {made, failed}
    status = history.instance.get_status_by_partition(KEY, ["a", "b"], TAPES)
    assert status is not None
    assert [str(value) for value in status.values()] == ["AssetPartitionStatus.FAILED", "None"]


def test_what_is_young_or_not_over_stays_whole(history: History) -> None:
    runs = {history.run("a"), history.run("a")}
    going = history.instance.add_run(
        dg.DagsterRun(job_name="tape", status=dg.DagsterRunStatus.STARTED)
    ).run_id
    young = plan_purge(history.instance, before=datetime.now(UTC) - timedelta(days=1))
    assert (young.runs, young.logs, young.bytes) == ((), (), 0)
    history.tidy()
    assert history.runs() & {*runs, going} == {going, history.instance.get_runs()[1].run_id}


def test_a_history_that_grew_and_was_tidied_over_and_over_is_as_large_as_after_the_tenth(
    history: History,
) -> None:
    sizes = []
    for _ in range(30):
        history.run("a")
        history.tidy()
        sizes.append(sum(p.stat().st_size for p in history.folder.rglob("*") if p.is_file()))
    assert max(sizes[10:]) <= 1.1 * max(sizes[:10])


def test_what_a_killed_worker_left_goes_but_nothing_on_which_somebody_works(
    tmp_path: Path,
) -> None:
    tape = tmp_path / "videos" / "tape"
    (tape / "_meta").mkdir(parents=True)
    for step in ("clips", "proxies"):
        (tape / ".aside" / step).mkdir(parents=True)
        (tape / ".aside" / step / "half.mp4").write_bytes(b"12345")
    old, young = (tape / "_meta" / f".{n}.12.part.json" for n in ("old", "young"))
    for path in (old, young, tape / "clips.mp4"):
        path.write_text("{}")
        os.utime(path, (0, 0) if path != young else None)
    with (tape / "_meta" / ".proxies.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = left_behind(tmp_path)
        assert found == sorted([tape / ".aside" / "clips", old])
        assert sweep([*found, tape / ".aside" / "proxies"]) == 7
    assert sorted(p.name for p in tape.rglob("*") if p.is_file()) == sorted(
        [".clips.lock", ".proxies.lock", "clips.mp4", "half.mp4", young.name]
    )


def test_tidy_says_what_goes_and_does_it(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    settings = Settings(library=tmp_path)
    long_ago_s = time.time() - 40 * 24 * 3600
    with Ledger(settings.ledger).writing() as book:
        old = Entry("/in/a.mp4", 1, 1, "1", "ordered", long_ago_s, long_ago_s)
        book.put(book.supersede(old))
    words = ["tidy", "--library", str(tmp_path), "--json"]
    assert run([*words, "--dry-run"]) == 0
    assert json.loads(capfd.readouterr().out)["ledger_entries"] == 1
    assert run(words) == 0
    with Ledger(settings.ledger).reading() as book:
        assert [entry.version for entry in book.history("/in/a.mp4")] == [2]


def test_the_job_does_the_same_once_a_night(tmp_path: Path) -> None:
    definitions = build_defs(Settings(library=tmp_path))
    schedule = definitions.resolve_schedule_def("upkeep_nightly")
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING
    assert schedule.job_name == "upkeep"
    (tmp_path / "videos" / "tape" / ".aside" / "clips").mkdir(parents=True)
    (tmp_path / "videos" / "tape" / "_meta").mkdir()
    with dg.instance_for_test() as instance:
        assert definitions.resolve_job_def("upkeep").execute_in_process(instance=instance).success
        assert not (tmp_path / "videos" / "tape" / ".aside").exists()
        do_chores(
            Settings(library=tmp_path), instance, find_chores(Settings(library=tmp_path), instance)
        )
