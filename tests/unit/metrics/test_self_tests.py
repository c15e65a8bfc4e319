"""The self-tests that every protocol must pass, whatever the tapes hold."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gametape.metrics.files.events import EventFile
from gametape.metrics.files.segments import SegmentFile
from gametape.metrics.protocols.choice import Options, Sampling
from gametape.metrics.protocols.events import score_spotting_frames, score_spotting_seconds
from gametape.metrics.protocols.frames import score_segmentation, score_shots
from gametape.metrics.protocols.spans import score_segments_f1, score_tiou_map
from gametape.metrics.segmentation import segmentation_tally
from gametape.metrics.segments import segment_tally
from gametape.metrics.shots import Scene, shot_tally
from gametape.metrics.spotting_frames import Event, spotting_frames_tally
from gametape.metrics.spotting_seconds import TimedEvent, spotting_seconds_tally
from gametape.metrics.tally import Figures, Tally, figures_of
from gametape.metrics.ties import tie_spreads
from gametape.metrics.tiou import tiou_tally
from gametape.metrics.tracks import Box, track_tally
from gametape.schema import Segment

Tapes = Mapping[str, Sequence[Any]]
ERRORS = ("bias", "MAE", "merged", "split", "switches")  # figures whose best value is 0
QUICK = Options(sampling=Sampling(repeats=0))


def segment_tapes(*, is_scored: bool = False):
    """Segments on whole seconds, apart from one another within a label and tape."""
    part = st.tuples(st.integers(0, 3), st.integers(1, 6), st.sampled_from("ab"))
    parts = st.lists(part, max_size=5)
    return st.dictionaries(st.sampled_from(["t1", "t2", "t3"]), parts.map(_laid), max_size=3)


def _laid(parts):
    segments, end = [], 0
    for gap, length, label in parts:
        segments.append(Segment(end + gap, end + gap + length, label, 50.0))
        end += gap + length
    return segments


def noisy(tapes, random, *, levels=4):
    """Predictions made from the truth: moved, lost, doubled, with scores that tie."""
    found = {}
    for tape, segments in tapes.items():
        found[tape] = [
            Segment(s.start_s + d, s.end_s + d, s.label, float(random.randrange(levels)))
            for s in segments
            for d in (random.choice([0, 0, 1, 2]),) * random.choice([0, 1, 1, 2])
        ]
    return found


def events_of(tapes: Tapes) -> dict[str, list[Event]]:
    """An event at each start, ten frames a second: further apart than twice any tolerance."""
    events: dict[str, list[Event]] = {}
    for tape, segments in tapes.items():
        by_start = {s.start_s: s for s in segments}
        events[tape] = [Event(int(10 * s.start_s), s.label, s.score) for s in by_start.values()]
    return events


def timed_of(tapes: Tapes) -> dict[str, list[TimedEvent]]:
    return {
        t: [TimedEvent(1, int(10_000 * x.start_s), x.label, min(1.0, x.score)) for x in xs]
        for t, xs in tapes.items()
    }


def labels_of(tapes: Tapes) -> dict[str, list[str]]:
    spread = {}
    for tape, segments in tapes.items():
        labels = ["background"] * 80
        for s in segments:
            labels[int(s.start_s) : int(s.end_s)] = [s.label] * int(s.length_s)
        spread[tape] = labels[:80]
    return spread


def scenes_of_segments(tapes: Tapes) -> dict[str, list[Scene]]:
    return {
        t: [Scene(20 * i, 20 * i + 19) for i in sorted({int(x.start_s) for x in xs})]
        for t, xs in tapes.items()
    }


def boxes_of(tapes: Tapes) -> dict[str, list[Box]]:
    return {
        t: [
            Box(frame, number, 100.0 * number, 5.0 * frame, 20, 40)
            for number, x in enumerate(xs, start=1)
            for frame in range(int(x.start_s) + 1, int(x.end_s) + 1)
        ]
        for t, xs in tapes.items()
    }


@dataclass(frozen=True)
class Way:
    """A protocol's tally, and how made segments become its input."""

    name: str
    shape: Callable[[Tapes], Tapes]
    tally: Callable[[Tapes, Tapes], Tally]


def _spot_seconds(truth: Tapes, found: Tapes) -> Tally:
    return spotting_seconds_tally(truth, found, classes=["a", "b"])


WAYS = [
    Way("segments-f1", dict, lambda t, f: segment_tally(t, f, ious=(0.5,))),
    Way("tiou-map", dict, tiou_tally),
    Way("spotting-frames", events_of, spotting_frames_tally),
    Way("spotting-seconds", timed_of, _spot_seconds),
    Way("segmentation", labels_of, segmentation_tally),
    Way("shots", scenes_of_segments, shot_tally),
    Way("tracks", boxes_of, track_tally),
]
EVERY = pytest.mark.parametrize("way", WAYS, ids=lambda w: w.name)
RANKED = [w for w in WAYS if w.name in ("tiou-map", "spotting-frames")]


