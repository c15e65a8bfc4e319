"""Protocol `spotting-frames`: events hit within so many frames, as E2E-Spot defines it.

Predictions by falling score, equal ones in the order of the file, each look at the nearest true
event that is not recalled yet, and hit it if it is within the tolerance. A true event listed twice
at one frame counts twice in the total and can be recalled once, as in the official code.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gametape.errors import InputError
from gametape.metrics.ranking import Ranked, RankedTally

TOLERANCES = (0, 1, 2, 4)


@dataclass(frozen=True)
class Event:
    """Something that happens at one frame."""

    frame: int
    label: str
    score: float = 1.0


Tapes = Mapping[str, Sequence[Event]]


def spotting_frames_tally(
    truth: Tapes, found: Tapes, *, tolerances: Sequence[int] = TOLERANCES
) -> RankedTally:
    """Average precision per class and tolerance; both sides must list the same tapes."""
    if set(truth) != set(found):
        odd = sorted(set(truth) ^ set(found))
        raise InputError(
            f"spotting-frames: {len(odd)} tapes are on one side only ({', '.join(odd[:5])}). "
            "List every tape on both sides; one without predictions gets an empty list."
        )
    tapes = tuple(sorted(truth))
    labels = sorted({event.label for events in truth.values() for event in events})
    return RankedTally(
        tapes,
        [_ranked(truth, found, tapes, label, tolerances) for label in labels],
        thresholds=[str(tolerance) for tolerance in tolerances],
        over="tolerance",
    )


def _ranked(
    truth: Tapes, found: Tapes, tapes: tuple[str, ...], label: str, tolerances: Sequence[int]
) -> Ranked:
    number = {tape: index for index, tape in enumerate(tapes)}
    listed = {tape: [e.frame for e in truth[tape] if e.label == label] for tape in tapes}
    mark_of = {
        place: index
        for index, place in enumerate((t, f) for t in tapes for f in dict.fromkeys(listed[t]))
    }
    tape_of, scores, places, choices, reach, torn = [], [], [], [], [], []
    for tape, events in found.items():
        frames = list(dict.fromkeys(listed[tape]))
        for event in events:
            if event.label != label:
                continue
            nearest = sorted(frames, key=lambda frame: abs(frame - event.frame))
            gaps = [abs(frame - event.frame) for frame in nearest]
            tape_of.append(number[tape])
            scores.append(event.score)
            places.append((event.frame, 0))
            choices.append(tuple(mark_of[tape, frame] for frame in nearest))
            reach.append([sum(gap <= tolerance for gap in gaps) for tolerance in tolerances])
            equal = [one == other for one, other in itertools.pairwise(gaps)]
            torn.append([any(equal[: max(r - 1, 0)]) for r in reach[-1]])
    score = np.asarray(scores, dtype=np.float64)
    return Ranked(
        label=label,
        tape=np.asarray(tape_of, dtype=np.int64),
        score=score,
        place=np.asarray(places, dtype=np.float64).reshape(-1, 2),
        order=np.argsort(-score, kind="stable"),
        choices=tuple(choices),
        reach=np.asarray(reach, dtype=np.int64).reshape(-1, len(tolerances)),
        is_torn=np.asarray(torn, dtype=np.bool_).reshape(-1, len(tolerances)),
        true_counts=np.array([len(listed[tape]) for tape in tapes], dtype=np.int64),
    )
