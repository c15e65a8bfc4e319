"""What a made match is asked to be: sport, seed, size, rate, difficulty and codec.

Only the wish and what it means in numbers belong here; the story is `script`, the picture `render`.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, field_validator

Sport = Literal[
    "volleyball-indoor", "volleyball-beach", "tennis", "football", "soccer", "basketball"
]
Rate = Literal["23.976", "24", "25", "29.97", "30", "50", "59.94", "60", "variable"]
Difficulty = Literal["easy", "normal", "hard", "severe", "brutal"]
Coverage = Literal["fixed", "broadcast"]

DIFFICULTIES: tuple[Difficulty, ...] = ("easy", "normal", "hard", "severe", "brutal")
# Names people use for a sport, and the name it has here.
SPORT_ALIASES = {
    "volleyball": "volleyball-indoor",
    "beach": "volleyball-beach",
    "football-college": "football",
    "american-football": "football",
}
FIXED_CAMERA_SPORTS = ("volleyball-indoor", "volleyball-beach")
# Ticks per second of variable-rate tapes, as in transport streams and phone recordings.
VARIABLE_BASE_HZ = 90_000
VARIABLE_NOMINAL_HZ = 30


class MatchSettings(BaseModel):
    """The whole wish. The same settings always make the same truth and the same pictures."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sport: Sport = "volleyball-indoor"
    seed: int = Field(1, ge=0, lt=2**31)
    length_s: float = Field(240.0, ge=4.0, le=6 * 3600.0)
    width: int = Field(640, ge=160, le=3840, multiple_of=2)
    height: int = Field(360, ge=120, le=2160, multiple_of=2)
    rate: Rate = "25"
    difficulty: Difficulty = "normal"
    coverage: Coverage | None = Field(
        None, description="fixed: one camera, no cuts; broadcast: cuts. Unset: as the sport has it."
    )
    has_audio: bool = True
    has_score_bug: bool = True
    crf: int = Field(23, ge=0, le=51, description="x264 quality; unused where bitrate is set.")
    bitrate: int | None = Field(None, ge=50_000, description="Bits a second, instead of crf.")
    preset: str = "superfast"
    gop_s: float = Field(2.0, gt=0, le=20.0, description="Seconds between key frames, at most.")
    bframes: int = Field(2, ge=0, le=8)

    @field_validator("sport", mode="before")
    @classmethod
    def _know_other_names(cls, value: Any) -> Any:
        return SPORT_ALIASES.get(value, value) if isinstance(value, str) else value

    @field_validator("difficulty", mode="before")
    @classmethod
    def _know_numbers(cls, value: Any) -> Any:
        """1 is easy, 5 is brutal."""
        text = str(value)
        return DIFFICULTIES[int(text) - 1] if text in "12345" and len(text) == 1 else value

    @field_validator("rate", mode="before")
    @classmethod
    def _know_plain_numbers(cls, value: Any) -> Any:
        return f"{value:g}" if isinstance(value, int | float) else value

    @property
    def is_broadcast(self) -> bool:
        """Whether the tape is cut between cameras."""
        coverage = self.coverage or ("fixed" if self.sport in FIXED_CAMERA_SPORTS else "broadcast")
        return coverage == "broadcast"

    @property
    def rate_hz(self) -> Fraction:
        """Frames a second, exact; of a variable tape the rate it is meant to have."""
        exact = {
            "23.976": Fraction(24_000, 1001),
            "29.97": Fraction(30_000, 1001),
            "59.94": Fraction(60_000, 1001),
            "variable": Fraction(VARIABLE_NOMINAL_HZ),
        }
        return exact.get(self.rate) or Fraction(self.rate)


