"""The plan: every stale artifact with its cause, and what it will cost by what it has cost."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gametape import line
from gametape.errors import InputError
from gametape.line import STEPS, GivenSegment, Order
from gametape.report.pages.layout import page
from resources.pages import page_path, put_page, stale_pages, wanted_pages
from resources.planning.pageplans import put_notes
from resources.planning.plans import Plan, TapePlan, make_plan, stale_tables
from resources.publishing import listed, sidecar_path, write_json
from resources.store import Store
from resources.warehouse.building import build, write_snapshot
from resources.warehouse.sqlmodels import load_models
from resources.warehouse.tablemarks import (
    current_inputs,
    kinds_of,
    put_table,
    put_table_sidecar,
    put_warehouse_sidecar,
)

LENGTH_S = 60.0
OWN_PACK = "extends: tennis\n"


def put_order(store: Store, number: int, **fields: object) -> Order:
    """Order a tape of a file that is there."""
    video = store.root / "videos-of-others" / f"{number}.mp4"
    video.parent.mkdir(exist_ok=True)
    video.write_bytes(b"7 bytes")
    values = {"id": f"tape-{number}", "name": "match.mp4", "path": str(video)}
    values |= {"content_hash": f"{number:064x}", "profile": "tennis"}
    order = Order.model_validate({**values, **fields})
    store.put_order(order)
    return order


def put_tape(store: Store, number: int, *, seconds: float = 2.0, **fields: object) -> None:
    """Publish a tape whose steps have taken so many seconds each."""
    order = put_order(store, number, **fields)
    tape = store.tape(order.id)
    facts = json.dumps({"duration_s": LENGTH_S, "bytes": 7})
    for step in line.steps_for(order):
        name = "sources.json" if step.name == "sources" else f"{step.name}.bin"
        tape.publish(step.name, writing(name, facts), run_id="1")
        sidecar = listed(sidecar_path(tape.folder, step.name))
        assert sidecar is not None
        took = sidecar.model_copy(update={"seconds": seconds})
        write_json(sidecar_path(tape.folder, step.name), took)


def writing(name: str, text: str) -> Callable[[Path], None]:
    def make(aside: Path) -> None:
        (aside / name).write_text(text)

    return make


def put_pack(store: Store, text: str = "", name: str = "tennis-club") -> None:
    """A library's own sport pack."""
    assert store.profiles is not None
    store.profiles.mkdir(exist_ok=True)
    (store.profiles / f"{name}.yaml").write_text(f"{OWN_PACK}name: {name}\n{text}")


@pytest.fixture
def store(tmp_path: Path, monkeypatch) -> Store:
    monkeypatch.setattr(os, "fsync", lambda _: None)  # many artifacts, and no power cut
    return Store(tmp_path, tmp_path / "profiles")


def tape_of(plan: Plan, tape: str = "tape-1") -> TapePlan:
    return next(found for found in plan.tapes if found.tape == tape)


def reasons(plan: Plan, tape: str = "tape-1") -> dict[str, list[str]]:
    return {s.name: [cause.says for cause in s.causes] for s in tape_of(plan, tape).steps}


def test_a_library_in_which_everything_is_right_has_nothing_to_plan(store: Store) -> None:
    put_tape(store, 1)
    plan = make_plan(store)
    assert (plan.tapes, plan.asked, plan.right) == ((), 1, 1)


def test_a_new_tape_was_never_made(store: Store) -> None:
    put_tape(store, 1)
    put_order(store, 2)
    assert reasons(make_plan(store), "tape-2") == {step.name: ["never made"] for step in STEPS}
    assert [tape.tape for tape in make_plan(store).tapes] == ["tape-2"]


def test_a_changed_value_of_a_pack_is_named_with_old_and_new_for_its_tapes_alone(
    store: Store,
) -> None:
    put_pack(store, "fusion: {enter: 0.5}\n")
    put_tape(store, 1, profile="tennis-club")
    put_tape(store, 2)
    put_pack(store, "fusion: {enter: 0.625}\n")
    plan = make_plan(store)
    assert [tape.tape for tape in plan.tapes] == ["tape-1"]
    assert reasons(plan) == {
        "segments": ["fusion.enter 0.5 -> 0.625"],
        "clips": ["segments will be made again"],
    }


