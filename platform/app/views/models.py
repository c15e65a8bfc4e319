"""How models and decisions are shown to people, and versions to programs."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Column, Table

from app.console import out

if TYPE_CHECKING:
    from gametape.promotion import Decision, Row
    from gametape.training.finetune import FineTuned
    from resources.learning.champions import Champion
    from resources.learning.judging import Learned
    from resources.learning.registry import Version

SHOWN_TAPES = 12
F1_TAG = "gametape.F1_at_0.50"
BALANCED_TAG = "gametape.balanced_accuracy"


def version_values(one: "Version", here: "Mapping[str, Champion]") -> dict[str, object]:
    """A version as plain values."""
    return {
        "name": one.name,
        "version": one.version,
        "state": one.state,
        "aliases": list(one.aliases),
        "in_force_here": _is_in_force(one, here),
        "digest": one.digest,
        "tags": dict(one.tags),
    }


def show_versions(found: "Sequence[Version]", here: "Mapping[str, Champion]") -> None:
    """Versions as a table, the newest of each sport first."""
    if not found:
        out.print("Nothing is registered yet: `gametape train PROFILE` trains a model.")
        return
    whole = [Column(name, no_wrap=True, overflow="fold") for name in ("model", "version")]
    table = Table(*whole, "is", "F1 at IoU 0.5", Column("digest", no_wrap=True), "made", box=None)
    for one in found:
        words = [*one.aliases, *(["in force here"] if _is_in_force(one, here) else [])]
        words += [] if one.state == "ready" else [f"[red]{one.state}: never completed[/]"]
        made = datetime.fromtimestamp(one.created_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")
        row = (one.tags.get(F1_TAG) or _of_windows(one), one.digest[:12], made)
        table.add_row(one.name, one.version, ", ".join(words), *row)
    out.print(table)


def _of_windows(one: "Version") -> str:
    """The figure of a backbone, which finds no plays."""
    value = one.tags.get(BALANCED_TAG)
    return f"{value} of windows" if value else ""


def show_card(found: "Learned") -> None:
    """A model's card in a few lines."""
    card = found.head.card
    out.print(f"[bold]{escape(found.label)}[/]  {card.kind}", soft_wrap=True)
    out.print(f"  {found.folder}", soft_wrap=True, markup=False)
    rows = {
        "reads": f"{', '.join(card.backbones)}, a row every {card.step_s:g} s",
        "tells": ", ".join(card.classes),
        "trained on": ", ".join(f"{value} {key}" for key, value in card.trained_on.items()),
        "data": card.data_hash[:12],
        "fusion": ", ".join(f"{key} {value}" for key, value in card.fusion.items()),
    }
    for name, text in rows.items():
        if text:
            out.print(f"  {name:<11} {escape(text)}", soft_wrap=True)
    for name, interval in card.figures.items():
        between = f"{interval.low:.3f}-{interval.high:.3f}"
        out.print(f"  {name:<15} {interval.value:.3f}  ({between})")
    for note in card.notes:
        out.print(f"  {escape(note)}", soft_wrap=True)


def show_backbone(version: "Version", card: "FineTuned", folder: Path) -> None:
    """A fine-tuned backbone's card in a few lines."""
    about = card.trained_on
    out.print(f"[bold]{version.name}/{version.version} {version.digest[:12]}[/]  {card.kind}")
    out.print(f"  {folder}", soft_wrap=True, markup=False)
    rows = {
        "tells": ", ".join(card.classes),
        "trained on": ", ".join(f"{value} {key}" for key, value in about.items()),
        "data": card.data_hash[:12],
        "steps": f"{card.steps}, loss {card.loss:.3f}",
        "judged on": ", ".join(card.held_out) or "no game",
    }
    for name, text in rows.items():
        out.print(f"  {name:<11} {escape(text)}", soft_wrap=True)
    for name, value in card.figures.items():
        out.print(f"  {name:<18} {value:.3f}")


def show_decision(decision: "Decision") -> None:
    """Both sides, their figures, and the verdict with its reasons."""
    out.print(
        f"[bold]{escape(decision.challenger.label)}[/] against "
        f"[bold]{escape(decision.incumbent.label)}[/]",
        soft_wrap=True,
    )
    if decision.figures:
        out.print(_table(decision.figures, "figure"))
        out.print(_table(decision.strata, "stratum (F1 at IoU 0.5)"))
        out.print(_table(decision.tapes[:SHOWN_TAPES], "tape (F1 at IoU 0.5)"))
    more = len(decision.tapes) - SHOWN_TAPES
    if more > 0:
        out.print(f"... and {more} more tapes; --json lists them all.")
    if decision.left_out:
        out.print(f"{len(decision.left_out)} tapes left out: one of the two has learned from them.")
    if decision.cost and decision.cost.challenger is not None:
        cost = decision.cost
        out.print(f"{cost.challenger:.3f} s of work for a second of tape; {cost.allowed:g} allowed")
    if decision.is_better:
        out.print("[green]Better:[/] nothing speaks against it.")
    for reason in decision.reasons:
        out.print(f"[yellow]against:[/] {escape(reason)}", soft_wrap=True)


def _table(rows: "Sequence[Row]", head: str) -> Table:
    table = Table(head, "tapes", "challenger", "incumbent", "difference", box=None, pad_edge=False)
    for column in table.columns[1:4]:
        column.justify = "right"
    for row in rows:
        between = "" if row.low is None else f" ({row.low:+.3f} to {row.high:+.3f})"
        cells = (f"{row.challenger:.3f}", f"{row.incumbent:.3f}", f"{row.difference:+.3f}{between}")
        is_bad = row.is_worse and head != "figure"
        table.add_row(escape(row.what), str(row.tapes), *cells, style="red" if is_bad else None)
    return table


def _is_in_force(one: "Version", here: "Mapping[str, Champion]") -> bool:
    champion = here.get(one.name.removeprefix("gametape-"))
    return champion is not None and champion.digest == one.digest
