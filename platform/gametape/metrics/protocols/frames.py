"""`segmentation`, `shots` and `tracks` on files: something for each frame."""

from gametape.errors import InputError
from gametape.metrics import baselines as base
from gametape.metrics.protocols.choice import Options
from gametape.metrics.protocols.sides import contents_of, need_plays, need_same_tapes
from gametape.metrics.scorecard import Contents, Scorecard, class_notes, scorecard
from gametape.metrics.segmentation import BACKGROUND, Labels, segmentation_tally, stretches
from gametape.metrics.shots import THRESHOLD, TOLERANCE, Scenes, shot_tally
from gametape.metrics.tracks import Tracks, track_tally


def score_segmentation(true: Labels, guessed: Labels, options: Options) -> Scorecard:
    """`segmentation`: accuracy, Edit and F1, macro and pooled."""
    background = BACKGROUND if options.background is None else options.background
    need_same_tapes("segmentation", true, guessed)
    tally = segmentation_tally(true, guessed, background=background)
    fakes = {
        base.CHANCE: [
            base.turned_labels(guessed, shares)
            for shares in base.turns(true, seed=options.sampling.seed)
        ],
        base.COMMONEST: [base.commonest_label(true)],
    }
    sides = [{label for labels in side.values() for label in labels} for side in (true, guessed)]
    out = ", ".join(background)
    counted = [
        sum(len(stretches(labels, background=background)) for labels in side.values())
        for side in (true, guessed)
    ]
    return scorecard(
        tally,
        protocol="segmentation",
        definition="macro: Lea et al. (mean over tapes); pooled: MS-TCN (counts over all tapes)",
        contents=Contents(len(true), counted[0], counted[1], "stretches"),
        settings={"background": list(background)},
        baselines={
            n: [segmentation_tally(true, f, background=background) for f in fs]
            for n, fs in fakes.items()
        },
        spreads={},
        notes=[
            *class_notes(*sides, is_pooled=True),
            f"Edit and F1 leave {out} out" if background else "Edit and F1 count every label",
        ],
        sampling=options.sampling,
    )


def score_shots(true: Scenes, guessed: Scenes, options: Options) -> Scorecard:
    """`shots`: precision, recall and F1 of transitions."""
    threshold = THRESHOLD if options.threshold is None else options.threshold
    need_same_tapes("shots", true, guessed)
    tolerance = (options.tolerance or (TOLERANCE,))[0]
    if len(options.tolerance or ()) > 1:
        raise InputError("shots takes one --tolerance. Run it once for each.")
    counts = {
        tape: max((s.last + 1 for s in (*true[tape], *guessed[tape])), default=1) for tape in true
    }
    fakes = {
        base.CHANCE: [
            base.turned_scenes(guessed, counts, shares)
            for shares in base.turns(true, seed=options.sampling.seed)
        ],
        base.CADENCE: [base.cadence_scenes(true, counts)],
    }
    cuts = [sum(max(0, len(s) - 1) for s in side.values()) for side in (true, guessed)]
    return scorecard(
        shot_tally(true, guessed, tolerance=tolerance),
        protocol="shots",
        definition="TransNetV2 evaluate_scenes: transitions hit within the tolerance, pooled",
        contents=Contents(len(true), cuts[0], cuts[1], "transitions"),
        settings={"tolerance": tolerance, "threshold": threshold},
        baselines={
            n: [shot_tally(true, f, tolerance=tolerance) for f in fs] for n, fs in fakes.items()
        },
        spreads={},
        sampling=options.sampling,
    )


def score_tracks(true: Tracks, guessed: Tracks, options: Options) -> Scorecard:
    """`tracks`: HOTA, CLEAR and identity figures."""
    need_same_tapes("tracks", true, guessed)
    need_plays("tracks", true)
    turned = [
        base.turned_tracks(guessed, shares)
        for shares in base.turns(true, seed=options.sampling.seed)
    ]
    return scorecard(
        track_tally(true, guessed),
        protocol="tracks",
        definition="TrackEval CLEAR, Identity and HOTA; MOTP is the mean overlap of matches",
        contents=contents_of(true, guessed, "boxes"),
        settings={"iou": 0.5},
        baselines={base.CHANCE: [track_tally(true, found) for found in turned]},
        spreads={},
        notes=["true boxes with confidence 0 are left out; classes are not looked at"],
        sampling=options.sampling,
    )
