"""A manifest says what was cut, from what, and stays true to itself."""

import json
from fractions import Fraction
from pathlib import Path

import pytest
from pydantic import ValidationError

from gametape.errors import InputError
from gametape.exports.manifest import (
    Manifest,
    Tape,
    build_manifest,
    manifest_text,
    read_manifest,
    write_manifest,
)
from gametape.profile import ClipSettings
from gametape.schema import CutReport, Finding, ReelReport, Segment

SEGMENTS = [
    Segment(1.0, 2.0, "rally", 88.0, {"play_mean": 0.9, "contrast": 0.4}),
    Segment(4.0, 6.0, "serve", 40.0),
    Segment(8.0, 9.0, "rally", 61.5),
]


def report(number: int, segment: Segment, seconds: float | None = 1.5) -> CutReport:
    return CutReport(
        number=number,
        file=f"{number:04d}.mp4",
        thumbnail=f"{number:04d}.jpg",
        asked_start_s=segment.start_s,
        asked_end_s=segment.end_s,
        first_pts=round(segment.start_s * 12800),
        last_pts=round(segment.end_s * 12800) - 512,
        time_base=Fraction(1, 12800),
        first_s=segment.start_s,
        last_s=segment.end_s - 0.04,
        frame_count=25,
        counted_frames=25,
        duration_s=segment.length_s,
        bytes=1000,
        width=1280,
        height=720,
        is_exact=True,
        seconds=seconds,
    )


def built(*, has_seconds: bool = False, seconds: float = 1.5) -> Manifest:
    return build_manifest(
        gametape="0.1.0",
        tape=Tape(id="match-1-abc", name="match 1.mp4", content_hash="ab" * 32, duration_s=10.0),
        profile="volleyball-indoor",
        settings=ClipSettings(),
        segments=SEGMENTS,
        reports=[report(n, s, seconds) for n, s in enumerate(SEGMENTS, start=1)],
        folder="clips",
        findings=[Finding(code="no-audio", message="it has no sound")],
        reel=ReelReport(
            file="reel.mp4", clip_count=3, frame_count=75, duration_s=4.0, bytes=9, method="copy"
        ),
        lineage={"segments": "f2", "clips": "f1"},
        has_seconds=has_seconds,
    )


def test_clips_keep_what_spoke_for_them_and_how_they_were_cut() -> None:
    first = built().clips[0]
    assert (first.id, first.number, first.file) == ("0001", 1, "clips/0001.mp4")
    assert first.thumbnail == "clips/0001.jpg"
    assert first.evidence == {"contrast": 0.4, "play_mean": 0.9}
    assert first.cut.time_base == Fraction(1, 12800)
    assert first.cut.is_exact


def test_buckets_hold_the_clips_of_each_label() -> None:
    manifest = built()
    assert manifest.buckets == {"rally": ("0001", "0003"), "serve": ("0002",)}
    assert manifest.bucket_counts == {"rally": 2, "serve": 1}


def test_it_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    manifest = built(has_seconds=True)
    write_manifest(tmp_path / "manifest.json", manifest)
    assert read_manifest(tmp_path / "manifest.json") == manifest
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.json"]


def test_time_spent_does_not_change_its_bytes_unless_asked_for() -> None:
    assert manifest_text(built(seconds=1.0)) == manifest_text(built(seconds=2.0))
    slow = json.loads(manifest_text(built(has_seconds=True, seconds=2.0)))
    assert slow["clips"][0]["cut"]["seconds"] == 2.0


def test_a_tape_without_clips_has_a_manifest_too() -> None:
    manifest = build_manifest(
        gametape="0.1.0",
        tape=Tape(id="match-1-abc", name="x.mp4", content_hash="ab", duration_s=10.0),
        profile="tennis",
        settings=ClipSettings(),
        segments=[],
        reports=[],
    )
    assert manifest.clips == ()
    assert manifest.bucket_counts == {}


@pytest.mark.parametrize("key", ["/elsewhere/0001.mp4", "https://host/0001.mp4", "../0001.mp4"])
def test_links_and_paths_elsewhere_are_refused(key: str) -> None:
    content = json.loads(manifest_text(built()))
    content["clips"][0]["file"] = key
    with pytest.raises(ValidationError, match="is not a key below"):
        Manifest.model_validate(content)


def test_counts_that_do_not_count_are_refused() -> None:
    content = json.loads(manifest_text(built()))
    content["bucket_counts"]["rally"] = 3
    with pytest.raises(ValidationError, match="do not count the buckets"):
        Manifest.model_validate(content)


def test_a_file_that_is_no_manifest_is_named(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    with pytest.raises(InputError, match=r"manifest.json: cannot be read"):
        read_manifest(path)
    path.write_text('{"version": 9}')
    with pytest.raises(InputError, match="not a manifest of version 1"):
        read_manifest(path)
