"""Which labels come back: those of tapes without any; newer ones are never touched."""

from datetime import UTC, datetime, timedelta

import pytest

from gametape.datasets.card import card_of, card_page
from gametape.datasets.leaks import Leak
from gametape.datasets.nouns import Dataset, DatasetTape, checked_name
from gametape.datasets.restoring import Here, decide
from gametape.datasets.split import Split
from gametape.errors import InputError
from gametape.schema import Segment

GIVEN = datetime(2026, 5, 1, 12, tzinfo=UTC)
LABELS = (Segment(1.0, 4.0), Segment(6.0, 9.0))


def tape(name: str = "a", **changes: object) -> DatasetTape:
    values: dict[str, object] = {
        "id": f"tape-{name}",
        "name": f"{name}.mp4",
        "content_hash": name * 64,
        "game": f"game {name}",
        "sport": "tennis",
        "profile": "tennis",
        "strata": {"rate": "to 26 Hz"},
        "duration_s": 10.0,
        "labels": "0" * 64,
        "labelled_at": GIVEN.isoformat(),
        "play_count": 2,
        "play_s": 6.0,
        "classes": {"play": 2},
    }
    return DatasetTape.model_validate(values | changes)


DATASET = Dataset(name="d", tapes=(tape(),))


def decided(here: list[Here], *, may_replace_older: bool = False):
    found = decide(DATASET, {"tape-a": LABELS}, here, may_replace_older=may_replace_older)
    assert len(found) == 1
    return found[0]


def labelled(*labels: Segment, after: timedelta) -> list[Here]:
    return [Here("other-id", "a" * 64, 10.0, labels, GIVEN + after)]


def test_a_tape_of_the_same_content_without_labels_gets_them_whatever_its_id():
    found = decided([Here("other-id", "a" * 64, 10.0)])
    assert (found.kind, found.here, found.is_change) == ("restore", "other-id", True)


def test_no_tape_of_that_content_is_said_and_changes_nothing():
    found = decided([Here("tape-a", "b" * 64)])
    assert (found.kind, found.is_change) == ("no tape", False)


def test_labels_at_the_same_milliseconds_are_the_same():
    close = tuple(Segment(s.start_s + 2e-4, s.end_s) for s in LABELS)
    assert decided(labelled(*close, after=timedelta(0))).kind == "same"


@pytest.mark.parametrize("may_replace_older", [False, True])
def test_newer_labels_stay_whatever_is_asked(may_replace_older):
    here = labelled(LABELS[0], Segment(7.0, 9.0), after=timedelta(seconds=1))
    found = decided(here, may_replace_older=may_replace_older)
    assert (found.kind, found.same, found.only_in_dataset, found.only_here) == ("keep", 1, 1, 1)


def test_older_labels_are_replaced_only_where_that_is_asked():
    here = labelled(LABELS[0], after=-timedelta(days=1))
    assert decided(here).kind == "keep"
    assert decided(here, may_replace_older=True).kind == "replace"


def test_labels_that_a_person_has_emptied_are_labels_too():
    assert decided(labelled(after=timedelta(seconds=1))).kind == "keep"


def test_labels_beyond_the_tape_that_is_here_do_not_come():
    found = decided([Here("other-id", "a" * 64, duration_s=5.0)])
    assert not found.is_change
    assert "1 labels pass the end" in found.reason


def test_a_version_is_its_content_and_not_when_it_was_labelled():
    later = tape(labelled_at=(GIVEN + timedelta(days=3)).isoformat())
    assert Dataset(name="d", tapes=(later,)).digest == DATASET.digest
    for change in ({"labels": "1" * 64}, {"game": "x"}, {"features": {"cheap": "f"}}):
        assert Dataset(name="d", tapes=(tape(**change),)).digest != DATASET.digest


@pytest.mark.parametrize("name", ["", "..", "a/b", "A", "-a", "x" * 61, "a b", "a\n"])
def test_a_name_that_is_no_folder_of_its_own_is_refused(name):
    with pytest.raises(InputError, match="cannot be a dataset's name"):
        checked_name(name)


def test_a_card_counts_tapes_games_plays_hours_classes_and_angles():
    tapes = (
        tape("a", angle="end line"),
        tape("b", game="game a", classes={"play": 1, "service": 1}),
    )
    dataset = Dataset(name="d", tapes=tapes)
    card = card_of(dataset, None)
    assert (card.tapes, card.games, card.plays) == (2, 1, 4)
    assert card.hours == pytest.approx(20 / 3600, abs=1e-4)
    assert card.classes == {"play": 3, "service": 1}
    assert card.angles == {"end line": 1, "not stated": 1}
    assert "All tapes are of one game" in card_page(card, dataset)


def test_a_card_names_sides_and_leaks_and_takes_no_markup_from_names():
    dataset = Dataset(name="d", tapes=(tape("a", game="x | y <b>"), tape("b")))
    split = Split(train=("tape-a",), held_out=("tape-b",))
    leak = Leak("frames", "tape-a", "tape-b", "30 s look the same")
    page = card_page(card_of(dataset, split, [leak]), dataset)
    assert "| tape-b | game b | 10 s | 2 | held out |" in page
    assert "- tape-a and tape-b: 30 s look the same" in page
    assert "x / y ‹b>" in page
