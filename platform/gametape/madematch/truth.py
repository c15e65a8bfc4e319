"""What is true of a made match, and reading it back.

`truth.json` holds the nouns below; the tables beside it hold a row per frame, player or ball.
"""

from pathlib import Path
from typing import Literal

import polars as pl
from pydantic import ValidationError

from gametape.errors import InputError
from gametape.madematch.script import CameraKind, Entry
from gametape.madematch.settings import MatchSettings
from gametape.schema import Noun, Segment
from gametape.tables import read_table

VERSION = "1"
TRUTH_NAME, VIDEO_NAME, TABLES = "truth.json", "match.mp4", "truth"


class TrueSegment(Noun):
    """One play: from its first frame to the first frame after it."""

    number: int
    label: Literal["play"] = "play"
    kind: str
    start_s: float
    end_s: float
    start_frame: int
    end_frame: int


class TrueShot(Noun):
    """One camera's turn; `entry` is how it begins."""

    start_s: float
    end_s: float
    start_frame: int
    end_frame: int
    camera: CameraKind
    entry: Entry


class TrueCut(Noun):
    """The first frame of a new shot."""

    time_s: float
    frame: int
    pts: int
    kind: Entry


class TrueWhistle(Noun):
    """A whistle that can be heard."""

    time_s: float
    length_s: float
    is_real: bool


class TrueBug(Noun):
    """Where the score bug is (x, y, width, height in pixels) and how it looks."""

    box_px: tuple[int, int, int, int]
    place: str
    shape: str
    font: str
    home: str
    away: str
    hides_in_replays: bool
    has_clock: bool


class Truth(Noun):
    """All that is known of a made match, but for the tables."""

    version: str = VERSION
    settings: MatchSettings
    video: str = VIDEO_NAME
    content_hash: str  # sha256 of every byte of the video
    rate: str  # exact frames a second, as a fraction; "variable" otherwise
    time_base: str
    frame_count: int
    end_s: float
    pts: tuple[int, ...] | None  # one per frame where the rate is variable
    segments: tuple[TrueSegment, ...]
    shots: tuple[TrueShot, ...]
    cuts: tuple[TrueCut, ...]
    whistles: tuple[TrueWhistle, ...]
    score_bug: TrueBug | None
    barcode_box_px: tuple[int, int, int, int]
    clock_counts: Literal["down", "up"] | None
    axes: str = "metres; origin at the field's centre, x right, y away from the main camera, z up"
    field_m: tuple[float, float]  # length along x and y

    def plays(self) -> list[Segment]:
        """The segments as everybody's noun."""
        return [Segment(s.start_s, s.end_s, s.label) for s in self.segments]

    @property
    def play_share(self) -> float:
        """Share of the tape that is play."""
        return sum(s.end_s - s.start_s for s in self.segments) / self.end_s


def read_truth(path: Path) -> Truth:
    """The truth of a made match, from its folder, its truth.json or its video."""
    path = Path(path)
    file = path / TRUTH_NAME if path.is_dir() else path
    if file.name != TRUTH_NAME:
        file = file.with_name(TRUTH_NAME)
    if not file.is_file():
        raise InputError(
            f"{path}: there is no {TRUTH_NAME} here. Name a folder that make-match has written."
        )
    try:
        return Truth.model_validate_json(file.read_bytes())
    except ValidationError as error:
        raise InputError(
            f"{file}: not a truth of version {VERSION} ({error.error_count()} faults). "
            "Make the match again."
        ) from error


def read_truth_table(path: Path, name: Literal["frames", "players", "ball"]) -> pl.DataFrame:
    """A table of the truth: `frames`, `players` or `ball`; docs/artifacts names the columns."""
    folder = path if path.is_dir() else path.parent
    file = folder / TABLES / f"{name}.parquet"
    if not file.is_file():
        raise InputError(f"{file}: there is no such table of the truth. Make the match again.")
    return read_table(file)
