"""Labelled tapes of a library, and what a dataset says of each of them."""

import contextlib
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from gametape.datasets.nouns import SHORT, DatasetTape
from gametape.errors import InputError
from gametape.exports.cutlist import read_labels
from gametape.features import FOLDER, read_index
from gametape.fingerprint import fingerprint, hash_file
from gametape.schema import Source
from resources.store import Store
from resources.tape import Tape

FEW_TAPES = 2  # fewer are nothing to learn from and be judged by
OF_THE_GAME = ("game", "teams", "date", "angle")  # facts that are no strata
THUMBS = "signals/thumbs.parquet"


def labelled_tapes(store: Store, profile: str | None, ids: Sequence[str]) -> list[Tape]:
    """Labelled tapes in the order of their ids: of a sport pack, or those that are named."""
    tapes = [store.tape(tape_id) for tape_id in sorted(set(ids) or store.tape_ids())]
    tapes = [tape for tape in tapes if profile in (None, tape.order.profile)]
    without = [tape for tape in tapes if not tape.labels_file.is_file()]
    if ids and without:
        raise InputError(
            f"{without[0].order.id}: nobody has labelled it. Label it with `gametape label "
            f"{without[0].order.id} FILE`, or leave it out."
        )
    unread = [t for t in tapes if t.labels_file.is_file() and t.sidecar("sources") is None]
    if unread:
        raise InputError(
            f"{unread[0].order.id}: is labelled, but nothing is known of its file yet. "
            f"`gametape run {unread[0].order.id}` looks at it."
        )
    chosen = [tape for tape in tapes if tape.labels_file.is_file()]
    if len(chosen) < FEW_TAPES:
        of = f" of sport pack {profile}" if profile else ""
        raise InputError(
            f"{len(chosen)} labelled tape{'s' * (len(chosen) != 1)}{of}, and a dataset needs "
            f"{FEW_TAPES} or more. Label more of them: `gametape label TAPE FILE`."
        )
    return chosen


def entry_of(tape: Tape) -> DatasetTape:
    """What a dataset says of a tape."""
    source = read_source(tape)
    labels = read_labels(tape.labels_file, duration_s=source.duration_s)
    proxies = tape.sidecar("proxies")
    has_thumbs = tape.path(THUMBS).is_file()
    handed_in = datetime.fromtimestamp(tape.labels_file.stat().st_mtime, UTC)
    return DatasetTape(
        id=tape.order.id,
        name=tape.order.name,
        content_hash=tape.order.content_hash,
        game=game_of(tape),
        facts=dict(sorted(tape.order.game.items())),
        sport=tape.profile.sport,
        profile=tape.order.profile,
        angle=tape.order.game.get("angle", ""),
        strata=strata_of(tape),
        duration_s=source.duration_s,
        labels=hash_file(tape.labels_file),
        labelled_at=handed_in.isoformat(timespec="seconds"),
        play_count=len(labels),
        play_s=round(sum(label.length_s for label in labels), 6),
        classes=dict(sorted(Counter(label.label for label in labels).items())),
        features=feature_digests(tape.folder),
        frames=proxies.fingerprint if proxies is not None and has_thumbs else "",
    )


def tapes_by_content(store: Store) -> dict[str, list[Tape]]:
    """Tapes of a library by what is in their files; one whose order cannot be read is left out."""
    found: dict[str, list[Tape]] = {}
    for tape_id in store.tape_ids():
        with contextlib.suppress(InputError):
            tape = store.tape(tape_id)
            found.setdefault(tape.order.content_hash, []).append(tape)
    return found


def game_of(tape: Tape) -> str:
    """What must never be on both sides: the game as it was handed in, else the tape itself."""
    facts = tape.order.game
    if facts.get("game"):
        return facts["game"]
    known = [facts[key] for key in ("teams", "date") if facts.get(key)]
    return " ".join(known) if len(known) == 2 else f"tape {tape.order.content_hash[:SHORT]}"


def strata_of(tape: Tape) -> dict[str, str]:
    """In what a tape differs from others: sport pack, frame rate, and facts like venue or light."""
    rate = read_source(tape).video.average_rate
    facts = {key: v for key, v in tape.order.game.items() if key not in OF_THE_GAME}
    return {"sport pack": tape.order.profile, **_rate_class(rate), **facts}


def feature_digests(folder: Path) -> dict[str, str]:
    """What each backbone has written of a tape, by the numbers in it; `folder` is the tape's."""
    found = {}
    for path in sorted(folder.glob(f"{FOLDER}/*/index.json")):
        index = read_index(folder, path.parent.name)
        if index.chunks:
            numbers = {f"{chunk.first:09d}": chunk.sha256 for chunk in index.chunks}
            steps = {"step_s": index.step_s, "names": list(index.names)}
            found[index.backbone] = fingerprint(inputs=numbers, parameters=steps, code="features")
    return found


def read_source(tape: Tape) -> Source:
    """What is known of a tape's file."""
    return Source.model_validate_json(tape.path("sources.json").read_bytes())


def _rate_class(rate: object) -> dict[str, str]:
    """Frames a second in classes that behave alike: 23.976 to 25, about 30, 48 and more."""
    if rate is None:
        return {"rate": "variable"}
    rate_hz = float(rate)  # type: ignore[arg-type]
    return {"rate": "to 26 Hz" if rate_hz <= 26 else "to 47 Hz" if rate_hz < 47 else "48 Hz and up"}
