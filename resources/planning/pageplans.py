"""Whether the library's pages must be made again, why, and how long that takes.

What troubles the run history knows is noted with the pages, so that a plan need not open it.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from pathlib import Path

from pydantic import Field, ValidationError

from gametape.report.pages.trouble import Trouble
from gametape.schema import Noun
from resources.pages import (
    FOLDER,
    READS,
    TAPES,
    page_path,
    stale_pages,
    tape_page_name,
    wanted_pages,
)
from resources.planning.causes import Cause
from resources.planning.history import Prediction
from resources.publishing import write_json
from resources.store import Store

PAGES = "dashboards"  # the asset
KINDS = ("library", TAPES)


class PageNotes(Noun):
    """`pages/_meta/dashboards.json`: what making pages has cost, and which troubles they tell."""

    made: dict[str, int] = Field(
        default_factory=dict
    )  # kind of page -> how many, when some were last made
    seconds: dict[str, float] = Field(default_factory=dict)  # and how long they took
    troubles: tuple[tuple[str, str, str, str, str], ...] = ()

    def cost_of(self, kind: str, count: int) -> float | None:
        """Seconds that so many pages will take; None where none was ever made."""
        return count * self.seconds[kind] / self.made[kind] if self.made.get(kind) else None


def kind_of(page: str) -> str:
    """The kind of a page by its name."""
    return TAPES if page.startswith(f"{TAPES}/") else "library"


def put_notes(
    store: Store,
    *,
    made: Mapping[str, int],
    seconds: Mapping[str, float],
    troubles: Sequence[Trouble],
) -> None:
    """Note what was made just now; a kind of which there was none keeps what it has cost."""
    old = notes_of(store)
    some = {kind: count for kind, count in made.items() if count}
    notes = PageNotes(
        made={**old.made, **some},
        seconds={**old.seconds, **{kind: round(seconds[kind], 3) for kind in some}},
        troubles=tuple((t.tape, t.name, t.step, t.reason, t.when) for t in troubles),
    )
    if notes != old:
        write_json(_notes_path(store), notes)


def notes_of(store: Store) -> PageNotes:
    """What was noted; nothing where no page was ever made."""
    try:
        return PageNotes.model_validate_json(_notes_path(store).read_bytes())
    except (FileNotFoundError, ValidationError):
        return PageNotes()


def plan_pages(
    store: Store, *, tables: Set[str], tapes: Set[str]
) -> tuple[tuple[Cause, ...], Prediction] | None:
    """Why pages must be made once these tables and these tapes were made again; None: no need."""
    notes = notes_of(store)
    wanted = wanted_pages(store, [Trouble(*told) for told in notes.troubles], without=tables)
    stale = set(stale_pages(store, wanted))
    renewed = {page for page, reads in READS.items() if tables & set(reads)}
    renewed |= {tape_page_name(tape) for tape in tapes}
    if not stale | renewed:
        return None
    counts = dict.fromkeys(KINDS, 0)
    for page in stale | renewed:
        counts[kind_of(page)] += 1
    costs = [notes.cost_of(kind, count) for kind, count in counts.items() if count]
    known = [cost for cost in costs if cost is not None]
    seconds = sum(known) if len(known) == len(costs) else None
    causes = tuple(_causes(store, stale, tables=bool(tables), tapes=len(tapes)))
    return causes, Prediction(seconds, 0 if seconds is None else 1)


def _causes(store: Store, stale: Set[str], *, tables: bool, tapes: int) -> Iterator[Cause]:
    if not page_path(store, "index").is_file():
        yield Cause("never made", "never made")
        return
    if tables:
        yield Cause("input", "the tables that they show will be made again")
    if tapes:
        yield Cause("input", f"{_count(tapes, 'tape')} will have other results")
    gone = {page for page in stale if not page_path(store, page).is_file()}
    if gone:
        yield Cause("never made", f"{_count(len(gone), 'page')} not there")
    if other := stale - gone:
        yield Cause("input", f"what {_count(len(other), 'page')} should show changed since")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _notes_path(store: Store) -> Path:
    return store.root / FOLDER / "_meta" / f"{PAGES}.json"
