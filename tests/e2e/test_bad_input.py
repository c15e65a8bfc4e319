"""Bad input at the command line: exit code 2, a sentence, and nothing published."""

from pathlib import Path

import pytest


def write(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.mp4", b""),
        ("text.mp4", b"this is not a video\n" * 50),
        ("list.mp4", b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nother.ts\n"),
        ("concat.mp4", b"ffconcat version 1.0\nfile other.mp4\n"),
    ],
)
def test_what_is_no_video_is_refused_and_leaves_nothing(type_in, tmp_path, name, content) -> None:
    path = write(tmp_path, name, content)
    result = type_in("cut", path, "--library", tmp_path / "library", "--out", tmp_path / "out")
    assert result.code == 2
    assert name in result.err.replace("\n", "")
    assert not (tmp_path / "library").exists()
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("nothing-there.mp4",),
        ("http://127.0.0.1:9/match.mp4",),
        (".",),
    ],
)
def test_what_is_not_a_file_is_refused(type_in, tmp_path, words) -> None:
    result = type_in("cut", *words, "--library", tmp_path / "library")
    assert result.code == 2
    assert not (tmp_path / "library").exists()


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--sport", "curling"), "curling"),
        (("--set", "fusion.enter"), "fusion.enter"),
        (("--set", "fusion.speed=1"), "fusion.speed"),
        (("--limit", "-3"), "-3"),
        (("--segments", "not-there.json"), "not-there.json"),
    ],
)
def test_wrong_options_are_named(type_in, match, tmp_path, words, reason) -> None:
    result = type_in("cut", match.video, "--library", tmp_path / "library", *words)
    assert result.code == 2
    assert reason in result.err
    assert not (tmp_path / "library").exists()


def test_a_segment_beyond_the_end_is_refused_before_anything_is_cut(
    type_in, match, tmp_path
) -> None:
    listed = write(tmp_path, "list.json", b'{"segments": [{"start_s": 50, "end_s": 500}]}')
    result = type_in("cut", match.video, "--library", tmp_path / "library", "--segments", listed)
    assert result.code == 2
    assert "500" in result.err
    assert not list(tmp_path.rglob("*.mp4"))
