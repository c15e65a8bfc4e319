"""Tapes on which nobody plays: labelled as such, learned from, exported, restored, and judged."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from gametape.aside import write_text
from gametape.errors import InputError
from gametape.exports.cutlist import read_cutlist, read_labels, write_cutlist
from gametape.profile import load_profile
from gametape.schema import Segment, no_progress
from resources.datasets.exporting import export_dataset, training_tapes
from resources.datasets.restoring import restore
from resources.learning.examples import labelled_examples
from resources.learning.training import Request, train_model
from resources.learning.validating import ALWAYS, LEARNED, Question, validate_sport
from resources.store import Store
from tests.integration import test_learning as learning
from tests.integration.labelled_library import add_tape, put_labels

SILENT = (2, 5)  # seeds of tapes without a play


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Labelled tapes of nine games; on two of them nobody plays."""
    spans_of = learning.spans_of
    monkeypatch.setattr(learning, "spans_of", lambda n: [] if n in SILENT else spans_of(n))
    library = tmp_path / "library"
    pack = library / "profiles" / f"{learning.SPORT}.yaml"
    write_text(pack, learning.PACK.format(name=learning.SPORT))
    store = Store(library, library / "profiles")
    for seed in range(1, 10):
        learning.add_tape(store, learning.SPORT, seed)
    return store


def test_an_empty_list_is_labels_in_a_library_and_no_list_to_cut_by(tmp_path: Path) -> None:
    write_cutlist(tmp_path / "none.json", [])
    assert read_labels(tmp_path / "none.json") == []
    with pytest.raises(InputError, match="the list of segments is empty"):
        read_cutlist(tmp_path / "none.json")


def test_all_windows_of_a_tape_without_play_are_learned_as_dead_time(store: Store) -> None:
    asked = Request(profile=learning.SPORT, kind="linear-hmm", hold_out=0.4)
    trained = train_model(store, asked, progress=no_progress)
    ids = {one.id for one in (*trained.record.trained, *trained.record.held_out)}
    assert {f"{learning.SPORT}-{seed:04d}" for seed in SILENT} <= ids
    assert trained.record.figures["F1@0.50"].value > 0.9
    profile = load_profile(learning.SPORT, folder=store.profiles)
    silent = [e.training for e in labelled_examples(store, profile) if not e.training.plays]
    assert len(silent) == len(SILENT)
    for one in silent:
        share = trained_share(trained.folder, one.features)
        assert share < 0.05


def trained_share(folder: Path, features: tuple) -> float:  # type: ignore[type-arg]
    """Share of rows that a trained head takes for play."""
    from gametape.models.heads.files import read_head

    return float(np.mean(read_head(folder).probabilities(features)[:, 0] > 0.5))


@pytest.mark.slow
def test_cross_validation_judges_tapes_without_play_too(store: Store) -> None:
    question = Question(profile=learning.SPORT, kind="linear-hmm", folds=2)
    found = validate_sport(store, question, progress=no_progress)
    learned, always = (found.answer.figures[name] for name in (LEARNED, ALWAYS))
    assert learned["F1@0.50"].value > 0.9
    assert always["F1@0.50"].value < 0.1


def test_a_dataset_gives_back_that_nobody_plays(tmp_path: Path) -> None:
    library = tmp_path / "library"
    for number in range(1, 5):
        add_tape(library, number)
    silent = add_tape(library, 5)
    put_labels(silent, ())
    store = Store(library, library / "profiles")
    version = export_dataset(store, "five").version
    entry = next(tape for tape in version.dataset.tapes if tape.id == silent.order.id)
    assert (entry.play_count, entry.play_s, entry.classes) == (0, 0.0, {})
    assert [tape.plays for tape in training_tapes(store, version, ["cheap"])].count(()) == 1

    shutil.rmtree(library / "labels")
    assert silent.order.id in restore(store, version).changed
    assert read_labels(silent.labels_file) == []
    # What somebody marks later stays.
    write_cutlist(silent.labels_file, [Segment(1.0, 4.0)])
    assert restore(store, version).changed == ()
