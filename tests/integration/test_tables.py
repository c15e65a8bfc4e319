"""The tables over all tapes: from published files through SQL, with their tests, for readers."""

import json
import threading
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from app.main import run
from assets.evaluation import evaluation
from assets.labels import labels
from assets.tables import all_tables
from gametape.errors import InputError
from gametape.evaluation import EVALUATION_COLUMNS, MATCH_COLUMNS
from gametape.line import Order
from gametape.schema import Segment
from gametape.tables import read_table, segments_table
from resources.publishing import publish_table
from resources.store import Store
from resources.warehouse.building import build as build_table
from resources.warehouse.building import open_snapshot, write_snapshot
from resources.warehouse.sqlmodels import load_catalog, load_models


def put_tape(
    store: Store,
    number: int,
    plays: list[tuple[float, float]],
    *,
    score: float = 50.0,
    windows: pl.DataFrame | None = None,
):
    """Publish a finished tape with these plays, as the line would."""
    order = Order(
        id=f"tape-{number}", name="it's [a] match.mp4", path="x.mp4", content_hash=f"{number:064x}",
        profile="tennis",
    )  # fmt: skip
    store.put_order(order)
    tape = store.tape(order.id)
    rows = [(i, s, e, "play", score) for i, (s, e) in enumerate(plays, start=1)]
    columns = {"segment": pl.Int32, "start_s": pl.Float64, "end_s": pl.Float64}
    columns |= {"label": pl.String, "score": pl.Float64}
    segments = pl.DataFrame(rows, schema=columns, orient="row")
    if windows is None:
        windows = pl.DataFrame({"start_s": [0.0, 1.0], "end_s": [1.0, 2.0], "play": [0.25, 0.95]})
        windows = windows.with_columns(model=pl.lit("m"))
    source = {"name": order.name, "duration_s": 90.0, "bytes": 7, "content_hash": "ab" * 32}
    video = {"index": 0, "codec": "h264", "width": 64, "height": 36, "pixel_format": "yuv420p"}
    video |= {"display_width": 64, "display_height": 36, "time_base": "1/25", "start_pts": 0}
    source |= {"container": "mp4", "video": video, "audio": [], "findings": []}
    source["content_hash"] = order.content_hash
    cut = {"method": "copy", "is_exact": True, "frame_count": 5, "counted_frames": 5, "bytes": 9}
    clip = {"number": 1, "file": "clips/0001.mp4", "label": "play", "score": 50.0}
    clip |= {"start_s": 0.0, "end_s": 1.0, "cut": cut}
    manifest = {"profile": "tennis", "clips": [clip]}
    files = {
        "sources": lambda f: (f / "sources.json").write_text(json.dumps(source)),
        "proxies": lambda f: (f / "x").write_text(""),
        "signals": lambda f: (f / "y").write_text(""),
        "predictions": lambda f: windows.write_parquet(f / "predictions.parquet"),
        "segments": lambda f: segments.write_parquet(f / "segments.parquet"),
        "clips": lambda f: (f / "manifest.json").write_text(json.dumps(manifest)),
    }
    for step, make in files.items():
        tape.publish(step, make, run_id="1")


def put_truth(store: Store, tape_id: str, true: list[tuple[float, float]], matched: int) -> None:
    """Publish labels and an evaluation of a tape."""
    tape = store.tape(tape_id)
    marked = segments_table([Segment(start_s, end_s) for start_s, end_s in true])
    row = {"protocol": "segments-f1", "profile": "tennis", "model": "m", "iou": 0.5}
    row |= {"threshold": 0.5, "true_count": len(true), "found_count": 2, "matched_count": matched}
    row |= {"merged_count": 0, "split_count": 0}
    scores = pl.DataFrame(
        [row | {"is_in_force": True}, row | {"is_in_force": False}], schema=EVALUATION_COLUMNS
    )
    matches = pl.DataFrame(
        [("matched", 1.0, 2.0, 1.25, 2.5, 0.6, 50.0), ("missed", 7.0, 8.0, None, None, None, None)],
        schema=MATCH_COLUMNS,
        orient="row",
    )
    tape.publish("labels", lambda f: marked.write_parquet(f / "labels.parquet"), run_id="1")

    def write(folder: Path) -> None:
        scores.write_parquet(folder / "evaluation.parquet")
        matches.write_parquet(folder / "matches.parquet")

    tape.publish("evaluation", write, run_id="1")


def build(store: Store, *, raises: bool = True) -> dg.ExecuteInProcessResult:
    return dg.materialize(all_tables(), resources={"store": store}, raise_on_error=raises)


def build_without_dagster(store: Store) -> None:
    """What the assets do, where their checks and metadata are not looked at."""
    published = load_catalog().published
    for model in load_models():
        kinds = {name: (published[name].asset, published[name].file) for name in model.published}
        files, _ = store.published_files(kinds)
        folder = store.root / "tables"
        publish_table(folder / f"{model.name}.parquet", build_table(model, folder, files))


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> tuple[Store, dg.ExecuteInProcessResult]:
    store = Store(tmp_path_factory.mktemp("it's [here]"))
    put_tape(store, 1, [(1.0, 5.0), (10.0, 16.0)])
    put_tape(store, 2, [])
    put_truth(store, "tape-1", [(1.0, 2.0), (7.0, 8.0)], matched=1)
    return store, build(store)


