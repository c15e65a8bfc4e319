"""What a blocking check refused stays refused: in later runs, in parts of runs, after a crash."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import dagster as dg
import pytest

from assets import checks
from definitions import build_defs
from gametape.errors import InputError
from gametape.fingerprint import hash_file
from gametape.line import STEPS, GivenSegment, Order, order_of
from gametape.madematch.match import make_match
from gametape.madematch.settings import MatchSettings
from resources.planning.plans import make_plan
from resources.settings import Settings
from resources.store import Store
from resources.tape import Tape
from resources.verdicts import verdict_path

TAPE = "match-1"
WRONG = [{"what": "length", "is": 0.0, "should be": "above 0 s"}]


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    wish = MatchSettings(sport="tennis", seed=1, length_s=4, width=160, height=120)
    return make_match(tmp_path_factory.mktemp("video"), wish).video


@pytest.fixture
def store(tmp_path: Path, video: Path) -> Store:
    """A library with one tape, of which a list is to be cut."""
    store = Store(tmp_path / "library")
    store.put_order(ordered(video))
    return store


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as found:
        found.add_dynamic_partitions("videos", [TAPE])
        yield found


def ordered(video: Path) -> Order:
    order = order_of(video, content_hash=hash_file(video), profile="tennis")
    given = (GivenSegment(start_s=0, end_s=1),)
    return order.model_copy(update={"id": TAPE, "cut_list": given})


def tape_of(store: Store) -> Tape:
    return store.tape(TAPE)


def materialize(
    store: Store, instance: dg.DagsterInstance, *steps: str, has_checks: bool = True
) -> dg.ExecuteInProcessResult:
    """Run these steps from the UI, with their checks or without."""
    job = build_defs(Settings(library=store.root), has_tables=False).resolve_job_def("tape")
    keys = [dg.AssetKey(step) for step in steps]
    if not has_checks:
        job = job.get_subset(asset_selection=set(keys), asset_check_selection=set())
    return job.execute_in_process(
        partition_key=TAPE,
        asset_selection=keys if has_checks else None,
        instance=instance,
        raise_on_error=False,
    )


def failure_of(result: dg.ExecuteInProcessResult) -> str:
    """Why the first step failed that did."""
    failed = next(e for e in result.all_events if e.is_step_failure)
    data = failed.step_failure_data.user_failure_data
    return data.description if data else failed.step_failure_data.error.message


def refuse(_source: object) -> Sequence[Mapping[str, object]]:
    return WRONG


def test_what_is_made_of_a_refused_artifact_refuses_to_run_later(
    store: Store, instance: dg.DagsterInstance, monkeypatch
) -> None:
    tape = tape_of(store)
    with monkeypatch.context() as broken:
        broken.setattr(checks, "unplayable", refuse)
        first = materialize(store, instance, "sources", "segments")
    [shown] = first.get_asset_check_evaluations()
    assert (shown.check_name, shown.passed, shown.blocking) == ("source_is_playable", False, True)
    assert tape.sidecar("sources") is not None
    assert tape.sidecar("segments") is None
    later = materialize(store, instance, "segments")
    assert not later.success
    assert failure_of(later) == (
        f"{TAPE}: source_is_playable does not hold (what: length, is: 0, should be: "
        "above 0 s), so its sources are not used. Change what they are made from, or make them "
        f"again with `gametape run {TAPE} --again` (in the UI: materialize sources)."
    )
    assert shown.description == failure_of(later)  # the reason and the cure, on the Checks tab
    planned = make_plan(store).tapes[0]
    assert planned.to_run == []
    assert planned.is_stuck
    assert planned.trouble == failure_of(later)


def test_making_it_again_by_hand_judges_it_anew(
    store: Store, instance: dg.DagsterInstance, monkeypatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(checks, "unplayable", refuse)
        refused = materialize(store, instance, "sources")
        again = materialize(store, instance, "sources")
    assert (refused.success, again.success) == (False, False)
    before = tape_of(store).sidecar("sources")
    assert materialize(store, instance, "sources", "segments").success
    after = tape_of(store).sidecar("sources")
    assert before is not None
    assert after is not None
    assert (after.fingerprint, after.run_id == before.run_id) == (before.fingerprint, False)
    assert tape_of(store).refusals() == []


def test_another_fingerprint_is_another_matter(
    store: Store, instance: dg.DagsterInstance, video: Path, monkeypatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(checks, "unplayable", refuse)
        materialize(store, instance, "sources")
    store.put_order(ordered(video).model_copy(update={"content_hash": "1" * 64}))
    planned = make_plan(store).tapes[0]
    assert (planned.to_run, planned.trouble) == (["sources", "segments", "clips"], "")


def test_what_nobody_has_judged_is_judged_before_anything_is_made_of_it(
    store: Store, instance: dg.DagsterInstance
) -> None:
    tape = tape_of(store)
    assert materialize(store, instance, "sources", has_checks=False).success
    with pytest.raises(InputError, match="which no check has judged yet"):
        tape.publish("segments", lambda aside: None, run_id="1")
    [sources, *_] = make_plan(store).tapes[0].steps
    assert [cause.says for cause in sources.causes] == ["source_is_playable has not judged it yet"]
    before = tape.sidecar("sources")
    assert materialize(store, instance, *tape.stale_steps()).success
    assert tape.sidecar("sources") == before  # it was judged, and not made again
    assert make_plan(store).tapes == ()


def test_a_verdict_that_cannot_be_read_is_none(store: Store, instance: dg.DagsterInstance) -> None:
    tape = tape_of(store)
    assert materialize(store, instance, "sources").success
    path = verdict_path(tape.folder, "sources")
    assert json.loads(path.read_text())["wrong"] == 0
    path.write_text("{")
    assert tape.stale_steps()[0] == "sources"
    path.unlink()  # as in a library from before there were verdicts
    assert tape.stale_steps()[0] == "segments"


def test_every_check_that_the_line_names_is_there_and_blocks() -> None:
    found = {
        spec.name: (spec.asset_key.path[-1], spec.blocking)
        for check in checks.ON_THE_LINE
        for spec in check.check_specs
    }
    named = {step.check: (step.name, True) for step in STEPS if step.check}
    assert {name: found.get(name) for name in named} == named
    assert {name for name, (_, is_blocking) in found.items() if is_blocking} == set(named)
