"""An evaluation by the protocol's name: plain files in, a scorecard out."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

from gametape.errors import InputError
from gametape.metrics.files import events as event_files
from gametape.metrics.files import frames as frame_files
from gametape.metrics.protocols import events, frames, spans
from gametape.metrics.protocols.choice import PROTOCOLS, Options
from gametape.metrics.scorecard import Scorecard
from gametape.metrics.shots import THRESHOLD


def _segments_f1(truth: Path, found: Path, options: Options) -> Scorecard:
    return spans.score_segments_f1(*spans.read_both(truth, found, options), options)


def _tiou_map(truth: Path, found: Path, options: Options) -> Scorecard:
    return spans.score_tiou_map(*spans.read_both(truth, found, options), options)


def _spotting_frames(truth: Path, found: Path, options: Options) -> Scorecard:
    true = event_files.read_frame_events(truth, has_scores=False)
    guessed = event_files.read_frame_events(found, has_scores=True)
    return events.score_spotting_frames(true, guessed, options)


def _spotting_seconds(truth: Path, found: Path, options: Options) -> Scorecard:
    true = event_files.read_soccernet_labels(truth)
    return events.score_spotting_seconds(true, event_files.read_soccernet_results(found), options)


def _segmentation(truth: Path, found: Path, options: Options) -> Scorecard:
    true, guessed = (frame_files.read_frame_labels(path) for path in (truth, found))
    return frames.score_segmentation(true, guessed, options)


def _shots(truth: Path, found: Path, options: Options) -> Scorecard:
    threshold = THRESHOLD if options.threshold is None else options.threshold
    true = frame_files.read_scenes(truth)
    return frames.score_shots(true, frame_files.read_scenes(found, threshold=threshold), options)


def _tracks(truth: Path, found: Path, options: Options) -> Scorecard:
    true = frame_files.read_tracks(truth, is_truth=True)
    return frames.score_tracks(true, frame_files.read_tracks(found, is_truth=False), options)


@dataclass(frozen=True)
class _Way:
    """How a protocol is run, and which options mean something to it."""

    score: Callable[[Path, Path, Options], Scorecard]
    takes: tuple[str, ...] = ()


_WAYS = {
    "segments-f1": _Way(_segments_f1, ("iou", "threshold", "subset", "one_label")),
    "tiou-map": _Way(_tiou_map, ("iou", "subset", "one_label")),
    "spotting-frames": _Way(_spotting_frames, ("tolerance",)),
    "spotting-seconds": _Way(_spotting_seconds),
    "segmentation": _Way(_segmentation, ("background",)),
    "shots": _Way(_shots, ("tolerance", "threshold")),
    "tracks": _Way(_tracks),
}


def evaluate(
    protocol: str, *, truth: Path, found: Path, options: Options | None = None
) -> Scorecard:
    """Score a file or folder of predictions against the truth."""
    way = _WAYS.get(protocol)
    if way is None:
        names = ", ".join(PROTOCOLS)
        raise InputError(f"there is no protocol {protocol!r}. Choose one of {names}.")
    chosen = options or Options()
    for field in fields(chosen):
        is_given = field.name != "sampling" and getattr(chosen, field.name) is not None
        if is_given and field.name not in way.takes:
            option = field.name.replace("_", "-")
            raise InputError(f"{protocol} takes no --{option}. Leave it out.")
    _check(chosen)
    return way.score(truth, found, chosen)


def _check(options: Options) -> None:
    if any(not 0 < iou <= 1 for iou in options.iou or ()):
        raise InputError("--iou: an overlap lies above 0 and up to 1, as 0.5. Correct it.")
    if any(tolerance < 0 for tolerance in options.tolerance or ()):
        raise InputError("--tolerance: a number of frames from 0 up. Correct it.")
    if options.sampling.repeats < 0:
        raise InputError("--repeats: a number of resamples from 0 up. Correct it.")