def test_a_changed_scorer_reaches_predictions_and_what_follows(store: Store) -> None:
    put_tape(store, 1)
    plan = make_plan(store, changes={"scorer.stride_s": 0.123})
    assert reasons(plan) == {
        "predictions": ["scorer.stride_s 0.25 -> 0.123"],
        "segments": ["predictions will be made again"],
        "clips": ["segments will be made again"],
    }
    assert make_plan(store).tapes == ()


def test_a_value_that_no_pack_has_is_refused_and_not_planned(store: Store) -> None:
    put_tape(store, 1)
    with pytest.raises(InputError, match=r"fusion\.entre"):
        make_plan(store, changes={"fusion.entre": 0.6})


def test_raised_code_of_a_step_is_named_with_both_versions(store: Store, monkeypatch) -> None:
    put_tape(store, 1)
    before = line.STEP["segments"].code
    step = line.Step("segments", line.STEP["segments"].inputs, ("fusion",), code="9")
    monkeypatch.setattr(line, "STEPS", tuple(step if s.name == "segments" else s for s in STEPS))
    monkeypatch.setitem(line.STEP, "segments", step)
    assert reasons(make_plan(store)) == {
        "segments": [f"code of segments {before} -> 9"],
        "clips": ["segments will be made again"],
    }


def test_a_file_that_is_missing_or_cut_short_is_named_and_made_alone(store: Store) -> None:
    put_tape(store, 1)
    folder = store.tape("tape-1").folder
    (folder / "proxies.bin").unlink()
    (folder / "signals.bin").write_bytes(b"123")
    was = len(json.dumps({"duration_s": LENGTH_S, "bytes": 7}))
    assert reasons(make_plan(store)) == {
        "proxies": ["proxies.bin is missing"],
        "signals": [f"signals.bin has 3 bytes, not {was}"],
    }


def test_a_sidecar_that_cannot_be_read_and_a_step_that_was_interrupted_are_told_apart(
    store: Store,
) -> None:
    put_tape(store, 1)
    meta = store.tape("tape-1").folder / "_meta"
    (meta / "signals.json").write_text("{")
    (meta / "clips.json").rename(meta / ".clips.files")
    assert reasons(make_plan(store)) == {
        "signals": ["_meta/signals.json is not readable"],
        "clips": ["interrupted before it was whole"],
    }


def test_an_artifact_made_from_others_than_its_inputs_are_is_made_again(store: Store) -> None:
    put_tape(store, 1)
    path = sidecar_path(store.tape("tape-1").folder, "clips")
    sidecar = listed(path)
    assert sidecar is not None
    other = {"fingerprint": "other", "inputs": {**sidecar.inputs, "segments": "other"}}
    write_json(path, sidecar.model_copy(update=other))
    assert reasons(make_plan(store)) == {"clips": ["segments changed since"]}


def test_another_pack_is_named_and_so_is_every_value_that_differs(store: Store) -> None:
    put_tape(store, 1)
    put_pack(store, "fusion: {min_play_s: 7}\n")
    put_order(store, 1, profile="tennis-club")
    assert reasons(make_plan(store)) == {
        "segments": ["fusion.min_play_s 1.5 -> 7.0"],
        "clips": ["profile tennis -> tennis-club", "segments will be made again"],
    }


def test_a_cut_list_in_place_of_detection_says_so(store: Store) -> None:
    put_tape(store, 1)
    given = GivenSegment(start_s=1, end_s=2)
    put_order(store, 1, cut_list=[given.model_dump()])
    plan = make_plan(store)
    assert reasons(plan)["segments"][0] == "a cut list was given, in place of detection"
    assert "clips" in reasons(plan)


def test_labels_that_come_are_edited_and_go_touch_labels_and_evaluation_only(
    store: Store,
) -> None:
    put_tape(store, 1)
    tape = store.tape("tape-1")
    tape.labels_file.parent.mkdir()
    tape.labels_file.write_text("1")
    assert reasons(make_plan(store)) == {"labels": ["never made"], "evaluation": ["never made"]}
    for step in line.TRUTH:
        tape.publish(step.name, writing(f"{step.name}.bin", ""), run_id="1")
    assert make_plan(store).tapes == ()
    tape.labels_file.write_text("2")
    made_again = ["labels will be made again"]
    plan = make_plan(store)
    assert reasons(plan) == {"labels": ["the labels were edited"], "evaluation": made_again}
    tape.labels_file.unlink()
    plan = make_plan(store)
    assert reasons(plan) == {"labels": ["the labels were taken away"], "evaluation": made_again}


