"""Which model takes over: the move of `champion`, the way back, and what is kept of the reasons.

The order of a move survives a kill between any two steps: the decision is written, the alias moves
in the registry, the library's mirror follows. The alias is the truth; `sync` brings the mirror on.
"""

import json
from pathlib import Path

from gametape.aside import write_text
from gametape.errors import InputError
from gametape.models.heads.files import read_head
from gametape.promotion import Decision, Side
from resources.crashpoints import Point, pass_point
from resources.learning.champions import Champion, Model, champions, label_of, write_champions
from resources.learning.comparing import Desk, now
from resources.learning.names import registered_name
from resources.learning.registry import CHAMPION, READY, Version
from resources.learning.tunedfiles import is_tuned, refuse_backbone, sport_of

DECISION_TAG = "gametape.decision"


def promote(desk: Desk, decision: Decision, *, by: str = "", why: str = "") -> Decision:
    """Let a challenger take over, if its decision allows it or somebody answers for it.

    `by` and `why` force what was refused, and are kept.
    """
    name = registered_name(decision.profile)
    version = desk.registry.version(name, decision.challenger.version)
    if not decision.is_better and not (by and why):
        keep_decision(desk.library, decision)
        raise InputError(
            f"{name}: version {version.version} does not take over: {'; '.join(decision.reasons)}. "
            "Train on more tapes; or promote it all the same with --force and --why."
        )
    if not decision.is_better:
        decision = decision.model_copy(update={"forced_by": by, "forced_why": why})
    folder = desk.bring(version, decision.profile)
    path = keep_decision(desk.library, decision)
    _tell_registry(desk, decision, path.name)
    pass_point(Point.DECISION_WRITTEN)
    _move(desk, decision.profile, version, folder)
    done = decision.model_copy(update={"is_applied": True})
    write_text(path, done.model_dump_json(indent=2) + "\n")
    return done


def rollback(desk: Desk, profile: str) -> Decision:
    """Give the sport back to the champion before this one; or to none, if it was the first."""
    refuse_backbone(profile)
    here = champions(desk.library).get(profile)
    if here is None:
        raise InputError(
            f"{profile}: no model was promoted, so there is none to go back from. "
            "`gametape models list` shows what is in force."
        )
    before = here.before[-1] if here.before else None
    version = before.version if before else ""
    name = registered_name(profile)
    going = Side(label=label_of(profile, here.version, here.digest), digest=here.digest)
    coming = Side(label="none", version="")
    if before is not None:
        label = label_of(profile, before.version, before.digest)
        coming = Side(label=label, digest=before.digest, version=version)
    decision = Decision(
        profile=profile,
        at=now(),
        kind="rollback",
        challenger=coming,
        incumbent=going,
        is_better=False,
        reasons=("asked for",),
    )
    path = keep_decision(desk.library, decision)
    pass_point(Point.DECISION_WRITTEN)
    if before is None:
        desk.registry.point(name, CHAMPION, None)
        pass_point(Point.ALIAS_MOVED)
        put_champion(desk.library, profile, None)
        pass_point(Point.MIRROR_WRITTEN)
    else:
        held = desk.registry.version(name, version)
        _move(desk, profile, held, desk.bring(held, profile))
    done = decision.model_copy(update={"is_applied": True})
    write_text(path, done.model_dump_json(indent=2) + "\n")
    return done


def sync(desk: Desk) -> list[str]:
    """Let the mirror follow the registry, wherever the alias was moved; sentences of what moved."""
    said = []
    known = champions(desk.library)
    for name in desk.registry.names():
        if is_tuned(name):
            continue  # a sport pack names the version that it wants
        profile = sport_of(name)
        versions = desk.registry.versions(name)
        holder = next((one for one in versions if CHAMPION in one.aliases), None)
        mine = known.get(profile)
        if holder is None:
            if mine is not None and versions:
                put_champion(desk.library, profile, None)
                said.append(f"{profile}: no model is champion any more")
            continue
        if mine is not None and (mine.version, mine.digest) == (holder.version, holder.digest):
            continue
        if holder.state != READY:
            raise InputError(
                f"{name}: version {holder.version} is champion in the registry and was never "
                "completed. Move the alias to another, or `gametape models push FOLDER`."
            )
        folder = desk.bring(holder, profile)
        read_head(folder)
        put_champion(desk.library, profile, _model(desk.library, holder, folder))
        said.append(f"{profile}: version {holder.version} is champion")
    return said


def put_champion(library: Path, profile: str, model: Model | None) -> None:
    """Write the mirror; a move back to the one before is a move back, and no new one."""
    found = champions(library)
    old = found.pop(profile, None)
    if model is not None:
        before = old.before if old else ()
        if old is not None and before and before[-1].version == model.version:
            before = before[:-1]
        elif old is not None and old.version != model.version:
            was = Model(digest=old.digest, version=old.version, folder=old.folder)
            before = (*before, was)
        found[profile] = Champion(**model.model_dump(), before=before)
    write_champions(library, found)


def keep_decision(library: Path, decision: Decision) -> Path:
    """Write a decision down; nothing is moved by it."""
    stamp = decision.at.replace(":", "").replace("-", "")
    version = decision.challenger.version or "none"
    name = f"{stamp}-{decision.profile}-{version}.json"
    path = library / "models" / "decisions" / name
    write_text(path, decision.model_dump_json(indent=2) + "\n")
    return path


def decisions(library: Path) -> list[Decision]:
    """All decisions, the latest last."""
    found = sorted((library / "models" / "decisions").glob("*.json"))
    return [Decision.model_validate_json(path.read_bytes()) for path in found]


def _move(desk: Desk, profile: str, version: Version, folder: Path) -> None:
    desk.registry.point(version.name, CHAMPION, version.version)
    pass_point(Point.ALIAS_MOVED)
    put_champion(desk.library, profile, _model(desk.library, version, folder))
    pass_point(Point.MIRROR_WRITTEN)


def _model(library: Path, version: Version, folder: Path) -> Model:
    place = folder.relative_to(library).as_posix()
    return Model(digest=version.digest, version=version.version, folder=place)


def _tell_registry(desk: Desk, decision: Decision, file: str) -> None:
    """The decision's short form as tags of the version."""
    short = decision.model_dump(mode="json", exclude={"tapes", "strata", "left_out"})
    name = registered_name(decision.profile)
    tags = {
        DECISION_TAG: json.dumps(short),
        "gametape.decision_file": file,
        "gametape.forced_by": decision.forced_by,
        "gametape.forced_why": decision.forced_why,
    }
    kept = {key: value for key, value in tags.items() if value}
    desk.registry.tag(name, decision.challenger.version, kept)
