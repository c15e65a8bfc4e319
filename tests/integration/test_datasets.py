"""Datasets on their way: made, sent, fetched, given back; whole or not there, whoever is killed."""

import json
import os
import shutil
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import dagster as dg
import numpy as np
import pytest

from app.main import run
from assets.datasets import datasets_asset, leak_check
from gametape.errors import InputError
from gametape.schema import Span
from resources.crashpoints import Point
from resources.datasets.depots import FolderDepot, RemoteDepot, depot_at
from resources.datasets.exporting import export_dataset, leaks_of, training_tapes
from resources.datasets.restoring import restore
from resources.datasets.shipments import find_shipment, shipments
from resources.datasets.transfers import pull, push
from resources.datasets.versions import find_version, read_version, versions
from resources.settings import load_settings
from resources.store import Store
from tests.integration.labelled_library import GIVEN, add_tape, put_features, put_labels

TYPED = "import sys; from app.main import run; sys.exit(run(sys.argv[1:]))"
ONE_PLAY = ((1.0, 9.0),)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six labelled tapes of six games, and a version of them."""
    folder = tmp_path_factory.mktemp("made")
    for number in range(1, 7):
        add_tape(folder / "library", number)
    export_dataset(Store(folder / "library"), "six")
    return folder


@pytest.fixture
def library(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made / "library", tmp_path / "library"))


def store_at(library: Path) -> Store:
    return Store(library, library / "profiles")


def without_labels(library: Path, to: Path) -> Path:
    """The same tapes, where labels and datasets were lost."""
    shutil.copytree(library, to)
    shutil.rmtree(to / "labels")
    shutil.rmtree(to / "datasets")
    return to


def contents(folder: Path) -> dict[str, bytes]:
    """Every file that is not hidden, but for locks."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(p.startswith(".") for p in path.relative_to(folder).parts)
    }


def die_at(point: str, *words: str) -> int:
    environment = {**os.environ, "GAMETAPE_CRASH_AT": point}
    command = [sys.executable, "-c", TYPED, *words]
    done = subprocess.run(command, env=environment, check=False, capture_output=True, timeout=100)
    return done.returncode


def test_the_same_labels_are_the_same_version_and_nothing_is_written_again(library: Path) -> None:
    before = contents(library / "datasets")
    again = export_dataset(store_at(library), "six")
    assert not again.is_new
    assert contents(library / "datasets") == before


def test_another_label_is_another_version_and_the_first_one_stays(library: Path) -> None:
    store = store_at(library)
    first = find_version(store, "six")
    put_labels(store.tape(store.tape_ids()[0]), ONE_PLAY)
    second = export_dataset(store, "six").version
    assert second.dataset.digest != first.dataset.digest
    assert find_version(store, "six").folder == second.folder
    assert find_version(store, f"six@{first.dataset.version}").dataset == first.dataset
    assert [is_current for _, is_current in versions(store)].count(True) == 1


def test_games_stay_on_their_side_when_tapes_are_added(library: Path) -> None:
    before = find_version(store_at(library), "six").split
    for number in range(7, 11):
        add_tape(library, number)
    after = export_dataset(store_at(library), "six").version.split
    assert before is not None and after is not None
    assert set(before.train) <= set(after.train)
    assert set(before.held_out) <= set(after.held_out)


def test_a_copy_on_the_other_side_is_a_leak_with_its_counter_example(tmp_path: Path) -> None:
    for number in range(1, 5):
        add_tape(tmp_path / "library", number)
    store = store_at(tmp_path / "library")
    split = export_dataset(store, "tennis").version.split
    assert split is not None
    held = int(split.held_out[0].split("-")[1])
    number = 5
    while True:  # a copy that the hash of its game's name puts among those who learn
        add_tape(tmp_path / "library", number, looks_like=held)
        version = export_dataset(store, "tennis").version
        if version.split and f"match-{number}-" in " ".join(version.split.train):
            break
        number += 1
    [leak, *_] = leaks_of(version)
    assert (leak.kind, leak.held_out) == ("frames", split.held_out[0])
    assert "look the same" in leak.what
    result = materialized(tmp_path / "library")
    assert not result.success
    [check] = result.get_asset_check_evaluations()
    assert not check.passed and check.blocking
    assert "look the same" in str(check.metadata["counter_examples"].value)


def test_a_sound_dataset_passes_the_check_and_is_under_its_sport_packs_name(library: Path) -> None:
    result = materialized(library)
    assert result.success
    assert [check.passed for check in result.get_asset_check_evaluations()] == [True]
    found = result.asset_materializations_for_node("datasets")[0].metadata
    assert found["tapes"].value == 6
    assert find_version(store_at(library), "tennis").card.games == 6


