"""Sensor `inbox`: looks into the folder where videos arrive, and asks for a run of each new tape.

One tick: a full listing into the ledger, a few seconds of reading files, and a few run requests.
Each stops at its bound and goes on in the next tick; what a file is and becomes is decided by
`resources.arrivals.intake`.
"""

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import dagster as dg

from assets.jobs import tape
from assets.videos import videos
from gametape.errors import InputError
from gametape.profile import profile_names
from resources.arrivals.examining import MAX_IN_FLIGHT, Examiner
from resources.arrivals.intake import Asked, Intake, Outcome, sport_of
from resources.arrivals.ledger import Book, Entry, Ledger, Wish
from resources.arrivals.listing import SHOWN, Folder, Listing, shown, told
from resources.settings import Settings
from resources.store import Store

READ_S = 8.0  # of a tick for reading files; Dagster gives a tick 60 s in all
MAX_REQUESTS = 20  # runs asked for in one tick; the daemon makes each in about 0.1 s
MAX_WAITING = 100  # runs in the queue; more stay in the ledger, so that people get in between
MAX_ROUNDS = 5  # of looking up runs that were asked for
WAITING = (dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED)


def inbox_sensor(settings: Settings) -> dg.SensorDefinition:
    """The sensor for these settings; it runs by itself where an inbox is set."""
    examiner = Examiner(Ledger(settings.ledger))
    is_on = settings.inbox is not None

    @dg.sensor(
        name="inbox",
        job=tape,
        minimum_interval_seconds=settings.inbox_interval_s,
        default_status=(
            dg.DefaultSensorStatus.RUNNING if is_on else dg.DefaultSensorStatus.STOPPED
        ),
        description="Videos that land in the inbox become tapes, and each new tape one run.",
    )
    def inbox(
        context: dg.SensorEvaluationContext, store: dg.ResourceParam[Store]
    ) -> dg.SensorResult | dg.SkipReason:
        def add_partitions(tapes: list[str]) -> None:
            context.instance.add_dynamic_partitions(str(videos.name), tapes)

        said = look(
            settings, Intake(store, examiner.ledger, settings.profile, add_partitions), examiner
        )
        wishes = wanted_runs(context.instance, examiner.ledger)
        if not wishes:
            return dg.SkipReason(said)
        context.log.info(said)
        add_partitions([wish.tape for wish in wishes])  # where the run history began anew
        return dg.SensorResult(
            run_requests=[
                dg.RunRequest(
                    run_key=run_key(wish),
                    partition_key=wish.tape,
                    tags={"gametape/face": "inbox"},
                )
                for wish in wishes
            ]
        )

    return inbox


def look(settings: Settings, intake: Intake, examiner: Examiner) -> str:
    """One look into the inbox, for a few seconds; what there is to say of it."""
    if settings.inbox is None:
        return "No inbox is set: name a folder with the setting `inbox` (GAMETAPE_INBOX)"
    try:
        listing = Folder(settings.inbox).listing()
    except InputError as error:
        return str(error)
    intake.notice(listing, now_s=time.time(), settle_s=settings.inbox_settle_s)
    outcomes = read_arrivals(intake, examiner, settings.inbox, read_s=READ_S)
    with intake.ledger.reading() as book:
        entries = [entry for name, entry in book.current().items() if listing.covers(name)]
    return report(entries, listing, outcomes)


def read_arrivals(
    intake: Intake, examiner: Examiner, root: Path, *, read_s: float
) -> list[Outcome]:
    """Read files that are complete and make tapes of them, until there are none or time is up."""
    until = time.monotonic() + read_s
    profiles = profile_names(intake.store.profiles)
    asked_now: set[str] = set()  # what could not be read is for the next tick
    outcomes: list[Outcome] = []
    while True:
        with intake.ledger.reading() as book:
            waiting = book.waiting(MAX_IN_FLIGHT + len(asked_now))
        asked_now |= examiner.ask([entry for entry in waiting if entry.name not in asked_now])
        if not examiner.is_busy or time.monotonic() >= until:
            return outcomes
        outcomes += intake.register(
            examiner.finished(until=until),
            lambda name: Asked(sport_of(Path(name), root, profiles), is_run_wanted=True),
            now_s=time.time(),
        )


def wanted_runs(instance: dg.DagsterInstance, ledger: Ledger) -> list[Wish]:
    """Runs to ask for in this tick, a few at most.

    A wish is granted when its run was seen, never when it was asked for: a tick may die between
    the two. Asking twice is harmless, since Dagster makes one run of one key.
    """
    unseen: dict[str, Wish] = {}
    for _ in range(MAX_ROUNDS):
        with ledger.reading() as book:
            fresh = [w for w in book.wishes(MAX_REQUESTS) if unseen.get(w.tape) != w]
        looked_up = [(wish, _run_of(instance, wish)) for wish in fresh]
        unseen |= {wish.tape: wish for wish, run in looked_up if run is None}
        if all(run is None for _, run in looked_up):
            break
        with ledger.writing() as book:
            for wish, run in looked_up:
                if run is not None:
                    _settle(book, wish, run)
    waiting = dg.RunsFilter(statuses=list(WAITING), tags={"dagster/sensor_name": "inbox"})
    room = MAX_WAITING - instance.get_runs_count(waiting)
    return list(unseen.values())[: max(0, min(room, MAX_REQUESTS))]


def _run_of(instance: dg.DagsterInstance, wish: Wish) -> dg.RunRecord | None:
    """The newest run that was launched for a wish; Dagster launches one that was only made."""
    records = instance.get_run_records(dg.RunsFilter(tags={"dagster/run_key": run_key(wish)}))
    launched = (r for r in records if r.dagster_run.status != dg.DagsterRunStatus.NOT_STARTED)
    return next(launched, None)


def _settle(book: Book, wish: Wish, run: dg.RunRecord) -> None:
    if run.create_timestamp.timestamp() < wish.wanted_s:
        # The key is older than the wish: the ledger was lost once, and began to count again.
        book.want_another_run(wish.tape, now_s=wish.wanted_s)
    else:
        book.grant(wish, run.dagster_run.run_id)


def run_key(wish: Wish) -> str:
    """Dagster remembers keys for ever; the id names the content, the attempt allows another run."""
    return f"{wish.tape}:{wish.attempt}"


def report(entries: Sequence[Entry], listing: Listing, outcomes: Sequence[Outcome]) -> str:
    """What is in the inbox, in a few lines that a person reads beside the tick."""
    there = [entry for entry in entries if entry.missing_since_s is None]
    counts: Counter[str] = Counter(entry.state for entry in there)
    counts["missing"] = len(entries) - len(there)
    states = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    lines = [f"{len(there)} files: {states}" if entries else "The inbox is empty"]
    made = [f"{_short(o.name, listing)} is {o.kind} ({o.tape})" for o in outcomes if o.tape]
    lines += made[:SHOWN] + [f"and {len(made) - SHOWN} more"] * (len(made) > SHOWN)
    refused = [f"refused: {e.note}" for e in there if e.state == "failed"]
    lines += refused[:SHOWN] + [f"{len(refused)} are refused in all"] * (len(refused) > SHOWN)
    lines += [f"trouble: {e.note}" for e in there if e.state == "complete" and e.note][:SHOWN]
    if listing.skipped:
        lines.append(f"left out: {told(listing.skipped)}")
    return "\n".join(lines)


def _short(name: str, listing: Listing) -> str:
    return shown(str(Path(name).relative_to(listing.root)))
