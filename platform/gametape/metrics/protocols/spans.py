"""`segments-f1` and `tiou-map` on files: stretches of time."""

from collections.abc import Mapping
from pathlib import Path

from gametape.metrics import baselines as base
from gametape.metrics.files.segments import ONE_TAPE, SegmentFile, read_segments
from gametape.metrics.protocols.choice import Options
from gametape.metrics.protocols.sides import contents_of, labels_in, need_plays
from gametape.metrics.scorecard import Scorecard, class_notes, scorecard
from gametape.metrics.segments import IOUS, segment_tally
from gametape.metrics.ties import tie_spreads
from gametape.metrics.tiou import ACTIVITYNET, tiou_tally
from gametape.schema import Segment

Fakes = list[tuple[str, list[dict[str, list[Segment]]]]]


def score_segments_f1(true: SegmentFile, guessed: SegmentFile, options: Options) -> Scorecard:
    """`segments-f1`: precision, recall, F1, boundary errors, merges and splits."""
    ious = options.iou or IOUS
    lengths = base.tape_lengths_s(true.tapes, guessed.tapes, known=true.lengths_s)
    tally = segment_tally(true.tapes, guessed.tapes, ious=ious)
    fakes = _segment_fakes(true, guessed, lengths, options)
    return scorecard(
        tally,
        protocol="segments-f1",
        definition="found segments matched one to one with true ones of their label, as many as "
        "possible; counts pooled over tapes",
        contents=contents_of(true.tapes, guessed.tapes, "plays"),
        settings={"iou": list(ious), "threshold": options.threshold},
        baselines={n: [segment_tally(true.tapes, f, ious=ious) for f in fs] for n, fs in fakes},
        spreads={},
        notes=class_notes(labels_in(true.tapes), labels_in(guessed.tapes), is_pooled=True),
        sampling=options.sampling,
    )


def score_tiou_map(true: SegmentFile, guessed: SegmentFile, options: Options) -> Scorecard:
    """`tiou-map`: average precision per class and overlap, and what ties are worth."""
    need_plays("tiou-map", true.tapes)
    thresholds = options.iou or ACTIVITYNET
    lengths = base.tape_lengths_s(true.tapes, guessed.tapes, known=true.lengths_s)
    tally = tiou_tally(true.tapes, guessed.tapes, thresholds=thresholds)
    fakes = _segment_fakes(true, guessed, lengths, options)
    strangers = sorted(set(guessed.tapes) - set(true.tapes))
    notes = class_notes(labels_in(true.tapes), labels_in(guessed.tapes))
    if strangers:
        notes.append(
            f"{len(strangers)} tapes without truth; their predictions count as wrong: "
            f"{', '.join(strangers[:5])}"
        )
    return scorecard(
        tally,
        protocol="tiou-map",
        definition="ActivityNet eval_detection: mean over classes, then over temporal IoU",
        contents=contents_of(true.tapes, guessed.tapes, "plays"),
        settings={"iou": [round(t, 10) for t in thresholds], "subset": options.subset},
        baselines={
            n: [tiou_tally(true.tapes, f, thresholds=thresholds) for f in fs] for n, fs in fakes
        },
        spreads=tie_spreads(tally),
        notes=notes,
        sampling=options.sampling,
    )


def read_both(truth: Path, found: Path, options: Options) -> tuple[SegmentFile, SegmentFile]:
    """Read both sides; segments that score below the threshold are left out."""
    true = read_segments(truth, side="truth", subset=options.subset)
    guessed = read_segments(found, side="predictions")
    _name_the_nameless(true, guessed)
    if options.threshold is not None:
        low = options.threshold
        guessed.tapes = {t: [s for s in ss if s.score >= low] for t, ss in guessed.tapes.items()}
    if options.one_label:
        for side in (true, guessed):
            side.tapes = {
                tape: [Segment(s.start_s, s.end_s, "play", s.score) for s in segments]
                for tape, segments in side.tapes.items()
            }
    return true, guessed


def _segment_fakes(
    true: SegmentFile, guessed: SegmentFile, lengths: Mapping[str, float], options: Options
) -> Fakes:
    chance = [
        base.turned_segments(guessed.tapes, lengths, shares)
        for shares in base.turns(lengths, seed=options.sampling.seed)
    ]
    return [
        (base.CHANCE, chance),
        (base.CADENCE, [base.cadence_segments(true.tapes, lengths)]),
        (base.ALWAYS, [base.always_play(true.tapes, lengths)]),
    ]


def _name_the_nameless(*sides: SegmentFile) -> None:
    """Where both sides are one tape and one file names it, it is that tape on both."""
    names = {tape for side in sides for tape in side.tapes}
    if any(len(side.tapes) != 1 for side in sides) or ONE_TAPE not in names:
        return
    name = next(iter(names - {ONE_TAPE}), ONE_TAPE)
    for side in sides:
        side.tapes = dict(zip([name], side.tapes.values(), strict=True))
        side.lengths_s = dict(zip([name], side.lengths_s.values(), strict=False))
