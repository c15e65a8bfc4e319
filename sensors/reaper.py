"""Sensor `reaper`: a run whose process was killed is marked failed, so that it is tried again.

Dagster's own monitoring asks its launcher, and the default one does not know. What a process leaves
that is killed is told by `resources.upkeep.alive`; nothing here ends a process.
"""

import time

import dagster as dg

from resources.settings import Settings
from resources.upkeep import alive

INTERVAL_S = 30
# The code server, where it still lives, marks a run itself half a second after its process died.
PAUSE_S = 2.0
# From the launch of a run to its first words: Dagster itself gives up on a start after 180 s.
GRACE_S = 600.0
UNFINISHED = [
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
SAID = "The process of this run is gone: killed, or its machine went down. Finished steps are kept."


def reaper_sensor(settings: Settings) -> dg.SensorDefinition:
    """The sensor for these settings."""

    @dg.sensor(
        name="reaper",
        minimum_interval_seconds=INTERVAL_S,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Runs whose process was killed are marked failed, and tried again.",
    )
    def reaper(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        found = reap(context.instance, settings)
        return dg.SkipReason(f"Marked as ended: {', '.join(found)}" if found else "None is lost")

    return reaper


def reap(
    instance: dg.DagsterInstance, settings: Settings, *, pause_s: float = PAUSE_S
) -> list[str]:
    """Mark runs whose process is gone as ended; return their ids."""
    records = instance.get_run_records(dg.RunsFilter(statuses=UNFINISHED))
    lost = [r.dagster_run.run_id for r in records if _is_lost(r, settings)]
    if lost:
        time.sleep(pause_s)
    ended = [run_id for run_id in lost if _end(instance, run_id)]
    for run_id in alive.known(settings.alive):
        run = instance.get_run_by_id(run_id)
        is_over = run is None or run.is_finished
        if is_over and alive.state_of(settings.alive, run_id) != "working":
            alive.forget(settings.alive, run_id)
    return ended


def _is_lost(record: dg.RunRecord, settings: Settings) -> bool:
    state = alive.state_of(settings.alive, record.dagster_run.run_id)
    began = record.start_time or record.create_timestamp.timestamp()
    return state == "gone" or (state == "unheard" and time.time() - began > GRACE_S)


def _end(instance: dg.DagsterInstance, run_id: str) -> bool:
    run = instance.get_run_by_id(run_id)
    if run is None or run.is_finished:
        return False
    if run.status == dg.DagsterRunStatus.CANCELING:
        instance.report_run_canceled(run, SAID)
    else:
        instance.report_run_failed(run, SAID)
    return True
