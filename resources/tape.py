"""A tape of a library: its order, its sport pack, its artifacts with their sidecars."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from gametape.errors import InputError
from gametape.fingerprint import hash_file
from gametape.fusion.suited import suited
from gametape.line import (
    STEP,
    Order,
    expected_fingerprints,
    fingerprint_of,
    inputs_of,
    parameters_of,
    steps_for,
)
from gametape.models.base import ModelCard
from gametape.profile import FusionSettings, Profile, load_profile
from resources.crashpoints import Point, pass_point
from resources.learning.champions import LEARNED, Chosen, chosen_model
from resources.learning.tunedfiles import weights_digest, weights_of
from resources.publishing import (
    Placing,
    Sidecar,
    faults,
    listed,
    sidecar_path,
    sole_worker,
    staging,
)
from resources.verdicts import expect_verdict, is_awaited, refusal, verdict_of

GIVEN = "given"  # in a sidecar of labels: by content what a person said of the plays


@dataclass(frozen=True)
class Published:
    """An artifact that is in place, and whether this call made it."""

    sidecar: Sidecar
    is_new: bool


@dataclass
class Tape:
    """One tape of a library: its order, its profile, its artifacts."""

    folder: Path
    order: Order
    profiles: Path | None = None
    parts: dict[str, float] = field(default_factory=dict)  # a step's own timings, seconds
    _placing: Placing | None = None  # of the step that is running

    @cached_property
    def profile(self) -> Profile:
        """The sport pack in force, with the order's changes."""
        return load_profile(self.order.profile, folder=self.profiles, changes=self.order.changes)

    @cached_property
    def model(self) -> Chosen | None:
        """The model that scores this tape, looked up once; None where a scorer is explicit."""
        return chosen_model(self.profile, self.library)

    @property
    def fusion(self) -> FusionSettings:
        """How scores become segments: as suits the model that made them, else as the pack says."""
        card = self.path("model.json")
        if self.profile.scorer.name != LEARNED or not card.is_file():
            return self.profile.fusion
        model = ModelCard.model_validate_json(card.read_bytes())
        return suited(self.profile.fusion, model.fusion, self.order.changes)

    @property
    def library(self) -> Path:
        """The library's folder."""
        return self.folder.parent.parent

    def expected(self) -> dict[str, str]:
        """What each artifact's fingerprint must be today."""
        outside = ("features", "predictions") if self.is_scored else ()
        given = {name: self.given(name) for name in outside}
        return expected_fingerprints(self.order, self.profile, given)

    @property
    def is_scored(self) -> bool:
        """Whether the line looks for plays itself."""
        return self.order.cut_list is None

    def path(self, name: str) -> Path:
        """Where an artifact's file lies."""
        return self.folder / name

    def sidecar(self, asset: str) -> Sidecar | None:
        """The sidecar of a finished artifact; None if it is not there or not whole."""
        found = listed(sidecar_path(self.folder, asset))
        return None if found is None or any(faults(self.folder, found)) else found

    def stale_steps(self) -> list[str]:
        """Steps that must run for every artifact to be the right one, and judged."""
        expected = self.expected()
        return [name for name, mark in expected.items() if not self._is_done(name, mark)]

    def refusals(self) -> list[str]:
        """Why the line goes no further: artifacts that are right but for what a check says."""
        expected = self.expected()
        found = [(self.sidecar(name), mark) for name, mark in expected.items()]
        said = [self.refusal_of(s) for s, mark in found if s is not None and s.fingerprint == mark]
        return [refused for refused in said if refused]

    def refusal_of(self, sidecar: Sidecar) -> str:
        """Why a check refuses an artifact, and what to do; empty where none does."""
        verdict = verdict_of(self.folder, sidecar)
        return refusal(self.order.id, sidecar.asset, verdict) if verdict and verdict.wrong else ""

    def _is_done(self, asset: str, mark: str) -> bool:
        sidecar = self.sidecar(asset)
        if sidecar is None or sidecar.fingerprint != mark:
            return False
        return not is_awaited(self.folder, sidecar)

    @property
    def labels_file(self) -> Path:
        """Where the labels that people gave for this tape lie, as a cut list."""
        return self.folder.parent.parent / "labels" / f"{self.order.id}.json"

    @property
    def is_labelled(self) -> bool:
        """Whether published labels are what a person said of its plays, be it that there is none.

        False where nobody has said anything, or of shots alone; the table is empty then, too.
        """
        sidecar = self.sidecar("labels")
        return sidecar is not None and GIVEN in sidecar.parameters

    @property
    def shots_file(self) -> Path:
        """Where the shots that people marked on this tape lie."""
        return self.labels_file.with_name(f"{self.order.id}.shots.json")

    def given(self, asset: str) -> dict[str, str]:
        """What is from outside the line: labels and weights by content, the model by its name."""
        if asset == "predictions":
            return {} if self.model is None else {"model": self.model.label}
        if asset == "features":
            weights = weights_of(self.profile.features, self.library)
            return {} if weights is None else {"weights": weights_digest(weights)}
        if asset != "labels":
            return {}
        handed_in = {GIVEN: self.labels_file, "given_shots": self.shots_file}
        return {name: hash_file(path) for name, path in handed_in.items() if path.is_file()}

    def publish(
        self,
        asset: str,
        make: Callable[[Path], None],
        *,
        run_id: str,
        check: str = "",
    ) -> Published:
        """Run a step and put its files in place; do nothing where that is done already.

        `check` names who must judge the artifact; what one has refused is made again.
        """
        step, given = STEP[asset], self.given(asset)
        read = inputs_of(step, self.order, self.profile)
        inputs = {name: self._input(asset, name) for name in read}
        wanted = fingerprint_of(step, self.order, self.profile, inputs, given)
        with sole_worker(self.folder, asset):
            old = self.sidecar(asset)
            if old is not None and old.fingerprint == wanted and not self.refusal_of(old):
                return Published(old, is_new=False)
            started = time.monotonic()
            self.parts = {}
            with staging(self.folder, asset) as aside:
                placing = self._placing = Placing(aside, self.folder, asset)
                pass_point(Point.WORK_BEGINS, step=asset)
                make(aside)
                pass_point(Point.WORK_DONE, step=asset)
                files = placing.finish()
            self._placing = None
            sidecar = Sidecar(
                asset=asset,
                fingerprint=wanted,
                inputs=inputs,
                parameters=parameters_of(step, self.order, self.profile) | given,
                code=step.code,
                run_id=run_id,
                seconds=round(time.monotonic() - started, 3),
                files=files,
                parts={name: round(value, 3) for name, value in self.parts.items()},
            )
            if check:
                expect_verdict(self.folder, asset, check=check, fingerprint=wanted)
            placing.end(sidecar)
        return Published(sidecar, is_new=True)

    def put_early(self, *names: str) -> None:
        """Put files of the step that is running in place, before the step has ended.

        They are whole and may be looked at; the artifact is done only when its sidecar is there.
        """
        assert self._placing is not None, "only a running step has files to put in place"
        for name in names:
            self._placing.put(name)

    def _input(self, asset: str, name: str) -> str:
        sidecar = self.sidecar(name)
        if sidecar is None:
            raise InputError(
                f"{self.order.id}: {asset} needs {name}, which are not there. "
                f"Materialize {name} of this tape first, or the whole line."
            )
        if is_awaited(self.folder, sidecar):
            raise InputError(
                f"{self.order.id}: {asset} needs {name}, which no check has judged yet. "
                f"Materialize {name} of this tape first, with its check."
            )
        if refused := self.refusal_of(sidecar):
            raise InputError(refused)
        return sidecar.fingerprint

    def needed_steps(self) -> list[str]:
        """Steps of this tape's line."""
        return [step.name for step in steps_for(self.order)]
