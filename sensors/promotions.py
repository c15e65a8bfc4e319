"""Sensor `promotions`: after a model took over, its sport's tapes are scored again, bit by bit.

Also follows an alias that somebody moved in the registry itself. What is stale is the plan's word.
"""

import time
from bisect import bisect_right
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
LOOK_S = 5.0  # of a tick for looking at tapes; a thousand finished ones take 3.4 s of processor
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


@dataclass(frozen=True)
class Found:
    """What a look at tapes found, and the last one that it looked at."""

    wishes: list[Wish]
    place: str


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
        seen, _, place = (context.cursor or "").partition(" ")
        said, mark = follow(settings, seen or None)
        busy = context.instance.get_runs_count(
            dg.RunsFilter(statuses=list(WAITING), tags={"dagster/sensor_name": "promotions"})
        )
        room = max(0, settings.registry.tapes_per_tick - busy)
        found = wanted(store, most=room, behind=place)
        wishes = found.wishes
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
        cursor = f"{mark} {found.place}"
        return dg.SensorResult(run_requests=requests, skip_reason=reason, cursor=cursor)

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


def wanted(store: Store, *, most: int, behind: str = "", look_s: float = LOOK_S) -> Found:
    """Tapes whose scores are another model's than the one in force, at most so many.

    Looks at tapes for some seconds, from behind one on and then from the first; the next call goes
    on where this one stopped, so that a large library is seen whole in a few.
    """
    until_s = time.monotonic() + look_s
    packs: dict[str, Profile] = {}
    wishes: list[Wish] = []
    place, tapes = behind, store.tape_ids() if most else []
    first = bisect_right(tapes, behind)
    for place in (*tapes[first:], *tapes[:first]):
        wish = _wish_for(store, place, packs)
        wishes += [wish] if wish else []
        if len(wishes) == most or time.monotonic() >= until_s:
            break
    return Found(wishes, place)


def _wish_for(store: Store, tape_id: str, packs: dict[str, Profile]) -> Wish | None:
    try:
        one = store.tape(tape_id)
        key = f"{one.order.profile} {one.order.changes}"
        if key not in packs:
            packs[key] = load_profile(
                one.order.profile, folder=store.profiles, changes=one.order.changes
            )
    except InputError:
        return None
    if packs[key].scorer.name != LEARNED:
        return None
    look = look_at(one, packs[key])
    if _is_only_the_model(look):
        return Wish(tape_id, "tape", f"{tape_id}:{look.wanted['clips']}")
    if list(look.stale) == ["evaluation"] and not look.blocked:
        return Wish(tape_id, "truth", f"{tape_id}:{look.wanted['evaluation']}")
    return None


def _is_only_the_model(look: Look) -> bool:
    """Whether a tape that was finished is stale because a model took over, and for nothing else."""
    line = [name for name in look.stale if name not in ("labels", "evaluation")]
    if not line or line[0] != "predictions" or not set(line) <= set(AFTER) or look.blocked:
        return False
    return any(cause.kind == "model" for cause in look.stale["predictions"])