def test_seconds_are_the_median_of_the_library_for_a_second_of_tape(store: Store) -> None:
    for number, seconds in enumerate([1.0, 3.0, 50.0], start=1):
        put_tape(store, number, seconds=seconds)
    put_order(store, 1, changes={"fusion.enter": 0.9}, limit_s=None)
    segments = tape_of(make_plan(store)).steps[0]
    assert (segments.prediction.seconds, segments.prediction.measurements) == (3.0, 3)


def test_a_tape_that_nobody_looked_into_is_as_long_as_others_of_its_size(store: Store) -> None:
    put_tape(store, 1, seconds=6.0)
    big = put_order(store, 2)
    Path(big.path).write_bytes(b"7 bytes" * 10)
    tape = tape_of(make_plan(store), "tape-2")
    assert tape.duration_s == pytest.approx(10 * LENGTH_S)
    assert tape.steps[0].prediction.seconds == pytest.approx(60.0)


def test_what_was_never_measured_is_unknown(store: Store) -> None:
    put_order(store, 1)
    prediction = tape_of(make_plan(store)).steps[0].prediction
    assert (prediction.seconds, prediction.measurements) == (None, 0)


def test_without_its_file_a_tape_keeps_what_it_has_and_is_stuck_only_where_it_needs_it(
    store: Store,
) -> None:
    put_tape(store, 1)
    Path(store.tape("tape-1").order.path).unlink()
    tape = tape_of(make_plan(store))
    assert "is not where the order says" in tape.trouble
    assert (tape.steps, tape.is_stuck) == ((), False)
    tape = tape_of(make_plan(store, changes={"fusion.enter": 0.9}))
    assert (tape.to_run, tape.is_stuck) == (["segments"], True)
    assert [step.name for step in tape.steps if step.is_blocked] == ["clips"]


def test_a_file_of_another_size_is_another_file(store: Store) -> None:
    put_tape(store, 1)
    Path(store.tape("tape-1").order.path).write_bytes(b"another film")
    tape = tape_of(make_plan(store, changes={"proxy.quantizer": 31}))
    assert "the source file changed" in tape.trouble
    assert tape.to_run == []


def test_a_file_that_was_touched_is_to_be_read_again(store: Store) -> None:
    put_tape(store, 1)
    assert not tape_of(make_plan(store, changes={"fusion.enter": 0.9})).is_file_touched
    os.utime(store.tape("tape-1").order.path, (time.time() + 60, time.time() + 60))
    assert tape_of(make_plan(store, changes={"fusion.enter": 0.9})).is_file_touched


def test_damaged_orders_and_unknown_packs_are_listed_and_stop_nobody(store: Store) -> None:
    put_tape(store, 1)
    put_tape(store, 2)
    put_order(store, 2, profile="no-such-pack")
    put_order(store, 3)
    (store.root / "inbox" / "tape-1.json").write_text("{")
    plan = make_plan(store)
    assert [tape.tape for tape in plan.tapes] == ["tape-1", "tape-2", "tape-3"]
    assert "not a readable order" in tape_of(plan).trouble
    assert "no such sport pack" in tape_of(plan, "tape-2").trouble
    assert [tape.is_stuck for tape in plan.tapes] == [True, True, False]


def test_a_plan_for_some_tapes_or_one_sport_leaves_the_others_out(store: Store) -> None:
    put_pack(store)
    put_order(store, 1)
    put_order(store, 2, profile="tennis-club")
    assert [t.tape for t in make_plan(store, tapes=["tape-2"]).tapes] == ["tape-2"]
    assert [t.tape for t in make_plan(store, sport="tennis").tapes] == ["tape-1"]
    with pytest.raises(InputError, match="no such tape"):
        make_plan(store, tapes=["tape-3"])


# --- tables


