"""Labels of a dataset come back to the tapes of a library, and videos that came with it as tapes.

What is decided, and why, is `gametape.datasets.restoring`; here it is done, tape by tape.
"""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from gametape.aside import written_aside
from gametape.datasets.nouns import DatasetTape
from gametape.datasets.restoring import Decision, Here, decide, labelled_at
from gametape.errors import InputError
from gametape.exports.cutlist import read_labels
from gametape.line import Order, place_of
from resources.crashpoints import Point, pass_point
from resources.datasets.labelled import read_source, tapes_by_content
from resources.datasets.transfers import original_of
from resources.datasets.versions import Version
from resources.store import Store
from resources.tape import Tape


@dataclass(frozen=True)
class Restoring:
    """What would be done, or was."""

    new_tapes: tuple[str, ...]  # of videos that came with the dataset
    decisions: tuple[Decision, ...]

    @property
    def changed(self) -> tuple[str, ...]:
        """Tapes whose labels come from the dataset."""
        return tuple(d.here for d in self.decisions if d.is_change and d.here is not None)


def restore(
    store: Store, version: Version, *, may_replace_older: bool = False, is_rehearsal: bool = False
) -> Restoring:
    """Give labels back to tapes of the same content; newer labels stay, whatever is asked."""
    here = tapes_by_content(store)
    coming = [
        _order_of(store, tape)
        for tape in version.dataset.tapes
        if tape.content_hash not in here and original_of(store, tape).is_file()
    ]
    decisions = _decisions(store, version, coming, may_replace_older)
    if not is_rehearsal:
        for order in coming:
            store.put_order(order)
        for decision in decisions:
            if decision.is_change and decision.here is not None:
                _put_labels(store.tape(decision.here), version, decision)
                pass_point(Point.LABELS_RESTORED)
    return Restoring(tuple(order.id for order in coming), tuple(decisions))


def _decisions(
    store: Store, version: Version, coming: Sequence[Order], may_replace_older: bool
) -> list[Decision]:
    labels = {}
    for tape in version.dataset.tapes:
        path = version.labels_file(tape.id)
        labels[tape.id] = read_labels(path, duration_s=tape.duration_s)
    library = [_here(tape) for tapes in tapes_by_content(store).values() for tape in tapes]
    library += [Here(order.id, order.content_hash) for order in coming]
    return decide(version.dataset, labels, library, may_replace_older=may_replace_older)


def _here(tape: Tape) -> Here:
    path = tape.labels_file
    is_known = tape.sidecar("sources") is not None
    found = path.is_file()
    return Here(
        tape.order.id,
        tape.order.content_hash,
        duration_s=read_source(tape).duration_s if is_known else None,
        labels=tuple(read_labels(path)) if found else None,
        labelled_at=datetime.fromtimestamp(path.stat().st_mtime, UTC) if found else None,
    )


def _put_labels(tape: Tape, version: Version, decision: Decision) -> None:
    """Put a tape's labels in place, dated as when a person handed them in."""
    if decision.kind == "restore" and tape.labels_file.is_file():
        raise InputError(f"{tape.order.id}: was labelled just now. Restore again to see it.")
    given_s = labelled_at(decision.tape).timestamp()
    with written_aside(tape.labels_file) as aside:
        shutil.copyfile(version.labels_file(decision.tape.id), aside)
        os.utime(aside, (given_s, given_s))


def _order_of(store: Store, tape: DatasetTape) -> Order:
    """The order for a video that came with the dataset."""
    return Order(
        id=tape.id,
        name=tape.name,
        **place_of(original_of(store, tape).absolute()),
        content_hash=tape.content_hash,
        profile=tape.profile,
        game=tape.facts,
    )