def materialized(library: Path) -> dg.ExecuteInProcessResult:
    settings = load_settings({"library": str(library)}, environment={}, folder=library).settings
    asset = datasets_asset(settings)
    definitions = dg.Definitions(
        assets=[asset],
        asset_checks=[leak_check(asset)],
        jobs=[dg.define_asset_job("all")],
        resources={
            "store": store_at(library),
            "progress": dg.ResourceDefinition.hardcoded_resource(print),
        },
    )
    job = definitions.resolve_job_def("all")
    with dg.DagsterInstance.ephemeral() as instance:
        return job.execute_in_process(
            partition_key="tennis", instance=instance, raise_on_error=False
        )


@pytest.mark.parametrize("kind", ["folder", "fsspec"])
def test_what_was_pushed_comes_back_byte_for_byte(kind: str, library: Path, tmp_path: Path) -> None:
    depot = depot_at(str(tmp_path / "depot"))
    if kind == "fsspec":
        pytest.importorskip("fsspec")
        depot = depot_at(f"memory://{tmp_path.name}/depot")
        assert isinstance(depot, RemoteDepot)
    store = store_at(library)
    sent = push(store, find_version(store, "six"), depot)
    assert (sent.moved > 0, sent.there) == (True, 0)
    again = push(store, find_version(store, "six"), depot)
    assert (again.moved, again.there) == (0, sent.moved)
    elsewhere = store_at(tmp_path / "elsewhere")
    pull(elsewhere, depot, "six")
    assert pull(elsewhere, depot, "six").moved == 0
    here, there = find_version(store, "six"), find_version(elsewhere, "six")
    assert there.dataset == here.dataset
    of_both = contents(here.folder)
    assert contents(there.folder).items() >= of_both.items()
    # Features came along: the version can be learned from where no tape is.
    [one, *_] = training_tapes(elsewhere, there, ["cheap"])
    [like, *_] = training_tapes(store, here, ["cheap"])
    assert np.array_equal(one.features[0].values, like.features[0].values)
    assert one.plays == like.plays


def test_a_second_dataset_sends_only_what_the_store_lacks(library: Path, tmp_path: Path) -> None:
    store, depot = store_at(library), FolderDepot(tmp_path / "depot")
    push(store, find_version(store, "six"), depot, has_videos=True)
    put_labels(store.tape(store.tape_ids()[0]), ONE_PLAY)
    version = export_dataset(store, "six").version
    moved = push(store, version, depot, has_videos=True)
    assert moved.moved == 4  # new labels, dataset.json, and the card in two forms
    assert {s.digest for s, _ in shipments(depot)} == {v.dataset.digest for v, _ in versions(store)}


def test_a_damaged_content_is_refused_and_nothing_appears(library: Path, tmp_path: Path) -> None:
    store, depot = store_at(library), FolderDepot(tmp_path / "depot")
    push(store, find_version(store, "six"), depot)
    shipment = find_shipment(depot, "six")
    key = next(b.key for name, b in shipment.files.items() if name.endswith("labels.json"))
    damaged = bytearray((depot.root / key).read_bytes())
    damaged[5] ^= 1
    (depot.root / key).write_bytes(damaged)
    elsewhere = store_at(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="changed or damaged"):
        pull(elsewhere, depot, "six")
    assert list(versions(elsewhere)) == []


@pytest.mark.parametrize("name", ["../../outside.json", "/etc/passwd", "tapes/../x/labels.json"])
def test_a_paper_that_names_files_elsewhere_is_refused(
    name: str, library: Path, tmp_path: Path
) -> None:
    store, depot = store_at(library), FolderDepot(tmp_path / "depot")
    version = find_version(store, "six")
    push(store, version, depot)
    paper = depot.root / "datasets" / "six" / f"{version.dataset.version}.json"
    told = json.loads(paper.read_text())
    told["files"][name] = told["files"]["dataset.json"]
    paper.write_text(json.dumps(told))
    with pytest.raises(InputError, match="nothing of it is taken"):
        pull(store_at(tmp_path / "elsewhere"), depot, "six")


def test_a_version_that_somebody_changed_is_refused(library: Path) -> None:
    folder = find_version(store_at(library), "six").folder
    text = (folder / "dataset.json").read_text().replace('"game 1"', '"game 2"')
    (folder / "dataset.json").write_text(text)
    with pytest.raises(InputError, match="never changed"):
        read_version(folder)