def build_tables(store: Store) -> None:
    """What the assets of the group `tables` do, without their tests."""
    folder = store.root / "tables"
    for model in load_models():
        files, marks = store.published_files(kinds_of([model]))
        inputs = current_inputs(model, marks, folder)
        put_table(folder, model, build(model, folder, {name: [] for name in files}))
        put_table_sidecar(folder, model, inputs=inputs, run_id="1", seconds=1.0)
    write_snapshot(folder / "warehouse.duckdb", folder, [model.name for model in load_models()])
    put_warehouse_sidecar(folder, run_id="1", seconds=1.0)


def test_tables_are_stale_only_where_what_they_read_changed(store: Store) -> None:
    put_tape(store, 1)
    assert len(make_plan(store).tables) == len(load_models()) + 1
    build_tables(store)
    assert make_plan(store).tables == ()
    stale = {table.name for table in make_plan(store, changes={"fusion.enter": 0.9}).tables}
    assert {"stg_segments", "stg_clips", "stg_steps", "library", "warehouse"} <= stale
    assert not {"stg_tapes", "stg_windows", "stg_labels", "calibration"} & stale
    assert stale_tables(store) == ()


def test_tables_follow_what_others_have_published_since(store: Store) -> None:
    put_tape(store, 1)
    build_tables(store)
    put_tape(store, 2)
    plan = make_plan(store)
    assert plan.tapes == ()
    causes = {table.name: table.causes[0].says for table in plan.tables}
    assert causes["stg_segments"] == "the tapes' segments changed since"
    assert causes["warehouse"].endswith("will be made again")


def test_a_table_that_is_gone_is_made_again_alone(store: Store) -> None:
    put_tape(store, 1)
    build_tables(store)
    (store.root / "tables" / "cuts.parquet").unlink()
    [table] = make_plan(store).tables
    assert (table.name, table.causes[0].says) == ("cuts", "cuts.parquet is missing")


def test_tapes_in_trouble_make_no_table_stale(store: Store) -> None:
    put_tape(store, 1)
    put_tape(store, 2)
    put_order(store, 2, profile="no-such-pack")
    build_tables(store)
    assert make_plan(store).tables == ()


def test_looking_takes_a_millisecond_or_two_a_tape_and_not_more_with_more_tapes(
    store: Store,
) -> None:
    def cost_s(count: int) -> float:
        best = float("inf")
        for _ in range(3):
            started = time.process_time()
            make_plan(store)
            best = min(best, time.process_time() - started)
        assert make_plan(store).asked == count
        return best

    load_models()
    for number in range(1, 51):
        put_tape(store, number)
    few_s = cost_s(50)
    for number in range(51, 201):
        put_tape(store, number)
    many_s = cost_s(200)
    assert many_s < 2.0
    assert many_s < 8 * few_s  # four times as many; 16 times would be quadratic


# --- pages


def build_pages(store: Store) -> None:
    """What the asset `dashboards` does, with nothing on the pages but their mark."""
    wanted = wanted_pages(store, [])
    for name in stale_pages(store, wanted):
        put_page(store, name, page(name, title="t", says="", body="", mark=wanted[name]))
    put_notes(
        store, made={"library": 4, "tapes": 2}, seconds={"library": 2, "tapes": 5}, troubles=[]
    )


def pages_of(plan: Plan) -> tuple[list[str], float | None]:
    [pages] = plan.pages
    return [cause.says for cause in pages.causes], pages.prediction.seconds


def test_pages_follow_the_tables_and_tapes_that_they_show(store: Store) -> None:
    put_tape(store, 1)
    put_tape(store, 2)
    assert pages_of(make_plan(store)) == (["never made"], None)
    build_tables(store)
    build_pages(store)
    assert make_plan(store).to_run == []
    plan = make_plan(store, tapes=["tape-1"], changes={"fusion.enter": 0.9})
    told = ["the tables that they show will be made again", "1 tape will have other results"]
    assert pages_of(plan) == (told, 2.5 + 2.5)  # five of the library, and one of the two tapes'


def test_a_page_that_is_gone_or_shows_something_else_is_made_alone(store: Store) -> None:
    put_tape(store, 1)
    build_tables(store)
    build_pages(store)
    page_path(store, "costs").unlink()
    page_path(store, "tapes/tape-1").write_text("of another version")
    told = ["1 page not there", "what 1 page should show changed since"]
    assert pages_of(make_plan(store)) == (told, 0.5 + 2.5)
