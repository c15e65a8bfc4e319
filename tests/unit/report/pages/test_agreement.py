"""Numbers of the page on evaluation."""

from dataclasses import replace

import polars as pl
import pytest

from gametape.evaluation import EVALUATION_COLUMNS
from gametape.report.pages.agreement import Marked, groups_of, numbers_of
from gametape.report.pages.evaluation import evaluation_page


def rows(tape: str, model: str, counts: tuple[int, int, int], profile: str = "tennis") -> list:
    true, found, matched = counts
    base = {"tape": tape, "protocol": "segments-f1", "profile": profile, "model": model}
    base |= {"iou": 0.5, "true_count": true, "found_count": found, "matched_count": matched}
    base |= {"merged_count": 0, "split_count": 0}
    return [
        base | {"threshold": 0.6, "is_in_force": True},
        base | {"threshold": 0.5, "is_in_force": False},
        base | {"threshold": 0.9, "is_in_force": False, "found_count": 0, "matched_count": 0},
    ]


def marked(found: list) -> Marked:
    evaluations = pl.DataFrame(found, schema={"tape": pl.String, **EVALUATION_COLUMNS})
    tapes = sorted(set(evaluations["tape"]))
    errors = pl.DataFrame(
        {"tape": tapes, "onset_error_s": [0.3] * len(tapes), "offset_error_s": [-9.0] * len(tapes)}
    )
    calibration = pl.DataFrame(
        {"profile": "tennis", "model": "m/1", "tenth": [2, 9], "windows": [30, 10],
         "mean_score": [0.25, 0.95], "play_share": [0.1, 0.9], "low": [None, None],
         "high": [None, None]}
    )  # fmt: skip
    spans = pl.DataFrame({"tape": tapes, "start_s": 10.0, "end_s": 20.0})
    segments = spans.rename({"start_s": "play_start_s", "end_s": "play_end_s"})
    return Marked(evaluations, errors, calibration, spans, segments, dict.fromkeys(tapes, 100.0))


def numbers(found: list, place: int = 0) -> dict:
    given = marked(found)
    return numbers_of(groups_of(given.evaluations)[place], given)


def test_counts_of_tapes_are_pooled_before_figures_are_made() -> None:
    shown = numbers([*rows("a", "m/1", (10, 10, 10)), *rows("b", "m/1", (30, 10, 0))])
    point = shown["in_force"][0]
    assert (point["true"], point["found"], point["matched"]) == (40, 20, 10)
    assert (point["precision"], point["recall"]) == (0.5, 0.25)
    assert point["f1"] == pytest.approx(20 / 60, abs=1e-4)


def test_a_range_comes_from_drawing_tapes_and_one_tape_has_none() -> None:
    two = numbers([*rows("a", "m/1", (10, 10, 10)), *rows("b", "m/1", (10, 10, 0))])
    assert two["in_force"][0]["f1_range"] == [0.0, 1.0]
    one = numbers(rows("a", "m/1", (10, 10, 5)))
    assert one["in_force"][0]["f1_range"] is None


def test_nothing_found_has_no_precision() -> None:
    last = numbers(rows("a", "m/1", (10, 10, 5)))["sweep"][-1]
    assert (last["threshold"], last["precision"], last["recall"]) == (0.9, None, 0.0)


def test_model_versions_are_groups_of_their_own_and_the_largest_comes_first() -> None:
    found = [
        *rows("a", "m/2", (1, 1, 1)),
        *rows("b", "m/1", (5, 5, 0)),
        *rows("c", "m/1", (5, 5, 0)),
    ]
    groups = groups_of(marked(found).evaluations)
    assert [(g.model, g.tapes) for g in groups] == [("m/1", ("b", "c")), ("m/2", ("a",))]
    assert numbers(found, 0)["in_force"][0]["matched"] == 0
    assert numbers(found, 1)["in_force"][0]["matched"] == 1


