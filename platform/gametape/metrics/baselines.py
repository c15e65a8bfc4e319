"""What scores without looking: predictions that a protocol's figures must be read against.

Chance: the same predictions, each tape turned round by a random stretch, so that only their timing
is lost. Uniform cadence: the mean play (event, cut) every mean interval. Always play: one segment
from end to end. Commonest: one label throughout.
"""

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from gametape.metrics.shots import Scene
from gametape.metrics.spotting_frames import Event
from gametape.metrics.spotting_seconds import TimedEvent
from gametape.metrics.tally import FloatArray
from gametape.metrics.tracks import Box
from gametape.schema import Segment

CHANCE, CADENCE, ALWAYS, COMMONEST = "chance", "cadence", "always", "commonest"
DRAWS = 10  # chance is the mean of so many turns

SegmentTapes = Mapping[str, Sequence[Segment]]
EventTapes = Mapping[str, Sequence[Event]]
Games = Mapping[str, Sequence[TimedEvent]]
SceneTapes = Mapping[str, Sequence[Scene]]
LabelTapes = Mapping[str, Sequence[str]]
TrackTapes = Mapping[str, Sequence[Box]]


def turns(tapes: Mapping[str, object], *, seed: int) -> Iterator[dict[str, float]]:
    """Per draw, how far each tape is turned, as a share of its length."""
    random = np.random.default_rng(seed)
    for _ in range(DRAWS):
        shares = random.uniform(0.05, 0.95, len(tapes))
        yield dict(zip(sorted(tapes), shares.tolist(), strict=True))


def tape_lengths_s(*sides: SegmentTapes, known: Mapping[str, float]) -> dict[str, float]:
    """How long each tape is: what is known, else up to the last end on any side."""
    tapes = {tape for side in sides for tape in side}
    return {
        tape: max([known.get(tape, 0.0), *(s.end_s for side in sides for s in side.get(tape, ()))])
        for tape in tapes
    }


def always_play(truth: SegmentTapes, lengths_s: Mapping[str, float]) -> dict[str, list[Segment]]:
    """One segment over each whole tape, for each label of the truth."""
    labels = sorted({s.label for segments in truth.values() for s in segments})
    return {
        tape: [Segment(0.0, length, label) for label in labels if length > 0]
        for tape, length in lengths_s.items()
    }


def cadence_segments(
    truth: SegmentTapes, lengths_s: Mapping[str, float]
) -> dict[str, list[Segment]]:
    """Per label, the mean segment in the middle of every mean interval."""
    total_s = sum(lengths_s.values())
    found: dict[str, list[Segment]] = {tape: [] for tape in lengths_s}
    for label in sorted({s.label for segments in truth.values() for s in segments}):
        lengths = [s.length_s for ss in truth.values() for s in ss if s.label == label]
        mean_s, every_s = float(np.mean(lengths)), total_s / len(lengths)
        for tape, length_s in lengths_s.items():
            starts = _middles(length_s, every_s) - mean_s / 2
            found[tape] += [Segment(s, s + mean_s, label) for s in starts.tolist()]
    return found


def turned_segments(
    found: SegmentTapes, lengths_s: Mapping[str, float], shares: Mapping[str, float]
) -> dict[str, list[Segment]]:
    """The segments of each tape, turned round; what passes the end begins at the start again."""
    turned: dict[str, list[Segment]] = {}
    for tape, segments in found.items():
        length_s = lengths_s[tape] or 1.0
        starts = [(s.start_s + shares[tape] * length_s) % length_s for s in segments]
        turned[tape] = [
            replace(s, start_s=start, end_s=start + s.length_s)
            for s, start in zip(segments, starts, strict=True)
        ]
    return turned


def cadence_events(truth: EventTapes, counts: Mapping[str, int]) -> dict[str, list[Event]]:
    """Per label, an event in the middle of every mean interval."""
    found: dict[str, list[Event]] = {tape: [] for tape in truth}
    for label in sorted({e.label for events in truth.values() for e in events}):
        number = sum(e.label == label for events in truth.values() for e in events)
        every = sum(counts.values()) / number
        for tape in truth:
            frames = np.floor(_middles(counts[tape], every))
            found[tape] += [Event(int(frame), label) for frame in frames.tolist()]
    return found


