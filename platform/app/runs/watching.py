"""What a run tells those who watch it; who shows it and who does it both know these nouns."""

from dataclasses import dataclass
from typing import Protocol

TABLES = "tables"  # in place of a tape's id


@dataclass(frozen=True)
class Done:
    """What became of one tape, or of the tables."""

    name: str
    steps: list[str]
    seconds: float
    failure: str = ""
    exit_code: int = 0  # as the whole command ends: 2 the input is at fault, 3 the machine


class Watcher(Protocol):
    """Who shows a person how far it is."""

    def tell(self, what: str, done: float, total: float) -> None:
        """Hear of a piece of work of a step."""

    def began(self, number: int, count: int, name: str, left_s: float | None) -> None:
        """Hear that a tape, or the tables, comes next; with the seconds that all will take."""

    def ended(self, number: int, count: int, done: Done, left_s: float | None) -> None:
        """Hear that one is done."""
