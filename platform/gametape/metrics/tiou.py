"""Protocol `tiou-map`: mean average precision at temporal overlap, as ActivityNet defines it.

Per class, predictions by falling score each take the free true segment of the same tape that they
overlap most, if that is enough. Equal scores stand in the order that numpy's default sort gives
them, turned round, as in the official code; what that is worth says `ties`.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from gametape.metrics.ranking import Ranked, RankedTally
from gametape.metrics.tally import FloatArray
from gametape.schema import Segment

ACTIVITYNET = tuple(np.linspace(0.5, 0.95, 10).tolist())
Tapes = Mapping[str, Sequence[Segment]]


def tiou_tally(
    truth: Tapes, found: Tapes, *, thresholds: Sequence[float] = ACTIVITYNET
) -> RankedTally:
    """Average precision per class and overlap; classes without truth play no part."""
    tapes = tuple(sorted({*truth, *found}))
    labels = sorted({segment.label for segments in truth.values() for segment in segments})
    return RankedTally(
        tapes,
        [_ranked(truth, found, tapes, label, thresholds) for label in labels],
        thresholds=[f"{threshold:.2f}" for threshold in thresholds],
        over="overlap",
    )


def _ranked(
    truth: Tapes, found: Tapes, tapes: tuple[str, ...], label: str, thresholds: Sequence[float]
) -> Ranked:
    number = {tape: index for index, tape in enumerate(tapes)}
    marks = {tape: _bounds(truth.get(tape, ()), label) for tape in tapes}
    first_mark, seen = {}, 0
    for tape in tapes:
        first_mark[tape] = seen
        seen += len(marks[tape])
    tape_of, scores, places, choices, reach, torn = [], [], [], [], [], []
    wanted = np.asarray(thresholds)
    for tape, segments in found.items():
        for segment in segments:
            if segment.label != label:
                continue
            overlaps = temporal_ious(segment, marks[tape])
            closest = np.argsort(overlaps)[::-1]  # the official order, equal overlaps included
            ranked = overlaps[closest]
            tape_of.append(number[tape])
            scores.append(segment.score)
            places.append((segment.start_s, segment.end_s))
            choices.append(tuple((closest + first_mark[tape]).tolist()))
            reach.append((ranked[None, :] >= wanted[:, None]).sum(axis=1))
            equal = ranked[1:] == ranked[:-1]
            torn.append([bool(equal[: max(r - 1, 0)].any()) for r in reach[-1]])
    score = np.asarray(scores, dtype=np.float64)
    return Ranked(
        label=label,
        tape=np.asarray(tape_of, dtype=np.int64),
        score=score,
        place=np.asarray(places, dtype=np.float64).reshape(-1, 2),
        order=score.argsort()[::-1],
        choices=tuple(choices),
        reach=np.asarray(reach, dtype=np.int64).reshape(-1, len(wanted)),
        is_torn=np.asarray(torn, dtype=np.bool_).reshape(-1, len(wanted)),
        true_counts=np.array([len(marks[tape]) for tape in tapes], dtype=np.int64),
    )


def _bounds(segments: Sequence[Segment], label: str) -> FloatArray:
    rows = [(s.start_s, s.end_s) for s in segments if s.label == label]
    return np.asarray(rows, dtype=np.float64).reshape(-1, 2)


def temporal_ious(segment: Segment, others: FloatArray) -> FloatArray:
    """Overlap over union with each of `others` [n, 2]; nothing against nothing overlaps nothing."""
    starts, ends = others[:, 0], others[:, 1]
    shared = (np.minimum(segment.end_s, ends) - np.maximum(segment.start_s, starts)).clip(0)
    union = (ends - starts) + (segment.end_s - segment.start_s) - shared
    overlaps: FloatArray = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return overlaps
