"""Chapters for MP4 and MKV: ffmpeg puts them into files and PyAV reads them there."""

import subprocess
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import av
import imageio_ffmpeg
import pytest

from gametape.exports.chapters import ffmetadata_text, matroska_text
from gametape.exports.timeline import Timeline

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()


def chaptered(
    folder: Path, timeline: Timeline, suffix: str
) -> list[tuple[Fraction, Fraction, str]]:
    """Start, end and title of the chapters that ffmpeg made of the text, as PyAV reads them."""
    (folder / "told.ffmetadata").write_text(ffmetadata_text(timeline), encoding="utf-8")
    made = folder / f"made{suffix}"
    length = f"{float(timeline.duration_s):.3f}"
    source = ["-f", "lavfi", "-i", "color=s=16x16:r=1/100", "-i", "told.ffmetadata"]
    told = ["-map_chapters", "1", "-map_metadata", "1", "-t", length]
    subprocess.run([FFMPEG, "-v", "error", *source, *told, made], cwd=folder, check=True)
    with av.open(str(made)) as container:
        return [
            (c["start"] * c["time_base"], c["end"] * c["time_base"], c["metadata"]["title"])
            for c in container.chapters()
        ]


@pytest.mark.parametrize(
    ("suffix", "near"), [(".mkv", Fraction(1, 10**6)), (".mp4", Fraction(1, 999))]
)
def test_ffmpeg_writes_the_chapters_that_were_asked_for(
    suffix: str, near: Fraction, timeline: Timeline, tmp_path: Path
) -> None:
    frames = [
        (0, 611, timeline.plays[0].title),
        (611, 617, "Between plays"),
        (617, 1000, "rally"),  # it runs into the next, and has no title but its label
        (1000, 1999, timeline.plays[2].title),
        (1999, 100_003, "Between plays"),
        (100_003, 100_004, "two lines of it"),
        (100_004, 199_001, "Between plays"),
        (199_001, 200_000, "007"),
    ]
    found = chaptered(tmp_path, timeline, suffix)
    assert [title for _, _, title in found] == [title for _, _, title in frames]
    for (start_s, end_s, _), (first, past, _) in zip(found, frames, strict=True):
        assert abs(start_s - first / timeline.rate) <= near
        assert abs(end_s - past / timeline.rate) <= near


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_a_late_first_play_is_late_in_the_file_too(
    suffix: str, with_plays: Callable[..., Timeline], tmp_path: Path
) -> None:
    found = chaptered(tmp_path, with_plays((3, 5, "a"), (10, 12, "b"), duration_s=30), suffix)
    assert [(round(start), round(end), title) for start, end, title in found] == [
        (0, 3, "Start"),
        (3, 5, "a"),
        (5, 10, "Between plays"),
        (10, 12, "b"),
    ]


def test_matroska_chapters_count_nanoseconds_and_never_overlap(timeline: Timeline) -> None:
    root = ElementTree.fromstring(matroska_text(timeline))
    atoms = root.findall("EditionEntry/ChapterAtom")
    starts = [_nanoseconds(a.findtext("ChapterTimeStart")) for a in atoms]
    ends = [_nanoseconds(a.findtext("ChapterTimeEnd")) for a in atoms]
    assert starts == [round(play.start_s * 10**9) for play in timeline.plays]
    assert all(start < end for start, end in zip(starts, ends, strict=True))
    assert all(end <= after for end, after in zip(ends[:-1], starts[1:], strict=True))
    assert len({a.findtext("ChapterUID") for a in atoms}) == len(atoms)
    assert atoms[0].findtext("ChapterDisplay/ChapterString") == timeline.plays[0].title


def test_plays_that_begin_together_share_a_chapter(with_plays: Callable[..., Timeline]) -> None:
    text = ffmetadata_text(with_plays((1, 2, "a"), (1, 4, "b"), (3, 5, "c")))
    assert text.count("[CHAPTER]") == 3
    assert "START=25\nEND=75\ntitle=a / b" in text


def test_signs_of_the_format_are_escaped(with_plays: Callable[..., Timeline]) -> None:
    assert "title=a\\=b\\;c\\#d\\\\" in ffmetadata_text(with_plays((1, 2, "a=b;c#d\\")))


def _nanoseconds(text: str | None) -> int:
    assert text is not None
    hours, minutes, seconds = text.split(":")
    whole, part = seconds.split(".")
    assert len(part) == 9
    return (3600 * int(hours) + 60 * int(minutes) + int(whole)) * 10**9 + int(part)
