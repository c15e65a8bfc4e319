"""The page on evaluation: how well found plays agree with labels, at every threshold."""

from collections.abc import Mapping, Sequence

import polars as pl

from gametape.report.pages.agreement import PROTOCOL, Group, Marked, groups_of, numbers_of
from gametape.report.pages.grid import Cell, Head, table, words
from gametape.report.pages.layout import note, page, section
from gametape.report.pages.library import number, tape_link
from gametape.report.pages.markup import Html, html, link, tag
from gametape.report.pages.protocols import protocols_section
from gametape.report.pages.units import count_text, share_text, things


def evaluation_page(
    *, marked: Marked, in_force: pl.DataFrame, names: Mapping[str, str], mark: str
) -> str:
    """`in_force` has one row a tape and IoU; `names` are the tapes' file names."""
    groups = groups_of(marked.evaluations)
    body = _body(groups, marked, in_force, names) if groups else _empty(len(names))
    data = {"evaluation": [numbers_of(group, marked) for group in groups]}
    return page(
        "evaluation",
        title="Evaluation",
        says=html(
            "Charts are of protocol ", tag("code", PROTOCOL), ": found plays are matched one to "
            "one with labelled ones, as many as possible; padding of clips is left aside. "
            "Ranges hold 95 % of what the figures come to when tapes are drawn anew, "
            "a thousand times (never plays: those of one tape resemble one another).",
        ),
        body=body,
        mark=mark,
        scripts=("chart", "ranges", "evaluation"),
        data=data,
    )  # fmt: skip


def _empty(tapes: int) -> Html:
    if not tapes:
        return note("The library is empty. Cut a tape first: ", tag("code", "gametape cut FILE"))
    return html(
        note(
            "No tape is labelled, so there is nothing to compare with. Mark the plays of one tape "
            "in any editor, and hand them in as JSON, CSV, EDL or any other format that can be "
            "read: ", tag("code", "gametape label TAPE FILE"),
        ),
        note(
            "Ten labelled tapes of one sport say something; with a single one no range can "
            "be given."
        ),
    )  # fmt: skip


def _body(
    groups: Sequence[Group], marked: Marked, in_force: pl.DataFrame, names: Mapping[str, str]
) -> Html:
    return html(
        _choice(groups),
        _flattered(groups, marked),
        _controls(groups),
        tag("div", id="figures", aria_live="polite"),
        tag("div", tag("div", id="curve"), tag("div", id="trade"), class_="charts"),
        protocols_section(groups, marked),
        section(
            "By venue, light and the like",
            tag("div", id="strata", class_="charts"),
            says=html(
                "F1 of what tapes have in common, with the thresholds in force; in brackets the "
                "number of tapes, one tape has no range. Dotted mark: one play from end to end; "
                "dashed: a mean play every mean interval of each tape. Facts come with ",
                tag("code", "gametape add --game light=night"),
                "; the table ",
                tag("code", "strata"),
                " holds all figures.",
            ),
        ),
        section(
            "Is the score what it says?",
            tag("div", tag("div", id="calibration"), class_="charts"),
            says="Windows of labelled tapes by tenths of their raw play score. On the diagonal, "
            "of windows that score 0.7 seven in ten are play.",
        ),
        section(
            "How far the edges lie off",
            tag("div", tag("div", id="onset"), tag("div", id="offset"), class_="charts"),
            says="Matched plays at IoU 0.5 with the thresholds in force: found minus true. "
            "Left of nothing is too early.",
        ),
        _tapes(groups, in_force, names),
        tag("noscript", note("The charts need scripts; the tables do not.")),
    )


