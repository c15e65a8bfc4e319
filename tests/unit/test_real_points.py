"""Real tapes, decoded to segments, where GAMETAPE_TEST_DATA names the folder that holds them."""

import json
from pathlib import Path

import polars as pl
import pytest

from gametape.fusion.segments import fuse
from gametape.inference import score_windows
from gametape.metrics.segments import overlap_iou
from gametape.profile import ProxySettings, load_profile
from gametape.schema import Span
from gametape.signals import gather
from gametape.video.proxy import run_pass
from gametape.video.scenes import find_cuts


def plays_of(video: Path, pack: str, folder: Path) -> list[Span]:
    """The plays that a sport pack finds on a tape, without their padding."""
    profile = load_profile(pack)
    run_pass(video, folder, settings=ProxySettings(analysis=False))
    frames = pl.read_parquet(folder / "frames.parquet")
    cuts = find_cuts(frames, profile.signals)
    sound = folder / "audio.wav"
    signals = gather(
        frames,
        pl.read_parquet(folder / "samples.parquet"),
        pl.read_parquet(folder / "layouts.parquet"),
        cuts,
        sound if sound.is_file() else None,
        profile.signals,
    )
    scores = score_windows(signals, profile.scorer)
    length_s = float(frames["time_s"][-1]) + 0.05
    found = fuse(scores, cuts, settings=profile.fusion, duration_s=length_s)
    return [Span(s.evidence["core_start_s"], s.evidence["core_end_s"]) for s in found]


@pytest.mark.shared
def test_every_point_of_a_tennis_broadcast_is_found_and_none_besides(
    shared_data: Path, tmp_path: Path
) -> None:
    video = shared_data / "video/tennis/usopen2025_sinner_alcaraz_part1_4fps.mp4"
    labels = json.loads(video.with_suffix(".labels.json").read_text(encoding="utf-8"))
    points = [Span(s["start"], s["end"]) for s in labels["segments"] if s["label"] == "play"]
    found = plays_of(video, "tennis", tmp_path)
    assert len(found) == len(points) == 6
    overlaps = [overlap_iou(*pair) for pair in zip(found, points, strict=True)]
    assert min(overlaps) >= 0.5


@pytest.mark.shared
@pytest.mark.parametrize("pack", ["volleyball-beach", "volleyball-indoor"])
def test_a_tape_of_dead_time_alone_has_no_play(
    shared_data: Path, tmp_path: Path, pack: str
) -> None:
    video = shared_data / "video/volleyball/mariiio_raw-match.mp4"
    assert plays_of(video, pack, tmp_path) == []


@pytest.mark.shared
def test_a_whole_rally_in_one_shot_is_one_play(shared_data: Path, tmp_path: Path) -> None:
    video = shared_data / "video/volleyball/openvolley_2019_03_01-KATS-BEDS-clip.mp4"
    (rally,) = plays_of(video, "volleyball-indoor", tmp_path)
    assert overlap_iou(rally, Span(1.7, 14.9)) > 0.7
