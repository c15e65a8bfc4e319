"""What must be made again in a library, why, and how long it will take; nothing is made here."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gametape.errors import InputError
from gametape.line import STEP, Order
from gametape.profile import Profile, load_profile
from resources.planning.causes import Cause, causes_of
from resources.planning.history import History, Prediction
from resources.planning.looking import Look, look_at
from resources.planning.pageplans import PAGES, plan_pages
from resources.publishing import listed, mark_of, sidecar_path
from resources.store import Store
from resources.tape import Tape
from resources.warehouse.sqlmodels import load_catalog, load_models
from resources.warehouse.tablemarks import history_in, kinds_of, wanted_tables

Changes = Mapping[str, str | int | float | bool | None]

WILL_CHANGE = "will change"  # the mark of files that nobody can foretell


@dataclass(frozen=True)
class Stale:
    """An artifact that must be made, why, and how long that takes; blocked: it cannot be."""

    name: str
    causes: tuple[Cause, ...]
    prediction: Prediction
    is_blocked: bool = False


@dataclass(frozen=True)
class TapePlan:
    """What is to be done for one tape; `trouble` is why some or all of it cannot be done."""

    tape: str
    profile: str = ""
    duration_s: float | None = None
    steps: tuple[Stale, ...] = ()
    trouble: str = ""
    is_stuck: bool = False  # something that should be made cannot be
    is_file_touched: bool = False  # the source file was written or moved since it was read

    @property
    def to_run(self) -> list[str]:
        """Steps that can be made, in their order."""
        return [step.name for step in self.steps if not step.is_blocked]


@dataclass(frozen=True)
class Plan:
    """What is to be done: for tapes with something stale or in trouble, then tables and pages."""

    tapes: tuple[TapePlan, ...]
    tables: tuple[Stale, ...]
    pages: tuple[Stale, ...]  # one or none: the library's pages are one asset
    asked: int  # tapes that the plan is about
    right: int  # of these nothing is stale, and nothing is wrong

    @property
    def to_run(self) -> list[Stale]:
        """Every artifact that would be made."""
        of_tapes = [s for tape in self.tapes for s in tape.steps if not s.is_blocked]
        return [*of_tapes, *self.tables, *self.pages]


@dataclass
class _Seen:
    """One tape after it was looked at; `look` is missing where its order cannot be read."""

    tape: str
    is_asked: bool
    order: Order | None = None
    look: Look | None = None
    fault: str = ""  # of the order or the profile

    @property
    def runs(self) -> set[str]:
        """Steps that will be made."""
        if self.look is None or not self.is_asked:
            return set()
        return set(self.look.stale) - self.look.blocked


@dataclass(frozen=True)
class _Wish:
    """For which tapes a plan is, and under which conditions."""

    is_asked: Callable[[str, str | None], bool]  # hears of a tape's id, and its profile if known
    changes: Changes = field(default_factory=dict)
    is_again: bool = False


@dataclass
class _Packs:
    """Profiles of a library with an order's changes, each read once."""

    folder: Path | None
    _found: dict[str, Profile | InputError] = field(default_factory=dict)

    def of(self, order: Order) -> Profile:
        key = json.dumps([order.profile, order.changes], sort_keys=True)
        if key not in self._found:
            try:
                profile = load_profile(order.profile, folder=self.folder, changes=order.changes)
                self._found[key] = profile
            except InputError as error:
                self._found[key] = error
        found = self._found[key]
        if isinstance(found, InputError):
            raise found
        return found


def make_plan(
    store: Store,
    *,
    tapes: Sequence[str] = (),
    sport: str | None = None,
    changes: Changes | None = None,
    is_again: bool = False,
) -> Plan:
    """Look at every tape of a library, plan these (none: all), and what follows from them.

    `changes` are values of the profile as they would be, to see what they would cost; `is_again`
    plans what checks have refused, too. Tapes that are not asked for are looked at as well: what
    they have cost is what the prediction is made of.
    """
    for tape_id in tapes:
        store.tape(tape_id)  # refuses one that is not there
    wish = _Wish(
        lambda t, s: (not tapes or t in tapes) and sport in (None, s), changes or {}, is_again
    )
    seen = _see_all(store, wish)
    asked = [one for one in seen if one.is_asked]
    history = _history(seen)
    plans = (_tape_plan(one, history) for one in asked)
    to_do = tuple(plan for plan in plans if plan.steps or plan.trouble)
    tables = tuple(_table_plans(store, seen))
    pages = _page_plans(store, seen, tables)
    return Plan(to_do, tables, pages, asked=len(asked), right=len(asked) - len(to_do))


def stale_tables(store: Store, history: str | None = None) -> tuple[Stale, ...]:
    """Tables that are not the right ones for what the tapes have published by now.

    `history` is the mark of the run history; without it what has run since is not looked at.
    """
    seen = _see_all(store, _Wish(lambda _tape, _profile: False))
    return tuple(_table_plans(store, seen, history))


