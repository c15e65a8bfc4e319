"""What went wrong or is not done yet, in words and as a table."""

from collections.abc import Sequence
from dataclasses import dataclass

from gametape.report.pages.grid import Cell, table, words
from gametape.report.pages.markup import Html, tag

MOST_LETTERS = 400  # of a reason; the run's log has the rest


@dataclass(frozen=True)
class Trouble:
    """A tape whose line has not come to its end; without a step it has not failed, but waits."""

    tape: str
    name: str
    step: str = ""
    reason: str = ""
    when: str = ""  # date and time

    @property
    def has_failed(self) -> bool:
        """Whether something failed, rather than not having run yet."""
        return bool(self.step)


def troubles_table(troubles: Sequence[Trouble], *, caption: str) -> Html:
    """One row a tape: which step failed, why, and when."""
    heads = [words("tape"), words("step"), words("what is said of it"), words("when")]
    rows = [
        [
            Cell(_named(t), t.name),
            Cell(t.step or "not run yet", t.step),
            Cell(_short(t.reason), t.reason[:40]),
            Cell(t.when, t.when),
        ]
        for t in troubles
    ]
    return table(heads, rows, caption=caption)


def _named(trouble: Trouble) -> tuple[object, ...]:
    return (trouble.name, tag("small", trouble.tape))


def _short(reason: str) -> str:
    return reason if len(reason) <= MOST_LETTERS else f"{reason[:MOST_LETTERS]} …"