def has_both(tapes: Tapes) -> bool:
    return {s.label for ss in tapes.values() for s in ss} == {"a", "b"}


def is_error(name: str) -> bool:
    return any(word in name for word in ERRORS)


def values(figures: Figures) -> dict[tuple[str, str], float]:
    return {key: value for key, value in figures.items() if not math.isnan(value)}


@EVERY
@settings(deadline=None, max_examples=40)
@given(tapes=segment_tapes().filter(has_both))
def test_truth_against_itself_is_perfect(way: Way, tapes) -> None:
    truth = way.shape(tapes)
    for (name, label), value in values(figures_of(way.tally(truth, truth))).items():
        if "unshown" in name:
            continue  # nothing in these tapes happens unshown
        assert value == pytest.approx(0.0 if is_error(name) else 1.0), (name, label)


@EVERY
@settings(deadline=None, max_examples=30)
@given(tapes=segment_tapes().filter(has_both))
def test_empty_predictions_score_zero_and_not_nan(way: Way, tapes) -> None:
    truth = way.shape({t: ss for t, ss in tapes.items() if len({s.start_s for s in ss}) > 1})
    if not truth:
        return
    figures = figures_of(way.tally(truth, way.shape({tape: [] for tape in truth})))
    for (name, _), value in figures.items():
        if "accuracy" in name:
            assert 0 <= value < 1  # background frames are right without finding anything
        elif not is_error(name):
            assert value == 0.0, name


@pytest.mark.parametrize("way", RANKED, ids=lambda w: w.name)
@settings(deadline=None, max_examples=60)
@given(tapes=segment_tapes().filter(has_both), random=st.randoms(use_true_random=False))
def test_doubling_every_prediction_never_raises_average_precision(way: Way, tapes, random) -> None:
    truth, found = way.shape(tapes), way.shape(noisy(tapes, random, levels=10_000))
    twice = {tape: [x for x in items for _ in (0, 1)] for tape, items in found.items()}
    once, doubled = figures_of(way.tally(truth, found)), figures_of(way.tally(truth, twice))
    for key, value in values(once).items():
        assert doubled[key] <= value + 1e-12, key


def test_a_double_may_hit_a_second_event_within_the_tolerance() -> None:
    # So the official rule has it: an event that is recalled already is skipped, not guarded.
    truth = {"t": [Event(0, "a"), Event(1, "a")]}
    once, twice = [Event(0, "a", 0.9)], [Event(0, "a", 0.9), Event(0, "a", 0.9)]
    scores = [
        figures_of(spotting_frames_tally(truth, {"t": found}, tolerances=[1]))["mAP@1", ""]
        for found in (once, twice)
    ]
    assert scores == [0.5, 1.0]