def turned_events(
    found: EventTapes, counts: Mapping[str, int], shares: Mapping[str, float]
) -> dict[str, list[Event]]:
    """The events of each tape, turned round."""
    return {
        tape: [
            replace(e, frame=(e.frame + round(shares[tape] * counts[tape])) % max(1, counts[tape]))
            for e in events
        ]
        for tape, events in found.items()
    }


def cadence_timed(truth: Games, halves_ms: Mapping[tuple[str, int], int]) -> Games:
    """Per label, an event in the middle of every mean interval of each half."""
    found: dict[str, list[TimedEvent]] = {game: [] for game in truth}
    for label in sorted({e.label for events in truth.values() for e in events}):
        number = sum(e.label == label for events in truth.values() for e in events)
        every = sum(halves_ms.values()) / number
        for (game, half), length in halves_ms.items():
            middles = _middles(length, every).astype(int).tolist()
            found[game] += [TimedEvent(half, position, label) for position in middles]
    return found


def turned_timed(
    found: Games, halves_ms: Mapping[tuple[str, int], int], shares: Mapping[str, float]
) -> Games:
    """The events of each half, turned round."""
    turned: dict[str, list[TimedEvent]] = {}
    for game, events in found.items():
        turned[game] = []
        for event in events:
            length = max(1, halves_ms.get((game, event.half), 1))
            position = (event.position_ms + round(shares[game] * length)) % length
            turned[game].append(replace(event, position_ms=position))
    return turned


def commonest_label(truth: LabelTapes) -> dict[str, list[str]]:
    """The label that most frames have, on every frame."""
    counts = Counter(label for labels in truth.values() for label in labels)
    label = min(counts, key=lambda name: (-counts[name], name))
    return {tape: [label] * len(labels) for tape, labels in truth.items()}


def turned_labels(found: LabelTapes, shares: Mapping[str, float]) -> dict[str, list[str]]:
    """The labels of each tape, turned round."""
    turned: dict[str, list[str]] = {}
    for tape, labels in found.items():
        cut = round(shares[tape] * len(labels))
        turned[tape] = [*labels[cut:], *labels[:cut]]
    return turned


def cadence_scenes(truth: SceneTapes, counts: Mapping[str, int]) -> dict[str, list[Scene]]:
    """A cut in the middle of every mean interval."""
    number = sum(max(0, len(scenes) - 1) for scenes in truth.values())
    every = sum(counts.values()) / max(1, number)
    return {
        tape: _cut(_middles(count, every).astype(int).tolist() if number else [], count)
        for tape, count in counts.items()
    }


def turned_scenes(
    found: SceneTapes, counts: Mapping[str, int], shares: Mapping[str, float]
) -> dict[str, list[Scene]]:
    """The cuts of each tape, turned round; a fade becomes a cut at its middle."""
    turned: dict[str, list[Scene]] = {}
    for tape, scenes in found.items():
        count, ordered = counts[tape], sorted(scenes)
        cuts = [(a.last + b.first) // 2 for a, b in itertools.pairwise(ordered)]
        shift = round(shares[tape] * count)
        turned[tape] = _cut(sorted((cut + shift) % count for cut in cuts), count)
    return turned


def turned_tracks(found: TrackTapes, shares: Mapping[str, float]) -> dict[str, list[Box]]:
    """The frames of each tape, turned round."""
    turned: dict[str, list[Box]] = {}
    for tape, boxes in found.items():
        count = max((box.frame for box in boxes), default=1)
        shift = round(shares[tape] * count)
        turned[tape] = [replace(b, frame=(b.frame - 1 + shift) % count + 1) for b in boxes]
    return turned


def _cut(last_frames: Sequence[int], count: int) -> list[Scene]:
    """The scenes of a tape that is cut behind these frames."""
    inner = [frame for frame in dict.fromkeys(last_frames) if 0 <= frame < count - 1]
    firsts = [0, *(frame + 1 for frame in inner)]
    return [Scene(a, b) for a, b in zip(firsts, [*inner, max(0, count - 1)], strict=True)]


def _middles(length: float, every: float) -> FloatArray:
    """The middles of as many whole intervals as fit."""
    count = int(length // every)
    return np.linspace(0.5, count - 0.5, count) * every if count else np.zeros(0)
