"""The protocols by name, and what a caller may choose of them. Light to import, for faces."""

from dataclasses import dataclass, field

REPEATS = 1000  # resamples of the tapes behind an interval

PROTOCOLS = {
    "segments-f1": "segments one to one: precision, recall, F1, boundary errors, merges, splits",
    "tiou-map": "temporal mAP as ActivityNet defines it, with its spread over ties",
    "spotting-frames": "mAP of events within frames, as E2E-Spot defines it",
    "spotting-seconds": "average mAP of events, tight and loose, as SoccerNet defines it",
    "segmentation": "frame labels: accuracy, Edit and F1 at overlaps, macro and pooled",
    "shots": "transitions between scenes, as TransNetV2 evaluates them",
    "tracks": "boxes: MOTA, MOTP, IDF1, HOTA, DetA, AssA",
}


@dataclass(frozen=True)
class Sampling:
    """How intervals over tapes are drawn."""

    seed: int = 0
    repeats: int = REPEATS
    level: float = 0.95


@dataclass(frozen=True)
class Options:
    """What a caller may choose; None is the protocol's own default."""

    iou: tuple[float, ...] | None = None
    tolerance: tuple[int, ...] | None = None
    threshold: float | None = None
    subset: str | None = None
    background: tuple[str, ...] | None = None
    one_label: bool | None = None  # take all labels for one class
    sampling: Sampling = field(default_factory=Sampling)
