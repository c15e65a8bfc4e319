"""Figures of one tape under each protocol: the protocols' own, with ties, baselines and reasons."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from gametape.errors import InputError
from gametape.evaluation import evaluate_segments
from gametape.exports.shotlist import read_shots, shot_list, shots_table, write_shots
from gametape.figures import (
    HEADLINES,
    Judged,
    found_scenes,
    labelled_scenes,
    play_figures,
    scenes_table,
    shot_figures,
    without_truth,
)
from gametape.metrics.protocols.evaluate import evaluate
from gametape.metrics.shots import Scene
from gametape.schema import Segment, Span

JUDGED = Judged("tennis", "m/1", 0.6)
TRUTH = [Span(10.0, 20.0), Span(40.0, 52.0), Span(70.0, 78.0)]
FOUND = [Segment(10.5, 20.0, score=80.0), Segment(43.0, 52.0, score=60.0)]
TIME_S = np.arange(100) / 25


def headline(table: pl.DataFrame, protocol: str) -> dict[str, float]:
    rows = table.filter(
        (pl.col("protocol") == protocol) & (pl.col("figure") == HEADLINES[protocol])
    )
    return rows.row(0, named=True)


def plays(found: list[Segment], *, is_in_force: bool = True) -> pl.DataFrame:
    judged = Judged("tennis", "m/1", 0.6, is_in_force)
    return play_figures(TRUTH, found, judged, ious=(0.5,), duration_s=100.0)


@pytest.mark.parametrize("protocol", ["segments-f1", "tiou-map"])
def test_a_tape_scores_what_the_protocol_says_of_the_same_plain_files(
    tmp_path: Path, protocol: str
) -> None:
    for name, side in (("truth", TRUTH), ("found", FOUND)):
        rows = [{"start_s": s.start_s, "end_s": s.end_s} for s in side]
        for row, s in zip(rows, side, strict=True):
            row["score"] = getattr(s, "score", 100.0)
        (tmp_path / f"{name}.json").write_text(json.dumps({"segments": rows, "duration_s": 100.0}))
    card = evaluate(protocol, truth=tmp_path / "truth.json", found=tmp_path / "found.json")
    table = plays(FOUND).filter(pl.col("protocol") == protocol)
    for row in table.iter_rows(named=True):
        figure = card.figure(row["figure"])
        assert row["value"] == pytest.approx(figure.value, abs=1e-12)
        wanted = [figure.baselines[name] for name in ("chance", "cadence", "always")]
        assert [row[name] for name in ("chance", "cadence", "always")] == pytest.approx(wanted)


def test_ties_say_what_another_order_of_equal_scores_would_give() -> None:
    tied = [Segment(0.0, 5.0, score=50.0), Segment(10.0, 20.0, score=50.0)]
    row = headline(plays(tied), "tiou-map")
    assert (row["ties_worst"], row["ties_best"]) == pytest.approx((1 / 6, 1 / 3))
    assert row["ties_worst"] <= row["value"] <= row["ties_best"]
    assert headline(plays(FOUND), "tiou-map")["ties_worst"] is None


def test_a_sweep_gives_the_same_values_without_the_baselines() -> None:
    here, there = plays(FOUND), plays(FOUND, is_in_force=False)
    assert here["value"].to_list() == there["value"].to_list()
    assert here["chance"].null_count() == 0
    assert there["chance"].null_count() == there.height


def test_truth_against_itself_is_perfect_and_nothing_found_is_zero() -> None:
    same = plays([Segment(s.start_s, s.end_s) for s in TRUTH])
    none = plays([])
    for protocol in ("segments-f1", "tiou-map"):
        assert headline(same, protocol)["value"] == 1.0
        assert headline(none, protocol)["value"] == 0.0


def test_what_has_no_truth_has_a_reason_and_no_value() -> None:
    (row,) = without_truth("shots", JUDGED, "Nobody has labelled its shots.").to_dicts()
    assert (row["figure"], row["value"], row["threshold"]) == ("F1@2", None, None)
    assert row["reason"] == "Nobody has labelled its shots."


def test_without_any_true_play_every_find_is_wrong_and_recall_has_no_value() -> None:
    judged = Judged("tennis", "m", 0.5)
    found = [Segment(1.0, 4.0), Segment(8.0, 9.0)]
    table = play_figures([], found, judged, ious=(0.5,), duration_s=100.0)
    value = dict(table.select("figure", "value").iter_rows())
    assert value["precision@0.50"] == value["F1@0.50"] == 0.0
    assert value["recall@0.50"] is None and value["average mAP"] is None
    reasons = dict(table.select("figure", "reason").iter_rows())
    assert "nobody plays" in reasons["recall@0.50"] and reasons["F1@0.50"] is None
    right = play_figures([], [], judged, ious=(0.5,), duration_s=100.0)
    value = dict(right.select("figure", "value").iter_rows())
    assert (value["F1@0.50"], value["precision@0.50"]) == (1.0, None)


def test_counts_of_a_tape_without_play_tell_false_finds_only() -> None:
    names = {"profile": "tennis", "model": "m", "threshold": 0.5, "duration_s": 100.0}
    row = evaluate_segments([], [Segment(1.0, 4.0)], **names).row(0, named=True)  # type: ignore[arg-type]
    assert (row["precision"], row["recall"], row["f1"]) == (0.0, None, 0.0)
    row = evaluate_segments([], [], **names).row(0, named=True)  # type: ignore[arg-type]
    assert (row["precision"], row["recall"], row["f1"]) == (None, None, 1.0)


def test_a_cut_that_is_found_a_frame_late_is_a_hit_and_three_frames_late_is_none() -> None:
    truth = [Scene(0, 49), Scene(50, 99)]
    for late, value in ((0, 1.0), (1, 1.0), (3, 0.0)):
        found = found_scenes([50 + late], frame_count=100)
        row = headline(shot_figures(truth, found, JUDGED), "shots")
        assert (row["value"], row["true_count"], row["found_count"]) == (value, 1, 1)


def test_shots_in_seconds_and_in_frames_are_the_same_scenes() -> None:
    seconds = shots_table(shot_list([(0.0, 2.0), (2.001, 4.0)], unit="seconds"))
    frames = shots_table(shot_list([(0, 49), (50, 99)], unit="frames"))
    expected = [Scene(0, 49), Scene(50, 99)]
    assert labelled_scenes(seconds, TIME_S) == labelled_scenes(frames, TIME_S) == expected


def test_between_two_shots_apart_lies_a_fade() -> None:
    marked = shots_table(shot_list([(0.0, 2.0), (2.4, 4.0)], unit="seconds"))
    assert labelled_scenes(marked, TIME_S) == [Scene(0, 49), Scene(60, 99)]


def test_shots_beyond_what_was_read_of_the_tape_are_left_out() -> None:
    marked = shots_table(shot_list([(0, 60), (61, 150), (151, 300)], unit="frames"))
    assert labelled_scenes(marked, TIME_S) == [Scene(0, 60), Scene(61, 99)]


def test_scenes_are_kept_of_both_sides_only_where_there_is_truth() -> None:
    found = found_scenes([30, 0, 30, 200], frame_count=100)
    assert found == [Scene(0, 29), Scene(30, 99)]
    assert scenes_table([], found).is_empty()
    sides = scenes_table([Scene(0, 99)], found)["side"].to_list()
    assert sides == ["true", "found", "found"]


def test_a_list_of_shots_is_read_as_it_was_written(tmp_path: Path) -> None:
    shots = shot_list([(3.5, 9.25), (0.0, 3.5)], unit="seconds")
    write_shots(tmp_path / "a.json", shots)
    assert read_shots(tmp_path / "a.json") == shots
    assert shots.shots == ((0.0, 3.5), (3.5, 9.25))


@pytest.mark.parametrize(
    ("shots", "unit", "says"),
    [
        ([], "frames", "empty"),
        ([(5, 4)], "frames", "not a stretch"),
        ([(1.0, 1.0)], "seconds", "not a stretch"),
        ([(0, 10), (10, 20)], "frames", "overlap"),
        ([(0.0, 10.5), (10.0, 20.0)], "seconds", "overlap"),
    ],
)
def test_shots_that_cannot_be_are_refused(shots: list, unit: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        shot_list(shots, unit=unit)
