"""Files that are odd and yet sound: their names are data, and what plays is used."""

import os
import shutil
from pathlib import Path

import pytest

NAMES = [
    "-i.mp4",
    "http:x.mp4",
    "a%03d.mp4",
    'it\'s "quoted".mp4',
    "two\nlines.mp4",
    "日本 ⚽.mp4",
    "$(touch pwned).mp4",
    "[red]x[bold].mp4",
    os.fsdecode(b"latin-\xe9.mp4"),
]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_hostile_name_on_a_sound_file_is_only_a_name(
    match, type_in, tmp_path, monkeypatch, name
) -> None:
    folder = tmp_path / "videos"
    folder.mkdir()
    shutil.copy(match.video, folder / name)
    monkeypatch.chdir(folder)
    listed = tmp_path / "list.json"
    listed.write_text('{"segments": [{"start_s": 1, "end_s": 2}]}')
    words = ("--segments", listed, "--library", tmp_path / "library", "--out", tmp_path / "out")
    result = type_in("cut", *words, "--json", "--", name)
    assert result.code == 0
    assert len(result.value["clips"]) == 1
    assert [path.name for path in folder.iterdir()] == [name]
    assert (tmp_path / "out" / "clips" / "0001.mp4").is_file()


def test_a_file_that_ends_too_early_is_used_as_far_as_it_plays_and_says_so(
    match, type_in, tmp_path
) -> None:
    # Index in front, so that the first part of the file can be played at all.
    whole = match.video.read_bytes()
    cut_off: Path = tmp_path / "cut-off.mp4"
    cut_off.write_bytes(whole[: len(whole) * 6 // 10])
    result = type_in(
        "cut", cut_off, "--sport", "volleyball-indoor", "--library", tmp_path / "library", "--json"
    )
    assert result.code == 0
    partial = [f for f in result.value["findings"] if f["code"] == "partial"]
    assert partial
    assert all(clip["end_s"] < 70 for clip in result.value["clips"])
