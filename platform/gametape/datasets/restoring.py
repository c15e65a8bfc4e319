"""Which labels of a dataset go back to a library's tapes: decisions, without touching a file.

Tapes are matched by content, labels by time. What a person marked later is never overwritten.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from gametape.datasets.nouns import Dataset, DatasetTape
from gametape.schema import Segment

Kind = Literal["restore", "replace", "same", "keep", "no tape"]
WORDS: dict[Kind, str] = {
    "restore": "no labels here: all of them come back",
    "replace": "the labels here are older: they are replaced",
    "same": "the same labels are here",
    "keep": "other labels are here, and they stay",
    "no tape": "no tape of this content is here",
}


@dataclass(frozen=True)
class Here:
    """A tape of the library and the labels that it has; none: None."""

    id: str
    content_hash: str
    duration_s: float | None = None
    labels: tuple[Segment, ...] | None = None
    labelled_at: datetime | None = None


@dataclass(frozen=True)
class Decision:
    """What becomes of the labels of one tape."""

    kind: Kind
    tape: DatasetTape
    here: str | None  # the library's tape
    same: int = 0  # labels at the same times, to the millisecond
    only_in_dataset: int = 0
    only_here: int = 0
    beyond: int = 0  # labels that pass the end of the tape here: nothing is restored then

    @property
    def is_change(self) -> bool:
        """Whether the library's labels would change."""
        return self.kind in ("restore", "replace")

    @property
    def reason(self) -> str:
        """In words."""
        if self.beyond:
            return f"{self.beyond} labels pass the end of the tape that is here"
        if self.kind in ("keep", "replace"):
            return (
                f"{WORDS[self.kind]} ({self.same} alike, {self.only_in_dataset} only in the "
                f"dataset, {self.only_here} only here)"
            )
        return WORDS[self.kind]


def decide(
    dataset: Dataset,
    labels: Mapping[str, Sequence[Segment]],
    library: Iterable[Here],
    *,
    may_replace_older: bool = False,
) -> list[Decision]:
    """A decision for each tape of the dataset, and for each tape of the library that is like it.

    `labels` are the dataset's by its tapes' ids.
    """
    by_content: defaultdict[str, list[Here]] = defaultdict(list)
    for here in library:
        by_content[here.content_hash].append(here)
    found = []
    for tape in dataset.tapes:
        matches = by_content.get(tape.content_hash, [])
        if not matches:
            found.append(Decision("no tape", tape, None))
        for here in matches:
            found.append(_decide(tape, labels[tape.id], here, may_replace_older))
    return found


def _decide(
    tape: DatasetTape, labels: Sequence[Segment], here: Here, may_replace_older: bool
) -> Decision:
    limit_s = here.duration_s
    beyond = 0 if limit_s is None else sum(label.start_s >= limit_s for label in labels)
    if beyond:
        return Decision("keep", tape, here.id, beyond=beyond)
    if here.labels is None:
        return Decision("restore", tape, here.id, only_in_dataset=len(labels))
    there, mine = {_key(s) for s in labels}, {_key(s) for s in here.labels}
    counts = {
        "same": len(there & mine),
        "only_in_dataset": len(there - mine),
        "only_here": len(mine - there),
    }
    if there == mine:
        return Decision("same", tape, here.id, **counts)
    is_older = here.labelled_at is not None and here.labelled_at < labelled_at(tape)
    kind: Kind = "replace" if may_replace_older and is_older else "keep"
    return Decision(kind, tape, here.id, **counts)


def labelled_at(tape: DatasetTape) -> datetime:
    """When the tape's labels were handed in."""
    return datetime.fromisoformat(tape.labelled_at)


def _key(segment: Segment) -> tuple[int, int, str]:
    """A label's place in milliseconds, and its word."""
    return round(1000 * segment.start_s), round(1000 * segment.end_s), segment.label
