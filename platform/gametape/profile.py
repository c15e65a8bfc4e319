"""All tunables of a sport, one YAML file each, frozen and checked; unknown keys are errors.

Each section belongs to one step of the line, and only that section enters the fingerprint of the
step: so a changed fusion threshold re-runs fusion, and never the decode.
"""

from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
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
    quantizer: int = Field(
        30, ge=0, le=51, description="Of every frame, as x264 counts; less is finer and larger."
    )
    preset: str = "ultrafast"
    analysis: bool = Field(True, description="Write the analysis proxy, proxies/video.mp4.")
    review: bool = Field(False, description="Write the full-rate review proxy too (review.mp4).")


class SignalSettings(Section):
    """Cheap evidence: how densely it is sampled and how cuts are told from motion."""

    rate_hz: float = Field(4.0, gt=0, le=30, description="Rows of signals.parquet per second.")
    cut_threshold: float = Field(
        2.2, gt=1, description="A cut changes the picture so many times as much as is usual there."
    )
    cut_min_shot_s: float = Field(0.4, ge=0, description="Of two cuts closer than this one goes.")


class FeatureSettings(Section):
    """What learned models see: a frozen backbone's rows; `cheap` is written beside each other."""

    backbone: Literal["cheap", "frames", "i3d", "videomae", "videomae-small", "none"] = Field(
        "cheap",
        description="cheap: what the decode measured; frames: single pictures; the others: short "
        "stretches of video. All but cheap need weights: `gametape models pull NAME`.",
    )
    weights: str = Field(
        "",
        description="Of videomae: a fine-tuned version (gametape-tennis-videomae/3) or a folder; "
        "without, the weights that this machine has pulled.",
    )
    stride_s: float = Field(
        1.0, gt=0, description="Between two windows, or pictures, of a backbone other than cheap."
    )
    chunk_s: float = Field(
        600.0, gt=0, description="Tape in a file; finished files survive a kill."
    )
    backend: Literal["auto", "torch", "openvino"] = Field(
        "auto",
        description="What computes a backbone: auto takes OpenVINO where it is installed and works "
        "(on a graphics card torch), else torch. Numbers agree, so it makes no tape stale.",
    )

    @model_validator(mode="after")
    def _weights_are_of_videomae(self) -> "FeatureSettings":
        if self.weights and not self.backbone.startswith("videomae"):
            raise ValueError(f"weights are for videomae, and backbone is {self.backbone}")
        return self


class FusionSettings(Section):
    """From scores to segments; every heuristic of rows R-24 to R-30 and C-19, all in seconds."""

    smooth_s: float = Field(0.0, ge=0, description="Median filter over the scores.")
    enter: float = Field(0.5, ge=0, le=1, description="Play starts at this score.")
    leave: float = Field(0.5, ge=0, le=1, description="Play ends below this score.")
    boundary: float = Field(0.35, ge=0, le=1, description="Edges grow while above this score.")
    boundary_max_s: float = Field(2.0, ge=0, description="Longest such growth, a side.")
    snap_s: float = Field(0.0, ge=0, description="An edge this near to a camera cut moves to it.")
    snap_end_s: float = Field(
        0.0, ge=0, description="An end moves on to a camera cut that follows this soon."
    )
    continuation_s: float = Field(2.0, ge=0, description="Shorter pauses do not end a rally.")
    min_density: float = Field(0.25, ge=0, le=1, description="Least share of active windows.")
    min_active_windows: int = Field(1, ge=1)
    merge_gap_s: float = Field(5.0, ge=0, description="Segments closer than this are one.")
    min_play_s: float = Field(1.0, ge=0, description="Shorter segments go.")
    max_play_s: float | None = Field(None, gt=0, description="Longer segments are cut here.")
    pad_before_s: float = Field(2.0, ge=0)
    pad_after_s: float = Field(3.0, ge=0)
    clip_min_s: float = Field(0.0, ge=0, description="Shorter padded clips are lengthened.")
    clip_max_s: float | None = Field(None, gt=0, description="Longer padded clips end early.")
    overlap: Literal["merge", "share"] = Field(
        "share", description="Padded clips that overlap become one, or share the pause."
    )

    @model_validator(mode="after")
    def _thresholds_are_ordered(self) -> "FusionSettings":
        if not self.boundary <= self.leave <= self.enter:
            raise ValueError("boundary <= leave <= enter must hold")
        if self.clip_max_s is not None and self.clip_max_s < self.clip_min_s:
            raise ValueError("clip_min_s <= clip_max_s must hold")
        return self


class ClipSettings(Section):
    """How clips are written."""

    method: Literal["auto", "copy", "smart", "re-encode"] = Field(
        "auto",
        description="auto: the cheapest that is exact, clip by clip; the others insist on theirs.",
    )
    proof: Literal["stamps", "seams", "full"] = Field(
        "seams", description="How much of a copied clip is decoded again after it was written."
    )
    crf: int = Field(20, ge=0, le=51)
    preset: str = "veryfast"
    encoder: Literal["auto", "software", "nvenc", "qsv", "videotoolbox"] = Field(
        "software",
        description="software: the same bytes everywhere; auto: hardware of this machine if any.",
    )
    thumbnail_height: int = Field(180, ge=32, le=1080)
    reel: bool = True
    reel_format: Literal["mp4", "mkv"] = Field("mp4", description="Container of the reel.")
    reel_card_s: float = Field(
        0.0,
        ge=0,
        le=30,
        description="Length of a title card before each play of the reel; 0: none.",
    )
    reel_lower_third_s: float = Field(
        0.0, ge=0, le=60, description="So long a play's text stands over its beginning; 0: never."
    )
    previews: bool = Field(True, description="A small moving picture beside each clip.")
    package: bool = Field(
        False, description="clips.zip of all of them; `gametape export` makes it at any time."
    )


