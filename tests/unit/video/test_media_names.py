import os
from collections.abc import Callable
from pathlib import Path

import pytest
from av import VideoFrame

from gametape.video.door.sniff import shown
from gametape.video.media import create_media, open_media
from gametape.video.probe import probe

MakeTape = Callable[..., Path]

NAMES = [
    "-i.mp4",
    "--help.mp4",
    "http:x.mp4",
    "file:x.mp4",
    "concat:a|b.mp4",
    "subfile,,start,0,end,9,,:x.mp4",
    "pipe:0.mp4",
    "a%03d.mp4",
    "%d.mp4",
    "frame?*[1].mp4",
    'it\'s "quoted".mp4',
    "two\nlines.mp4",
    "tab\tand\r.mp4",
    "$(touch pwned).mp4",
    "`touch pwned`;&&.mp4",
    "  leading and trailing .mp4 ",
    "spiel – 試合 🏐.mp4",
    "back\\slash.mp4",
    "#hash&query?x=1.mp4",
    ".hidden.mp4",
    "no-ending",
    "a.m3u8",
    "tape.jpg",
    "frame%03d.jpg",
    "x" * 251 + ".mp4",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_name_on_a_sound_file_is_only_a_name(make_tape: MakeTape, name: str) -> None:
    tape = make_tape("sound.mp4", count=5)
    tape = tape.rename(tape.with_name(name))
    with open_media(tape) as media:
        assert len([f for f in media.decode() if isinstance(f, VideoFrame)]) == 5
    assert probe(tape).video.frame_count == 5
    assert [path.name for path in tape.parent.iterdir()] == [name]


def test_a_name_of_bytes_that_are_no_text_works(make_tape: MakeTape) -> None:
    tape = make_tape("sound.mp4", count=5)
    tape = tape.rename(tape.with_name(os.fsdecode(b"caf\xe9 \xff\xfe.mp4")))
    source = probe(tape)
    assert source.video.frame_count == 5
    assert source.name == r"caf\xe9 \xff\xfe.mp4"
    assert source.model_validate_json(source.model_dump_json()) == source


@pytest.mark.parametrize("name", ["-i.mp4", "http:x.mp4", "a%03d.mp4", "two\nlines.mp4"])
def test_a_hostile_name_can_be_written_to(tmp_path: Path, make_tape: MakeTape, name: str) -> None:
    tape = make_tape(name, count=5)
    with open_media(tape) as media:
        assert len(list(media.decode())) == 5
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_relative_paths_work_as_well(make_tape: MakeTape, monkeypatch: pytest.MonkeyPatch) -> None:
    make_tape("-i.mp4", count=5)
    monkeypatch.chdir(make_tape("b.mp4", count=5).parent)
    with open_media(Path("-i.mp4")) as media:
        assert len(list(media.decode())) == 5
    with create_media(Path("c.mp4")) as file:
        assert file.name.startswith("file:/")


def test_a_link_to_a_file_is_followed(make_tape: MakeTape) -> None:
    tape = make_tape("a.mp4", count=5)
    link = tape.with_name("link.mp4")
    link.symlink_to(tape.name)
    with open_media(link) as media:
        assert len(list(media.decode())) == 5


def test_a_name_is_shown_on_one_line() -> None:
    assert shown(Path("two\nlines\x1b[2J.mp4")) == r"two\nlines\x1b[2J.mp4"
    assert shown(Path("試合.mp4")) == "試合.mp4"
