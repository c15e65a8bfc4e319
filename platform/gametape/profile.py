"""All tunables of a sport, one YAML file each, frozen and checked; unknown keys are errors.

Each section belongs to one step of the line, and only that section enters the fingerprint of the
step: so a changed fusion threshold re-runs fusion, and never the decode.
"""

from functools import cache
from importlib.resources import files
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from gametape.errors import InputError


class Section(BaseModel):
    """Base of the sections: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ProxySettings(Section):
    """The one decode: what is written beside the signals."""

    height: int = Field(480, ge=120, le=1080, description="Lines of the analysis proxy, at most.")
    rate_hz: float = Field(
        15.0, gt=0, le=60, description="Rate aimed at; the nearest integer share of the source's."
    )
    gop_s: float = Field(1.0, gt=0, le=1.0, description="Seconds between key frames, at most.")
    crf: int = Field(26, ge=0, le=51)
    preset: str = "ultrafast"
    analysis: bool = Field(True, description="Write the analysis proxy, proxies/video.mp4.")
    review: bool = Field(False, description="Write the full-rate review proxy too (review.mp4).")


class SignalSettings(Section):
    """Cheap evidence: how densely it is sampled and how cuts are told from motion."""

    rate_hz: float = Field(4.0, gt=0, le=30, description="Rows of signals.parquet per second.")
    cut_threshold: float = 3.0
    cut_min_shot_s: float = 0.4


class FusionSettings(Section):
    """From scores to segments; every heuristic of rows R-24 to R-30 and C-19, all in seconds."""

    smooth_s: float = Field(0.0, ge=0, description="Median filter over the scores.")
    enter: float = Field(0.5, ge=0, le=1, description="Play starts at this score.")
    leave: float = Field(0.5, ge=0, le=1, description="Play ends below this score.")
    boundary: float = Field(0.35, ge=0, le=1, description="Edges grow while above this score.")
    boundary_max_s: float = Field(2.0, ge=0, description="Longest such growth, a side.")
    continuation_s: float = Field(2.0, ge=0, description="Shorter pauses do not end a rally.")
    min_density: float = Field(0.25, ge=0, le=1, description="Least share of active windows.")
    min_active_windows: int = Field(1, ge=1)
    merge_gap_s: float = Field(5.0, ge=0, description="Segments closer than this are one.")
    min_play_s: float = Field(1.0, ge=0, description="Shorter segments go.")
    max_play_s: float | None = Field(None, gt=0, description="Longer segments are cut here.")
    pad_before_s: float = Field(2.0, ge=0)
    pad_after_s: float = Field(3.0, ge=0)

    @model_validator(mode="after")
    def _thresholds_are_ordered(self) -> "FusionSettings":
        if not self.boundary <= self.leave <= self.enter:
            raise ValueError("boundary <= leave <= enter must hold")
        return self


class ClipSettings(Section):
    """How clips are written."""

    crf: int = Field(20, ge=0, le=51)
    preset: str = "veryfast"
    thumbnail_height: int = Field(180, ge=32, le=1080)
    reel: bool = True


class ScorerSettings(Section):
    """How cheap signals become a play score per window; one explicit scorer per sport pack."""

    name: Literal["main-camera", "fixed-camera"] = "main-camera"
    window_s: float = Field(1.0, gt=0, description="Length of a window.")
    stride_s: float = Field(0.25, gt=0, description="A window starts every so many seconds.")


class Profile(Section):
    """One sport pack."""

    name: str
    title: str
    sport: str
    proxy: ProxySettings = ProxySettings()
    signals: SignalSettings = SignalSettings()
    scorer: ScorerSettings = ScorerSettings()
    fusion: FusionSettings = FusionSettings()
    clips: ClipSettings = ClipSettings()


def profile_names() -> list[str]:
    """Names of the sport packs that come with gametape."""
    folder = files("gametape") / "profiles"
    return sorted(f.name.removesuffix(".yaml") for f in folder.iterdir() if f.name[-5:] == ".yaml")


@cache
def load_profile(name: str) -> Profile:
    """Read a sport pack by name."""
    if name not in profile_names():
        raise InputError(
            f"Profile {name!r}: there is no such sport pack. Choose one of {', '.join(profile_names())}."
        )
    text = (files("gametape") / "profiles" / f"{name}.yaml").read_text(encoding="utf-8")
    return parse_profile(text, where=f"{name}.yaml")


def parse_profile(text: str, *, where: str) -> Profile:
    """Read a sport pack from YAML text; `where` names it in errors."""
    try:
        return Profile.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise InputError(f"{where}: not readable as YAML ({error}). Correct the file.") from error
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise InputError(f"{where}: {faults}. Correct these values.") from error
