"""The table of what was decided on models: trainings, promotions and rollbacks, with reasons."""

from collections.abc import Sequence

from gametape.promotion import HEADLINE, Decision, Row
from gametape.report.pages.grid import Cell, Head, table, words
from gametape.report.pages.layout import section
from gametape.report.pages.markup import Html, tag

MOST_DECISIONS = 100  # of a sport; older ones are in the library's folder


def decisions_table(decisions: Sequence[Decision]) -> Html | None:
    """Every decision on a sport, the latest first; nothing where there is none."""
    if not decisions:
        return None
    heads = [
        words("when", "UTC"),
        words("what"),
        words("new"),
        words("old"),
        Head(HEADLINE, "difference"),
        Head("range"),
        words("outcome"),
        words("why"),
    ]
    rows = [_decided(one) for one in reversed(decisions[-MOST_DECISIONS:])]
    older = len(decisions) - len(rows)
    return section(
        "What was decided",
        table(heads, rows, caption="decisions"),
        tag("p", f"{older} older decisions lie in models/decisions of the library.")
        if older > 0 else None,
        says="Each training, promotion and rollback; the latest first.",
    )  # fmt: skip


def _decided(one: Decision) -> list[Cell]:
    headline = next((row for row in one.figures if row.what == HEADLINE), None)
    outcome = "took over" if one.is_applied else "better, not moved" if one.is_better else "refused"
    why = list(one.reasons) if not one.is_better else ["nothing speaks against it"]
    if one.forced_by:
        why = [f"forced by {one.forced_by}: {one.forced_why}", *why]
    return [
        Cell(one.at[:16].replace("T", " "), one.at),
        Cell(one.kind, one.kind),
        Cell(one.challenger.label, one.challenger.label),
        Cell(one.incumbent.label, one.incumbent.label),
        Cell(f"{headline.difference:+.3f}" if headline else "–",
             headline.difference if headline else None),
        Cell(between(headline) if headline else "–"),
        Cell(outcome, outcome),
        Cell([tag("div", reason) for reason in why]),
    ]  # fmt: skip


def between(row: Row) -> str:
    """Where a difference lies when tapes are drawn anew."""
    if row.low is None or row.high is None:
        return "one tape has no range"
    return f"{row.low:+.3f} to {row.high:+.3f}"
