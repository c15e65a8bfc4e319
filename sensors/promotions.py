"""Sensor `promotions`: after a model took over, its sport's tapes are scored again, bit by bit.

Also follows an alias that somebody moved in the registry itself. What is stale is the plan's word.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import dagster as dg

from assets.jobs import tape, truth
from assets.videos import videos
from gametape.errors import GametapeError, InputError
from gametape.profile import Profile, load_profile
from resources.learning.champions import LEARNED
from resources.learning.comparing import Desk
from resources.learning.promoting import sync
from resources.planning.looking import Look, look_at
from resources.settings import Settings
from resources.store import Store

INTERVAL_S = 60
# Steps whose only reason to run is that a model took over, or that such a step runs before them.
AFTER = ("predictions", "segments", "clips")
WAITING = (
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
)


@dataclass(frozen=True)
class Wish:
    """A tape to score again, or to hold against its labels again."""

    tape: str
    job: str
    key: str


def promotions_sensor(settings: Settings) -> dg.SensorDefinition:
    """The sensor for these settings."""

    @dg.sensor(
        name="promotions",
        jobs=[tape, truth],
        minimum_interval_seconds=INTERVAL_S,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="After a model took over, its sport's tapes are scored again, bit by bit.",
    )
    def promotions(
        context: dg.SensorEvaluationContext, store: dg.ResourceParam[Store]
    ) -> dg.SensorResult:
        said, mark = follow(settings, context.cursor)
        busy = context.instance.get_runs_count(
            dg.RunsFilter(statuses=list(WAITING), tags={"dagster/sensor_name": "promotions"})
        )
        room = max(0, settings.registry.tapes_per_tick - busy)
        wishes = wanted(store, most=room)
        if wishes:
            context.instance.add_dynamic_partitions(str(videos.name), [w.tape for w in wishes])
        requests = [
            dg.RunRequest(
                run_key=wish.key,
                partition_key=wish.tape,
                job_name=wish.job,
                tags={"gametape/face": "promotions"},
            )
            for wish in wishes
        ]
        said += [f"{len(requests)} tapes to run, {busy} run already"] * bool(requests or busy)
        reason = None if requests else dg.SkipReason("; ".join(said) or "Every score is up to date")
        return dg.SensorResult(run_requests=requests, skip_reason=reason, cursor=mark)

    return promotions


def follow(settings: Settings, seen: str | None) -> tuple[list[str], str]:
    """Let the mirror follow the registry; one in a file is only asked when it has changed."""
    desk = Desk.of(settings)
    file = desk.registry.own_file
    mark = ""
    if file is not None:
        if not file.is_file():
            return [], ""
        mark = str(file.stat().st_mtime_ns)
        if mark == seen:
            return [], mark
    try:
        return sync(desk), mark
    except GametapeError as error:
        return [str(error)], seen or ""


def wanted(store: Store, *, most: int) -> list[Wish]:
    """Tapes whose scores are another model's than the one in force, at most so many."""
    wishes: list[Wish] = []
    for wish in _all_wanted(store) if most else ():
        wishes.append(wish)
        if len(wishes) == most:
            break
    return wishes


def _all_wanted(store: Store) -> Iterator[Wish]:
    packs: dict[str, Profile] = {}
    for tape_id in store.tape_ids():
        try:
            one = store.tape(tape_id)
            key = f"{one.order.profile} {one.order.changes}"
            if key not in packs:
                packs[key] = load_profile(
                    one.order.profile, folder=store.profiles, changes=one.order.changes
                )
        except InputError:
            continue
        if packs[key].scorer.name != LEARNED:
            continue
        look = look_at(one, packs[key])
        if _is_only_the_model(look):
            yield Wish(tape_id, "tape", f"{tape_id}:{look.wanted['clips']}")
        elif list(look.stale) == ["evaluation"] and not look.blocked:
            yield Wish(tape_id, "truth", f"{tape_id}:{look.wanted['evaluation']}")


def _is_only_the_model(look: Look) -> bool:
    """Whether a tape that was finished is stale because a model took over, and for nothing else."""
    line = [name for name in look.stale if name not in ("labels", "evaluation")]
    if not line or line[0] != "predictions" or not set(line) <= set(AFTER) or look.blocked:
        return False
    return any(cause.kind == "model" for cause in look.stale["predictions"])
