"""A manifest says what was cut, from what, and stays true to itself."""

import json
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest
from pydantic import ValidationError

from gametape.errors import InputError
from gametape.exports.evidence import Spread, detected_evidence, given_evidence
from gametape.exports.manifest import (
    Lineage,
    Manifest,
    Tape,
    build_manifest,
    manifest_text,
    read_manifest,
    write_manifest,
    wrong_clips,
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


LINEAGE = Lineage(
    tape_hash="ab" * 32,
    profile_hash="cd" * 32,
    fingerprints={"segments": "f2", "clips": "f1"},
    code_version="0.1.0",
    step_versions={"clips": "2"},
)
TAPE = Tape(id="match-1-abc", name="match 1.mp4", content_hash="ab" * 32, duration_s=10.0)


def built(*, seconds: float = 1.5, finished: tuple[int, ...] = (1, 2, 3)) -> Manifest:
    return build_manifest(
        tape=TAPE,
        profile="volleyball-indoor",
        settings=ClipSettings(),
        segments=SEGMENTS,
        reports=[report(n, SEGMENTS[n - 1], seconds) for n in finished],
        evidence=given_evidence(SEGMENTS),
        lineage=LINEAGE,
        folder="clips",
        previews={1: "0001.webp"},
        findings=[Finding(code="no-audio", message="it has no sound")],
        reel=ReelReport(
            file="reel.mp4", clip_count=3, frame_count=75, duration_s=4.0, bytes=9, method="copy"
        ),
        hashes={"clips/0001.mp4": "ef" * 32},
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
    manifest = built()
    write_manifest(tmp_path / "manifest.json", manifest)
    assert read_manifest(tmp_path / "manifest.json") == manifest
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.json"]


def test_without_time_spent_equal_clips_give_equal_bytes() -> None:
    slow, quick = built(seconds=2.0), built(seconds=1.0)
    assert json.loads(manifest_text(slow))["clips"][0]["cut"]["seconds"] == 2.0
    assert manifest_text(slow) != manifest_text(quick)
    assert manifest_text(slow.without_seconds()) == manifest_text(quick.without_seconds())


def test_while_clips_are_cut_it_counts_those_that_are_there() -> None:
    manifest = built(finished=(3, 1))
    assert not manifest.is_complete
    assert [clip.id for clip in manifest.clips] == ["0001", "0003"]
    assert manifest.clips[1].start_s == SEGMENTS[2].start_s
    assert (manifest.counts.asked, manifest.counts.cut, manifest.counts.exact) == (3, 2, 2)
    assert manifest.counts.frames == 50
    assert built().is_complete


def test_every_file_it_speaks_of_is_named() -> None:
    named = {f"clips/000{n}.{kind}" for n in (1, 2, 3) for kind in ("mp4", "jpg")}
    assert set(built().files()) == named | {"clips/0001.webp", "reel.mp4"}


def test_the_evidence_of_all_plays_is_summed_up() -> None:
    evidence = built().evidence
    assert (evidence.origin, evidence.sources) == ("given", {"segments": {"given": 3}})
    assert evidence.kinds["play_mean"] == Spread(clips=1, mean=0.9, least=0.9, most=0.9)
    assert evidence.kinds["score"].mean == pytest.approx((88 + 40 + 61.5) / 3)


def test_detected_plays_say_what_each_source_held() -> None:
    evidence = detected_evidence(
        SEGMENTS,
        detector="main-camera",
        signals=pl.DataFrame({"has_sound": [1.0, 1.0, 0.0], "whistle_share": [0.0, 0.5, 0.0]}),
        cuts=pl.DataFrame({"kind": ["cut", "fade", "cut"]}),
        predictions=pl.DataFrame({"play": [0.1, 0.5, 0.9, 0.4]}),
        enter=0.5,
    )
    assert evidence.sources == {
        "signals": {"rows": 3, "rows_with_sound": 2, "rows_with_whistle": 1},
        "cuts": {"cut": 2, "fade": 1},
        "predictions": {"windows": 4, "windows_in_play": 2},
        "segments": {"found": 3},
    }


def test_a_clip_with_a_frame_too_few_is_wrong() -> None:
    good, short = (report(n, SEGMENTS[n - 1]) for n in (1, 2))
    lost = short.model_copy(update={"counted_frames": 24, "is_exact": False})
    manifest = build_manifest(
        tape=TAPE,
        profile="volleyball-indoor",
        settings=ClipSettings(),
        segments=SEGMENTS[:2],
        reports=[good, lost],
        evidence=given_evidence(SEGMENTS[:2]),
        lineage=LINEAGE,
    )
    assert [clip.id for clip in wrong_clips(manifest)] == ["0002"]
    assert manifest.counts.exact == 1


def test_a_tape_without_clips_has_a_manifest_too() -> None:
    manifest = build_manifest(
        tape=TAPE,
        profile="volleyball-indoor",
        settings=ClipSettings(),
        segments=[],
        reports=[],
        evidence=given_evidence([]),
        lineage=LINEAGE,
    )
    assert manifest.clips == ()
    assert manifest.bucket_counts == {}
    assert manifest.is_complete


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
    with pytest.raises(InputError, match="not a manifest of version 2"):
        read_manifest(path)
