"""Tables on pages: sortable by their heads, numbers to the right, each with its unit."""

from collections.abc import Sequence
from dataclasses import dataclass

from gametape.report.pages.markup import Html, html, tag

BAR_WIDTH = 64  # pixels: the same in every column, so that bars can be compared
FILTER_FROM = 25  # rows: a shorter table needs no field to search it


@dataclass(frozen=True)
class Cell:
    """What a cell shows, and the value that it is sorted by; None goes last."""

    shown: object
    value: float | str | None = None
    bar: float | None = None  # 0 to 1: a bar behind a number

    @property
    def is_number(self) -> bool:
        """Whether the cell holds a number."""
        return isinstance(self.value, int | float)


@dataclass(frozen=True)
class Head:
    """The head of a column: its name, what it means, and whether it holds numbers."""

    name: str
    says: str = ""
    is_number: bool = True


def words(name: str, says: str = "") -> Head:
    """The head of a column of words."""
    return Head(name, says, is_number=False)


def table(
    heads: Sequence[Head],
    rows: Sequence[Sequence[Cell]],
    *,
    caption: str,
    marks: Sequence[str] = (),
    has_filter: bool = True,
) -> Html:
    """A table; `marks` (one a row) is a name by which a script picks rows."""
    top = tag("tr", [_head(head) for head in heads])
    body = [
        tag(
            "tr", [_cell(cell, head) for cell, head in zip(row, heads, strict=True)], data_mark=mark
        )
        for row, mark in zip(rows, marks or [""] * len(rows), strict=True)
    ]
    found = tag(
        "table",
        tag("caption", caption, class_="unseen"),
        tag("thead", top),
        tag("tbody", body),
        class_="sortable",
    )
    framed = tag("div", found, class_="wide", tabindex="0", role="region", aria_label=caption)
    if not has_filter or len(rows) < FILTER_FROM:
        return framed
    field = tag(
        "input", type="search", class_="filter", placeholder="Search these rows",
        aria_label=f"Search: {caption}",
    )  # fmt: skip
    return tag("div", field, framed, class_="searched")


def _head(head: Head) -> Html:
    return tag(
        "th",
        tag("button", head.name, type="button", title=head.says or None),
        scope="col",
        class_="number" if head.is_number else None,
    )


def _cell(cell: Cell, head: Head) -> Html:
    bar = None
    if cell.bar is not None:
        share = min(max(cell.bar, 0.0), 1.0)
        bar = tag("i", class_="bar", style=f"width:{BAR_WIDTH * share:.1f}px")
    return tag(
        "td",
        html(bar, tag("span", cell.shown)) if bar else cell.shown,
        class_="number" if head.is_number else None,
        data_value=cell.value,
    )
