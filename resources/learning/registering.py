"""From a model folder in the library to a version in the registry, with all that speaks for it."""

import shutil
from pathlib import Path

from gametape.errors import InputError
from gametape.models.base import ModelCard
from gametape.models.heads.files import read_head
from gametape.profile import profile_names
from resources.learning.comparing import Desk
from resources.learning.names import plain_name, registered_name
from resources.learning.reaching import kept
from resources.learning.registry import CHALLENGER, READY, Evidence, Version
from resources.learning.training import RECORD, Record, adopt, record_of
from resources.learning.tuned import bring_tuned, is_finetuned, push_tuned
from resources.learning.tunedfiles import is_tuned


def push(desk: Desk, folder: Path, *, profile: str = "") -> tuple[Version, Path]:
    """Register a model folder as challenger; the same model again changes nothing but the alias."""
    if is_finetuned(folder):
        return push_tuned(desk, folder)
    card = read_head(folder).card
    sport = profile or card.profile
    if sport not in profile_names(desk.store.profiles):
        raise InputError(
            f"{folder}: was trained for {sport}, and there is no such sport pack here. Put its "
            f"{sport}.yaml into {desk.store.profiles}."
        )
    own = adopt(desk.library, sport, folder)
    record = record_of(own)
    name = registered_name(sport)
    with kept(own):
        version = desk.registry.register(own, name, evidence_of(own, card, record))
        desk.registry.point(name, CHALLENGER, version.version)
    return desk.registry.version(name, version.version), own


def pull(desk: Desk, wanted: str, *, to: Path | None = None) -> tuple[Version, Path]:
    """Bring a registered model: gametape-tennis, tennis, gametape-tennis/3, tennis/champion."""
    named, _, which = wanted.partition("/")
    name = named if named.startswith("gametape-") else registered_name(named)
    versions = [one for one in desk.registry.versions(name) if one.state == READY]
    if not versions:
        raise InputError(
            f"{wanted}: the registry has no such model. `gametape models list` shows what it has."
        )
    which = which or next((a for a in ("champion", "challenger") if _bears(versions, a)), "")
    chosen = [one for one in versions if which in (one.version, f"v{one.version}", *one.aliases)]
    if not chosen:
        known = ", ".join(one.version for one in versions)
        raise InputError(f"{name}: there is no version {which or 'in force'}, but {known}.")
    if is_tuned(name):
        folder = bring_tuned(desk, chosen[0])
    else:
        folder = desk.bring(chosen[0], name.removeprefix("gametape-"))
    if to is not None:
        shutil.copytree(folder, to, dirs_exist_ok=True)
    return chosen[0], to or folder


def evidence_of(folder: Path, card: ModelCard, record: Record | None) -> Evidence:
    """What the registry is told of a model."""
    parameters: dict[str, object] = {
        "kind": card.kind,
        "classes": ", ".join(card.classes),
        "backbones": ", ".join(card.backbones),
        "step_s": card.step_s,
        "data_hash": card.data_hash,
        "code_version": card.code_version,
        **{f"shape.{key}": value for key, value in card.shape.items()},
        **{f"fusion.{key}": value for key, value in card.fusion.items()},
        **{f"trained_on.{key}": value for key, value in card.trained_on.items()},
    }
    figures = card.figures
    if record is not None:
        parameters |= {
            f"asked.{key}": value for key, value in record.request.model_dump(mode="json").items()
        }
    metrics = {}
    for name, interval in figures.items():
        plain = plain_name(name)
        metrics[plain] = interval.value
        metrics[f"{plain}.low"], metrics[f"{plain}.high"] = interval.low, interval.high
    if record is not None:
        metrics |= {f"tapes/{tape}": value for tape, value in record.tapes.items()}
        metrics["seconds"] = record.seconds
        if record.calibration_error is not None:
            metrics["calibration_error"] = record.calibration_error
    files = [*sorted(folder.glob("*.png")), *([folder / RECORD] if record else [])]
    learning = tuple(point.f1.value for point in record.learning) if record else ()
    series = {"learning_curve.F1_at_0.50": learning} if learning else None
    return Evidence(parameters, metrics, signature_of(card), tuple(files), series)


def signature_of(card: ModelCard) -> dict[str, str]:
    """What goes in and what comes out, as tags."""
    width = {b: int(card.shape.get(f"width_{n}", 0)) for n, b in enumerate(card.backbones)}
    return {
        "gametape.profile": card.profile,
        "gametape.kind": card.kind,
        "gametape.inputs": ", ".join(f"{b} (rows, {w}) float32" for b, w in width.items()),
        "gametape.step_s": f"{card.step_s:g}",
        "gametape.outputs": f"(rows, {len(card.classes)}) float32: {', '.join(card.classes)}",
        "gametape.data_hash": card.data_hash,
        "gametape.code_version": card.code_version,
        **{
            f"gametape.{plain_name(name)}": _told(one.value, one.low, one.high)
            for name, one in card.figures.items()
        },
    }


def _bears(versions: list[Version], alias: str) -> bool:
    return any(alias in one.aliases for one in versions)


def _told(value: float, low: float, high: float) -> str:
    return f"{value:.3f} ({low:.3f} to {high:.3f})"