def _choice(groups: Sequence[Group]) -> Html | None:
    """What is shown of several groups, and that the others are not in it."""
    if len(groups) < 2:
        return None
    several = {g.profile for g in groups if sum(o.profile == g.profile for o in groups) > 1}
    mixed = html(
        " Tapes of ", ", ".join(sorted(several)), " were judged by several model versions: ",
        tag("code", "gametape run"), " brings them up to date.",
    ) if several else None  # fmt: skip
    return note(
        f"There are {len(groups)} combinations of sport pack and model version. Each is shown for "
        "itself, and none is pooled with another; the one with the most labelled tapes comes "
        "first.",
        mixed,
        kind="warn" if several else "note",
    )


def _flattered(groups: Sequence[Group], marked: Marked) -> Html | None:
    """Which figures are too good: of tapes that the model has learned from."""
    told = []
    for group in groups:
        known = marked.learned_from.get(group.digest, frozenset()) & set(group.tapes)
        if known:
            of = things(len(group.tapes), "tape")
            told.append(tag("li", f"{group.name}: {len(known)} of {of}"))
    if not told:
        return None
    return tag(
        "div",
        "These models have learned from tapes that they are judged on here, so their figures "
        "flatter. What they do on others is on the ",
        link("models.html", "page on models"),
        ".",
        tag("ul", told),
        class_="warn",
    )


def _controls(groups: Sequence[Group]) -> Html:
    options = [
        tag("option", f"{group.name} ({things(len(group.tapes), 'tape')})", value=place)
        for place, group in enumerate(groups)
    ]
    pick = tag("label", "Sport pack and model ", tag("select", options, id="group"))
    iou = tag("label", "IoU ", tag("select", id="iou"))
    slider = tag(
        "label",
        "Threshold ",
        tag("input", type="range", id="threshold", min="0", max="1", step="1"),
        tag("output", id="threshold-value", for_="threshold"),
    )
    back = tag("button", "in force", type="button", class_="plain", id="back")
    return tag("div", pick, iou, slider, back, class_="controls")


def _tapes(groups: Sequence[Group], in_force: pl.DataFrame, names: Mapping[str, str]) -> Html:
    place = {tape: str(number) for number, group in enumerate(groups) for tape in group.tapes}
    ious = sorted(set(in_force["iou"].to_list()))
    by_tape: dict[str, dict[float, Mapping[str, object]]] = {}
    for row in in_force.iter_rows(named=True):
        by_tape.setdefault(row["tape"], {})[row["iou"]] = row
    heads = [
        words("tape"),
        Head("labelled", "plays as people marked them"),
        Head("found"),
        *(Head(f"F1 at {iou:g}", f"at IoU {iou:g}") for iou in ious),
        Head("precision", "at IoU 0.5"),
        Head("recall", "at IoU 0.5"),
        Head("merged", "found plays that swallow two or more labelled ones"),
        Head("split", "labelled plays that are covered by two or more found ones"),
    ]
    rows = [_row(tape, by_tape[tape], ious, names) for tape in by_tape]
    return section(
        "Tape by tape",
        table(heads, rows, caption="evaluation by tape", marks=[place[t] for t in by_tape]),
        says="With the thresholds in force.",
    )


def _row(
    tape: str,
    by_iou: Mapping[float, Mapping[str, object]],
    ious: Sequence[float],
    names: Mapping[str, str],
) -> list[Cell]:
    middle = by_iou.get(0.5, next(iter(by_iou.values())))
    name = names.get(tape, tape)
    scores = [number(by_iou[iou]["f1"]) if iou in by_iou else None for iou in ious]
    shares = [number(middle[key]) for key in ("precision", "recall")]
    counts = [number(middle[key]) for key in ("merged_count", "split_count")]
    return [
        Cell((tape_link(tape, name), tag("small", tape)), f"{name} {tape}"),
        *(_count(number(middle[key])) for key in ("true_count", "found_count")),
        *(Cell(share_text(score), score, bar=score) for score in scores),
        *(Cell(share_text(share), share) for share in shares),
        *(_count(count) for count in counts),
    ]


def _count(count: float | None) -> Cell:
    return Cell(count_text(None if count is None else int(count)), count)
