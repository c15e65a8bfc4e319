"""Tapes that are not finished, and why: from the store and Dagster's run history."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from gametape.errors import InputError
from gametape.report.pages.trouble import Trouble
from resources.publishing import listed, sidecar_path
from resources.store import Store

if TYPE_CHECKING:
    import dagster as dg

PARTITION = "dagster/partition"
MOST_RUNS = 500  # failed ones that are looked at, the newest
SILENT = "The run ended without a word: its process was killed, or the machine went down."


def troubles_of(store: Store, instance: "dg.DagsterInstance") -> list[Trouble]:
    """Tapes whose last run failed, and tapes that have no clips yet; in order of id."""
    failed = _failures(instance)
    found = []
    for tape_id in store.tape_ids():
        try:
            name = store.tape(tape_id).order.name
        except InputError as error:
            found.append(Trouble(tape_id, tape_id, "order", str(error)))
            continue
        is_done = listed(sidecar_path(store.root / "videos" / tape_id, "clips")) is not None
        failure = failed.get(tape_id)
        if failure is not None and (failure[3] or not is_done):
            found.append(Trouble(tape_id, name, *failure[:3]))
        elif not is_done:
            found.append(Trouble(tape_id, name))
    return found


def _failures(instance: "dg.DagsterInstance") -> Mapping[str, tuple[str, str, str, bool]]:
    """By tape the newest failed run: step, reason, when, and whether no run came after it."""
    import dagster as dg

    wanted = dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE])
    found: dict[str, tuple[str, str, str, bool]] = {}
    for record in instance.get_run_records(wanted, limit=MOST_RUNS):
        run = record.dagster_run
        tape = run.tags.get(PARTITION)
        if tape is None or tape in found:
            continue
        step, reason = first_fault(instance, run.run_id)
        newest = instance.get_runs(dg.RunsFilter(tags={PARTITION: tape}), limit=1)
        is_last = not newest or newest[0].run_id == run.run_id
        when = record.create_timestamp.strftime("%Y-%m-%d %H:%M")
        found[tape] = (step, reason, when, is_last)
    return found


def first_fault(instance: "dg.DagsterInstance", run_id: str) -> tuple[str, str]:
    """Which step of a failed run failed first, and why."""
    return next(_faults(instance, run_id), ("run", SILENT))


def _faults(instance: "dg.DagsterInstance", run_id: str) -> Iterator[tuple[str, str]]:
    """Steps of a run that failed, and why."""
    import dagster as dg

    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_FAILURE):
        event = entry.dagster_event
        if event is None:
            continue
        data = event.step_failure_data
        told = data.user_failure_data.description if data.user_failure_data else None
        reason = told or (data.error.message.strip() if data.error else "") or SILENT
        yield event.step_key or "run", reason
