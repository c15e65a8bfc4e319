"""Two models on the same labelled tapes, which neither has seen: who is who, what speaks against.

Nothing moves here; the judgement itself is `gametape.promotion`.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from gametape.datasets.leaks import find_leaks
from gametape.errors import InputError
from gametape.models.heads.files import CARD, digest_of
from gametape.profile import Profile, load_profile
from gametape.promotion import Cost, Decision, HeldOut, Side, decide
from gametape.schema import Progress, no_progress
from resources.learning.champions import (
    EMBEDDED,
    LEARNED,
    champions,
    embedded_model,
    has_embedded,
    model_folder,
    suits,
)
from resources.learning.examples import Example, Known, backbones_of, labelled_examples, prints_in
from resources.learning.judging import Contender, Explicit, Found, Learned, find_all
from resources.learning.names import registered_name
from resources.learning.registry import CHALLENGER, CHAMPION, Registry, Version
from resources.learning.training import adopt, probe_of, record_of
from resources.learning.tunedfiles import refuse_backbone
from resources.settings import Settings
from resources.store import Store

PROBE_SLACK = 1e-4  # between two machines' rounding


@dataclass(frozen=True)
class Desk:
    """Where models of one library are judged and moved."""

    settings: Settings
    registry: Registry
    store: Store

    @classmethod
    def of(cls, settings: Settings) -> "Desk":
        """The desk of the settings' library."""
        store = Store(settings.library, settings.profiles)
        return cls(settings, Registry.of(settings), store)

    @property
    def library(self) -> Path:
        """The library's folder."""
        return self.settings.library

    def bring(self, version: Version, profile: str) -> Path:
        """A registered model in the library, fetched where it is not there yet."""
        folder = model_folder(self.library, profile, version.digest)
        if (folder / CARD).is_file() and digest_of(folder) == version.digest:
            return folder
        with tempfile.TemporaryDirectory() as scratch:
            self.registry.fetch(version, Path(scratch))
            self.registry.fetch_evidence(version, Path(scratch))
            return adopt(self.library, profile, Path(scratch))


def compare(
    desk: Desk,
    profile_name: str,
    *,
    challenger: str = CHALLENGER,
    against: str | None = None,
    tapes: Sequence[str] = (),
    progress: Progress = no_progress,
) -> Decision:
    """Judge a registered model against what scores this sport today; nothing moves.

    Either side is `challenger`, `champion`, a version, `embedded`, a folder, or an explicit scorer.
    """
    refuse_backbone(profile_name)
    profile = load_profile(profile_name, folder=desk.store.profiles)
    new = contender(desk, profile, challenger)
    old = contender(desk, profile, against) if against else incumbent(desk, profile)
    progress("Judging", 0, 2)
    examples = labelled_examples(desk.store, profile, ids=tapes)
    seen, faults = _learned_from(new, old)
    fair = [e for e in examples if e.training.game not in {known.game for known in seen}]
    left_out = [e.training.id for e in examples if e not in fair]
    load = load_faults(new, profile)
    found: dict[str, Found] = {}
    theirs: dict[str, Found] = {}
    if not load:
        found = dict(find_all(new, fair, profile))
        progress("Judging", 1, 2)
        theirs = dict(find_all(old, fair, profile))
    progress("Judging", 2, 2)
    held = [
        HeldOut(
            tape=e.training.id,
            game=e.training.game,
            strata=e.training.strata,
            truth=e.training.plays,
            challenger=found[e.training.id].plays,
            incumbent=theirs[e.training.id].plays,
        )
        for e in fair
        if e.training.id in theirs
    ]
    judges = [e.known for e in fair]
    prints = prints_in(desk.store, [*seen, *judges])
    leaks = [f"{x.trained}, {x.held_out}: {x.what}" for x in find_leaks(seen, judges, prints)]
    return decide(
        held,
        profile=profile.name,
        challenger=_side(new),
        incumbent=_side(old),
        cost=Cost(
            challenger=_cost(found, fair),
            incumbent=_cost(theirs, fair),
            allowed=desk.settings.registry.max_cost_share,
        ),
        left_out=left_out,
        leaks=[*leaks, *faults],
        load=load,
    ).model_copy(update={"at": now()})


def incumbent(desk: Desk, profile: Profile) -> Contender:
    """What scores this sport today: its champion, the model in the box, or the explicit scorer."""
    champion = champions(desk.library).get(profile.name)
    if champion is not None:
        folder = desk.library / champion.folder
        return Learned.of(folder, profile=profile.name, version=champion.version)
    if profile.scorer.name != LEARNED:
        return Explicit(profile.scorer.name)
    if has_embedded(profile):
        return Learned.chosen(embedded_model(profile))
    return Explicit("main-camera")


def contender(desk: Desk, profile: Profile, wanted: str) -> Contender:
    """A side by what somebody calls it."""
    if wanted in ("main-camera", "fixed-camera"):
        return Explicit(wanted)
    if wanted.partition("/")[0] == EMBEDDED:
        return Learned.chosen(embedded_model(profile, wanted.partition("/")[2]))
    name = registered_name(profile.name)
    if wanted in (CHALLENGER, CHAMPION):
        version = desk.registry.holder(name, wanted)
        if version is None:
            raise InputError(
                f"{name}: the registry has no {wanted}. Train one with "
                f"`gametape train {profile.name}`, or name a version."
            )
        folder = desk.bring(version, profile.name)
        return Learned.of(folder, profile=profile.name, version=version.version)
    if wanted.removeprefix("v").isdigit():
        version = desk.registry.version(name, wanted)
        folder = desk.bring(version, profile.name)
        return Learned.of(folder, profile=profile.name, version=version.version)
    return Learned.of(Path(wanted).expanduser(), profile=profile.name, version="folder")


def load_faults(model: Contender, profile: Profile) -> list[str]:
    """What speaks against using a model here: other features, or another output than it had."""
    if not isinstance(model, Learned):
        return []
    faults = []
    card = model.head.card
    if not suits(card.profile, profile):
        faults.append(f"it was trained for {card.profile}")
    missing = [name for name in card.backbones if name not in backbones_of(profile)]
    if missing:
        faults.append(
            f"it reads features of {', '.join(missing)}, and the sport pack has "
            f"features.backbone={profile.features.backbone}"
        )
    record = record_of(model.folder)
    if record is not None:
        said = np.asarray(probe_of(model.head))
        known = np.asarray(record.probe)
        if said.shape != known.shape or np.abs(said - known).max() > PROBE_SLACK:
            faults.append("it says something else of the known input than when it was trained")
    return faults


def _learned_from(*sides: Contender) -> tuple[list[Known], list[str]]:
    """Tapes that either side has learned from; a model that does not say cannot be trusted."""
    seen: list[Known] = []
    faults = []
    for side in sides:
        if not isinstance(side, Learned) or side.version == EMBEDDED:
            continue
        record = record_of(side.folder)
        if record is None:
            faults.append(
                f"{side.label} does not say which tapes it learned from (no training.json)"
            )
        else:
            seen += record.trained
    return seen, faults


def _side(one: Contender) -> Side:
    return Side(label=one.label, digest=one.digest, version=one.version)


def _cost(found: dict[str, Found], examples: Sequence[Example]) -> float | None:
    shares = [
        share
        for e in examples
        if e.training.id in found
        and (share := found[e.training.id].cost_share(e.training.duration_s)) is not None
    ]
    return round(float(np.median(shares)), 4) if shares else None


def now() -> str:
    """This moment, as decisions tell it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
