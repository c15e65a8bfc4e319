"""The table of protocols: pooled as each protocol pools, with all that belongs to a figure."""

import polars as pl
import pytest

from gametape.evaluation import EVALUATION_COLUMNS
from gametape.metrics.protocols.choice import Options
from gametape.metrics.protocols.frames import score_shots
from gametape.metrics.segments import segment_tally
from gametape.metrics.shots import Scene
from gametape.metrics.tally import ALL, figures_of
from gametape.metrics.tiou import tiou_tally
from gametape.report.pages.agreement import Group, Marked
from gametape.report.pages.protocols import NO_SHOTS, protocols_section, scored_figures
from gametape.schema import Segment

GROUP = Group("tennis", "m/1", ("a", "b"))
TRUTH = {"a": [(10.0, 20.0), (40.0, 50.0)], "b": [(5.0, 9.0)]}
FOUND = {"a": [(11.0, 20.0, 90.0), (70.0, 75.0, 50.0)], "b": [(5.0, 9.5, 50.0)]}
SCENES = {
    "a": {"true": [(0, 49), (50, 99)], "found": [(0, 50), (51, 99)]},
    "b": {"true": [(0, 99)], "found": [(0, 19), (20, 99)]},
}


def marked(*, has_shots: bool = True) -> Marked:
    labels = [{"tape": t, "start_s": s, "end_s": e} for t, ss in TRUTH.items() for s, e in ss]
    found = [
        {"tape": t, "play_start_s": s, "play_end_s": e, "score": x}
        for t, ss in FOUND.items()
        for s, e, x in ss
    ]
    scenes = [
        {"tape": t, "side": side, "first_frame": a, "last_frame": b}
        for t, sides in SCENES.items()
        for side, rows in sides.items()
        for a, b in rows
    ]
    nothing = pl.DataFrame(schema={"tape": pl.String, **EVALUATION_COLUMNS})
    table = pl.DataFrame(scenes) if has_shots else pl.DataFrame(scenes).clear()
    return Marked(
        nothing, nothing, nothing, pl.DataFrame(labels), pl.DataFrame(found),
        {"a": 100.0, "b": 50.0}, table,
    )  # fmt: skip


def value(protocol: str, figure: str, *, has_shots: bool = True):
    found = scored_figures(GROUP, marked(has_shots=has_shots))
    return next(f for f in found if (f.protocol, f.figure) == (protocol, figure))


def test_plays_of_all_tapes_are_pooled_as_the_protocols_pool_them() -> None:
    truth = {t: [Segment(s, e) for s, e in ss] for t, ss in TRUTH.items()}
    found = {t: [Segment(s, e, score=x) for s, e, x in ss] for t, ss in FOUND.items()}
    wanted = figures_of(tiou_tally(truth, found))["average mAP", ALL]
    assert value("tiou-map", "average mAP").value == pytest.approx(wanted)
    wanted = figures_of(segment_tally(truth, found, ious=(0.5,)))["F1@0.50", ALL]
    assert value("segments-f1", "F1@0.50").value == pytest.approx(wanted)


def test_a_figure_has_its_range_its_ties_its_baselines_and_its_truth() -> None:
    scored = value("tiou-map", "average mAP")
    assert scored.interval is not None and scored.interval.low <= scored.value
    assert scored.ties is not None and scored.ties.worst < scored.ties.best  # two score 50
    assert set(scored.baselines) == {"chance", "cadence", "always"}
    assert (scored.tapes, scored.truth) == (2, "3 plays")


def test_shots_of_all_tapes_are_pooled_with_those_that_have_one_shot_only() -> None:
    sides = [
        {t: [Scene(*row) for row in both[side]] for t, both in SCENES.items()}
        for side in ("true", "found")
    ]
    scored = value("shots", "F1@2")
    assert scored.value == score_shots(*sides, Options()).figure("F1@2").value == 2 / 3
    assert (scored.tapes, scored.truth) == (2, "1 transition")


def test_without_marked_shots_the_table_says_so_and_how_to_mark_them() -> None:
    scored = value("shots", "F1@2", has_shots=False)
    assert (scored.value, scored.reason) == (None, NO_SHOTS)
    text = str(protocols_section([GROUP], marked(has_shots=False)))
    assert "gametape label TAPE FILE --shots" in text
    assert text.count('data-mark="0"') == 7