def test_lost_labels_come_back_by_content_and_as_old_as_they_were(
    library: Path, tmp_path: Path
) -> None:
    store, depot = store_at(library), FolderDepot(tmp_path / "depot")
    push(store, find_version(store, "six"), depot)
    lost = store_at(without_labels(library, tmp_path / "lost"))
    pull(lost, depot, "six")
    version = find_version(lost, "six")
    planned = restore(lost, version, is_rehearsal=True)
    assert len(planned.changed) == 6
    assert not (lost.root / "labels").exists()
    assert restore(lost, version).changed == planned.changed
    assert contents(lost.root / "labels") == contents(library / "labels")
    times = {path.stat().st_mtime for path in (lost.root / "labels").glob("*.json")}
    assert times == {GIVEN.timestamp()}
    assert restore(lost, version).changed == ()


def test_newer_labels_are_never_overwritten_and_older_ones_only_if_asked(library: Path) -> None:
    store = store_at(library)
    version = find_version(store, "six")
    older, newer = (store.tape(tape_id) for tape_id in store.tape_ids()[:2])
    put_labels(older, ONE_PLAY, at=GIVEN - timedelta(days=1))
    put_labels(newer, ONE_PLAY, at=GIVEN + timedelta(days=1))
    before = contents(library / "labels")
    assert restore(store, version).changed == ()
    assert contents(library / "labels") == before
    assert restore(store, version, may_replace_older=True).changed == (older.order.id,)
    assert (
        contents(library / "labels")[f"{newer.order.id}.json"] == before[f"{newer.order.id}.json"]
    )


def test_videos_that_came_with_a_dataset_become_tapes(library: Path, tmp_path: Path) -> None:
    store, depot = store_at(library), FolderDepot(tmp_path / "depot")
    push(store, find_version(store, "six"), depot, has_videos=True)
    fresh = store_at(tmp_path / "fresh")
    pull(fresh, depot, "six", has_videos=True)
    done = restore(fresh, find_version(fresh, "six"))
    assert sorted(done.new_tapes) == sorted(done.changed) == store.tape_ids() == fresh.tape_ids()
    for tape_id in fresh.tape_ids():
        here, there = store.tape(tape_id).order, fresh.tape(tape_id).order
        assert there.file.read_bytes() == here.file.read_bytes()
        assert (there.game, there.profile, there.name) == (here.game, here.profile, here.name)


@pytest.mark.parametrize("point", [Point.DATASET_ASIDE])
def test_an_export_that_was_killed_leaves_no_half_version(point: Point, library: Path) -> None:
    store = store_at(library)
    put_labels(store.tape(store.tape_ids()[0]), ONE_PLAY)
    words = ("dataset", "export", "six", "--library", str(library))
    assert die_at(point, *words) == -signal.SIGKILL
    assert len(list(versions(store))) == 1
    assert run(list(words)) == 0
    assert len(list(versions(store))) == 2
    assert not list((library / "datasets" / "six").glob(".*.making"))


@pytest.mark.parametrize(
    "point",
    ["blob-written:3", "blob-placed:3", Point.BEFORE_VERSION, Point.AFTER_VERSION],
)
def test_a_push_that_was_killed_shows_a_version_only_if_all_of_it_is_there(
    point: str, library: Path, tmp_path: Path
) -> None:
    depot = FolderDepot(tmp_path / "depot")
    words = ("dataset", "push", "six", str(depot.root), "--library", str(library))
    assert die_at(point, *words) == -signal.SIGKILL
    told = [shipment for shipment, _ in shipments(depot)]
    assert len(told) == (point == Point.AFTER_VERSION)
    assert all(depot.size_of(b.key) == b.bytes for s in told for b in s.files.values())
    for path in (depot.root / "blobs").rglob("*"):
        assert path.is_dir() or len(path.name) == 64
    assert run(list(words)) == 0
    pull(store_at(tmp_path / "elsewhere"), depot, "six")


def test_a_pull_that_was_killed_goes_on_where_it_was(library: Path, tmp_path: Path) -> None:
    store, depot = store_at(library), FolderDepot(tmp_path / "depot")
    push(store, find_version(store, "six"), depot)
    elsewhere = store_at(tmp_path / "elsewhere")
    words = ("dataset", "pull", "six", str(depot.root), "--library", str(elsewhere.root))
    assert die_at("file-fetched:5", *words) == -signal.SIGKILL
    assert list(versions(elsewhere)) == []
    moved = pull(elsewhere, depot, "six")
    assert moved.there == 5
    assert find_version(elsewhere, "six").dataset == find_version(store, "six").dataset
    assert not list((elsewhere.root / "datasets" / "six").glob(".*.incoming"))


