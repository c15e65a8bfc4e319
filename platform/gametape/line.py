"""The line a tape walks: its steps, what each reads, and so which artifact is still right.

Known before anything runs: a step's fingerprint follows from the order and the profile alone.
Nothing here opens a file or knows who runs the steps.
"""

import base64
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from gametape.fingerprint import fingerprint
from gametape.profile import Profile
from gametape.schema import Noun

TAPE_ID = re.compile(r"[a-z0-9][a-z0-9-]{2,79}")


class GivenSegment(Noun):
    """One entry of a cut list that a person handed in."""

    start_s: float
    end_s: float
    label: str = "play"
    score: float = 100.0


class Order(Noun):
    """What somebody asked for: this file, judged as this sport, so much of it."""

    id: str
    name: str
    path: str
    path_bytes: str | None = None  # base64, only where the path is not text
    content_hash: str
    profile: str
    changes: dict[str, str | int | float | bool | None] = Field(default_factory=dict)
    limit_s: float | None = None
    is_stride_scaled: bool = True
    cut_list: tuple[GivenSegment, ...] | None = None
    # Of which game, teams, day and angle the tape is: for people and tables, in no fingerprint.
    game: dict[str, str] = Field(default_factory=dict)

    @property
    def file(self) -> Path:
        """Where the source lies."""
        if self.path_bytes is None:
            return Path(self.path)
        return Path(os.fsdecode(base64.b64decode(self.path_bytes)))


def place_of(path: Path) -> dict[str, str]:
    """The order's fields for a path; names that are not text are kept byte for byte."""
    raw = os.fsencode(path)
    try:
        return {"path": raw.decode("utf-8")}
    except UnicodeDecodeError:
        shown = raw.decode("utf-8", "backslashreplace")
        return {"path": shown, "path_bytes": base64.b64encode(raw).decode()}


def order_of(file: Path, *, content_hash: str, profile: str) -> Order:
    """The order for a whole file, by its absolute path."""
    return Order(
        id=tape_id(file.name, content_hash),
        name=file.name.encode("utf-8", "backslashreplace").decode(),
        **place_of(file),
        content_hash=content_hash,
        profile=profile,
    )


def tape_id(name: str, content_hash: str) -> str:
    """A tape's identity: something of its name for people, and its content for certainty."""
    stem = re.sub(r"[^a-z0-9]+", "-", Path(name).stem.lower()).strip("-")[:60].strip("-")
    return f"{stem or 'tape'}-{content_hash[:12]}"


@dataclass(frozen=True)
class Step:
    """One asset of the line: what it reads, which sections of the profile matter, its version."""

    name: str
    inputs: tuple[str, ...]
    sections: tuple[str, ...] = ()
    code: str = "1"
    check: str = ""  # the sentence that must hold before anything is made of the result


STEPS = (
    Step("sources", (), check="source_is_playable"),
    Step("proxies", ("sources",), ("proxy",), code="3", check="proxy_matches_source"),
    Step("signals", ("proxies",), ("signals",)),
    Step("features", ("proxies", "signals"), ("features",)),
    Step(
        *("predictions", ("signals", "features"), ("scorer",)),
        code="2",
        check="predictions_are_gapless",
    ),
    Step(
        *("segments", ("sources", "signals", "predictions"), ("fusion",)),
        code="2",
        check="segments_are_well_formed",
    ),
    Step(
        *("clips", ("sources", "proxies", "segments"), ("clips",)),
        code="3",
        check="every_clip_is_exact",
    ),
)
# Beside the line: what a person marked, and how well the line's result agrees with it.
TRUTH = (
    Step("labels", ("sources",), code="2"),
    Step(
        *("evaluation", ("labels", "proxies", "signals", "predictions", "segments")),
        ("signals", "scorer", "fusion"),
        code="3",
    ),
)
STEP = {step.name: step for step in (*STEPS, *TRUTH)}
# Values of a section by which a result is reached, and which do not change it.
MEANS = {"features": {"backend", "weights"}}  # of weights what is in them counts, not their name


def inputs_of(step: Step, order: Order, profile: Profile | None = None) -> tuple[str, ...]:
    """Steps of this order's line whose artifacts this one reads; all there may be without a pack.

    Only learned scorers read features.
    """
    needed = {other.name for other in (*steps_for(order), *TRUTH)}
    if step.name == "predictions" and profile is not None and profile.scorer.name != "learned":
        needed.discard("features")
    return tuple(name for name in step.inputs if name in needed)


def steps_for(order: Order) -> tuple[Step, ...]:
    """Steps that this order needs, in their order; a given cut list needs no detection."""
    if order.cut_list is None:
        return STEPS
    return tuple(s for s in STEPS if s.name in ("sources", "segments", "clips"))


def parameters_of(step: Step, order: Order, profile: Profile) -> dict[str, object]:
    """Everything but its inputs that a step's result depends on."""
    values: dict[str, object] = {name: _section(profile, name) for name in step.sections}
    if step.name == "sources":
        values["content_hash"] = order.content_hash
    if step.name == "proxies":
        values["limit_s"] = order.limit_s
    if step.name in ("features", "predictions"):
        values["is_stride_scaled"] = order.is_stride_scaled
    if step.name == "evaluation" and order.game:
        values["facts"] = dict(order.game)  # strata: by what tapes are told apart
    if step.name == "segments" and order.cut_list is not None:
        given = [segment.model_dump(mode="json") for segment in order.cut_list]
        return {"cut_list": given, "limit_s": order.limit_s}
    if step.name == "clips":
        # The manifest names the tape and the profile it was judged by.
        values |= {"name": order.name, "profile": profile.name}
    return values


def fingerprint_of(
    step: Step,
    order: Order,
    profile: Profile,
    inputs: Mapping[str, str],
    given: Mapping[str, str] | None = None,
) -> str:
    """Fingerprint of a step's artifact, made from artifacts with these fingerprints.

    `given` is what came from outside the line: what a person handed in, the model that scores.
    """
    return fingerprint(
        inputs={name: inputs[name] for name in inputs_of(step, order, profile)},
        parameters=parameters_of(step, order, profile) | dict(given or {}),
        code=f"{step.name}/{step.code}",
    )


def _section(profile: Profile, name: str) -> dict[str, object]:
    """A section of the profile, as far as results follow from it."""
    values: dict[str, object] = getattr(profile, name).model_dump(
        mode="json", exclude=MEANS.get(name)
    )
    return values


def profile_hash(order: Order, profile: Profile) -> str:
    """Hash of all that an order's steps take from the profile, and of nothing else."""
    sections = sorted({section for step in steps_for(order) for section in step.sections})
    values = {name: _section(profile, name) for name in sections}
    return fingerprint(inputs={}, parameters={"name": profile.name, **values}, code="profile")


def expected_fingerprints(
    order: Order, profile: Profile, given: Mapping[str, Mapping[str, str]] | None = None
) -> dict[str, str]:
    """What each artifact's fingerprint must be for it to be the right one today.

    `given` is what comes from outside the line, by step: the model that scores.
    """
    known: dict[str, str] = {}
    for step in steps_for(order):
        handed_in = (given or {}).get(step.name)
        known[step.name] = fingerprint_of(step, order, profile, known, handed_in)
    return known