def table(store: Store, name: str) -> pl.DataFrame:
    return read_table(store.root / "tables" / f"{name}.parquet")


def test_the_library_has_one_row_per_tape(built) -> None:
    rows = table(built[0], "library").select("tape", "segments", "clip_s", "labels", "duration_s")
    assert rows.rows() == [("tape-1", 2, 10.0, 2, 90.0), ("tape-2", 0, 0.0, 0, 90.0)]


def test_precision_recall_and_f1_follow_from_the_counts(built) -> None:
    row = table(built[0], "segment_evaluation").row(0, named=True)
    assert (row["precision"], row["recall"], row["f1"]) == (0.5, 0.5, 0.5)
    curve = table(built[0], "threshold_curve")
    assert curve.select("tapes", "true_count", "matched_count", "f1").rows() == [(1, 2, 1, 0.5)]


def test_boundary_errors_are_found_minus_true(built) -> None:
    row = table(built[0], "boundary_errors").row(0, named=True)
    assert (row["onset_error_s"], row["offset_error_s"]) == (0.25, 0.5)


def test_calibration_counts_windows_of_labelled_tapes_only(built) -> None:
    rows = table(built[0], "calibration").select("tenth", "windows", "play_share").rows()
    assert rows == [(2, 1, 0.0), (9, 1, 1.0)]


def test_every_test_of_a_sound_library_holds(built) -> None:
    results = built[1].get_asset_check_evaluations()
    assert len(results) > 30
    assert all(result.passed for result in results)


def test_a_broken_row_fails_its_check_and_is_shown(tmp_path: Path) -> None:
    store = Store(tmp_path)
    put_tape(store, 1, [(1.0, 5.0)], score=140.0)
    results = build(store).get_asset_check_evaluations()
    wrong = [r for r in results if not r.passed and r.asset_key == dg.AssetKey("stg_segments")]
    assert [r.check_name for r in wrong] == ["every_value_lies_in_its_range"]
    assert "score lies outside of 0 to 100" in (wrong[0].description or "")
    assert "140" in str(wrong[0].metadata)


def test_an_empty_library_has_empty_tables_with_all_their_columns(tmp_path: Path) -> None:
    store = Store(tmp_path)
    build_without_dagster(store)
    for model in load_models():
        found = table(store, model.name)
        assert found.is_empty()
        assert set(found.columns) == set(model.columns)


def test_readers_get_every_table_and_nothing_else(built) -> None:
    path = built[0].root / "tables" / "warehouse.duckdb"
    with open_snapshot(path) as connection:
        names = {row[0] for row in connection.execute("show tables").fetchall()}
        assert names == {model.name for model in load_models()}
        for escape in (
            "select * from read_text('/etc/hostname')",
            "copy (select 1) to 'x.csv'",
            "attach 'other.duckdb'",
            "create table mine as select 1",
            "delete from library",
            "set enable_external_access = true",
            "install httpfs",
        ):
            with pytest.raises(
                Exception, match=r"(?i)disabled|read-only|locked|not allowed|cannot"
            ):
                connection.execute(escape)


def test_a_reader_meets_no_lock_while_the_tables_are_built_again(built) -> None:
    store = built[0]
    path = store.root / "tables" / "warehouse.duckdb"
    failures: list[BaseException] = []
    is_over = threading.Event()

    def read() -> None:
        while not is_over.is_set():
            try:
                with open_snapshot(path) as connection:
                    assert connection.execute("select count(*) from library").fetchall() == [(2,)]
            except BaseException as error:
                failures.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(8):
        write_snapshot(path, store.root / "tables", [model.name for model in load_models()])
    is_over.set()
    reader.join()
    assert not failures


def test_the_database_is_missing_until_the_tables_are_built(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there are no tables yet"):
        open_snapshot(tmp_path / "warehouse.duckdb")


def test_files_of_an_unfinished_artifact_are_not_read(tmp_path: Path) -> None:
    store = Store(tmp_path)
    put_tape(store, 1, [(1.0, 5.0)])
    (store.tape("tape-1").folder / "_meta" / "segments.json").unlink()
    build_without_dagster(store)
    assert table(store, "stg_segments").is_empty()


def test_who_publishes_a_file_is_an_asset_that_exists() -> None:
    known = {labels.key.to_user_string(), evaluation.key.to_user_string()}
    known |= {"sources", "segments", "predictions", "clips"}
    assert {kind.asset for kind in load_catalog().published.values()} <= known


def test_sql_shows_numbers_as_people_read_them_and_says_where_there_is_nothing(
    built, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ["--library", str(built[0].root)]
    assert run(["sql", "select 1/3 as third, 'a[b]c' as words", *place]) == 0
    assert capsys.readouterr().out.split() == ["third", "words", "0.333333", "a[b]c"]
    assert run(["sql", "select tape from library where 1 = 0", *place]) == 0
    assert capsys.readouterr().out.split() == ["tape", "no", "rows"]


def test_every_column_in_the_readers_database_says_what_it_means(built) -> None:
    with open_snapshot(built[0].root / "tables" / "warehouse.duckdb") as connection:
        columns = "select table_name, column_name, comment from duckdb_columns() where not internal"
        silent = f"from ({columns}) where comment is null"
        assert connection.execute(silent).fetchall() == []