class ScorerSettings(Section):
    """How evidence becomes a play score per window: by an explicit scorer, or a learned one."""

    name: Literal["main-camera", "fixed-camera", "learned"] = Field(
        "main-camera", description="learned: a trained model, and the values below do not matter."
    )
    model: str = Field(
        "champion",
        description="Of the learned scorer: embedded (the one in the box for this pack, one it "
        "extends, or its sport), embedded/NAME, champion (the library's promoted one; the one in "
        "the box until there is any), or a model's folder.",
    )
    window_s: float = Field(1.0, gt=0, description="Length of a window.")
    stride_s: float = Field(0.25, gt=0, description="A window starts every so many seconds.")
    is_panning: bool = Field(
        True, description="The main camera follows play, so that its layout changes within a shot."
    )
    stillness: float = Field(
        0.5,
        ge=0,
        le=1,
        description="How much still players of the main camera speak against play; 0: not at all.",
    )
    movement: Literal["fast", "change"] = Field(
        "fast", description="fast: what runs, swings and jumps; change: what walks, too."
    )
    activity_smooth_s: float = Field(1.5, gt=0, description="Movement is averaged over this long.")
    play_quantile: float = Field(
        0.8, gt=0, lt=1, description="This share of the tape (or main camera) moves less than play."
    )
    play_share: float = Field(
        0.4, gt=0, lt=1, description="Movement counts as play from this share of that quantile."
    )
    least_activity: float = Field(
        0.0003, ge=0, description="Below this share of the picture nothing counts as movement."
    )
    ball_above: float = Field(
        0.0, ge=0, description="Weight of things that fly above the players (log odds)."
    )
    hits: float = Field(0.0, ge=0, description="Weight of the sound of hits (log odds).")
    whistle: float = Field(0.0, ge=0, description="Weight of a whistle against play (log odds).")
    whistle_s: float = Field(4.0, gt=0, description="For so long a whistle speaks against play.")
    swell: float = Field(
        0.0, ge=0, description="Weight of applause and comment against play (log odds)."
    )


class Profile(Section):
    """One sport pack."""

    name: str
    title: str
    sport: str
    extends: tuple[str, ...] = Field((), description="Packs that it is laid over, nearest first.")
    proxy: ProxySettings = ProxySettings()
    signals: SignalSettings = SignalSettings()
    features: FeatureSettings = FeatureSettings()
    scorer: ScorerSettings = ScorerSettings()
    fusion: FusionSettings = FusionSettings()
    clips: ClipSettings = ClipSettings()


def profile_names(folder: Path | None = None) -> list[str]:
    """Names of the sport packs: those that come with gametape and those of a library's folder."""
    return sorted(_packs(folder))


def load_profile(
    name: str, *, folder: Path | None = None, changes: Mapping[str, object] | None = None
) -> Profile:
    """Read a sport pack by name, with single values changed, such as {"fusion.enter": 0.6}."""
    values = _read_pack(name, folder, seen=())
    for key, value in (changes or {}).items():
        _change(values, key, value)
    try:
        return Profile.model_validate(values)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise InputError(f"Profile {name!r}: {faults}. Correct these values.") from error


def _packs(folder: Path | None) -> dict[str, Traversable]:
    """Files of all sport packs by name; a pack in the folder hides a built-in one of that name."""
    places: list[Traversable] = [files("gametape") / "profiles"]
    if folder is not None and folder.is_dir():
        places.append(folder)
    return {
        file.name.removesuffix(".yaml"): file
        for place in places
        for file in place.iterdir()
        if file.name.endswith(".yaml")
    }


def _read_pack(name: str, folder: Path | None, *, seen: tuple[str, ...]) -> dict[str, object]:
    """Values of a pack, laid over the pack it extends."""
    packs = _packs(folder)
    if name not in packs:
        raise InputError(
            f"Profile {name!r}: there is no such sport pack. Choose one of {', '.join(packs)}."
        )
    try:
        values = yaml.safe_load(packs[name].read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{name}.yaml: not readable as YAML ({error}). Correct it.") from error
    if not isinstance(values, dict):
        raise InputError(f"{name}.yaml: holds no keys. Start from a copy of a built-in profile.")
    parent = values.pop("extends", None)
    if parent is None:
        return values
    if parent == name and folder is not None and name in _packs(None):
        # A library's own pack may be the built-in one of its name, but for a few values.
        return _laid_over(_read_pack(name, None, seen=()), values)
    if parent == name or parent in seen:
        raise InputError(f"{name}.yaml: extends itself through {parent!r}. Break the circle.")
    base = _read_pack(str(parent), folder, seen=(*seen, name))
    above = base.get("extends", [])
    chain = [str(parent), *(above if isinstance(above, list) else [])]
    return _laid_over(base, {**values, "extends": chain})


def _laid_over(base: dict[str, object], top: dict[str, object]) -> dict[str, object]:
    """The base's values with the top's in their place, section by section."""
    merged = dict(base)
    for key, value in top.items():
        below = merged.get(key)
        is_section = isinstance(value, dict) and isinstance(below, dict)
        merged[key] = {**below, **value} if is_section else value  # type: ignore[dict-item]
    return merged


def _change(values: dict[str, object], key: str, value: object) -> None:
    """Set one value by its dotted name."""
    section, _, item = key.partition(".")
    known = Profile.model_fields.get(section)
    if known is None or not item:
        raise InputError(
            f"--set {key}: no such value. `gametape profiles NAME` lists them as section.value."
        )
    inner = values.setdefault(section, {})
    if not isinstance(inner, dict):
        raise InputError(f"--set {key}: {section} is one value, not a section of values.")
    inner[item] = value
