"""What models find on labelled tapes that they have not learned from, side by side.

Reads published artifacts of a library's tapes; features and labels are there already.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import polars as pl

from gametape.errors import InputError
from gametape.fusion.segments import fuse
from gametape.fusion.suited import suited
from gametape.inference import score_features, score_windows
from gametape.models.heads.apply import TrainedHead
from gametape.models.heads.files import digest_of, read_head
from gametape.profile import FusionSettings, Profile, ScorerSettings
from gametape.schema import Span
from gametape.tables import read_table
from gametape.video.proxy import PassReport
from gametape.windows import stride_seconds
from resources.learning.champions import Chosen, label_of
from resources.learning.examples import Example
from resources.publishing import listed, sidecar_path
from resources.tape import Tape


class Contender(Protocol):
    """Whoever finds plays on a tape."""

    @property
    def label(self) -> str:
        """How predictions name it."""
        ...

    @property
    def digest(self) -> str:
        """Of a model; empty for a scorer without one."""
        ...

    @property
    def version(self) -> str:
        """Of the registry; or what stands for it."""
        ...

    def find(self, example: Example, profile: Profile) -> "Found":
        """Plays on one tape, and what finding them cost."""
        ...


@dataclass(frozen=True)
class Found:
    """Plays of a tape, and seconds of work: for the features, and for all that came after."""

    plays: tuple[Span, ...]
    feature_s: float | None
    score_s: float

    def cost_share(self, duration_s: float) -> float | None:
        """Seconds of work for a second of tape; None where nobody measured the features."""
        if self.feature_s is None or duration_s <= 0:
            return None
        return (self.feature_s + self.score_s) / duration_s


@dataclass(frozen=True)
class Learned:
    """A trained model."""

    folder: Path
    head: TrainedHead
    label: str
    digest: str
    version: str

    @classmethod
    def of(cls, folder: Path, *, profile: str, version: str) -> "Learned":
        """Read a model folder."""
        digest = digest_of(folder)
        label = label_of(profile, version, digest)
        return cls(folder, read_head(folder), label, digest, version)

    @classmethod
    def chosen(cls, chosen: Chosen) -> "Learned":
        """The model that a sport pack asks for."""
        return cls.of(chosen.folder, profile=chosen.profile, version=chosen.version)

    def find(self, example: Example, profile: Profile) -> Found:
        """Plays by this model's probabilities, fused as suits them."""
        started = time.monotonic()
        one, tape = example.training, example.tape
        table = score_features(one.features, self.head)
        settings = suited(profile.fusion, self.head.card.fusion, {})
        cuts = pl.DataFrame({"time_s": list(one.cuts_s)}, schema={"time_s": pl.Float64})
        plays = _fused(table, cuts, settings, one.duration_s)
        sidecar = None if tape is None else listed(sidecar_path(tape.folder, "features"))
        feature_s = None if sidecar is None else sidecar.seconds
        return Found(plays, feature_s, time.monotonic() - started)


@dataclass(frozen=True)
class Explicit:
    """A scorer that is not trained, as the sport pack sets it."""

    name: str
    digest: str = ""
    version: str = ""

    @property
    def label(self) -> str:
        """Its name."""
        return self.name

    def find(self, example: Example, profile: Profile) -> Found:
        """Plays by cheap signals, fused as the sport pack says."""
        started = time.monotonic()
        tape = example.tape
        if tape is None:
            raise InputError(
                "only models can be judged on a tape that the library does not have; add its file"
            )
        settings = _strided(tape, profile).model_copy(update={"name": self.name})
        table = score_windows(read_table(tape.path("signals.parquet")), settings)
        cuts = read_table(tape.path("signals/cuts.parquet"))
        plays = _fused(table, cuts, profile.fusion, example.training.duration_s)
        return Found(plays, 0.0, time.monotonic() - started)


def find_all(
    contender: Contender, examples: Sequence[Example], profile: Profile
) -> Mapping[str, Found]:
    """What a contender finds on each tape; a tape it cannot read is an error that names it."""
    found = {}
    for example in examples:
        try:
            found[example.training.id] = contender.find(example, profile)
        except InputError as error:
            raise InputError(f"{example.training.id}: {contender.label}: {error}") from error
    return found


def _strided(tape: Tape, profile: Profile) -> ScorerSettings:
    report = PassReport.model_validate_json(tape.path("proxies/report.json").read_bytes())
    stride_s = stride_seconds(
        profile.scorer.stride_s,
        float(report.review_rate),
        is_scaled=tape.order.is_stride_scaled,
    )
    return profile.scorer.model_copy(update={"stride_s": stride_s})


def _fused(
    table: pl.DataFrame, cuts: pl.DataFrame, settings: FusionSettings, duration_s: float
) -> tuple[Span, ...]:
    found = fuse(table, cuts, settings=settings, duration_s=duration_s)
    return tuple(segment.core for segment in found)