@EVERY
@settings(deadline=None, max_examples=40)
@given(tapes=segment_tapes().filter(has_both), random=st.randoms(use_true_random=False))
def test_the_order_of_the_input_changes_only_what_ties_may_change(way: Way, tapes, random) -> None:
    truth, found = way.shape(tapes), way.shape(noisy(tapes, random))
    mixed = [{t: side[t] for t in random.sample(list(side), len(side))} for side in (truth, found)]
    if way.name != "segmentation":  # its order is the order of frames
        mixed = [{t: random.sample(xs, len(xs)) for t, xs in side.items()} for side in mixed]
    one, other = way.tally(truth, found), way.tally(*mixed)
    before, after = values(figures_of(one)), values(figures_of(other))
    assert before.keys() == after.keys()
    moved = {key for key in before if before[key] != pytest.approx(after[key], abs=1e-12)}
    if way in RANKED:
        spreads, again = tie_spreads(one), tie_spreads(other)
        for key, spread in spreads.items():
            assert spread.worst - 1e-12 <= before[key] <= spread.best + 1e-12
            if spread.is_exact and key in again and again[key].is_exact:
                assert (spread.worst, spread.best, spread.expected) == pytest.approx(
                    (again[key].worst, again[key].best, again[key].expected), abs=1e-12
                )
        assert moved <= spreads.keys()
    elif way.name == "spotting-seconds":
        cells = [(t, e.position_ms // 500, e.label) for t, es in found.items() for e in es]
        assert not moved or len(set(cells)) < len(cells)
    else:
        assert not moved


@settings(deadline=None, max_examples=40)
@given(offset=st.integers(0, 20), tolerance=st.integers(0, 8))
def test_events_shifted_by_the_tolerance_hit_and_by_one_frame_more_miss(offset, tolerance) -> None:
    truth = {"t": [Event(100 + 100 * i + offset, "a") for i in range(3)]}
    for shift, expected in ((tolerance, 1.0), (tolerance + 1, 0.0)):
        for sign in (1, -1):
            found = {"t": [replace(e, frame=e.frame + sign * shift) for e in truth["t"]]}
            tally = spotting_frames_tally(truth, found, tolerances=[tolerance])
            assert figures_of(tally)["average mAP", ""] == expected


@pytest.mark.parametrize("tolerance", [0, 1, 2, 5])
def test_cuts_shifted_by_the_tolerance_hit_and_by_one_frame_more_miss(tolerance) -> None:
    cuts = [100, 200, 300]

    def scenes(shift):
        ends = [c + shift for c in cuts]
        firsts = [0, *(e + 1 for e in ends)]
        return {"t": [Scene(a, b) for a, b in zip(firsts, [*ends, 400], strict=True)]}

    for shift, expected in ((tolerance, 1.0), (tolerance + 1, 0.0)):
        tally = shot_tally(scenes(0), scenes(shift), tolerance=tolerance)
        assert figures_of(tally)[f"F1@{tolerance}", ""] == expected


@pytest.mark.parametrize("window_s", [1, 2, 3, 4, 5])
def test_events_shifted_by_half_the_window_hit_and_by_one_cell_more_miss(window_s) -> None:
    truth = {"g": [TimedEvent(1, 60_000, "a")]}
    tight = {}
    for cells in range(8):
        found = {"g": [TimedEvent(1, 60_000 + 500 * cells, "a")]}
        tight[cells] = figures_of(spotting_seconds_tally(truth, found, classes=["a"]))
    # A window of w seconds is 2 w cells wide and reaches w cells to each side.
    reached = [cells for cells in tight if window_s >= cells]
    expected = {c: sum(_point(c, w) for w in (1, 2, 3, 4, 5)) for c in reached}
    for cells, total in expected.items():
        ends = (_point(cells, 1) + _point(cells, 5)) / 2
        assert tight[cells]["a-mAP tight", ""] == pytest.approx((total - ends) / 4)


def _point(cells: int, window_s: int) -> float:
    return float(cells <= window_s)


def test_segments_shifted_past_the_overlap_flip() -> None:
    truth = {"t": [Segment(0.0, 10.0)]}
    # Shifted by d, the overlap is (10 - d) / (10 + d): one half at 10 / 3.
    for shift, expected in ((10 / 3 - 1e-6, 1.0), (10 / 3 + 1e-6, 0.0)):
        found = {"t": [Segment(shift, 10 + shift)]}
        assert figures_of(tiou_tally(truth, found, thresholds=[0.5]))["mAP@0.50", ""] == expected
        assert figures_of(segment_tally(truth, found, ious=[0.5]))["F1@0.50", ""] == expected


def test_a_class_that_is_only_in_the_predictions_is_stated() -> None:
    segments = SegmentFile({"t": [Segment(0, 10, "play")]})
    extra = SegmentFile({"t": [Segment(0, 10, "play"), Segment(20, 30, "replay")]})
    for score in (score_segments_f1, score_tiou_map):
        assert any("replay" in note for note in score(segments, extra, QUICK).notes)
    events, more = {"t": [Event(1, "hit")]}, {"t": [Event(1, "hit"), Event(5, "bounce")]}
    card = score_spotting_frames(EventFile(events), EventFile(more), QUICK)
    assert any("bounce" in note for note in card.notes)
    games, results = {"g": [TimedEvent(1, 5, "Goal")]}, {"g": [TimedEvent(1, 5, "Dive")]}
    assert any("Dive" in note for note in score_spotting_seconds(games, results, QUICK).notes)
    card = score_segmentation({"t": ["a"]}, {"t": ["b"]}, QUICK)
    assert any("b" in note for note in card.notes)


def test_a_class_that_is_only_in_the_predictions_takes_nothing_from_the_mean() -> None:
    truth = {"t": [Segment(0, 10, "play")]}
    found = {"t": [Segment(0, 10, "play"), Segment(20, 30, "replay")]}
    assert figures_of(tiou_tally(truth, found))["average mAP", ""] == 1.0


def test_nothing_found_where_nothing_was_to_find_is_perfect_in_counts() -> None:
    empty = SegmentFile({"t": []})
    assert score_segments_f1(empty, empty, QUICK).headline.value == 1.0
    one_shot = {"t": [Scene(0, 99)]}
    assert score_shots(one_shot, one_shot, QUICK).headline.value == 1.0
    still = {"t": ["background"] * 5}
    assert score_segmentation(still, still, QUICK).headline.value == 1.0
