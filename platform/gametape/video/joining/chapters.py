"""The chapters of a reel: one a play, its title card included, as MP4 and Matroska hold them.

Lists of chapters for the sites of others are written elsewhere.
"""

from collections.abc import Sequence
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av.container.core import Chapter

TICKS_HZ = 1000  # both containers count chapters in thousandths of a second
TITLE_BYTES = 200  # MP4's short list of chapters holds 255


def chapters(starts_s: Sequence[Fraction], titles: Sequence[str]) -> "list[Chapter]":
    """A chapter from each start to the next, the last of them being the end.

    A start is rounded up: before it a player would show the last frame of the play before.
    """
    return [
        {
            "id": number,
            "start": ceil(start_s * TICKS_HZ),
            "end": ceil(starts_s[number] * TICKS_HZ),
            "time_base": Fraction(1, TICKS_HZ),
            "metadata": {"title": _title(number, titles)},
        }
        for number, start_s in enumerate(starts_s[:-1], start=1)
    ]


def _title(number: int, titles: Sequence[str]) -> str:
    """A chapter's title on one line, cut between letters; never empty."""
    given = " ".join(titles[number - 1].split()) if number <= len(titles) else ""
    short = given.encode("utf-8", "replace")[:TITLE_BYTES].decode("utf-8", "ignore").strip()
    return short or f"Clip {number}"
