"""One look at one tape: which of its artifacts are stale and why, and what is with its file.

A look reads the order and the sidecars, and never opens media.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from gametape.errors import InputError
from gametape.line import (
    STEP,
    TRUTH,
    Order,
    expected_fingerprints,
    fingerprint_of,
    inputs_of,
    parameters_of,
)
from gametape.profile import Profile
from resources.planning.causes import Cause, Wanted, causes_of
from resources.publishing import Sidecar, listed, sidecar_path
from resources.tape import Tape
from resources.verdicts import verdict_of

READS_FILE = frozenset(["sources", "proxies", "clips"])  # steps that open the tape's own file


@dataclass(frozen=True)
class FileFacts:
    """What is with a tape's own file, by its size and its times alone."""

    duration_s: float | None = None  # of what the line works on; None: nobody has looked yet
    size: int | None = None
    trouble: str = ""  # why nothing can be made from it
    is_touched: bool = False  # written or moved since the line read it


@dataclass(frozen=True)
class Look:
    """What a look has shown."""

    file: FileFacts
    stale: Mapping[str, tuple[Cause, ...]] = field(default_factory=dict)
    blocked: frozenset[str] = frozenset()  # stale steps that cannot be made
    refusals: tuple[str, ...] = ()  # what checks say against artifacts that are right otherwise
    fingerprints: Mapping[str, str] = field(default_factory=dict)  # of artifacts that are whole
    wanted: Mapping[str, str] = field(default_factory=dict)  # what they should be
    seconds: Mapping[str, float] = field(default_factory=dict)  # what each has cost


def look_at(tape: Tape, profile: Profile | None, *, is_again: bool = False) -> Look:
    """Look at a tape; without a usable profile nothing can be said of what it should be.

    What a check refused stays as it is, and so does what follows, unless it is to be made again.
    """
    found = {name: listed(sidecar_path(tape.folder, name)) for name in STEP}
    outside = _outside(tape, profile)
    missing = {name: trouble for name, (_, trouble) in outside.items() if trouble}
    given = {name: handed_in for name, (handed_in, _) in outside.items()}
    wanted = _wanted(tape, profile, found, given) if profile is not None else {}
    stale: dict[str, tuple[Cause, ...]] = {}
    refused: set[str] = set()
    for name, want in wanted.items():
        sidecar = found[name]
        remade = set(stale) - refused
        causes = causes_of(tape.folder, name, sidecar, want, remade)
        if not causes and sidecar is not None:
            causes = _judged(tape, sidecar)
            refused |= {name} if any(c.kind == "refused" for c in causes) else set()
        if causes:
            stale[name] = causes
    stale |= {n: (Cause("model", trouble),) for n, trouble in missing.items() if n in stale}
    facts = _file_facts(tape, found["sources"])
    stops = READS_FILE if facts.trouble else frozenset[str]()
    stops |= set(missing)
    stops = stops if is_again else stops | refused
    blocked = _blocked(stale, tape.order, profile, stops)
    there = {name: sidecar for name, sidecar in found.items() if sidecar is not None}
    broken = {n for n, causes in stale.items() if any(c.kind == "damaged" for c in causes)}
    return Look(
        file=facts,
        stale=stale,
        blocked=blocked,
        refusals=tuple(tape.refusal_of(there[name]) for name in stale if name in refused),
        fingerprints={n: s.fingerprint for n, s in there.items() if n not in broken},
        wanted={name: want.fingerprint for name, want in wanted.items()},
        seconds={name: sidecar.seconds for name, sidecar in there.items()},
    )


def _outside(tape: Tape, profile: Profile | None) -> dict[str, tuple[dict[str, str], str]]:
    """What steps are given of weights and of the model that scores, or why there is none."""
    if profile is None or not tape.is_scored:
        return {}
    found = {}
    for name, what in (("features", "weights"), ("predictions", "model")):
        try:
            found[name] = tape.given(name), ""
        except InputError as error:
            found[name] = {what: "none"}, str(error)
    return found


def _wanted(
    tape: Tape,
    profile: Profile,
    found: Mapping[str, Sidecar | None],
    outside: Mapping[str, Mapping[str, str]],
) -> dict[str, Wanted]:
    """What each artifact must be made from; truth only where somebody labelled the tape."""
    order = tape.order
    given = {**outside, **{step.name: tape.given(step.name) for step in TRUTH}}
    known = expected_fingerprints(order, profile, given)
    if any(given[step.name] for step in TRUTH) or any(found[step.name] for step in TRUTH):
        for step in TRUTH:
            known[step.name] = fingerprint_of(step, order, profile, known, given[step.name])
    return {
        name: Wanted(
            fingerprint=mark,
            inputs={other: known[other] for other in inputs_of(STEP[name], order, profile)},
            code=STEP[name].code,
            parameters=partial(_parameters, name, order, profile, given.get(name, {})),
        )
        for name, mark in known.items()
    }


def _parameters(
    name: str, order: Order, profile: Profile, given: Mapping[str, str]
) -> Mapping[str, object]:
    return {**parameters_of(STEP[name], order, profile), **given}


def _judged(tape: Tape, sidecar: Sidecar) -> tuple[Cause, ...]:
    """What is against an artifact that is right otherwise."""
    verdict = verdict_of(tape.folder, sidecar)
    if verdict is None or verdict.wrong == 0:
        return ()
    if verdict.wrong is None:
        return (Cause("unjudged", f"{verdict.check} has not judged it yet"),)
    return (Cause("refused", verdict.says),)


def _blocked(
    stale: Mapping[str, object], order: Order, profile: Profile | None, stops: frozenset[str]
) -> frozenset[str]:
    """Stale steps that cannot be made, `stops` first, and those that need their results."""
    blocked: set[str] = set()
    for name in stale:
        if name in stops or blocked & set(inputs_of(STEP[name], order, profile)):
            blocked.add(name)
    return frozenset(blocked)


def _file_facts(tape: Tape, sources: Sidecar | None) -> FileFacts:
    path = tape.order.file
    duration_s = known_size = None
    if sources is not None:
        duration_s, known_size = _source_facts(tape.path("sources.json"))
    if duration_s is not None and tape.order.limit_s is not None:
        duration_s = min(duration_s, tape.order.limit_s)
    try:
        there = path.stat()
    except OSError:
        trouble = (
            f"the source file is not where the order says: {tape.order.path}. "
            "Bring it back, or name its new place with `gametape add FILE`."
        )
        return FileFacts(duration_s, known_size, trouble)
    if known_size is not None and there.st_size != known_size:
        trouble = (
            f"the source file changed: {tape.order.path} has {there.st_size} bytes, "
            f"not {known_size}. Bring the old one back; the new one, once added, is another tape."
        )
        return FileFacts(duration_s, known_size, trouble)
    return FileFacts(duration_s, there.st_size, is_touched=_is_touched(tape, there))


def _source_facts(path: Path) -> tuple[float | None, int | None]:
    """Length and size of the file as the line found it; unknown where that cannot be read."""
    try:
        facts = json.loads(path.read_bytes())
        return float(facts["duration_s"]), int(facts["bytes"])
    except (OSError, ValueError, KeyError, TypeError):
        return None, None


def _is_touched(tape: Tape, there: os.stat_result) -> bool:
    """Whether a file was written, moved or replaced after the line had read it.

    Only a reason to read it again before its content is used, never proof of a change.
    """
    try:
        read_at = sidecar_path(tape.folder, "sources").stat().st_mtime
    except OSError:
        return False
    return max(there.st_mtime, there.st_ctime) > read_at
