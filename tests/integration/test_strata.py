"""Marts over strata and calibration: what SQL says is what the measures of the library say."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from gametape.evaluation import IOUS, MATCH_COLUMNS, evaluate_segments
from gametape.figures import Judged, play_figures, without_truth
from gametape.metrics.bootstrap import intervals
from gametape.metrics.calibration import expected_error, reliability
from gametape.metrics.segments import segment_tally
from gametape.metrics.tally import ALL, figures_of
from gametape.schema import Segment, Span
from gametape.tables import segments_table
from resources.publishing import publish_table
from resources.store import Store
from resources.warehouse.building import build as build_table
from resources.warehouse.sqlmodels import load_catalog, load_models
from tests.integration.test_tables import put_tape, table

LENGTH_S = 90.0
NEW, OLD = "gametape-tennis/2 bbbbbbbbbbbb", "gametape-tennis/1 aaaaaaaaaaaa"


@dataclass(frozen=True)
class Seen:
    """A tape as it is judged: truth, what was found, and what its scores say."""

    tape: str
    light: str
    model: str
    truth: list[Segment]
    found: list[Segment]
    windows: pl.DataFrame


def seen(number: int, *, light: str, model: str = NEW) -> Seen:
    """A tape of eight plays; found are all but some, at edges that are off by chance."""
    random = np.random.default_rng(number)
    truth = [Segment(5.0 + 10 * i, 9.0 + 10 * i) for i in range(8)]
    moved = [(s.start_s + random.normal(0, 0.8), s.end_s + random.normal(0, 0.8)) for s in truth]
    found = [Segment(a, max(b, a + 1), score=random.uniform(20, 90)) for a, b in moved]
    found = found[: 8 - number % 4]
    start = np.arange(0, LENGTH_S)
    is_play = np.array([any(s.start_s <= t + 0.5 < s.end_s for s in truth) for t in start], float)
    play = np.clip(0.2 + 0.5 * is_play + random.normal(0, 0.2, len(start)), 0, 1)
    table = pl.DataFrame({"start_s": start, "end_s": start + 1, "play": play})
    tape = f"tape-{number}"
    return Seen(tape, light, model, truth, found, table.with_columns(model=pl.lit(model)))


def put(store: Store, one: Seen) -> None:
    """Publish a tape with its labels and evaluation, as the assets do."""
    put_tape(store, int(one.tape.removeprefix("tape-")), [(1.0, 5.0)], windows=one.windows)
    tape = store.tape(one.tape)
    judged = Judged("tennis", one.model, 0.5)
    counts = evaluate_segments(
        one.truth, one.found, profile="tennis", model=one.model, threshold=0.5, duration_s=LENGTH_S
    )
    figures = play_figures(one.truth, one.found, judged, ious=IOUS, duration_s=LENGTH_S)
    figures = pl.concat([figures, without_truth("shots", judged, "nobody marked any")])
    strata = pl.DataFrame({"stratum": ["light", "sport pack"], "value": [one.light, "tennis"]})

    def evaluation(folder: Path) -> None:
        counts.write_parquet(folder / "evaluation.parquet")
        figures.write_parquet(folder / "figures.parquet")
        strata.write_parquet(folder / "strata.parquet")
        pl.DataFrame(schema=MATCH_COLUMNS).write_parquet(folder / "matches.parquet")

    marked = segments_table(one.truth)
    tape.publish("labels", lambda f: marked.write_parquet(f / "labels.parquet"), run_id="1")
    tape.publish("evaluation", evaluation, run_id="1")


def build(store: Store) -> None:
    """All tables, without Dagster."""
    published = load_catalog().published
    for model in load_models():
        kinds = {name: (published[name].asset, published[name].file) for name in model.published}
        files, _ = store.published_files(kinds)
        folder = store.root / "tables"
        publish_table(folder / f"{model.name}.parquet", build_table(model, folder, files))


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, list[Seen]]:
    store = Store(tmp_path_factory.mktemp("library"))
    tapes = [seen(n, light="night" if n % 3 == 0 else "day") for n in range(1, 8)]
    tapes.append(seen(8, light="day", model=OLD))
    for one in tapes:
        put(store, one)
    build(store)
    return store, tapes


def row(store: Store, figure: str, stratum: str, value: str, model: str = NEW) -> dict[str, object]:
    names = {"figure": figure, "stratum": stratum, "value": value, "model": model}
    rows = table(store, "strata").filter(**names)
    assert rows.height == 1
    return rows.row(0, named=True)


@pytest.mark.parametrize(("stratum", "value"), [("light", "night"), ("sport pack", "tennis")])
def test_a_stratum_scores_what_its_plays_score_together(library, stratum: str, value: str) -> None:
    store, tapes = library
    mine = [one for one in tapes if one.model == NEW and value in (one.light, "tennis")]
    truth = {one.tape: one.truth for one in mine}
    found = {one.tape: [Segment(s.start_s, s.end_s) for s in one.found] for one in mine}
    tally = segment_tally(truth, found, ious=IOUS)
    wanted, drawn = figures_of(tally), intervals(tally)
    for figure in ("F1@0.30", "F1@0.50", "F1@0.70", "precision@0.50", "recall@0.50"):
        said = row(store, figure, stratum, value)
        assert said["score"] == pytest.approx(wanted[figure, ALL], abs=1e-9)
        assert (said["tapes"], said["true_count"]) == (len(mine), 8 * len(mine))
        # Another thousand draws of the same tapes: the same range, but for chance.
        assert said["low"] == pytest.approx(drawn[figure, ALL].low, abs=0.04)
        assert said["high"] == pytest.approx(drawn[figure, ALL].high, abs=0.04)


def test_beside_a_stratum_stands_what_does_not_look(library) -> None:
    said = row(library[0], "F1@0.30", "light", "night")
    # A play of 4 s is no match for one of 90 s; one every 90 / 8 s is found now and then.
    assert said["always"] == 0.0
    assert 0.0 < said["cadence"] < 1.0


def test_a_protocol_that_cannot_be_pooled_is_the_mean_over_tapes(library) -> None:
    store, _ = library
    said = row(store, "average mAP", "light", "day")
    own = table(store, "stg_figures").filter(figure="average mAP", is_in_force=True, model=NEW)
    day = table(store, "stg_strata").filter(stratum="light", value="day")
    values = own.filter(pl.col("tape").is_in(day["tape"].to_list()))["value"].to_list()
    assert said["pooled"] == "tapes"
    assert said["score"] == pytest.approx(float(np.mean(values)))
    assert len(values) == said["tapes"]


def test_models_are_never_pooled_and_their_rows_say_that_there_are_others(library) -> None:
    store, _ = library
    assert row(store, "F1@0.50", "light", "day", OLD)["tapes"] == 1
    assert row(store, "F1@0.50", "light", "day", OLD)["low"] is None
    for name in ("strata", "judged_by", "calibration_error"):
        mixed = table(store, name)
        by_model = mixed.group_by("model").agg(pl.col("models").max())
        assert set(by_model["model"]) == {NEW, OLD}
        assert mixed.filter(pl.col("is_mixed") != (pl.col("models") > 1)).is_empty()
    assert table(store, "judged_by")["is_mixed"].all()
    assert not row(store, "F1@0.50", "light", "night")["is_mixed"]


def test_every_mart_that_pools_scores_names_the_model(library) -> None:
    del library
    pools = {"tapes", "windows", "score", "f1", "value", "overlap", "found_count"}
    of_scores = {"threshold_curve", "protocol_curve", "calibration", "calibration_error", "strata"}
    of_scores |= {"segment_evaluation", "protocol_figures", "boundary_errors", "errors"}
    marts = {model.name: model for model in load_models() if model.layer == "marts"}
    assert of_scores <= set(marts)
    for name in of_scores:
        assert {"profile", "model"} <= set(marts[name].columns), name
        assert pools & set(marts[name].columns), name


def test_calibration_is_what_the_measure_says(library) -> None:
    store, tapes = library
    mine = [one for one in tapes if one.model == NEW]
    said = np.concatenate([one.windows["play"].to_numpy() for one in mine])
    true = np.concatenate([_is_play(one) for one in mine])
    error = table(store, "calibration_error").filter(model=NEW).row(0, named=True)
    assert error["error"] == pytest.approx(expected_error(said, true), abs=1e-9)
    assert error["squared_error"] == pytest.approx(float(np.mean((said - true) ** 2)), abs=1e-9)
    assert (error["tapes"], error["windows"]) == (7, 7 * 90)
    assert error["low"] <= error["high"] < 1
    bins = reliability(said, true).with_row_index("tenth").drop_nulls()
    rows = table(store, "calibration").filter(model=NEW).sort("tenth")
    assert rows["windows"].to_list() == bins["rows"].to_list()
    assert rows["play_share"].to_numpy() == pytest.approx(bins["seen"].to_numpy(), abs=1e-9)
    assert rows["mean_score"].to_numpy() == pytest.approx(bins["said"].to_numpy(), abs=1e-9)
    known = rows.filter(pl.col("tapes") == 7)
    assert (known["low"] <= known["play_share"]).all()
    assert (known["high"] >= known["play_share"]).all()


def test_the_same_library_has_the_same_ranges(library, tmp_path: Path) -> None:
    store, tapes = library
    other = Store(tmp_path)
    for one in reversed(tapes):
        put(other, one)
    build(other)
    for name in ("strata", "calibration", "calibration_error"):
        assert table(other, name).equals(table(store, name))


def _is_play(one: Seen) -> np.ndarray:
    middle = one.windows["start_s"].to_numpy() + 0.5
    spans: list[Span] = list(one.truth)
    return np.array([any(s.start_s <= t < s.end_s for s in spans) for t in middle], float)
