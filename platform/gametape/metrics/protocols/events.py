"""`spotting-frames` and `spotting-seconds` on files: events."""

from gametape.errors import InputError
from gametape.metrics import baselines as base
from gametape.metrics.files.events import EventFile
from gametape.metrics.protocols.choice import Options
from gametape.metrics.protocols.sides import contents_of, labels_in, need_plays, need_same_tapes
from gametape.metrics.scorecard import Scorecard, class_notes, scorecard
from gametape.metrics.spotting_frames import TOLERANCES, spotting_frames_tally
from gametape.metrics.spotting_seconds import (
    SOCCERNET_CLASSES,
    Games,
    cell_spreads,
    crowded_cells,
    spotting_seconds_tally,
)
from gametape.metrics.ties import tie_spreads


def score_spotting_frames(true: EventFile, guessed: EventFile, options: Options) -> Scorecard:
    """`spotting-frames`: average precision per class and tolerance."""
    need_plays("spotting-frames", true.tapes)
    need_same_tapes("spotting-frames", true.tapes, guessed.tapes)
    tolerances = options.tolerance or TOLERANCES
    tally = spotting_frames_tally(true.tapes, guessed.tapes, tolerances=tolerances)
    counts = {
        tape: max(
            [true.frame_counts.get(tape, 0)]
            + [e.frame + 1 for side in (true, guessed) for e in side.tapes[tape]]
        )
        for tape in true.tapes
    }
    fakes = {
        base.CHANCE: [
            base.turned_events(guessed.tapes, counts, shares)
            for shares in base.turns(true.tapes, seed=options.sampling.seed)
        ],
        base.CADENCE: [base.cadence_events(true.tapes, counts)],
    }
    return scorecard(
        tally,
        protocol="spotting-frames",
        definition="E2E-Spot score: mean over classes at each tolerance in frames, then over these",
        contents=contents_of(true.tapes, guessed.tapes, "events"),
        settings={"tolerance": list(tolerances)},
        baselines={
            n: [spotting_frames_tally(true.tapes, f, tolerances=tolerances) for f in fs]
            for n, fs in fakes.items()
        },
        spreads=tie_spreads(tally),
        notes=class_notes(labels_in(true.tapes), labels_in(guessed.tapes)),
        sampling=options.sampling,
    )


def score_spotting_seconds(true: Games, guessed: Games, options: Options) -> Scorecard:
    """`spotting-seconds`: average mAP, tight and loose, all, shown and unshown."""
    need_plays("spotting-seconds", true)
    if missing := sorted(set(true) - set(guessed)):
        raise InputError(
            f"spotting-seconds: no results for {len(missing)} games ({', '.join(missing[:3])}). "
            "Write a file with an empty list of predictions where nothing was found."
        )
    labels = labels_in(true)
    is_soccernet = labels <= set(SOCCERNET_CLASSES)
    classes = SOCCERNET_CLASSES if is_soccernet else tuple(sorted(labels))
    notes = class_notes(labels, labels_in({game: guessed[game] for game in true}))
    notes.append(f"mean over {len(classes)} classes; one without truth counts as 0")
    if extra := sorted(set(guessed) - set(true)):
        notes.append(f"{len(extra)} games without truth are left out: {', '.join(extra[:3])}")
    if crowded := crowded_cells(guessed, classes=classes):
        notes.append(f"{crowded} predictions share a half-second cell; the last written counts")
    lengths = _half_lengths_ms(true, guessed)
    known = {game: guessed[game] for game in true}
    fakes = {
        base.CHANCE: [
            base.turned_timed(known, lengths, shares)
            for shares in base.turns(true, seed=options.sampling.seed)
        ],
        base.CADENCE: [base.cadence_timed(true, lengths)],
    }
    return scorecard(
        spotting_seconds_tally(true, known, classes=classes),
        protocol="spotting-seconds",
        definition="SoccerNet ActionSpotting: average mAP over windows of 1 to 5 s (tight) and "
        "5 to 60 s (loose); a window reaches half its length to each side",
        contents=contents_of(true, known, "events"),
        settings={"classes": list(classes)},
        baselines={
            n: [spotting_seconds_tally(true, f, classes=classes) for f in fs]
            for n, fs in fakes.items()
        },
        spreads=cell_spreads(true, known, classes=classes),
        notes=notes,
        sampling=options.sampling,
    )


def _half_lengths_ms(
    *sides: Games,
) -> dict[tuple[str, int], int]:
    """How long each half is, up to its last event on any side, milliseconds."""
    lengths: dict[tuple[str, int], int] = {}
    for game in sides[0]:
        for side in sides:
            for event in side[game]:
                key = (game, event.half)
                lengths[key] = max(lengths.get(key, 0), event.position_ms + 1)
    return lengths
