"""The ledger and the listing: what counts as complete, and what two writers and a crash do."""

import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from gametape.errors import InputError, ToolError
from resources.arrivals.ledger import Entry, Ledger, noticed
from resources.arrivals.listing import Folder, Listed

FILE = Listed("/inbox/a.mp4", 10, "1-7")


def look(entry: Entry | None, listed: Listed, now_s: float) -> Entry:
    return noticed(entry, listed, now_s=now_s, settle_s=30)


def test_a_file_is_complete_when_listings_so_far_apart_agree() -> None:
    states = []
    entry = None
    for now_s in (100, 115, 129, 130):
        entry = look(entry, FILE, now_s)
        states.append(entry.state)
    assert states == ["seen", "settling", "settling", "complete"]


@pytest.mark.parametrize("change", [{"size": 11}, {"stamp": "2-7"}, {"stamp": "1-8"}])
def test_whatever_changes_about_a_file_starts_the_wait_again(change: dict[str, object]) -> None:
    entry = look(look(None, FILE, 100), replace(FILE, **change), 129)
    assert entry.state == "settling"
    assert look(entry, replace(FILE, **change), 158).state == "settling"
    assert look(entry, replace(FILE, **change), 159).state == "complete"


def test_a_file_that_grows_waits_for_as_long_as_it_grows() -> None:
    entry = None
    for size in range(1000):
        entry = look(entry, replace(FILE, size=size), 31.0 * size)
        assert entry.state in ("seen", "settling")


def test_a_clock_that_was_set_back_only_makes_the_wait_longer() -> None:
    entry = look(look(None, FILE, 1000), FILE, 400)
    assert (look(entry, FILE, 429).state, look(entry, FILE, 430).state) == ("settling", "complete")


def test_a_file_said_to_be_whole_need_not_wait() -> None:
    assert look(None, replace(FILE, is_whole=True), 100).state == "complete"


def test_a_file_that_comes_back_unchanged_is_what_it_was() -> None:
    gone = Entry("/inbox/a.mp4", 1, 10, "1-7", "ordered", 0, 0, tape="a", missing_since_s=5)
    assert look(gone, FILE, 100) == replace(gone, missing_since_s=None)


def test_half_a_change_of_the_ledger_is_none(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    with ledger.writing() as book:
        book.put(look(None, FILE, 0))
    with pytest.raises(KeyboardInterrupt), ledger.writing() as book:
        book.put(look(None, replace(FILE, name="/inbox/b.mp4"), 0))
        book.want_run("a", now_s=0)
        raise KeyboardInterrupt
    with ledger.reading() as book:
        assert list(book.current()) == [FILE.name]
        assert book.wishes(9) == []


def test_two_writers_lose_nothing_of_one_another(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")

    def write(letter: str) -> None:
        for number in range(40):
            with ledger.writing() as book:
                count = book.get("count") or look(None, replace(FILE, name="count", size=0), 0)
                book.put(replace(count, size=count.size + 1))
                book.put(look(None, replace(FILE, name=f"{letter}{number}"), 0))

    threads = [threading.Thread(target=write, args=(letter,)) for letter in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with ledger.reading() as book:
        assert len(book.current()) == 81
        assert (found := book.get("count")) is not None
        assert found.size == 80


def test_looking_up_makes_no_ledger(tmp_path: Path) -> None:
    with Ledger(tmp_path / "new" / "ledger.sqlite").reading() as book:
        assert book.current() == {}
    assert list(tmp_path.iterdir()) == []


def test_a_ledger_that_is_none_is_named_with_the_cure(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_text("not a ledger, but long enough to be read as the head of a file" * 20)
    with pytest.raises(ToolError, match=r"ledger\.sqlite: .*move the file away"):
        Ledger(path).begin([look(None, FILE, 0)])


def test_names_that_are_no_text_are_kept_byte_for_byte(tmp_path: Path) -> None:
    name = os.fsdecode(b"/inbox/caf\xe9.mp4")
    ledger = Ledger(tmp_path / "ledger.sqlite")
    with ledger.writing() as book:
        book.put(look(None, replace(FILE, name=name), 0))
    with ledger.reading() as book:
        assert (found := book.get(name)) is not None
        assert found.name == name


def test_a_newer_wish_is_not_granted_by_an_older_run(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    with ledger.writing() as book:
        book.want_run("a", now_s=0)
        [old] = book.wishes(9)
        book.want_another_run("a", now_s=1)
        book.grant(old, "run-1")
        [wish] = book.wishes(9)
    assert (wish.attempt, wish.run_id) == (2, None)


def write(path: Path, *, mtime_s: float | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    if mtime_s is not None:
        os.utime(path, (mtime_s, mtime_s))
    return path


def test_a_listing_names_videos_and_says_what_it_left_out(tmp_path: Path) -> None:
    for name in ("a.mp4", "tennis/b.MOV", "c.mp4.part", "d.mkv.crdownload", "e.txt", ".f.mp4"):
        write(tmp_path / name)
    write(tmp_path / ".hidden" / "g.mp4")
    (tmp_path / "loop").symlink_to(tmp_path)
    listing = Folder(tmp_path).listing()
    assert sorted(Path(name).name for name in listing.found) == ["a.mp4", "b.MOV"]
    assert listing.skipped == {
        "c.mp4.part": "temporary",
        "d.mkv.crdownload": "temporary",
        "e.txt": "no video",
        ".f.mp4": "hidden",
        ".hidden": "hidden",
        "loop": "no video",
    }


@pytest.mark.parametrize(("marked_s", "is_whole"), [(99, False), (100, True), (101, True)])
def test_a_marker_counts_if_it_is_not_older_than_the_file(
    tmp_path: Path, marked_s: float, is_whole: bool
) -> None:
    path = write(tmp_path / "a.mp4", mtime_s=100)
    write(tmp_path / "a.mp4.done", mtime_s=marked_s)
    listing = Folder(tmp_path).listing()
    assert listing.found[str(path)].is_whole is is_whole
    assert listing.skipped == {}


def test_a_folder_that_is_not_there_is_no_empty_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="inbox folder is not there"):
        Folder(tmp_path / "unmounted").listing()


def test_nothing_is_said_of_files_in_a_folder_that_cannot_be_read(tmp_path: Path) -> None:
    listing = Folder(tmp_path).listing()
    closed = replace(listing, unread=(str(tmp_path / "closed"),))
    assert closed.covers(str(tmp_path / "a.mp4"))
    assert not closed.covers(str(tmp_path / "closed" / "b.mp4"))
    assert not closed.covers(f"{tmp_path}-2/c.mp4")
