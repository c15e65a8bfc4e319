"""How a plan and its run are shown: a table a group of tapes for people, plain values for JSON."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.markup import escape
from rich.padding import Padding
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.table import Table

from app.console import err, out
from app.runs.watching import TABLES, Done
from gametape.line import STEP
from gametape.report.summary import tape_time
from resources.planning.causes import Cause
from resources.planning.history import total
from resources.planning.pageplans import PAGES
from resources.planning.plans import Plan, Stale, TapePlan

SHOWN_GROUPS = 20
SHOWN_NAMES = 3
SHOWN_CAUSES = 3
OVERVIEWS_BY = {TABLES: "each table's last time", PAGES: "the last time"}


def as_values(plan: Plan) -> dict[str, object]:
    """A plan as plain values, every tape and every cause."""
    seconds, unknown = total(stale.prediction for stale in plan.to_run)
    return {
        "asked": plan.asked,
        "right": plan.right,
        "tapes": [
            {
                "tape": tape.tape,
                "profile": tape.profile,
                "duration_s": tape.duration_s,
                "trouble": tape.trouble or None,
                "steps": [_stale_values(stale) for stale in tape.steps],
            }
            for tape in plan.tapes
        ],
        TABLES: [_stale_values(stale) for stale in plan.tables],
        "pages": [_stale_values(stale) for stale in plan.pages],
        "totals": [
            {"step": name, "count": count, "seconds": seconds, "unknown": unknown}
            for name, count, seconds, unknown, _ in _totals(plan)
        ],
        "seconds": round(seconds, 3),
        "unknown": unknown,
    }


def _stale_values(stale: Stale) -> dict[str, object]:
    seconds = stale.prediction.seconds
    return {
        "step": stale.name,
        "causes": [{"kind": cause.kind, "says": cause.says} for cause in stale.causes],
        "seconds": None if seconds is None else round(seconds, 3),
        "measurements": stale.prediction.measurements,
        "is_blocked": stale.is_blocked,
    }


def _totals(plan: Plan) -> Iterator[tuple[str, int, float, int, int]]:
    """Of each step, and of all tables: name, how many, seconds, not known, measurements."""
    for name in STEP:
        found = [s for tape in plan.tapes for s in tape.steps if s.name == name]
        found = [s for s in found if not s.is_blocked]
        if found:
            predictions = [s.prediction for s in found]
            yield name, len(found), *total(predictions), max(p.measurements for p in predictions)
    if plan.tables:
        yield TABLES, len(plan.tables), *total(s.prediction for s in plan.tables), 1
    for pages in plan.pages:
        yield pages.name, 1, *total([pages.prediction]), pages.prediction.measurements


def show(plan: Plan) -> None:
    """Tapes by what is to be done and why, then what it will cost."""
    groups = _grouped(plan.tapes)
    for tapes in groups[:SHOWN_GROUPS]:
        _show_group(tapes)
    if len(groups) > SHOWN_GROUPS:
        rest = sum(len(tapes) for tapes in groups[SHOWN_GROUPS:])
        out.print(f"... and {rest} more tapes; --json lists them all.\n")
    if plan.tables:
        out.print(f"[bold]tables[/]  {len(plan.tables)} of all tables and the database")
        causes = dict.fromkeys(
            c for table in plan.tables for c in table.causes if "the tapes'" in c.says
        )
        causes = causes or dict.fromkeys(c for table in plan.tables for c in table.causes)
        out.print(f"  {_because(tuple(causes))}\n", soft_wrap=True)
    for pages in plan.pages:
        out.print(f"[bold]{pages.name}[/]  the library's pages")
        out.print(f"  {_because(pages.causes)}\n", soft_wrap=True)
    if plan.to_run:
        out.print(_totals_table(plan))
    show_summary(plan)


def show_summary(plan: Plan) -> None:
    """The plan in one sentence."""
    if not plan.to_run:
        stuck = len(plan.tapes)
        words = f"{plan.right} of {plan.asked} tapes are right" if stuck else "all tapes are right"
        is_stuck = any(tape.is_stuck for tape in plan.tapes)
        opening = "[yellow]Nothing can be made:[/]" if is_stuck else "[green]Nothing to do:[/]"
        out.print(f"{opening} {words}.")
        return
    seconds, unknown = total(stale.prediction for stale in plan.to_run)
    busy = sum(1 for tape in plan.tapes if tape.to_run)
    steps = sum(len(tape.to_run) for tape in plan.tapes)
    of_tapes = [f"{_count(steps, 'step')} of {_count(busy, 'tape')}"] * bool(steps)
    words = ", ".join([*of_tapes, *_overviews(len(plan.tables), has_pages=bool(plan.pages))])
    words += ": "
    if unknown == len(plan.to_run):
        words += "how long is unknown, as nothing was measured here yet"
    else:
        words += f"about {said(seconds)}"
        words += f", and {unknown} that were never measured here" if unknown else ""
    out.print(f"{words}. {plan.right} of {plan.asked} tapes are right.", soft_wrap=True)


def _grouped(tapes: Sequence[TapePlan]) -> list[list[TapePlan]]:
    """Tapes for which the same is to be done for the same reasons, together."""
    groups: dict[object, list[TapePlan]] = {}
    for tape in tapes:
        same = tuple((s.name, s.causes, s.is_blocked) for s in tape.steps)
        groups.setdefault((tape.profile, same, tape.trouble), []).append(tape)
    return list(groups.values())


def _show_group(tapes: list[TapePlan]) -> None:
    first = tapes[0]
    names = ", ".join(tape.tape for tape in tapes[:SHOWN_NAMES])
    more = f" and {len(tapes) - SHOWN_NAMES} more" if len(tapes) > SHOWN_NAMES else ""
    length = sum(tape.duration_s or 0.0 for tape in tapes)
    facts = [first.profile, *([tape_time(length)] if length else [])]
    out.print(f"[bold]{names}[/]{more}  [dim]{'  '.join(facts)}[/]", soft_wrap=True)
    if first.trouble:
        out.print(f"  [yellow]{escape(first.trouble)}[/]", soft_wrap=True)
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_column(justify="right", no_wrap=True)
    for index, stale in enumerate(first.steps):
        seconds, unknown = total(tape.steps[index].prediction for tape in tapes)
        cost = "unknown" if unknown else said(seconds)
        if stale.is_blocked:
            is_refused = any(cause.kind == "refused" for cause in stale.causes)
            cost = "refused" if is_refused else "cannot be made"
        style = "yellow" if stale.is_blocked else None
        table.add_row(stale.name, _because(stale.causes), cost, style=style)
    if first.steps:
        out.print(Padding(table, (0, 0, 0, 2)))
    out.print()


def _because(causes: Sequence[Cause]) -> str:
    more = len(causes) - SHOWN_CAUSES
    words = "; ".join(cause.says for cause in causes[:SHOWN_CAUSES])
    return escape(words + (f"; and {more} more" if more > 0 else ""))


def _totals_table(plan: Plan) -> Table:
    table = Table("step", "how many", "predicted", "by", box=None, pad_edge=False)
    for column in table.columns[1:3]:
        column.justify = "right"
    for name, count, seconds, unknown, measurements in _totals(plan):
        known = count - unknown
        cost = said(seconds) if known else "unknown"
        if known and unknown:
            cost += f" and {unknown} unknown"
        by = "never measured here"
        if known:
            by = OVERVIEWS_BY.get(name) or _count(measurements, "measurement")
        table.add_row(name, str(count), cost, by)
    return table


def results_as_values(plan: Plan, results: Sequence[Done]) -> dict[str, object]:
    """A plan and what became of it, as plain values."""
    ran = [
        {
            "tape": None if done.name == TABLES else done.name,
            "steps": done.steps,
            "seconds": done.seconds,
            "failure": done.failure or None,
        }
        for done in results
    ]
    return {"plan": as_values(plan), "ran": ran, "failed": sum(bool(d.failure) for d in results)}


def show_results(results: Sequence[Done]) -> None:
    """How it ended; each failure was said when it happened."""
    failed = [done.name for done in results if done.failure]
    if failed:
        names = ", ".join(failed[:SHOWN_NAMES]) + (", ..." if len(failed) > SHOWN_NAMES else "")
        words = f"{len(failed)} of {len(results)} failed ({names}); what was finished is kept."
        err.print(f"gametape: {words}", style="red", markup=False, soft_wrap=True)
    elif results:
        out.print(f"[green]Done[/] in {said(sum(done.seconds for done in results))}.")


def _overviews(tables: int, *, has_pages: bool) -> list[str]:
    """What is made over all tapes, in words."""
    return [_count(tables, "table")] * bool(tables) + ["the pages"] * has_pages


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def said(seconds: float) -> str:
    """Seconds as a person says them."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 2 * 3600 else f"{seconds / 3600:.1f} h"


