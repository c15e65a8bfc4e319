"""`gametape cut` as a user types it: from a file to clips, once and again."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gametape.madematch.match import MadeMatch
from gametape.madematch.truth import read_truth
from gametape.metrics.segments import score_segments
from gametape.schema import Span


def cut(type_in: Callable, match: MadeMatch, library: Path, *words: object):
    return type_in("cut", match.video, "--sport", "volleyball-indoor", "--library", library, *words)


def test_the_clips_of_an_easy_match_are_mostly_its_plays_and_all_exact(
    library, match, type_in
) -> None:
    result = cut(type_in, match, library, "--json").value
    found = [Span(c["play_start_s"], c["play_end_s"]) for c in result["clips"]]
    truth = [play.core for play in read_truth(match.truth_file).plays()]
    assert score_segments(truth, found, iou=0.5).f1 >= 0.6
    assert all(clip["cut"]["is_exact"] for clip in result["clips"])


def test_the_same_command_again_does_nothing_and_says_so(library, match, type_in) -> None:
    again = cut(type_in, match, library)
    assert again.code == 0
    assert "Nothing to do" in again.out
    assert cut(type_in, match, library, "--json").value["ran"] == []


def test_out_receives_clips_reel_manifest_and_the_timeline(
    library, match, type_in, tmp_path
) -> None:
    assert cut(type_in, match, library, "--out", tmp_path, "--debug").code == 0
    clips = json.loads((tmp_path / "manifest.json").read_text())["clips"]
    assert [c["file"] for c in clips] == [f"clips/{n:04d}.mp4" for n in range(1, len(clips) + 1)]
    expected = {"manifest.json", "reel.mp4", "timeline.png"}
    expected |= {c[key] for c in clips for key in ("file", "thumbnail", "preview")}
    found = {str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()}
    assert found == expected


def test_a_changed_threshold_runs_fusion_and_clips_only(library, match, type_in) -> None:
    changed = cut(type_in, match, library, "--set", "fusion.pad_after_s=0.25", "--json").value
    assert changed["ran"] == ["segments", "clips"]
    assert changed["timings"]["segments"]["seconds"] < 1.0
    assert cut(type_in, match, library, "--json").value["ran"] == ["segments", "clips"]


def test_a_given_list_is_cut_without_any_detection(match, type_in, tmp_path) -> None:
    listed = tmp_path / "list.json"
    listed.write_text('{"segments": [{"start_s": 1.5, "end_s": 3.25, "label": "ace"}]}')
    result = cut(
        type_in, match, tmp_path / "library", "--segments", listed, "--out", tmp_path, "--json"
    ).value
    assert result["ran"] == ["sources", "segments", "clips"]
    [clip] = result["clips"]
    assert (clip["label"], clip["cut"]["first_s"]) == ("ace", pytest.approx(1.52, abs=0.021))
    assert (tmp_path / "clips" / "0001.mp4").is_file()
    assert not list((tmp_path / "library").rglob("proxies"))


def test_a_second_hand_over_of_fewer_clips_removes_the_others(match, type_in, tmp_path) -> None:
    listed = tmp_path / "list.json"
    words = ("--segments", listed, "--out", tmp_path / "out")
    listed.write_text('{"segments": [{"start_s": 1, "end_s": 2}, {"start_s": 3, "end_s": 4}]}')
    cut(type_in, match, tmp_path / "library", *words)
    (tmp_path / "out" / "clips" / "mine.txt").write_text("kept")
    listed.write_text('{"segments": [{"start_s": 1, "end_s": 2}]}')
    cut(type_in, match, tmp_path / "library", *words)
    kept = sorted(p.name for p in (tmp_path / "out" / "clips").iterdir())
    assert kept == ["0001.jpg", "0001.mp4", "0001.webp", "mine.txt"]


def test_a_limit_looks_at_the_first_seconds_only(match, type_in, tmp_path) -> None:
    result = cut(type_in, match, tmp_path, "--limit", "5", "--json").value
    assert all(clip["end_s"] <= 5.0 for clip in result["clips"])


def test_timings_say_where_the_time_went(library, match, type_in) -> None:
    said = cut(type_in, match, library, "--timings").out
    assert all(word in said for word in ("proxies", "decode", "clips", "all"))


def test_cards_lower_thirds_and_the_container_of_the_reel_are_settings_of_the_profile(
    match, type_in, tmp_path
) -> None:
    listed = tmp_path / "list.csv"
    listed.write_text("start_s,end_s,label\n1,2,ace\n3,4,rally\n")
    wishes = ("clips.reel_card_s=1", "clips.reel_lower_third_s=0.5", "clips.reel_format=mkv")
    words = [word for wish in wishes for word in ("--set", wish)]
    out = tmp_path / "out"
    typed = ("cut", match.video, "--segments", listed, "--library", tmp_path / "library")
    assert type_in(*typed, *words, "--out", out).code == 0
    reel = json.loads((out / "manifest.json").read_text())["reel"]
    assert (reel["file"], reel["card_frames"], reel["frame_count"]) == ("reel.mkv", 50, 100)
    assert type_in(*typed, "--out", out).code == 0
    assert sorted(path.name for path in out.glob("reel.*")) == ["reel.mp4"]
    packaged = type_in(*typed, "--set", "clips.package=true", "--out", out, "--json")
    assert packaged.value["clips"][0]["cut"]["is_exact"]
    assert (out / "clips.zip").is_file()
    assert type_in(*typed, "--set", "clips.reel=false", "--out", out).code == 0
    assert not (out / "reel.mp4").exists()
    assert not (out / "clips.zip").exists()