def test_the_page_says_that_models_are_mixed() -> None:
    found = [*rows("a", "m/2", (1, 1, 1)), *rows("b", "m/1", (5, 5, 0))]
    given = marked(found)
    in_force = given.evaluations.filter("is_in_force")
    text = evaluation_page(marked=given, in_force=in_force, names={"a": "A<b>"}, mark="00")
    assert "judged by several model versions" in text
    assert "none is pooled with another" in text
    assert "A&lt;b&gt;" in text and "A<b>" not in text
    same = marked(rows("a", "m/1", (1, 1, 1)))
    alone = evaluation_page(
        marked=same, in_force=same.evaluations.filter("is_in_force"), names={}, mark="00"
    )
    assert "model versions" not in alone


def test_tapes_that_were_given_a_list_have_no_sweep_and_still_a_place() -> None:
    given = [row for row in rows("a", "cut list", (2, 2, 2)) if row["is_in_force"]]
    shown = numbers(given)
    assert shown["sweep"] == []
    assert shown["in_force"][0]["f1"] == 1.0


def test_a_tape_whose_sweep_is_not_whole_is_not_pooled_with_the_others() -> None:
    short = rows("b", "m/1", (10, 10, 10))[:2]
    shown = numbers([*rows("a", "m/1", (10, 10, 0)), *short])
    assert [p["matched"] for p in shown["sweep"]] == [0, 0]


def test_edges_beyond_the_histogram_are_counted_at_its_end() -> None:
    shown = numbers(rows("a", "m/1", (1, 1, 1)))
    assert shown["offset"]["counts"][0] == 1 and sum(shown["offset"]["counts"]) == 1
    assert shown["onset"]["bias"] == 0.3


def test_predictions_that_do_not_look_are_scored_beside_the_real_ones() -> None:
    shown = numbers(rows("a", "m/1", (1, 1, 1)))
    assert {b["name"]: set(b["f1"]) for b in shown["baselines"]} == {
        "always": {"0.5"}, "cadence": {"0.5"}, "chance": {"0.5"},
    }  # fmt: skip


def test_without_labels_the_page_says_what_to_do() -> None:
    empty = marked([])
    in_force = empty.evaluations
    text = evaluation_page(marked=empty, in_force=in_force, names={"a": "x"}, mark="00")
    assert "gametape label TAPE FILE" in text
    nothing = evaluation_page(marked=empty, in_force=in_force, names={}, mark="00")
    assert "gametape cut FILE" in nothing


def test_the_page_says_where_a_model_is_judged_on_tapes_that_it_learned_from() -> None:
    name = "gametape-tennis/3 1a2b3c4d5e6f"
    given = marked([*rows("a", name, (10, 10, 10)), *rows("b", name, (10, 10, 9))])
    known = replace(given, learned_from={"1a2b3c4d5e6f": frozenset({"a", "elsewhere"})})
    in_force = given.evaluations.filter("is_in_force")
    seen = evaluation_page(marked=known, in_force=in_force, names={}, mark="00")
    assert "1 of 2 tapes" in seen
    assert "flatter" not in evaluation_page(marked=given, in_force=in_force, names={}, mark="00")


def test_strata_reach_the_page_with_all_tapes_first() -> None:
    given = marked(rows("a", "m/1", (10, 10, 10)))
    columns = {"profile": "tennis", "model": "m/1", "protocol": "segments-f1", "figure": "F1@0.50"}
    columns |= {"tapes": 1, "true_count": 10, "score": 1.0, "low": None, "high": None}
    told = [("light", "day"), ("sport pack", "tennis"), ("venue", "hall")]
    strata = pl.DataFrame(
        [columns | {"stratum": s, "value": v, "always": 0.1, "cadence": 0.2} for s, v in told]
    )
    (group,) = groups_of(given.evaluations)
    found = numbers_of(group, replace(given, strata=strata))["strata"]
    assert [one["value"] for one in found] == ["tennis", "day", "hall"]
    assert (found[0]["score"], found[0]["low"], found[0]["cadence"]) == (1.0, None, 0.2)
