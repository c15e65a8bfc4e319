"""The page on cost: where time and bytes went by step and by tape, and what failed."""

from collections.abc import Sequence

import polars as pl

from gametape.line import STEPS, TRUTH
from gametape.report.pages.grid import Cell, Head, table, words
from gametape.report.pages.layout import note, page, section, tiles
from gametape.report.pages.library import number, tape_link
from gametape.report.pages.markup import Html, html, tag
from gametape.report.pages.trouble import Trouble, troubles_table
from gametape.report.pages.units import (
    bytes_text,
    count_text,
    hours_text,
    length_text,
    ratio_text,
    things,
)

ORDER = {step.name: place for place, step in enumerate((*STEPS, *TRUTH))}


def costs_page(
    *,
    library: pl.DataFrame,
    costs: pl.DataFrame,
    steps: pl.DataFrame,
    cuts: pl.DataFrame,
    troubles: Sequence[Trouble],
    mark: str,
) -> str:
    """`steps` has one row a tape and step; `costs` one row a step."""
    failed = [t for t in troubles if t.has_failed]
    if steps.is_empty():
        body = html(_failed(failed), note("Nothing has run yet. Cut a tape first: ",
                                          tag("code", "gametape cut FILE")))  # fmt: skip
    else:
        body = html(
            tiles(_facts(library, costs, failed)),
            _by_step(costs),
            _by_tape(library, steps),
            _cutting(cuts),
            _failed(failed),
        )
    return page(
        "costs",
        title="Costs",
        says="Seconds are by the clock, of the artifacts that are in place now: work that was "
        "thrown away is not counted.",
        body=body,
        mark=mark,
    )


def _facts(
    library: pl.DataFrame, costs: pl.DataFrame, failed: Sequence[Trouble]
) -> list[tuple[str, object, object]]:
    seconds, size = _sum(costs["seconds"]), _sum(costs["bytes"])
    tape_s = _sum(library["duration_s"])
    return [
        ("Work", length_text(seconds), f"for {hours_text(tape_s)} of tape"),
        ("Per second of tape", ratio_text(seconds / tape_s if tape_s else None),
         "all steps together"),
        ("Written", bytes_text(size),
         f"{bytes_text(size / tape_s * 3600 if tape_s else None)} an hour of tape"),
        ("Failed", count_text(len(failed)), "tapes whose last run failed"),
    ]  # fmt: skip


def _by_step(costs: pl.DataFrame) -> Html:
    heads = [
        words("step"),
        Head("tapes", "it is done for"),
        Head("time", "by the clock, all tapes"),
        Head("share of time"),
        Head("median", "of a tape"),
        Head("longest", "of a tape"),
        Head("per second of tape"),
        Head("bytes", "of what it left"),
        Head("share of bytes"),
    ]
    rows = sorted(
        costs.iter_rows(named=True), key=lambda r: (ORDER.get(r["asset"], 99), r["asset"])
    )
    all_s, all_bytes = _sum(costs["seconds"]) or 1.0, _sum(costs["bytes"]) or 1.0
    cells = []
    for row in rows:
        seconds, size = number(row["seconds"]) or 0.0, number(row["bytes"]) or 0.0
        ratio, median = number(row["seconds_per_tape_second"]), number(row["median_s"])
        cells.append(
            [
                Cell(row["asset"], ORDER.get(row["asset"], 99)),
                Cell(count_text(row["tapes"]), row["tapes"]),
                Cell(length_text(seconds), seconds),
                Cell(f"{100 * seconds / all_s:.1f} %", seconds, bar=seconds / all_s),
                Cell(length_text(median), median),
                Cell(length_text(number(row["longest_s"])), number(row["longest_s"])),
                Cell(ratio_text(ratio), ratio),
                Cell(bytes_text(size), size),
                Cell(f"{100 * size / all_bytes:.1f} %", size, bar=size / all_bytes),
            ]
        )
    return section("By step", table(heads, cells, caption="cost by step"))


def _by_tape(library: pl.DataFrame, steps: pl.DataFrame) -> Html:
    names = sorted(set(steps["asset"]), key=lambda name: (ORDER.get(name, 99), name))
    lengths = dict(library.select("tape", "duration_s").iter_rows())
    titles = dict(library.select("tape", "name").iter_rows())
    spent: dict[str, dict[str, tuple[float, float]]] = {}
    for row in steps.iter_rows(named=True):
        spent.setdefault(row["tape"], {})[row["asset"]] = (
            number(row["seconds"]) or 0.0,
            number(row["bytes"]) or 0.0,
        )
    most = max((s / lengths[t] for t, by in spent.items() if lengths.get(t)
                for s, _ in by.values()), default=0.0) or 1.0  # fmt: skip
    heads = [
        words("tape"),
        Head("length", "of the tape"),
        *(Head(name, "milliseconds by the clock for each second of tape") for name in names),
        Head("all", "milliseconds by the clock for each second of tape"),
        Head("bytes", "of all artifacts"),
    ]
    rows = []
    for tape, by in sorted(spent.items(), key=lambda item: -_whole(item[1], lengths.get(item[0]))):
        length_s = lengths.get(tape)
        title = titles.get(tape, tape)
        shown = tape_link(tape, title) if tape in titles else title
        size = sum(b for _, b in by.values())
        rows.append(
            [
                Cell((shown, tag("small", tape)), f"{title} {tape}"),
                Cell(length_text(length_s), length_s),
                *(_share(by.get(name), length_s, most) for name in names),
                Cell(ratio_text(_whole(by, length_s) or None), _whole(by, length_s)),
                Cell(bytes_text(size), size),
            ]
        )
    return section(
        "By tape",
        table(heads, rows, caption="cost by tape and step"),
        says="Work for each second of tape, the dearest tape first.",
    )


def _share(spent: tuple[float, float] | None, length_s: float | None, most: float) -> Cell:
    if spent is None or not length_s:
        return Cell("–")
    share = spent[0] / length_s
    return Cell(ratio_text(share), share, bar=share / most)


def _whole(by: dict[str, tuple[float, float]], length_s: float | None) -> float:
    return sum(s for s, _ in by.values()) / length_s if length_s else 0.0


def _cutting(cuts: pl.DataFrame) -> Html | None:
    if cuts.is_empty():
        return None
    heads = [
        words("way of cutting"),
        Head("clips"),
        Head("exact", "at both ends, proven in the finished file"),
        Head("frames"),
        Head("bytes"),
        Head("worst skew, start", "sound against picture"),
        Head("worst skew, end", "sound against picture"),
    ]
    rows = []
    for row in cuts.iter_rows(named=True):
        skews = [number(row[f"worst_{end}_skew_ms"]) for end in ("start", "end")]
        rows.append(
            [
                Cell(row["method"], row["method"]),
                Cell(count_text(row["clips"]), row["clips"]),
                Cell(count_text(row["exact_clips"]), row["exact_clips"]),
                Cell(count_text(row["frames"]), row["frames"]),
                Cell(bytes_text(number(row["bytes"])), number(row["bytes"])),
                *(Cell("–" if skew is None else f"{skew:.1f} ms", skew) for skew in skews),
            ]
        )
    return section("Cutting", table(heads, rows, caption="clips by way of cutting"))


def _failed(failed: Sequence[Trouble]) -> Html | None:
    if not failed:
        return section("What failed", tag("p", "Nothing: no tape's last run failed."))
    return section(
        "What failed",
        troubles_table(failed, caption="what failed"),
        says=f"{things(len(failed), 'tape')} whose last run failed.",
    )


def _sum(values: pl.Series) -> float:
    return float(values.sum() or 0)
