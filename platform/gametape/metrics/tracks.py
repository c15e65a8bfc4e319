"""Protocol `tracks`: MOTA, MOTP, IDF1, HOTA, DetA and AssA of boxes, as TrackEval defines them.

Overlap of boxes is intersection over union. MOTP is the mean overlap of matches (some papers print
1 minus it). No boxes are thrown out for lying on other classes: that is for the files' maker.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gametape.metrics.tally import ALL, Figures, FloatArray, IntArray, share

ALPHAS = np.arange(0.05, 0.99, 0.05)
ENOUGH = 0.5  # overlap at which a box is found, for MOTA, MOTP and IDF1
CARRY_ON = 1000.0  # worth of keeping last frame's match: more than any sum of overlaps
EPSILON = float(
    np.finfo(np.float64).eps
)  # overlaps equal to a threshold count in spite of rounding


@dataclass(frozen=True)
class Box:
    """Where a track is in one frame, in pixels; frames count from 1."""

    frame: int
    track: int
    left: float
    top: float
    width: float
    height: float


Tracks = Mapping[str, Sequence[Box]]


@dataclass(frozen=True)
class _Frame:
    """The boxes of one frame: the tracks they belong to, and how they overlap [true, found]."""

    true: IntArray
    found: IntArray
    overlaps: FloatArray


@dataclass(frozen=True)
class _Tape:
    frames: tuple[_Frame, ...]
    true_counts: FloatArray  # boxes per true track
    found_counts: FloatArray


class TrackTally:
    """Counts of a tape: CLEAR, identity, and HOTA at 19 overlaps."""

    def __init__(self, truth: Tracks, found: Tracks) -> None:
        self.tapes = tuple(sorted({*truth, *found}))
        tapes = [_tape(truth.get(t, ()), found.get(t, ())) for t in self.tapes]
        self._boxes = np.array([[t.true_counts.sum(), t.found_counts.sum()] for t in tapes])
        self._clear = np.array([_clear(tape) for tape in tapes])
        self._identity = np.array([_identity(tape) for tape in tapes])
        self._hota = np.array([_hota(tape) for tape in tapes])

    def figures(self, weights: IntArray) -> Figures:
        """The headline is HOTA."""
        true, found = (weights @ self._boxes).tolist()
        hits, switches, overlap = (weights @ self._clear).tolist()
        matched, associated = np.tensordot(weights, self._hota, axes=1)
        detection = matched / np.maximum(1.0, true + found - matched)
        association = np.divide(
            associated, matched, out=np.zeros_like(associated), where=matched > 0
        )
        return {
            ("HOTA", ALL): float(np.mean(np.sqrt(detection * association))),
            ("DetA", ALL): float(np.mean(detection)),
            ("AssA", ALL): float(np.mean(association)),
            ("MOTA", ALL): share(hits - (found - hits) - switches, true),
            ("MOTP", ALL): share(overlap, hits),
            ("IDF1", ALL): share(2 * float(weights @ self._identity), true + found),
            ("identity switches", ALL): switches,
        }


def track_tally(truth: Tracks, found: Tracks) -> TrackTally:
    """Score the boxes of each tape; tapes are pooled."""
    return TrackTally(truth, found)


def box_overlaps(true: Sequence[Box], found: Sequence[Box]) -> FloatArray:
    """Intersection over union of each pair [true, found]; a box without area overlaps nothing."""
    one, other = _corners(true)[:, None], _corners(found)[None, :]
    low, high = np.maximum(one[..., :2], other[..., :2]), np.minimum(one[..., 2:], other[..., 2:])
    shared = np.prod(np.maximum(high - low, 0.0), axis=-1)
    areas = [np.prod(side[..., 2:] - side[..., :2], axis=-1) for side in (one, other)]
    union = areas[0] + areas[1] - shared
    is_real = (areas[0] > EPSILON) & (areas[1] > EPSILON)
    overlaps: FloatArray = np.divide(shared, union, out=np.zeros_like(shared), where=is_real)
    return overlaps


def _corners(boxes: Sequence[Box]) -> FloatArray:
    rows = [(b.left, b.top, b.left + b.width, b.top + b.height) for b in boxes]
    return np.asarray(rows, dtype=np.float64).reshape(-1, 4)


def _tape(truth: Sequence[Box], found: Sequence[Box]) -> _Tape:
    """The frames of a tape, boxes in order of track, tracks numbered from 0."""
    numbers = [
        {track: i for i, track in enumerate(sorted({box.track for box in side}))}
        for side in (truth, found)
    ]
    by_frame: dict[int, tuple[list[Box], list[Box]]] = {}
    for which, side in enumerate((truth, found)):
        for box in sorted(side, key=lambda b: (b.frame, b.track)):
            by_frame.setdefault(box.frame, ([], []))[which].append(box)
    frames = tuple(
        _Frame(
            true=np.array([numbers[0][b.track] for b in true], dtype=np.int64),
            found=np.array([numbers[1][b.track] for b in guessed], dtype=np.int64),
            overlaps=box_overlaps(true, guessed),
        )
        for _, (true, guessed) in sorted(by_frame.items())
    )
    counts = [
        np.bincount([numbers[i][b.track] for b in side], minlength=len(numbers[i])).astype(float)
        for i, side in enumerate((truth, found))
    ]
    return _Tape(frames, counts[0], counts[1])


def _clear(tape: _Tape) -> tuple[float, float, float]:
    """Hits, identity switches and the sum of overlaps of hits.

    Matches of the frame before are kept where they still overlap enough; a switch counts against
    the last match of a true track, however long ago.
    """
    from scipy.optimize import linear_sum_assignment  # costs a quarter second to import

    last = np.full(len(tape.true_counts), -1, dtype=np.int64)
    before = last.copy()
    hits = switches = 0
    overlap = 0.0
    for frame in tape.frames:
        if not len(frame.true) or not len(frame.found):
            continue
        worth = CARRY_ON * (frame.found[None, :] == before[frame.true][:, None]) + frame.overlaps
        worth[frame.overlaps < ENOUGH - EPSILON] = 0
        rows, columns = linear_sum_assignment(-worth)
        is_match = worth[rows, columns] > EPSILON
        rows, columns = rows[is_match], columns[is_match]
        true, found = frame.true[rows], frame.found[columns]
        switches += int(np.sum((last[true] >= 0) & (last[true] != found)))
        last[true] = found
        before[:] = -1
        before[true] = found
        hits += len(true)
        overlap += float(frame.overlaps[rows, columns].sum())
    return hits, switches, overlap


def _identity(tape: _Tape) -> float:
    """Boxes that agree under the best pairing of whole true tracks with whole found ones."""
    from scipy.optimize import linear_sum_assignment  # costs a quarter second to import

    together = np.zeros((len(tape.true_counts), len(tape.found_counts)))
    for frame in tape.frames:
        rows, columns = np.nonzero(frame.overlaps >= ENOUGH)
        together[frame.true[rows], frame.found[columns]] += 1
    rows, columns = linear_sum_assignment(-together)
    return float(together[rows, columns].sum())


def _hota(tape: _Tape) -> FloatArray:
    """Per alpha: matches, and the sum over matches of how well their tracks go together."""
    from scipy.optimize import linear_sum_assignment  # costs a quarter second to import

    size = (len(tape.true_counts), len(tape.found_counts))
    potential = np.zeros(size)
    for frame in tape.frames:
        sums = frame.overlaps.sum(axis=0)[None, :] + frame.overlaps.sum(axis=1)[:, None]
        rest = sums - frame.overlaps
        parts = np.divide(frame.overlaps, rest, out=np.zeros_like(rest), where=rest > EPSILON)
        potential[np.ix_(frame.true, frame.found)] += parts
    both = tape.true_counts[:, None] + tape.found_counts[None, :]
    alignment = potential / (both - potential)
    matches = np.zeros((len(ALPHAS), *size))
    for frame in tape.frames:
        if not len(frame.true) or not len(frame.found):
            continue
        worth = alignment[np.ix_(frame.true, frame.found)] * frame.overlaps
        rows, columns = linear_sum_assignment(-worth)
        is_match = frame.overlaps[rows, columns][None, :] >= ALPHAS[:, None] - EPSILON
        matches[:, frame.true[rows], frame.found[columns]] += is_match
    together = matches / np.maximum(1.0, both[None] - matches)
    return np.stack([matches.sum(axis=(1, 2)), (matches * together).sum(axis=(1, 2))])
