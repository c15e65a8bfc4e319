"""From files that arrived to tapes of the library: the one way in, for the inbox and by hand.

The order of writing is what makes it safe to die anywhere: the order, the partition, the ledger
last, all of them names that follow from the content. Whoever starts again finds a file that is
complete and not ordered, and does the same once more.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from gametape.errors import InputError
from gametape.line import Order, order_of, place_of
from gametape.profile import load_profile
from resources.arrivals.examining import Examined
from resources.arrivals.ledger import Book, Entry, Ledger, State, noticed
from resources.arrivals.listing import Listed, Listing
from resources.crashpoints import Point, pass_point
from resources.store import Store

Kind = Literal["new", "new version", "already there", "changed", "linked", "refused"]


@dataclass(frozen=True)
class Asked:
    """What was said about a file beside its content."""

    profile: str | None = None  # None: nothing was said
    game: Mapping[str, str] = field(default_factory=dict)
    is_run_wanted: bool = False


@dataclass(frozen=True)
class Outcome:
    """What became of one file."""

    name: str
    kind: Kind
    tape: str | None = None
    profile: str | None = None
    reason: str = ""
    is_run_asked: bool = False


@dataclass(frozen=True)
class Intake:
    """The way into one library."""

    store: Store
    ledger: Ledger
    default_profile: str
    add_partitions: Callable[[list[str]], None]
    passing: Callable[[Point], None] = pass_point  # called between any two writes, for tests

    def notice(self, listing: Listing, *, now_s: float, settle_s: float) -> None:
        """Write a full listing into the ledger; what is no longer in it is missing."""
        with self.ledger.writing() as book:
            known = book.current()
            for listed in listing.found.values():
                old = known.get(listed.name)
                entry = noticed(old, listed, now_s=now_s, settle_s=settle_s)
                if entry != old:
                    book.put(entry)
            gone = [
                entry
                for name, entry in known.items()
                if name not in listing.found
                and entry.missing_since_s is None
                and listing.covers(name)
            ]
            for entry in gone:
                book.put(replace(entry, missing_since_s=now_s))
            tapes = _Tapes(self.store)
            for tape in {entry.tape for entry in gone if entry.tape}:
                _rehome(book, tapes, tape)

    def register(
        self,
        examined: Iterable[Examined],
        asked: Callable[[str], Asked],
        *,
        now_s: float,
        by_hand: Sequence[Listed] = (),
    ) -> list[Outcome]:
        """Make tapes of files that were examined, unless they changed since.

        `by_hand`: files of which a person says that they are whole, wherever they lie.
        """
        with self.ledger.writing() as book:
            _notice_by_hand(book, by_hand, now_s)
            desk = _Desk(book, _Tapes(self.store), self.default_profile, now_s)
            outcomes = [o for x in examined if (o := desk.take(x, asked(x.name)))]
            self.passing(Point.ORDERS_WRITTEN)
            if tapes := sorted({o.tape for o in outcomes if o.tape}):
                self.add_partitions(tapes)
            self.passing(Point.PARTITIONS_ADDED)
        self.passing(Point.LEDGER_WRITTEN)
        return outcomes

    def rehearse(
        self,
        files: Sequence[tuple[Listed, Examined]],
        asked: Callable[[str], Asked],
        *,
        now_s: float,
    ) -> list[Outcome]:
        """What would become of these files; nothing is written."""
        with self.ledger.rehearsing() as book:
            _notice_by_hand(book, [listed for listed, _ in files], now_s)
            tapes = _Tapes(self.store, is_rehearsal=True)
            desk = _Desk(book, tapes, self.default_profile, now_s)
            return [o for _, x in files if (o := desk.take(x, asked(x.name)))]

    def is_finished(self, tape: str) -> bool:
        """Whether every artifact of a tape is the right one."""
        return _Tapes(self.store).is_finished(tape)


def sport_of(path: Path, root: Path, profiles: Sequence[str]) -> str | None:
    """The profile that a sub-folder of the inbox names; the innermost one counts."""
    folders = path.relative_to(root).parent.parts if path.is_relative_to(root) else ()
    return next((folder for folder in reversed(folders) if folder in profiles), None)


def _notice_by_hand(book: Book, files: Sequence[Listed], now_s: float) -> None:
    for listed in files:
        old = book.get(listed.name)
        entry = noticed(old, replace(listed, is_whole=True), now_s=now_s, settle_s=0)
        book.put(replace(entry, state="complete"))


class _Tapes:
    """The orders of a library, found by content."""

    def __init__(self, store: Store, *, is_rehearsal: bool = False) -> None:
        self.store = store
        self._is_rehearsal = is_rehearsal
        self._orders: dict[str, Order | None] = {}  # by tape
        self._by_hash: dict[str, list[str]] | None = None  # last part of the id -> tapes
        self._faults: dict[str, str | None] = {}  # by profile

    def get(self, tape: str) -> Order | None:
        """A tape's order; None where there is none that can be read."""
        if tape not in self._orders:
            try:
                self._orders[tape] = self.store.tape(tape).order
            except InputError:
                self._orders[tape] = None
        return self._orders[tape]

    def of_content(self, content_hash: str) -> Order | None:
        """The order of a content, whatever the file was called."""
        if self._by_hash is None:
            self._by_hash = defaultdict(list)
            for tape in self.store.tape_ids():
                self._by_hash[tape[-12:]].append(tape)
        orders = (self.get(tape) for tape in self._by_hash[content_hash[:12]])
        return next((o for o in orders if o and o.content_hash == content_hash), None)

    def put(self, order: Order) -> None:
        """Write an order down."""
        if not self._is_rehearsal:
            self.store.put_order(order)
        self._orders[order.id] = order
        if self._by_hash is not None and order.id not in self._by_hash[order.content_hash[:12]]:
            self._by_hash[order.content_hash[:12]].append(order.id)

    def fault_of(self, profile: str) -> str | None:
        """Why a profile cannot be used; None for a good one."""
        if profile not in self._faults:
            try:
                load_profile(profile, folder=self.store.profiles)
                self._faults[profile] = None
            except InputError as error:
                self._faults[profile] = str(error)
        return self._faults[profile]

    def is_finished(self, tape: str) -> bool:
        """Whether every artifact of a tape is the right one."""
        try:
            found = self.store.tape(tape)
            return not found.stale_steps() and not found.refusals()
        except InputError:
            return False


