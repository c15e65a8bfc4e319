"""The table of protocols on the page on evaluation: every figure with what belongs to it.

Tapes of one sport pack and model version are pooled as each protocol pools them; how a protocol
scores is in `gametape.metrics`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gametape.figures import HEADLINES
from gametape.metrics.baselines import ALWAYS, CADENCE, CHANCE
from gametape.metrics.bootstrap import Interval, intervals
from gametape.metrics.protocols.choice import Options
from gametape.metrics.protocols.frames import score_shots
from gametape.metrics.segments import segment_tally
from gametape.metrics.shots import Scene
from gametape.metrics.tally import ALL, Key, Spread, Tally, figures_of
from gametape.metrics.ties import tie_spreads
from gametape.metrics.tiou import tiou_tally
from gametape.report.pages.agreement import Group, Marked, fakes_of, spans_of
from gametape.report.pages.grid import Cell, Head, table, words
from gametape.report.pages.layout import section
from gametape.report.pages.markup import Html, tag
from gametape.report.pages.units import things

BASELINES = (CHANCE, CADENCE, ALWAYS)
SHOWN = {
    "segments-f1": ("F1@0.50", "precision@0.50", "recall@0.50"),
    "tiou-map": ("average mAP", "mAP@0.50", "mAP@0.75"),
    "shots": ("F1@2", "precision@2", "recall@2"),
}
NO_SHOTS = "Nobody has labelled shots of these tapes: gametape label TAPE FILE --shots"


@dataclass(frozen=True)
class Scored:
    """One figure of one protocol over the tapes of a group."""

    protocol: str
    figure: str
    value: float | None
    interval: Interval | None = None
    ties: Spread | None = None
    baselines: Mapping[str, float | None] | None = None
    tapes: int = 0
    truth: str = ""  # labelled plays, or transitions, in words
    reason: str = ""


def scored_figures(group: Group, marked: Marked) -> list[Scored]:
    """What every protocol says of a group; one without truth says why it says nothing."""
    return [*_of_plays(group, marked), *_of_shots(group, marked)]


def protocols_section(groups: Sequence[Group], marked: Marked) -> Html:
    """All groups in one table; the page's script shows the rows of the one that is chosen."""
    heads = [
        words("protocol"),
        words("figure"),
        Head("value", "0 to 1"),
        words("range", "95 % of what drawing tapes anew gives"),
        words("ties", "what other orders of equal scores would give"),
        Head("chance", "the same found plays or cuts, turned round in time"),
        Head("cadence", "a mean play or cut every mean interval"),
        Head("always", "one play from end to end"),
        Head("tapes", "labelled ones"),
        words("truth"),
    ]
    rows, marks = [], []
    for place, group in enumerate(groups):
        found = scored_figures(group, marked)
        rows += [_cells(scored) for scored in found]
        marks += [str(place)] * len(found)
    return section(
        "Every protocol by name",
        table(heads, rows, caption="figures by protocol", marks=marks, has_filter=False),
        says="With the thresholds in force, all tapes of the sport pack and model version pooled; "
        "labels of plays count as one class. A figure says something as far as it lies above "
        "those that do not look.",
    )


def _of_plays(group: Group, marked: Marked) -> Iterator[Scored]:
    truth, found = spans_of(marked, group)
    if not any(truth.values()):
        return
    fakes = fakes_of(group, marked, ious=1)
    count = things(sum(map(len, truth.values())), "play")
    scored = segment_tally(truth, found, ious=(0.5,))
    fake_f1s = {n: [segment_tally(truth, f, ious=(0.5,)) for f in fs] for n, fs in fakes.items()}
    yield from _scored("segments-f1", scored, fake_f1s, {}, (len(truth), count))
    mapped = tiou_tally(truth, found)
    fake_maps = {n: [tiou_tally(truth, f) for f in fs] for n, fs in fakes.items()}
    yield from _scored("tiou-map", mapped, fake_maps, tie_spreads(mapped), (len(truth), count))


def _scored(
    protocol: str,
    tally: Tally,
    fakes: Mapping[str, Sequence[Tally]],
    ties: Mapping[Key, Spread],
    behind: tuple[int, str],
) -> Iterator[Scored]:
    values, drawn = figures_of(tally), intervals(tally)
    trivial = {name: [figures_of(fake) for fake in several] for name, several in fakes.items()}
    for figure in SHOWN[protocol]:
        key = (figure, ALL)
        known = {name: _mean([f[key] for f in several]) for name, several in trivial.items()}
        yield Scored(
            *(protocol, figure, _mean([values[key]]), drawn.get(key), ties.get(key)),
            *(known, *behind),
        )


def _of_shots(group: Group, marked: Marked) -> Iterator[Scored]:
    true, found = (_scenes(marked, group, side) for side in ("true", "found"))
    if not true:
        yield Scored("shots", HEADLINES["shots"], None, reason=NO_SHOTS)
        return
    card = score_shots(true, found, Options())
    count = things(card.contents.play_count, "transition")
    for name in SHOWN["shots"]:
        figure = card.figure(name)
        yield Scored(
            *("shots", name, figure.value, figure.interval, None),
            *(figure.baselines, len(true), count),
        )


def _scenes(marked: Marked, group: Group, side: str) -> dict[str, list[Scene]]:
    if marked.scenes is None:
        return {}
    found: dict[str, list[Scene]] = {}
    rows = marked.scenes.filter(marked.scenes["side"] == side)
    for tape, first, last in rows.select("tape", "first_frame", "last_frame").iter_rows():
        if tape in group.tapes:
            found.setdefault(tape, []).append(Scene(first, last))
    return found


def _cells(scored: Scored) -> list[Cell]:
    if scored.value is None:
        reason = tag("small", scored.reason)
        empty = [Cell("–") for _ in range(7)]
        return [Cell(tag("code", scored.protocol), scored.protocol), Cell(scored.figure), *empty,
                Cell(reason)]  # fmt: skip
    drawn, ties, known = scored.interval, scored.ties, scored.baselines or {}
    return [
        Cell(tag("code", scored.protocol), scored.protocol),
        Cell(scored.figure, scored.figure),
        Cell(f"{scored.value:.3f}", scored.value, bar=scored.value),
        Cell("one tape has none" if drawn is None else f"{drawn.low:.2f} to {drawn.high:.2f}"),
        Cell("none" if ties is None else f"{ties.worst:.3f} to {ties.best:.3f}"),
        *(_share(known.get(name)) for name in BASELINES),
        Cell(str(scored.tapes), scored.tapes),
        Cell(scored.truth, scored.truth),
    ]


def _share(value: float | None) -> Cell:
    return Cell("–") if value is None else Cell(f"{value:.3f}", value)


def _mean(values: Sequence[float]) -> float | None:
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else None