def test_a_restore_that_was_killed_gives_back_whole_lists_and_then_the_rest(
    library: Path, tmp_path: Path
) -> None:
    lost = without_labels(library, tmp_path / "lost")
    shutil.copytree(library / "datasets", lost / "datasets")
    words = ("dataset", "restore", "six", "--library", str(lost))
    assert die_at("labels-restored:2", *words) == -signal.SIGKILL
    wanted = contents(library / "labels")
    there = contents(lost / "labels")
    assert len(there) == 2 and there.items() <= wanted.items()
    restore(store_at(lost), find_version(store_at(lost), "six"))
    assert contents(lost / "labels") == wanted


def test_tapes_to_learn_from_have_features_plays_games_and_strata(library: Path) -> None:
    store = store_at(library)
    found = training_tapes(store, store.tape_ids(), ["cheap"])
    assert [tape.id for tape in found] == store.tape_ids()
    assert found[0].game == "game 1"
    assert found[0].plays == (Span(5.0, 12.0), Span(30.0, 41.0))
    assert found[0].strata == {"sport pack": "tennis", "rate": "to 26 Hz"}
    assert found[0].cuts_s == (20.0,)
    assert found[0].features[0].values.shape == (60, 2)


def test_a_version_is_learned_from_with_its_own_labels_not_with_todays(library: Path) -> None:
    store = store_at(library)
    version = find_version(store, "six")
    put_labels(store.tape(store.tape_ids()[0]), ONE_PLAY)
    assert training_tapes(store, version, ["cheap"])[0].plays[0] == Span(5.0, 12.0)
    assert training_tapes(store, store.tape_ids(), ["cheap"])[0].plays == (Span(1.0, 9.0),)


def test_features_that_a_version_was_not_made_with_are_refused(library: Path) -> None:
    store = store_at(library)
    tape = store.tape(store.tape_ids()[0])
    shutil.rmtree(tape.path("features"))
    put_features(tape, start=999)
    with pytest.raises(InputError, match=r"not those that six@.*dataset export six"):
        training_tapes(store, find_version(store, "six"), ["cheap"])


def test_missing_features_are_named_with_the_command_that_makes_them(library: Path) -> None:
    store = store_at(library)
    first = store.tape_ids()[0]
    with pytest.raises(InputError, match=f"{first}: has no features of i3d.*gametape run {first}"):
        training_tapes(store, store.tape_ids(), ["cheap", "i3d"])


def test_labels_outside_of_the_tape_are_named(library: Path) -> None:
    store = store_at(library)
    put_labels(store.tape(store.tape_ids()[0]), ((55.0, 61.0),))
    with pytest.raises(InputError, match="passes the end of the tape"):
        export_dataset(store, "six")


def test_one_labelled_tape_is_too_few(tmp_path: Path) -> None:
    add_tape(tmp_path / "library", 1)
    add_tape(tmp_path / "library", 2, is_labelled=False)
    with pytest.raises(InputError, match=r"1 labelled tape, and a dataset needs 2 or more"):
        export_dataset(store_at(tmp_path / "library"), "few")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("dataset", "show", "none"), "no such dataset"),
        (("dataset", "show", "../six"), "cannot be a dataset's name"),
        (("dataset", "push", "six", "nonsense://x/y"), "cannot reach such a store"),
        (("dataset", "pull", "none", "DEPOT"), "has no such dataset"),
        (("dataset", "export", "six", "--tape", "nobody-0123"), "the library has no such tape"),
    ],
)
def test_what_is_not_there_is_said_in_a_sentence(
    words: tuple[str, ...],
    told: str,
    library: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = [str(tmp_path / "depot") if word == "DEPOT" else word for word in words]
    assert run([*given, "--library", str(library)]) == 2
    assert told in " ".join(capsys.readouterr().err.split())


def test_the_commands_go_round(
    library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    depot, lost = str(tmp_path / "depot"), str(without_labels(library, tmp_path / "lost"))

    def told(*words: str) -> dict:
        assert run(["dataset", *words, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    store = store_at(Path(lost))
    two = store.tape_ids()[:2]
    chosen = [word for tape_id in two for word in ("--tape", tape_id)]
    digest = told("export", "two", *chosen, "--library", str(library))["digest"]
    assert told("push", "two", depot, "--videos", "--library", str(library))["sent"] > 6
    assert told("list", "--from", depot)[0]["videos"] == 2
    assert told("pull", f"two@{digest[:8]}", depot, "--library", lost)["there_already"] == 0
    assert told("show", "two", "--library", lost)["card"]["plays"] == 4
    rehearsed = told("restore", "two", "--dry-run", "--library", lost)
    assert [row["what"] for row in rehearsed["tapes"]] == ["restore", "restore"]
    told("restore", "two", "--library", lost)
    assert [t for t in store.tape_ids() if store.tape(t).sidecar("labels")] == two