@dataclass(frozen=True)
class _Desk:
    """Where examined files are taken in, within one transaction of the ledger."""

    book: Book
    tapes: _Tapes
    default_profile: str
    now_s: float

    def take(self, examined: Examined, asked: Asked) -> Outcome | None:
        """One file; None if the ledger has moved on since it was read, or it must be read again."""
        entry = self.book.get(examined.name)
        if entry is None or (entry.stamp, entry.state) != (examined.stamp, "complete"):
            return None
        if examined.trouble:
            self.book.put(replace(entry, note=examined.trouble))
            return Outcome(entry.name, "refused", reason=examined.trouble)
        content_hash, refusal = examined.content_hash, examined.refusal
        profile = asked.profile or self.default_profile
        refusal = refusal or self.tapes.fault_of(profile)
        if content_hash is None or refusal:
            return self._refuse(entry, refusal or "")
        if entry.tape is None or entry.content_hash != content_hash:
            entry = self._next_version(entry)
        return self._accept(replace(entry, content_hash=content_hash, note=""), asked, content_hash)

    def _refuse(self, entry: Entry, reason: str) -> Outcome:
        entry = self._next_version(entry)
        self.book.put(replace(entry, state="failed", note=reason))
        return Outcome(entry.name, "refused", reason=reason)

    def _next_version(self, entry: Entry) -> Entry:
        """What was under this name before is superseded; its tape stays, and so do its clips."""
        if entry.tape is None:
            return entry
        old, entry = entry.tape, self.book.supersede(entry)
        self.book.put(entry)
        _rehome(self.book, self.tapes, old)
        return entry

    def _accept(self, entry: Entry, asked: Asked, content_hash: str) -> Outcome:
        order = self.tapes.of_content(content_hash)
        kind: Kind = "new version" if entry.version > 1 and entry.tape is None else "new"
        is_new = order is None
        if order is None:
            order = order_of(
                Path(entry.name),
                content_hash=content_hash,
                profile=asked.profile or self.default_profile,
            )
            order = order.model_copy(update={"game": dict(asked.game)})
            self.tapes.put(order)
            is_home = True
        else:
            self.book.put(replace(entry, tape=order.id, state="linked"))
            order = _rehome(self.book, self.tapes, order.id) or order
            is_home = str(order.file) == entry.name
            kind = "already there" if is_home or entry.tape == order.id else "linked"
            changed = _as_asked(order, asked, is_home=is_home)
            if changed != order:
                order, kind = changed, "changed"
                self.tapes.put(order)
        note = "" if is_home else f"same content as {order.path}, judged as {order.profile}"
        self.book.put(
            replace(entry, tape=order.id, state="ordered" if is_home else "linked", note=note)
        )
        is_run_asked = False
        if asked.is_run_wanted and kind == "changed":
            self.book.want_another_run(order.id, now_s=self.now_s)
            is_run_asked = True
        elif asked.is_run_wanted and (is_new or not self.tapes.is_finished(order.id)):
            is_run_asked = self.book.want_run(order.id, now_s=self.now_s)
        return Outcome(entry.name, kind, order.id, order.profile, note, is_run_asked)


def _as_asked(order: Order, asked: Asked, *, is_home: bool) -> Order:
    """An order with what was said since; a second name of a content does not change its sport."""
    update: dict[str, object] = {"game": {**order.game, **asked.game}}
    if is_home and asked.profile is not None:
        update["profile"] = asked.profile
    return order.model_copy(update=update)


def _rehome(book: Book, tapes: _Tapes, tape: str) -> Order | None:
    """Let a tape's order name a file that is there, if one of its names still is."""
    order, entries = tapes.get(tape), book.of_tape(tape)
    live = [entry for entry in entries if entry.is_live]
    home = book.get(str(order.file)) if order else None
    if order is None or not live or (home and home.tape == tape and home.is_live):
        return order
    if home is None and order.file.is_file():
        return order  # ordered by hand from a place that the ledger does not know
    order = order.model_copy(update={"path_bytes": None, **place_of(Path(live[0].name))})
    tapes.put(order)
    for entry in entries:
        state: State = "ordered" if entry.name == live[0].name else "linked"
        if entry.state in ("ordered", "linked") and entry.state != state:
            book.put(replace(entry, state=state))
    return order
