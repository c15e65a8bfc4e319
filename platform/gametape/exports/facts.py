"""What a play is called and worth, as lines of text: for formats that have comments only.

A person can read them in any editor, and our readers get the same play back.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from gametape.exports.timeline import Play, clean_text, seconds_of


@dataclass(frozen=True)
class Facts:
    """What lines say of one play."""

    label: str = ""
    title: str = ""
    score: float | None = None
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether no line said anything: the list was not made by gametape."""
        return not self.label


def fact_lines(play: Play) -> list[str]:
    """A play's facts, one a line: `label: serve`, `score: 87.5`, `note server = Kim`."""
    lines = [f"label: {clean_text(play.label)}"]
    if play.title:
        lines.append(f"title: {clean_text(play.title)}")
    if play.score is not None:
        lines.append(f"score: {play.score!r}")
    notes = ((clean_text(key), clean_text(text)) for key, text in play.notes.items())
    return [*lines, *(f"note {key} = {text}" for key, text in notes if key and text)]


def facts_in(lines: Iterable[str], *, where: str) -> Facts:
    """The facts that lines hold; other lines are passed over."""
    said: dict[str, str] = {}
    notes: dict[str, str] = {}
    for line in lines:
        word, mark, text = line.strip().partition(": ")
        if line.strip().startswith("note ") and " = " in line:
            key, _, value = line.strip()[len("note ") :].partition(" = ")
            notes[key] = value
        elif mark and word in ("label", "title", "score"):
            said[word] = text
    score = said.get("score")
    return Facts(
        label=said.get("label", ""),
        title=said.get("title", ""),
        score=None if score is None else float(seconds_of(score, where=where, what="score")),
        notes=notes,
    )