class Board:
    """Shows a run: two bars on a terminal, otherwise a line when a tape is done."""

    def __init__(self, bars: Progress | None) -> None:
        self._bars = bars
        self._tasks: list[TaskID] = []
        if bars is not None:
            self._tasks = [bars.add_task("", total=1.0, left="") for _ in range(2)]

    def tell(self, what: str, done: float, total: float) -> None:
        """Show how far a piece of work of a step is."""
        if self._bars is not None:
            self._bars.update(
                self._tasks[1], description=f"  {what}", completed=done, total=total or 1.0
            )

    def began(self, number: int, count: int, name: str, left_s: float | None) -> None:
        """Show what comes next."""
        if self._bars is not None:
            left = "" if left_s is None else f"about {said(left_s)} left"
            self._bars.update(
                self._tasks[0], description=name, completed=number - 1, total=count, left=left
            )
            self._bars.update(self._tasks[1], description="", completed=0)

    def ended(self, number: int, count: int, done: Done, left_s: float | None) -> None:
        """Write down what became of it."""
        place = f"{number}/{count} " if done.name != TABLES else ""
        what = ", ".join(done.steps)
        if done.name == TABLES and len(done.steps) > SHOWN_NAMES:
            has_pages = PAGES in done.steps
            what = ", ".join(_overviews(len(done.steps) - has_pages, has_pages=has_pages))
        words = f"{place}{done.name}: {what or 'nothing'} in {said(done.seconds)}"
        if done.failure:
            reason = done.failure.removeprefix(f"{done.name}: ")
            err.print(f"{place}{done.name}: {reason}", style="red", markup=False, soft_wrap=True)
        else:
            left = f"; about {said(left_s)} left" if left_s else ""
            err.print(words + left, markup=False, soft_wrap=True)


@contextmanager
def board() -> Iterator[Board]:
    """A board on standard error for as long as a run takes."""
    if not err.is_terminal:
        yield Board(None)
        return
    columns = (
        TextColumn("{task.description:<32.32}"),
        BarColumn(bar_width=30),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.fields[left]}"),
    )
    with Progress(*columns, console=err, transient=True) as bars:
        yield Board(bars)