@dataclass(frozen=True)
class Hardness:
    """What a difficulty means. Shares run from 0 to 1, pixel sizes are at 360 lines."""

    noise: float  # standard deviation of luma noise
    blur_px: float  # sigma of the lens blur
    more_crf: int  # added to the settings' crf
    flicker: float  # share of brightness that lamps take away and give
    shake_px: float  # how far the camera trembles
    shirt_likeness: float  # 1: both teams in the same colour
    lively_dead: float  # share of dead time that moves like play
    calm_play: float  # share of plays that move no more than dead time
    silent_whistle: float  # share of whistles nobody hears
    false_whistles_per_min: float
    main_in_dead: float  # share of dead time seen by the main camera
    play_elsewhere: float  # share of play time seen by another camera than the main one
    other_courts: int  # people who play behind the court, all the time
    passers_by_per_min: float  # people who walk through the picture
    sound_lies: float  # share of swells and ball hits that have nothing to do with play


HARDNESS: dict[Difficulty, Hardness] = {
    "easy": Hardness(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.12, 0, 0, 0, 0),
    "normal": Hardness(2.5, 0.4, 1, 0.01, 0.3, 0.1, 0.12, 0, 0.1, 0.2, 0.25, 0.02, 0, 0.2, 0.1),
    "hard": Hardness(4, 0.6, 3, 0.03, 0.8, 0.4, 0.4, 0.1, 0.35, 0.8, 0.4, 0.12, 4, 0.8, 0.4),
    "severe": Hardness(6, 0.8, 5, 0.05, 1.5, 0.65, 0.6, 0.1, 0.6, 1.5, 0.5, 0.3, 6, 1.5, 0.7),
    "brutal": Hardness(8, 1.0, 7, 0.08, 2.0, 0.85, 0.8, 0.1, 0.9, 2.5, 0.55, 0.45, 8, 2.5, 1),
}


def hardness_of(settings: MatchSettings) -> Hardness:
    """What the settings' difficulty means in numbers."""
    return HARDNESS[settings.difficulty]


def random_for(settings: MatchSettings, subject: str) -> np.random.Generator:
    """A generator of its own for each subject, so that a new colour never moves a rally."""
    words = [settings.seed, *settings.sport.encode(), *subject.encode()]
    return np.random.default_rng(np.random.SeedSequence(words))


@dataclass(frozen=True)
class FrameTimes:
    """When each frame is shown: `pts` (n, int64) in units of `time_base`; the first is 0."""

    pts: NDArray[np.int64]
    time_base: Fraction
    end_pts: int  # when the last frame ends

    @property
    def time_s(self) -> NDArray[np.float64]:
        """Seconds from the first displayed frame, one per frame."""
        return self.pts * self.time_base.numerator / self.time_base.denominator

    @property
    def end_s(self) -> float:
        """Length of the tape in seconds."""
        return float(self.end_pts * self.time_base)


def frame_times(settings: MatchSettings) -> FrameTimes:
    """The frames of a tape. Variable: jitter, dropped frames and stretches at half the rate."""
    if settings.rate != "variable":
        count = max(1, round(settings.length_s * settings.rate_hz))
        return FrameTimes(np.arange(count, dtype=np.int64), 1 / settings.rate_hz, count)
    rng = random_for(settings, "frame times")
    nominal = VARIABLE_BASE_HZ // VARIABLE_NOMINAL_HZ
    count = int(settings.length_s * VARIABLE_NOMINAL_HZ) + 1
    steps = nominal + rng.integers(-nominal // 6, nominal // 6 + 1, count)
    drops = rng.random(count)
    steps = np.where(drops < 0.04, steps + nominal, steps)
    steps = np.where(drops < 0.01, steps + 3 * nominal, steps)
    # A dark stretch: phones halve the rate for a while.
    phase = np.cumsum(steps) / VARIABLE_BASE_HZ
    is_dark = (np.sin(phase / 11 + rng.random() * 6) > 0.8)[:count]
    steps = np.where(is_dark, steps * 2, steps)
    ends = np.cumsum(steps)
    kept = max(1, int(np.searchsorted(ends, settings.length_s * VARIABLE_BASE_HZ)))
    pts = np.concatenate([[0], ends[: kept - 1]]).astype(np.int64)
    return FrameTimes(pts, Fraction(1, VARIABLE_BASE_HZ), int(ends[kept - 1]))
