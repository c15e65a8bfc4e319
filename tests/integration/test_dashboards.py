"""The pages of a library: made from published files, only where something changed."""

import json
from pathlib import Path

import dagster as dg
import pytest

from assets.dashboards import dashboards
from gametape.promotion import Decision, Side
from gametape.report.pages.layout import mark_of_page
from gametape.report.pages.trouble import Trouble
from resources.arrivals.failures import SILENT, troubles_of
from resources.learning.promoting import keep_decision
from resources.pages import page_path, stale_pages, wanted_pages
from resources.store import Store
from tests.integration.test_tables import build_without_dagster, put_tape, put_truth

PAGES = ("index", "evaluation", "models", "errors", "costs")


def build(store: Store, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    build_without_dagster(store)
    return dg.materialize([dashboards], resources={"store": store}, instance=instance)


def made(result: dg.ExecuteInProcessResult) -> int:
    (event,) = result.asset_materializations_for_node("dashboards")
    return event.metadata["made_now"].value


def text_of(store: Store, name: str) -> str:
    return page_path(store, name).read_text("utf-8")


@pytest.fixture(scope="module")
def instance():
    with dg.DagsterInstance.ephemeral() as found:
        yield found


@pytest.fixture(scope="module")
def built(tmp_path_factory, instance) -> tuple[Store, dg.ExecuteInProcessResult]:
    store = Store(tmp_path_factory.mktemp("it's [here]"))
    put_tape(store, 1, [(1.0, 5.0), (10.0, 16.0)])
    put_tape(store, 2, [])
    put_truth(store, "tape-1", [(1.0, 2.0), (7.0, 8.0)], matched=1)
    return store, build(store, instance)


def test_every_page_and_a_page_for_each_tape_is_there(built) -> None:
    store, result = built
    names = [*PAGES, "tapes/tape-1", "tapes/tape-2"]
    assert all(mark_of_page(page_path(store, name)) for name in names)
    assert made(result) == len(names)
    assert not list((store.root / "pages").rglob("*.part*"))


def test_the_pages_say_what_the_tables_say(built) -> None:
    store, _ = built
    assert "it&#x27;s [a] match.mp4" in text_of(store, "index")
    data = text_of(store, "evaluation").split('id="evaluation">')[1].split("</script>")[0]
    (group,) = json.loads(data)
    assert (group["name"], group["tapes"], group["plays"]) == ("tennis · m", 1, 2)
    assert group["in_force"][0]["f1"] == 0.5
    assert group["calibration"] == [
        {"windows": 1, "score": 0.25, "share": 0.0, "low": None, "high": None},
        {"windows": 1, "score": 0.95, "share": 1.0, "low": None, "high": None},
    ]
    assert 'href="tapes/tape-1.html#t=6.00"' in text_of(store, "errors")
    assert "segments" in text_of(store, "costs")


def test_a_manifest_that_cannot_be_read_is_told_and_the_rest_is_shown(built) -> None:
    text = text_of(built[0], "tapes/tape-1")
    assert "not a manifest of version" in text
    assert '"found":[[1.0,5.0,' in text


def test_nothing_is_made_again_while_nothing_changes(built, instance) -> None:
    assert made(build(built[0], instance)) == 0


def test_a_new_label_changes_the_pages_that_show_it(tmp_path: Path, instance) -> None:
    store = Store(tmp_path)
    put_tape(store, 1, [(1.0, 5.0)])
    put_tape(store, 2, [(1.0, 5.0)])
    build(store, instance)
    before = {name: text_of(store, f"tapes/tape-{name}") for name in (1, 2)}
    put_truth(store, "tape-1", [(1.0, 2.0)], matched=1)
    assert made(build(store, instance)) == 6  # all of the library, and one tape
    assert text_of(store, "tapes/tape-1") != before[1]
    assert text_of(store, "tapes/tape-2") == before[2]


def test_a_tape_that_is_gone_takes_its_page_with_it(tmp_path: Path, instance) -> None:
    store = Store(tmp_path)
    put_tape(store, 1, [(1.0, 5.0)])
    build(store, instance)
    (tmp_path / "inbox" / "tape-1.json").unlink()
    build(store, instance)
    assert not page_path(store, "tapes/tape-1").exists()
    assert page_path(store, "index").exists()


def test_a_tape_whose_files_are_broken_gets_a_page_that_says_so(tmp_path: Path, instance) -> None:
    store = Store(tmp_path)
    put_tape(store, 1, [(1.0, 5.0)])
    build(store, instance)
    for name in ("segments.parquet", "predictions.parquet"):
        path = store.tape("tape-1").path(name)
        path.write_bytes(b"x" * path.stat().st_size)
    page_path(store, "tapes/tape-1").unlink()
    result = dg.materialize([dashboards], resources={"store": store}, instance=instance)
    assert result.success
    assert "cannot be read" in text_of(store, "tapes/tape-1")


def test_an_empty_library_has_pages_that_say_what_to_do(tmp_path: Path, instance) -> None:
    store = Store(tmp_path)
    build(store, instance)
    assert "gametape demo" in text_of(store, "index")
    assert all("gametape cut FILE" in text_of(store, name) for name in ("evaluation", "costs"))
    assert "gametape label TAPE FILE" in text_of(store, "errors")


def test_a_failed_run_is_told_with_its_step_and_reason(tmp_path: Path) -> None:
    store = Store(tmp_path)
    put_tape(store, 1, [(1.0, 5.0)])
    videos = dg.DynamicPartitionsDefinition(name="videos")

    @dg.asset(partitions_def=videos)
    def proxies() -> None:
        raise dg.Failure("match.mp4: the picture <ends> at 3 s.", allow_retries=False)

    with dg.DagsterInstance.ephemeral() as instance:
        assert troubles_of(store, instance) == []
        instance.add_dynamic_partitions("videos", ["tape-1"])
        dg.materialize([proxies], partition_key="tape-1", instance=instance, raise_on_error=False)
        (trouble,) = troubles_of(store, instance)
        assert (trouble.tape, trouble.step) == ("tape-1", "proxies")
        assert trouble.reason == "match.mp4: the picture <ends> at 3 s."
        build(store, instance)
        assert "the picture &lt;ends&gt; at 3 s." in text_of(store, "costs")

        @dg.asset(name="proxies", partitions_def=videos)
        def well() -> None: ...

        dg.materialize([well], partition_key="tape-1", instance=instance)
        assert troubles_of(store, instance) == []


def test_a_run_that_was_killed_left_no_word_and_a_tape_may_just_wait(tmp_path: Path) -> None:
    store = Store(tmp_path)
    put_tape(store, 1, [(1.0, 5.0)])
    (tmp_path / "videos" / "tape-1" / "_meta" / "clips.json").unlink()
    with dg.DagsterInstance.ephemeral() as instance:
        name = "it's [a] match.mp4"
        assert troubles_of(store, instance) == [Trouble("tape-1", name)]

        @dg.job
        def tape() -> None: ...

        run = instance.create_run_for_job(tape, tags={"dagster/partition": "tape-1"})
        instance.report_run_failed(run)
        (trouble,) = troubles_of(store, instance)
        assert (trouble.step, trouble.reason, trouble.has_failed) == ("run", SILENT, True)


def test_a_decision_is_shown_and_one_that_cannot_be_read_is_told(tmp_path: Path, instance) -> None:
    store = Store(tmp_path)
    put_tape(store, 1, [(1.0, 5.0)])
    build(store, instance)
    assert "No model was trained" in text_of(store, "models")
    sides = {"challenger": Side(label="gametape-tennis/1 aa", digest="aa", version="1"),
             "incumbent": Side(label="main-camera")}  # fmt: skip
    refused = Decision(profile="tennis", at="2026-05-01T12:00:00", is_better=False,
                       reasons=("leak: the same game",), **sides)  # fmt: skip
    keep_decision(store.root, refused)
    assert stale_pages(store, wanted_pages(store, [])) == ["evaluation", "models"]
    (store.root / "models" / "decisions" / "later.json").write_text("{")
    build(store, instance)
    text = text_of(store, "models")
    assert "leak: the same game" in text
    assert "later.json: not a readable decision" in text
    (store.root / "models" / "champions.json").write_text("[")
    build(store, instance)
    assert "gametape models sync" in text_of(store, "models")


def test_a_failure_alone_makes_two_pages_stale(built) -> None:
    store, _ = built
    assert stale_pages(store, wanted_pages(store, [])) == []
    wanted = wanted_pages(store, [Trouble("tape-1", "x", "clips", "no space")])
    assert stale_pages(store, wanted) == ["index", "costs"]
