"""Suites of expectations: they fit the tables, and find what is odd about a library."""

import shutil
import socket
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from assets.suites import all_suites
from gametape.errors import InputError
from resources.store import Store
from resources.warehouse.building import build, query
from resources.warehouse.sqlmodels import load_models
from resources.warehouse.suites import Suite, Verdict, can_judge, judge, load_suites

# Importing Great Expectations takes four seconds: these tests share one process.
pytestmark = pytest.mark.xdist_group("suites")
needs_extra = pytest.mark.skipif(not can_judge(), reason="the extra `suites` is not installed")
TAPES = 12


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every table that suites read of an empty library, with all its columns and types."""
    folder = tmp_path_factory.mktemp("empty")
    wanted = {name for suite in load_suites().values() for name in suite.reads()}
    for model in load_models():
        if model.name in wanted:
            build(model, folder, {}).write_parquet(folder / f"{model.name}.parquet")
    return folder


@pytest.fixture
def tables(empty: Path, tmp_path: Path) -> Path:
    """The same, for one test to change, where a library has them."""
    return Path(shutil.copytree(empty, tmp_path / "tables"))


def put(tables: Path, name: str, rows: list[dict[str, object]]) -> None:
    """Replace a table; columns that no row states are null."""
    path = tables / f"{name}.parquet"
    pl.DataFrame(rows, schema=pl.read_parquet_schema(path)).write_parquet(path)


def put_sound_library(tables: Path) -> None:
    """Twelve tapes of 100 s with eight plays each, found and labelled alike."""
    names = [f"tape-{n:02}" for n in range(TAPES)]
    put(tables, "stg_tapes", [{"tape": name, "duration_s": 100.0} for name in names])
    put(tables, "stg_steps", [{"tape": name, "asset": "predictions"} for name in names])
    windows = [
        {"tape": name, "start_s": t * 1.0, "end_s": t + 1.0, "play": 0.9 if t % 12 < 5 else t / 500}
        for name in names
        for t in range(100)
    ]
    plays = [
        {"tape": name, "start_s": k * 12.0, "end_s": k * 12.0 + 5, "label": "play"}
        for name in names
        for k in range(8)
    ]
    put(tables, "stg_windows", windows)
    put(tables, "stg_labels", [play | {"play": n} for n, play in enumerate(plays)])
    found = [
        play | {"segment": n, "score": 50.0 + n % 8}
        | {"play_start_s": play["start_s"], "play_end_s": play["end_s"]}
        for n, play in enumerate(plays)
    ]  # fmt: skip
    put(tables, "stg_segments", found)


def change(tables: Path, name: str, **columns: pl.Expr) -> None:
    path = tables / f"{name}.parquet"
    pl.read_parquet(path).with_columns(**columns).write_parquet(path)


def broken(tables: Path, name: str) -> dict[str, Verdict]:
    return {v.says: v for v in judge(load_suites()[name], tables) if not v.holds}


def test_there_is_a_suite_for_predictions_segments_and_labels() -> None:
    tables = {name: suite.table for name, suite in load_suites().items()}
    expected = {"labels": "stg_labels", "predictions": "stg_windows", "segments": "stg_segments"}
    assert tables == expected


@pytest.mark.parametrize("name", ["labels", "predictions", "segments"])
def test_a_suite_expects_things_of_columns_that_its_tables_have(tables: Path, name: str) -> None:
    for view in load_suites()[name].views.values():
        columns = query(view.sql, tables).columns
        assert {e.kwargs["column"] for e in view.expectations} <= set(columns)
        assert len({e.description for e in view.expectations}) == len(view.expectations)


@pytest.mark.parametrize("name", ["labels", "predictions", "segments"])
def test_a_view_says_what_one_row_is_and_an_expectation_is_a_sentence(name: str) -> None:
    for view in load_suites()[name].views.values():
        assert view.sql.startswith("-- One row is ")
        assert all(e.description.endswith(".") for e in view.expectations)


def test_checks_are_defined_only_where_they_can_be_judged() -> None:
    assert len(all_suites()) == (3 if can_judge() else 0)


@needs_extra
def test_a_sound_library_meets_all_expectations(tables: Path) -> None:
    put_sound_library(tables)
    assert [broken(tables, name) for name in load_suites()] == [{}, {}, {}]


@needs_extra
def test_an_empty_library_meets_all_expectations(tables: Path) -> None:
    verdicts = [v for suite in load_suites().values() for v in judge(suite, tables)]
    assert {(v.holds, v.observed) for v in verdicts} == {(True, "no rows")}


@needs_extra
def test_a_scored_tape_without_windows_is_named(tables: Path) -> None:
    put_sound_library(tables)
    steps = [{"tape": f"tape-{n:02}", "asset": "predictions"} for n in range(TAPES + 1)]
    put(tables, "stg_steps", steps)
    found = broken(tables, "predictions")["No scored tape is without a window."]
    assert found.counter_examples["tape"].to_list() == [f"tape-{TAPES}"]


@needs_extra
def test_a_scorer_that_is_stuck_is_noticed_with_ten_counter_examples(tables: Path) -> None:
    put_sound_library(tables)
    change(tables, "stg_windows", play=pl.lit(0.5))
    found = broken(tables, "predictions")
    stuck = next(verdict for says, verdict in found.items() if "constant" in says)
    assert stuck.observed == "12 of 12 rows differ"
    assert stuck.counter_examples.height == 10
    assert len(found) == 3  # constant, few levels, undecided


@needs_extra
def test_plays_of_a_tenth_of_a_second_are_noticed_by_their_mean(tables: Path) -> None:
    put_sound_library(tables)
    change(tables, "stg_segments", play_end_s=pl.col("play_start_s") + 0.125)
    found = broken(tables, "segments")
    assert found["A play is 1 to 120 s long in the mean."].observed == "0.125"


@needs_extra
def test_a_tape_cut_by_a_given_list_may_hold_any_word(tables: Path) -> None:
    put_sound_library(tables)
    change(tables, "stg_segments", label=pl.lit("serve"))
    assert len(broken(tables, "segments")) == 1
    put(tables, "stg_windows", [])  # what a given list needs none of
    assert broken(tables, "segments") == {}


@needs_extra
def test_labels_that_end_before_half_time_are_noticed(tables: Path) -> None:
    put_sound_library(tables)
    change(tables, "stg_tapes", duration_s=pl.lit(600.0))
    assert any("half" in says for says in broken(tables, "labels"))


@needs_extra
def test_a_word_written_in_two_ways_is_shown_in_both(tables: Path) -> None:
    put_sound_library(tables)
    change(
        tables,
        "stg_labels",
        label=pl.when(pl.col("play") < 3).then(pl.lit("Play")).otherwise(pl.lit("play")),
    )
    found = broken(tables, "labels")["Every word is written in one way."]
    assert found.counter_examples["written"].to_list() == ["Play, play"]


@needs_extra
def test_an_expectation_that_cannot_be_judged_is_an_error_and_no_verdict(tables: Path) -> None:
    put_sound_library(tables)
    good = load_suites()["labels"].model_dump()
    good["views"]["words"]["expectations"][0]["kwargs"]["column"] = "speling"
    with pytest.raises(InputError, match="cannot be judged"):
        judge(Suite.model_validate(good), tables)


@needs_extra
def test_nothing_is_sent_anywhere(tables: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[object] = []
    monkeypatch.setattr(socket.socket, "connect", lambda _self, address: tried.append(address))
    put_sound_library(tables)
    assert [broken(tables, name) for name in load_suites()] == [{}, {}, {}]
    assert not tried


@needs_extra
def test_a_check_warns_and_shows_sentences_and_counter_examples(tables: Path) -> None:
    put_sound_library(tables)
    change(tables, "stg_windows", play=pl.lit(0.5))
    result = dg.materialize(
        [*all_suites()],
        resources={"store": Store(tables.parent)},
        selection=dg.AssetSelection.all_asset_checks(),
    )
    assert result.success
    by_name = {c.check_name: c for c in result.get_asset_check_evaluations()}
    assert by_name["segments_meet_their_expectations"].passed
    odd = by_name["predictions_meet_their_expectations"]
    assert (odd.passed, odd.severity, odd.blocking) == (False, dg.AssetCheckSeverity.WARN, False)
    assert "Not so: Scores are not constant" in (odd.description or "")
    assert "tape-00" in str(odd.metadata["counter_examples"].value)
