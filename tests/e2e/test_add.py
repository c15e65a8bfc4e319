"""`gametape add`: what it says, what it writes, and what it leaves alone."""

import json
import shutil
from pathlib import Path

import pytest


@pytest.fixture
def videos(match, tmp_path: Path) -> Path:
    """A folder with a video, a copy of it, one that is none, and what is no video by its name."""
    folder = tmp_path / "videos"
    (folder / "soccer").mkdir(parents=True)
    shutil.copy(match.video, folder / "a.mp4")
    shutil.copy(match.video, folder / "b.mp4")
    (folder / "soccer" / "c.mp4").write_bytes(match.video.read_bytes() + b"\0\0\0\x08free")
    (folder / "bad.mp4").write_text("this is not a video\n" * 50)
    (folder / "half.mp4.part").write_text("")
    return folder


def by_file(typed) -> dict[str, dict]:
    return {Path(row["file"]).name: row for row in typed.value["files"]}


def order_of(library: Path, tape: str) -> dict:
    return json.loads((library / "inbox" / f"{tape}.json").read_text())


def test_a_folder_is_added_and_each_file_says_what_became_of_it(type_in, videos, tmp_path) -> None:
    library = tmp_path / "library"
    added = type_in("add", videos, "--library", library, "--json")
    rows = by_file(added)
    assert added.code == 0
    assert {name: row["status"] for name, row in rows.items()} == {
        "a.mp4": "new",
        "b.mp4": "linked",
        "bad.mp4": "refused",
        "c.mp4": "new",
    }
    assert rows["b.mp4"]["tape"] == rows["a.mp4"]["tape"]
    assert rows["c.mp4"]["profile"] == "soccer"
    assert "is text, not a video" in rows["bad.mp4"]["reason"]
    assert list(added.value["left_out"].values()) == ["temporary"]
    assert len(list((library / "inbox").iterdir())) == 2
    assert not (library / "videos").exists()
    again = type_in("add", videos / "a.mp4", videos / "b.mp4", "--library", library, "--json")
    assert {row["status"] for row in by_file(again).values()} == {"already there"}


def test_a_rehearsal_says_the_same_and_writes_nothing(type_in, videos, tmp_path) -> None:
    library = tmp_path / "library"
    rehearsed = type_in("add", videos, "--library", library, "--json", "--dry-run")
    assert not library.exists()
    added = type_in("add", videos, "--library", library, "--json")
    assert rehearsed.value["files"] == added.value["files"]


def test_what_was_refused_is_told_beside_what_was_added(type_in, videos, tmp_path) -> None:
    files = (videos / "a.mp4", videos / "bad.mp4", videos / "not-there.mp4")
    added = type_in("add", *files, "--library", tmp_path / "library")
    assert added.code == 0
    assert "2 of 3 files were refused" in added.err
    assert "wait for a run" in added.out


@pytest.mark.parametrize("name", ["bad.mp4", "not-there.mp4", "half.mp4.part"])
def test_nothing_that_could_be_added_is_the_input_at_fault(type_in, videos, tmp_path, name) -> None:
    added = type_in("add", videos / name, "--library", tmp_path / "library")
    assert added.code == 2
    assert name.split(".")[0] in added.out


def test_a_folder_without_videos_says_what_it_left_out(type_in, tmp_path) -> None:
    (tmp_path / "some").mkdir()
    (tmp_path / "some" / "notes.txt").write_text("")
    added = type_in("add", tmp_path / "some", "--library", tmp_path / "library")
    assert added.code == 2
    assert "no video" in added.err
    assert "notes.txt" in added.err
    assert not (tmp_path / "library").exists()


def test_an_overwritten_file_is_added_as_a_new_version(type_in, videos, tmp_path) -> None:
    library = tmp_path / "library"
    first = by_file(type_in("add", videos / "a.mp4", "--library", library, "--json"))["a.mp4"]
    shutil.copy(videos / "soccer" / "c.mp4", videos / "a.mp4")
    second = by_file(type_in("add", videos / "a.mp4", "--library", library, "--json"))["a.mp4"]
    assert (first["status"], second["status"]) == ("new", "new version")
    assert first["tape"] != second["tape"]
    assert len(list((library / "inbox").iterdir())) == 2


def test_facts_of_the_game_are_kept_through_what_comes_later(type_in, videos, tmp_path) -> None:
    library = tmp_path / "library"
    words = ("add", videos / "a.mp4", "--library", library, "--json")
    facts = ("--game", "teams=Falcons v Herons", "--game", "date=2026-11-21")
    tape = by_file(type_in(*words, *facts))["a.mp4"]["tape"]
    changed = by_file(type_in(*words, "--game", "angle=end zone"))["a.mp4"]
    assert changed["status"] == "changed"
    told = {"teams": "Falcons v Herons", "date": "2026-11-21", "angle": "end zone"}
    assert order_of(library, tape)["game"] == told
    type_in("cut", videos / "a.mp4", "--library", library, "--limit", "1")
    assert order_of(library, tape)["game"] == told


@pytest.mark.parametrize(
    ("fact", "reason"),
    [
        ("date=21.11.2026", "2026-11-21"),
        ("date=2026-02-30", "2026-11-21"),
        ("score=3:2", "the keys are game, teams, date, angle"),
        ("teams", "KEY=VALUE"),
        ("teams=", "printable"),
        ("teams=a\x1b[31mb", "printable"),
    ],
)
def test_a_fact_that_is_none_is_refused(type_in, videos, tmp_path, fact, reason) -> None:
    words = ("add", videos / "a.mp4", "--library", tmp_path / "library", "--game", fact)
    added = type_in(*words)
    assert added.code == 2
    assert reason in added.err
    assert not (tmp_path / "library").exists()


def test_an_unknown_sport_is_refused(type_in, videos, tmp_path) -> None:
    added = type_in("add", videos, "--library", tmp_path / "library", "--sport", "curling")
    assert added.code == 2
    assert "curling" in added.err


def test_a_retry_asks_for_a_run_of_what_is_not_finished_and_of_nothing_else(
    type_in, match, library, tmp_path
) -> None:
    finished = type_in("add", match.video, "--library", library, "--retry", "--json")
    assert [row["is_run_asked"] for row in finished.value["files"]] == [False]
    words = ("add", match.video, "--library", tmp_path / "library", "--json")
    type_in(*words)
    unfinished = type_in(*words, "--retry")
    assert [row["is_run_asked"] for row in unfinished.value["files"]] == [True]


def test_the_library_itself_is_never_added_to_it(type_in, videos) -> None:
    library = videos / "library"
    (library / "videos" / "t" / "clips").mkdir(parents=True)
    shutil.copy(videos / "a.mp4", library / "videos" / "t" / "clips" / "0001.mp4")
    added = type_in("add", videos, "--library", library, "--json")
    assert "0001.mp4" not in by_file(added)
    assert "the library's own" in added.value["left_out"].values()
