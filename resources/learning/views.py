"""What the page on models is made from: the models, decisions and champions of a library.

Read from files alone; the registry is never asked. The challenger is the model of the latest
comparison that has not taken over.
"""

import contextlib
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from gametape.errors import GametapeError, InputError
from gametape.fingerprint import fingerprint, hash_file
from gametape.models.heads.files import CARD, digest_of, read_card
from gametape.profile import Profile, load_profile, profile_names
from gametape.promotion import Decision
from gametape.report.pages.modelview import CHALLENGER, CHAMPION, EMBEDDED, ModelView, SportView
from resources.learning.champions import (
    LEARNED,
    SHORT,
    Champion,
    champions,
    embedded_model,
    has_embedded,
    label_of,
)
from resources.learning.training import RECORD, Record
from resources.store import Store

BEFORE = "champion before"
FILES = ("champions.json", "decisions/*.json", f"*/*/{CARD}", f"*/*/{RECORD}")


def models_mark(store: Store) -> str:
    """Changes when a model, a decision, a champion or what a sport is scored with does."""
    folder = store.root / "models"
    found = sorted(path for pattern in FILES for path in folder.glob(pattern))
    inputs = {path.relative_to(folder).as_posix(): hash_file(path) for path in found}
    packs = {
        profile.name: {"scorer": profile.scorer.model_dump(mode="json"), "box": _boxed(profile)}
        for profile in _packs(store)
    }
    return fingerprint(inputs=inputs, parameters=packs, code="models")


def sport_views(store: Store) -> list[SportView]:
    """Each sport pack of which something was learned, those in which it was learned here first."""
    library = store.root
    troubles: list[str] = []
    try:
        mirror = champions(library)
    except InputError as error:
        mirror = {}
        troubles.append(str(error))
    decided, unread = _decisions(library)
    troubles += unread
    folders = [path.parent for path in (library / "models").glob(f"*/*/{CARD}")]
    names = {folder.parent.name for folder in folders} | set(mirror)
    names |= {decision.profile for decision in decided}
    names |= {profile.name for profile in _packs(store) if _boxed(profile)}
    found = [
        _sport(store, name, mirror.get(name), [d for d in decided if d.profile == name], troubles)
        for name in sorted(names)
    ]
    return sorted(found, key=lambda sport: not sport.is_learned)


def learned_from(sports: Sequence[SportView]) -> dict[str, frozenset[str]]:
    """Tapes that each model has learned from, by the short digest that predictions name."""
    return {model.digest[:SHORT]: model.trained for sport in sports for model in sport.models}


def _sport(
    store: Store,
    name: str,
    champion: Champion | None,
    decided: Sequence[Decision],
    troubles: Sequence[str],
) -> SportView:
    versions = {d.digest: d.version for one in decided for d in (one.challenger, one.incumbent)}
    if champion is not None:
        versions |= {one.digest: one.version for one in (*champion.before, champion)}
    roles = _roles(champion, decided)
    models, faults = [], list(troubles)
    for path in (store.root / "models" / name).glob(f"*/{CARD}"):
        if path.parent.name.startswith("."):
            continue  # being put there just now
        try:
            models.append(_model(path.parent, name, versions, roles))
        except (GametapeError, ValidationError) as error:
            faults.append(f"{path.parent.name}: cannot be read ({error})")
    models += _in_the_box(store, name)
    order = [CHAMPION, CHALLENGER, EMBEDDED, BEFORE, ""]
    models.sort(key=lambda m: (order.index(m.role), -_number(m.version), m.digest))
    return SportView(name, _scorer(store, name, champion), models, decided, faults)


def _model(
    folder: Path, profile: str, versions: dict[str, str], roles: dict[str, str]
) -> ModelView:
    digest = digest_of(folder)
    version = versions.get(digest, "")
    record = None
    if (folder / RECORD).is_file():
        record = Record.model_validate_json((folder / RECORD).read_bytes())
    return ModelView(
        digest=digest,
        label=label_of(profile, version or "folder", digest),
        version=version,
        role=roles.get(digest, ""),
        card=read_card(folder),
        reliability=[(b.rows, b.said, b.seen) for b in record.reliability] if record else (),
        calibration_error=record.calibration_error if record else None,
        learning=record.learning if record else (),
        trained=frozenset(one.id for one in record.trained) if record else frozenset(),
        held_out=len(record.held_out) if record else 0,
    )


def _in_the_box(store: Store, name: str) -> list[ModelView]:
    """The model that comes with gametape for a sport pack, if there is one."""
    for profile in _packs(store):
        if profile.name == name and has_embedded(profile):
            chosen = embedded_model(profile)
            card = read_card(chosen.folder)
            return [ModelView(chosen.digest, chosen.label, chosen.version, EMBEDDED, card)]
    return []


def _packs(store: Store) -> list[Profile]:
    """Sport packs that can be read."""
    found = []
    for name in profile_names(store.profiles):
        with contextlib.suppress(InputError):
            found.append(load_profile(name, folder=store.profiles))
    return found


def _boxed(profile: Profile) -> str:
    """Digest of the model that comes with gametape; empty where there is none."""
    return embedded_model(profile).digest if has_embedded(profile) else ""


def _roles(champion: Champion | None, decided: Sequence[Decision]) -> dict[str, str]:
    """Digest to role; the champion of today is never its own challenger."""
    roles = {}
    latest = next((one for one in reversed(decided) if one.kind == "promotion"), None)
    if latest is not None and not latest.is_applied:
        roles[latest.challenger.digest] = CHALLENGER
    if champion is not None:
        roles |= {one.digest: BEFORE for one in champion.before}
        roles[champion.digest] = CHAMPION
    return roles


def _scorer(store: Store, name: str, champion: Champion | None) -> str:
    """What the sport pack's tapes are scored with today, in words."""
    try:
        profile = load_profile(name, folder=store.profiles)
    except InputError:
        return "a sport pack that is not there"
    if profile.scorer.name != LEARNED:
        return profile.scorer.name
    if profile.scorer.model == CHAMPION and champion is not None:
        return f"the champion, version {champion.version}"
    if profile.scorer.model in (CHAMPION, EMBEDDED):
        if has_embedded(profile):
            return f"the model in the box, {embedded_model(profile).digest[:SHORT]}"
        return "no model: none was promoted"
    return profile.scorer.model


def _decisions(library: Path) -> tuple[list[Decision], list[str]]:
    """All that can be read, the latest last; and what cannot."""
    found, faults = [], []
    for path in sorted((library / "models" / "decisions").glob("*.json")):
        try:
            found.append(Decision.model_validate_json(path.read_bytes()))
        except ValidationError as error:
            faults.append(f"{path.name}: not a readable decision ({error.errors()[0]['msg']})")
    return found, faults


def _number(version: str) -> int:
    return int(version) if version.isdigit() else 0
