"""What `gametape dataset` prints: cards, lists of versions, what was moved and what came back."""

from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from app.console import err, out, print_json
from resources.store import Store

if TYPE_CHECKING:
    from gametape.datasets.card import DatasetCard
    from resources.datasets.restoring import Restoring
    from resources.datasets.transfers import Moved
    from resources.datasets.versions import Version


def values_of(version: "Version") -> dict[str, object]:
    """A version as plain values."""
    dataset = version.dataset
    return {
        "name": dataset.name,
        "version": dataset.version,
        "digest": dataset.digest,
        "folder": str(version.folder),
        "card": version.card.model_dump(mode="json"),
        "tapes": [tape.model_dump(mode="json") for tape in dataset.tapes],
    }


def rows_here(store: Store) -> list[dict[str, object]]:
    """One row a version of the library."""
    from resources.datasets.versions import versions

    return [
        {
            "name": version.dataset.name,
            "version": version.dataset.version,
            "is_current": is_current,
            **version.card.model_dump(include={"digest", "tapes", "games", "plays"}),
        }
        for version, is_current in versions(store)
    ]


def rows_there(place: str) -> list[dict[str, object]]:
    """One row a version of a store."""
    from gametape.datasets.nouns import SHORT
    from resources.datasets.depots import depot_at
    from resources.datasets.shipments import shipments

    return [
        {
            "name": shipment.name,
            "version": shipment.digest[:SHORT],
            "is_current": is_current,
            **shipment.model_dump(include={"digest", "tapes", "games", "plays"}),
            "bytes": shipment.bytes,
            "videos": len(shipment.videos),
        }
        for shipment, is_current in shipments(depot_at(place))
    ]


def show_card(card: "DatasetCard") -> None:
    """A card for people; what is on both sides goes to standard error."""
    out.print(
        f"{card.tapes} tapes of {card.games} games, {card.plays} plays, {card.hours:.2f} h "
        f"({card.play_hours:.2f} h of play)"
    )
    counted = {"labels": card.classes, "sport packs": card.sports, "angles": card.angles}
    counted |= card.strata | {"features": card.backbones}
    for what, counts in counted.items():
        told = ", ".join(f"{word} {count}" for word, count in counts.items()) or "none"
        out.print(f"  {what}: {told}", markup=False, soft_wrap=True)
    if card.split is None:
        err.print("note: all tapes are of one game, so nothing can be held out to judge by.")
        return
    split = card.split
    out.print(f"  split by game: {len(split.train)} to learn from, {len(split.held_out)} held out")
    for leak in split.leaks:
        err.print(f"leak: {leak}", style="red", markup=False, soft_wrap=True)


def tell_moved(name: str, moved: "Moved", verb: str, *, as_json: bool) -> None:
    """What a push or pull did."""
    if as_json:
        print_json(
            {
                "name": name,
                "version": moved.version,
                verb: moved.moved,
                "bytes": moved.moved_bytes,
                "there_already": moved.there,
                "notes": list(moved.notes),
            }
        )
        return
    out.print(
        f"{name}@{moved.version}: {moved.moved} files {verb} ({moved.moved_bytes / 1e6:.1f} MB), "
        f"{moved.there} were there already."
    )
    for note in moved.notes:
        err.print(f"note: {note}", markup=False, soft_wrap=True)


def tell_restored(done: "Restoring", *, is_rehearsal: bool, as_json: bool) -> None:
    """What a restore did, or would do."""
    rows = [
        {"tape": d.here or d.tape.id, "what": d.kind, "labels": d.tape.play_count, "why": d.reason}
        for d in done.decisions
    ]
    if as_json:
        print_json({"dry_run": is_rehearsal, "new_tapes": list(done.new_tapes), "tapes": rows})
        return
    table = Table("tape", "", "labels", "", box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(escape(str(value)) for value in row.values()))
    out.print(table)
    new = len(done.new_tapes)
    would = "would come" if is_rehearsal else "came"
    out.print(f"{len(done.changed)} tapes' labels {would} back, {new} tapes {would} with them.")
    if is_rehearsal:
        out.print("Nothing was written (--dry-run).")
    elif new:
        out.print("`gametape run` runs the new tapes.")
