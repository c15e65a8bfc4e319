"""Why an artifact is not the right one any more, in words: its sidecar against what is wanted.

Nothing here decides what is stale; that is the fingerprint's matter alone.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from resources.publishing import Sidecar, faults, sidecar_path, was_interrupted

Kind = Literal[
    "never made",
    "damaged",
    "code",
    "parameter",
    "labels",
    "model",
    "input",
    "other version",
    "unjudged",
    "refused",
]

GIVEN = {"given": "labels", "given_shots": "shot labels"}  # what people hand in
GIVEN_WORDS = {  # had, has
    (True, True): "the {} were edited",
    (False, True): "{} were handed in",
    (True, False): "the {} were taken away",
}


@dataclass(frozen=True)
class Cause:
    """One reason, for a program and for a person."""

    kind: Kind
    says: str


@dataclass(frozen=True)
class Wanted:
    """What an artifact must be made from to be the right one."""

    fingerprint: str
    inputs: Mapping[str, str]
    code: str
    parameters: Callable[[], Mapping[str, object]]  # asked for only where something is stale


def causes_of(
    folder: Path, asset: str, found: Sidecar | None, wanted: Wanted, remade: set[str]
) -> tuple[Cause, ...]:
    """Why an artifact must be made; nothing if it is right. `remade` is what comes before it.

    `folder` holds the artifact's files, and its sidecar `found` in `_meta`.
    """
    if found is None:
        return (_absent(folder, asset),)
    damaged = tuple(Cause("damaged", says) for says in faults(folder, found))
    if found.fingerprint == wanted.fingerprint:
        return damaged
    changed = [*_code(found, wanted), *_parameters(found.parameters, wanted.parameters())]
    changed += _inputs(found.inputs, wanted.inputs, remade)
    if not changed:
        changed = [Cause("other version", "made by another version of gametape")]
    return (*damaged, *changed)


def _absent(folder: Path, asset: str) -> Cause:
    if sidecar_path(folder, asset).exists():
        return Cause("damaged", f"_meta/{asset}.json is not readable")
    if was_interrupted(folder, asset):
        return Cause("never made", "interrupted before it was whole")
    return Cause("never made", "never made")


def _code(found: Sidecar, wanted: Wanted) -> Iterator[Cause]:
    if found.code != wanted.code:
        yield Cause("code", f"code of {found.asset} {found.code} -> {wanted.code}")


def _parameters(old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[Cause]:
    for key, what in GIVEN.items():
        if old.get(key) != new.get(key):
            yield Cause("labels", GIVEN_WORDS[key in old, key in new].format(what))
    if "model" in old and "model" in new and old["model"] != new["model"]:
        yield Cause("model", _model(old, new))
    if "cut_list" in old or "cut_list" in new:
        if old.get("cut_list") != new.get("cut_list"):
            yield Cause("parameter", _cut_list(old.get("cut_list"), new.get("cut_list")))
        if not ("cut_list" in old and "cut_list" in new):
            return  # two ways to come to segments, whose other values do not compare
    before, after = _flat(old), _flat(new)
    for key in sorted(before.keys() | after.keys()):
        if key in (*GIVEN, "cut_list") or (key == "model" and key in before and key in after):
            continue
        if before.get(key, ...) == after.get(key, ...):
            continue
        if key not in before:
            yield Cause("parameter", f"{key} is new: {_shown(after[key])}")
        elif key not in after:
            yield Cause("parameter", f"{key} is gone: {_shown(before[key])}")
        else:
            yield Cause("parameter", f"{key} {_shown(before[key])} -> {_shown(after[key])}")


def _model(old: Mapping[str, object], new: Mapping[str, object]) -> str:
    """What became of the model, by the names that rows of predictions bear."""
    before, after = (str(side["model"]).split(" ") for side in (old, new))
    name, _, was = before[0].rpartition("/")
    other, _, now = after[0].rpartition("/")
    wanted = [side.get("scorer") for side in (old, new)]
    is_champion = all(isinstance(w, dict) and w.get("model") == "champion" for w in wanted)
    if is_champion and name == other:
        sport = name.removeprefix("gametape-")
        return f"the champion of {sport} changed from {_version(was)} to {_version(now)}"
    return f"the model changed from {old['model']} to {new['model']}"


def _version(version: str) -> str:
    return f"v{version}" if version.isdigit() else f"the {version} model"


def _cut_list(old: object, new: object) -> str:
    if not isinstance(old, list):
        return "a cut list was given, in place of detection"
    if not isinstance(new, list):
        return "detection, in place of the cut list that was given"
    return f"the cut list changed ({len(old)} -> {len(new)} entries)"


def _inputs(old: Mapping[str, str], new: Mapping[str, str], remade: set[str]) -> Iterator[Cause]:
    for name, mark in new.items():
        if name in remade and old.get(name) != mark:
            yield Cause("input", f"{name} will be made again")
        elif name not in old:
            yield Cause("input", f"reads {name} now")
        elif old[name] != mark:
            yield Cause("input", f"{name} changed since")
    for name in sorted(old.keys() - new.keys()):
        yield Cause("input", f"no longer reads {name}")


def _flat(values: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def _shown(value: object) -> str:
    if value is None:
        return "none"
    return value if isinstance(value, str) else json.dumps(value, default=str)
