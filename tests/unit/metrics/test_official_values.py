"""Every protocol gives the numbers that its official code gave on the same small inputs.

The inputs were made for these tests; each file names the code that computed its values.
"""

import json
from pathlib import Path

import pytest

from gametape.metrics.segmentation import segmentation_tally
from gametape.metrics.shots import Scene, scenes_of, shot_tally
from gametape.metrics.spotting_frames import Event, spotting_frames_tally
from gametape.metrics.spotting_seconds import TimedEvent, spotting_seconds_tally
from gametape.metrics.tally import figures_of
from gametape.metrics.tiou import ACTIVITYNET, tiou_tally
from gametape.metrics.tracks import Box, track_tally
from gametape.schema import Segment

FROZEN = Path(__file__).parent / "frozen"


def cases(name):
    return json.loads((FROZEN / f"{name}.json").read_text())["cases"]


def near(value):
    return pytest.approx(value, rel=0, abs=1e-9)


@pytest.mark.parametrize("case", cases("tiou-map"))
def test_tiou_map_agrees_with_activitynet(case) -> None:
    truth = {t: [Segment(*m) for m in ms] for t, ms in case["truth"].items()}
    found = {t: [Segment(*m) for m in ms] for t, ms in case["found"].items()}
    figures = figures_of(tiou_tally(truth, found))
    for label, values in case["expected"].items():
        assert [figures[f"AP@{t:.2f}", label] for t in ACTIVITYNET] == near(values)
    assert figures["average mAP", ""] == near(case["average_map"])


@pytest.mark.parametrize("case", cases("spotting-frames"))
def test_spotting_frames_agrees_with_e2e_spot(case) -> None:
    truth, found = (
        {tape["video"]: [Event(**e) for e in tape["events"]] for tape in case[side]}
        for side in ("truth", "found")
    )
    figures = figures_of(spotting_frames_tally(truth, found))
    for label, tolerance, value in case["expected"]:
        assert figures[f"AP@{tolerance}", label] == near(value)


@pytest.mark.parametrize("case", cases("spotting-seconds"))
def test_spotting_seconds_agrees_with_soccernet(case) -> None:
    truth = {
        game: [
            TimedEvent(
                int(a["gameTime"][0]),
                int(a["position"]),
                a["label"],
                is_shown=a["visibility"] == "visible",
            )
            for a in annotations
        ]
        for game, annotations in case["truth"].items()
    }
    found = {
        game: [
            TimedEvent(int(p["half"]), int(p["position"]), p["label"], float(p["confidence"]))
            for p in predictions
        ]
        for game, predictions in case["found"].items()
    }
    figures = figures_of(spotting_seconds_tally(truth, found))
    for key, value in case["expected"].items():
        name, _, label = key.partition("|")
        assert figures[name, label] == near(value), key


@pytest.mark.parametrize("case", cases("segmentation"))
def test_segmentation_agrees_with_lea_and_ms_tcn(case) -> None:
    truth, found = (
        {tape: labels.split() for tape, labels in case[side].items()} for side in ("truth", "found")
    )
    figures = figures_of(segmentation_tally(truth, found, background=case["background"]))
    for name, value in case["expected"].items():
        assert figures[name, ""] == near(value), name


@pytest.mark.parametrize("case", [c for c in cases("shots") if "truth" in c])
def test_shots_agree_with_transnet(case) -> None:
    truth, found = ({"t": [Scene(*s) for s in case[side]]} for side in ("truth", "found"))
    tolerance = case["tolerance"]
    figures = figures_of(shot_tally(truth, found, tolerance=tolerance))
    names = ("precision", "recall", "F1")
    assert [figures[f"{n}@{tolerance}", ""] for n in names] == near(case["expected"])


@pytest.mark.parametrize("case", [c for c in cases("shots") if "scores" in c])
def test_scenes_between_scores_agree_with_transnet(case) -> None:
    scenes = scenes_of(case["scores"], threshold=case["threshold"])
    assert [[s.first, s.last] for s in scenes] == case["expected"]


@pytest.mark.parametrize("case", cases("tracks"))
def test_tracks_agree_with_trackeval(case) -> None:
    truth, found = (
        {tape: [Box(*b) for b in boxes] for tape, boxes in case[side].items()}
        for side in ("truth", "found")
    )
    figures = figures_of(track_tally(truth, found))
    for name, value in case["expected"].items():
        assert figures[name, ""] == near(value), name