def _see_all(store: Store, wish: _Wish) -> list[_Seen]:
    """Look at every tape."""
    packs = _Packs(store.profiles)
    seen = []
    for tape_id in store.tape_ids():
        try:
            tape = store.tape(tape_id)
        except InputError as error:
            seen.append(_Seen(tape_id, wish.is_asked(tape_id, None), fault=str(error)))
            continue
        seen.append(_see(tape, packs, wish))
    return seen


def _see(tape: Tape, packs: _Packs, wish: _Wish) -> _Seen:
    order = tape.order
    is_asked = wish.is_asked(order.id, order.profile)
    if wish.changes and is_asked:
        order = order.model_copy(update={"changes": {**order.changes, **wish.changes}})
        tape = Tape(tape.folder, order, tape.profiles)
    try:
        profile, fault = packs.of(order), ""
    except InputError as error:
        if wish.changes and is_asked:
            raise  # what was asked for does not go with this profile
        profile, fault = None, str(error)
    look = look_at(tape, profile, is_again=wish.is_again and is_asked)
    return _Seen(order.id, is_asked, order, look, fault)


def _history(seen: Sequence[_Seen]) -> History:
    history = History()
    for one in seen:
        file = one.look.file if one.look else None
        if one.look is None or file is None or file.duration_s is None:
            continue
        history.note_length(file.duration_s, size=file.size or 0)
        for name, seconds in one.look.seconds.items():
            history.note(name, seconds, tape_s=file.duration_s)
    return history


def _tape_plan(one: _Seen, history: History) -> TapePlan:
    if one.look is None or one.order is None:
        return TapePlan(one.tape, trouble=one.fault, is_stuck=True)
    look, file = one.look, one.look.file
    length_s = file.duration_s
    if length_s is None and file.size is not None:
        length_s = history.length_of(file.size)
        if length_s is not None and one.order.limit_s is not None:
            length_s = min(length_s, one.order.limit_s)
    steps = tuple(
        Stale(name, causes, history.predict(name, length_s), is_blocked=name in look.blocked)
        for name, causes in look.stale.items()
    )
    stopped = look.refusals if any(step.is_blocked for step in steps) else ()
    return TapePlan(
        one.tape,
        one.order.profile,
        length_s,
        steps,
        trouble=" ".join(said for said in (one.fault or file.trouble, *stopped) if said),
        is_stuck=bool(one.fault or look.blocked),
        is_file_touched=file.is_touched,
    )


def _table_plans(
    store: Store, seen: Sequence[_Seen], history: str | None = None
) -> Iterator[Stale]:
    """Tables that are stale now or will be once the tapes' steps have run."""
    folder = store.root / "tables"
    remade_steps = {step for one in seen for step in one.runs}
    # What runs is in the history afterwards.
    known = history_in(folder) if history is None else history
    wanted = wanted_tables(_marks(store, seen), WILL_CHANGE if remade_steps else known)
    readers = {f"published.{name}": _steps_behind(name) for name in load_catalog().published}
    readers |= {f"history.{name}": set(STEP) for name in load_catalog().history}
    remade = {name for name, steps in readers.items() if steps & remade_steps}
    for name, want in wanted.items():
        found = listed(sidecar_path(folder, name))
        causes = causes_of(folder, name, found, want, remade)
        if causes:
            remade.add(name)
            causes = tuple(
                Cause(c.kind, c.says.replace("published.", "the tapes' ").replace("history.", ""))
                for c in causes
            )
            seconds = None if found is None else found.seconds
            yield Stale(name, causes, Prediction(seconds, 0 if found is None else 1))


def _page_plans(store: Store, seen: Sequence[_Seen], tables: Sequence[Stale]) -> tuple[Stale, ...]:
    """The library's pages, where they are stale or will be then."""
    found = plan_pages(
        store,
        tables={table.name for table in tables},
        tapes={one.tape for one in seen if one.runs},
    )
    return () if found is None else (Stale(PAGES, *found),)


def _steps_behind(kind: str) -> set[str]:
    published = load_catalog().published[kind]
    return set(STEP) if published.file.startswith("_meta/") else {published.asset}


def _marks(store: Store, seen: Sequence[_Seen]) -> dict[str, dict[str, str]]:
    """What the tapes' published files are, as they will be once the steps have run."""
    kinds = kinds_of(load_models())
    marks: dict[str, dict[str, str]] = {kind: {} for kind in kinds}
    for one in seen:
        if one.look is None:
            continue
        runs = one.runs
        after = {**one.look.fingerprints, **{name: one.look.wanted[name] for name in runs}}
        for kind, (asset, pattern) in kinds.items():
            if asset not in after:
                continue
            if runs and pattern.startswith("_meta/"):
                marks[kind][one.tape] = WILL_CHANGE
            else:
                folder = store.root / "videos" / one.tape
                marks[kind][one.tape] = mark_of(folder, after[asset], pattern)
    return marks
