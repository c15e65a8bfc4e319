"""Versions of datasets on their way between a library and a store: `push` and `pull`.

A content is sent once, whatever datasets hold it, and the paper that tells of a version comes last:
whoever reads it finds everything there. What was sent or fetched before a kill is kept.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from gametape.aside import flush_folder
from gametape.datasets.nouns import (
    CARD,
    CARD_PAGE,
    DATASET,
    SHORT,
    Dataset,
    DatasetTape,
    checked_name,
    tape_folder,
)
from gametape.errors import InputError
from gametape.features import FOLDER, INDEX
from gametape.fingerprint import hash_file
from gametape.schema import Progress, no_progress
from resources.crashpoints import Point, pass_point
from resources.datasets.depots import Depot
from resources.datasets.labelled import feature_digests, tapes_by_content
from resources.datasets.shipments import Blob, Shipment, find_shipment, put_shipment, shipment_at
from resources.datasets.versions import PLACE, Version, read_version, set_current
from resources.publishing import sole_worker
from resources.store import Store
from resources.tape import Tape

ORIGINALS = "originals"  # of a library: videos that came with datasets


@dataclass(frozen=True)
class Moved:
    """What a push or pull did."""

    version: str
    moved: int  # contents
    moved_bytes: int
    there: int  # contents that were there already
    notes: tuple[str, ...] = ()


def push(
    store: Store,
    version: Version,
    depot: Depot,
    *,
    has_features: bool = True,
    has_videos: bool = False,
    progress: Progress = no_progress,
) -> Moved:
    """Send what the store lacks of a version, and last the paper that tells of it."""
    dataset = version.dataset
    notes: list[str] = []
    here = tapes_by_content(store)
    sources = {name: version.folder / name for name in _papers(version)}
    if has_features:
        sources |= _feature_files(version, here, notes)
    files = {name: Blob(sha256=hash_file(p), bytes=p.stat().st_size) for name, p in sources.items()}
    to_send = {files[name]: path for name, path in sources.items()}
    videos = {}
    for tape in dataset.tapes if has_videos else ():
        path = _video_of(store, tape, here)
        if path is None:
            notes.append(f"{tape.id}: its video is not here and was not sent")
            continue
        videos[tape.id] = Blob(sha256=tape.content_hash, bytes=path.stat().st_size)
        to_send[videos[tape.id]] = path
    sent = [blob for blob in to_send if depot.size_of(blob.key) != blob.bytes]
    total = sum(blob.bytes for blob in sent) or 1
    done = 0
    for blob in sent:
        progress(f"push {dataset.name}", done, total)
        depot.put(to_send[blob], blob.key, blob.sha256)
        pass_point(Point.BLOB_PLACED)
        done += blob.bytes
    progress(f"push {dataset.name}", total, total)
    before = shipment_at(depot, dataset.name, dataset.version)
    shipment = Shipment(
        name=dataset.name,
        digest=dataset.digest,
        tapes=len(dataset.tapes),
        games=len({tape.game for tape in dataset.tapes}),
        plays=sum(tape.play_count for tape in dataset.tapes),
        files=(before.files if before else {}) | files,
        videos=(before.videos if before else {}) | videos,
    )
    put_shipment(depot, shipment, before)
    there = len(to_send) - len(sent)
    return Moved(dataset.version, len(sent), sum(b.bytes for b in sent), there, tuple(notes))


def pull(
    store: Store,
    depot: Depot,
    word: str,
    *,
    has_videos: bool = False,
    progress: Progress = no_progress,
) -> Moved:
    """Fetch a version, NAME or NAME@ and the beginning of its hash; it appears whole.

    Videos come into `originals/`, from which `restore` makes tapes of them.
    """
    shipment = find_shipment(depot, word)
    version = shipment.digest[:SHORT]
    parent = store.root / PLACE / checked_name(shipment.name)
    folder = parent / version
    fetched: list[Blob] = []
    with sole_worker(parent, "pull"):
        aside = folder if (folder / DATASET).is_file() else parent / f".{version}.incoming"
        wanted = {aside / name: blob for name, blob in sorted(shipment.files.items(), key=_late)}
        _fetch(depot, wanted, fetched, progress, shipment.name)
        if aside != folder:
            _check_arrived(aside, shipment)
            aside.replace(folder)
            flush_folder(parent)
        found = read_version(folder)
        set_current(parent, shipment.digest)
        originals = {
            original_of(store, tape): shipment.videos[tape.id]
            for tape in found.dataset.tapes
            if has_videos and tape.id in shipment.videos
        }
        _fetch(depot, originals, fetched, progress, f"{shipment.name} (videos)")
        there = len(wanted) + len(originals) - len(fetched)
    missing = len(found.dataset.tapes) - len(originals) if has_videos else 0
    notes = (f"{missing} videos are not in the store",) if missing else ()
    return Moved(version, len(fetched), sum(b.bytes for b in fetched), there, notes)


def original_of(store: Store, tape: DatasetTape) -> Path:
    """Where the video of a tape lies that came with a dataset; its name is never taken raw."""
    name = "".join(c if c.isalnum() or c in " .-_()" else "-" for c in Path(tape.name).name)
    name = name.lstrip(". ")[-100:] or "video"
    return store.root / ORIGINALS / tape.content_hash[:SHORT] / name


def _papers(version: Version) -> Iterator[str]:
    yield from (DATASET, CARD, CARD_PAGE)
    for tape in version.dataset.tapes:
        folder = version.folder / tape_folder(tape.id)
        yield from (f"{tape_folder(tape.id)}/{path.name}" for path in sorted(folder.glob("*.*")))


def _feature_files(
    version: Version, here: Mapping[str, list[Tape]], notes: list[str]
) -> dict[str, Path]:
    """Files of the features that the version was made with, by their names in it."""
    found = {}
    for tape in version.dataset.tapes:
        own = version.folder / tape_folder(tape.id)
        folders = [own, *(t.folder for t in here.get(tape.content_hash, ()))]
        for backbone, digest in tape.features.items():
            right = (f for f in folders if feature_digests(f).get(backbone) == digest)
            folder = next(right, None)
            if folder is None:
                notes.append(f"{tape.id}: its features of {backbone} have changed; not sent")
                continue
            for path in sorted((folder / FOLDER / backbone).glob("[a-z]*")):
                found[f"{tape_folder(tape.id)}/{FOLDER}/{backbone}/{path.name}"] = path
    return found


def _video_of(store: Store, tape: DatasetTape, here: Mapping[str, list[Tape]]) -> Path | None:
    paths = [t.order.file for t in here.get(tape.content_hash, ())]
    return next((p for p in (*paths, original_of(store, tape)) if p.is_file()), None)


def _fetch(
    depot: Depot,
    wanted: Mapping[Path, Blob],
    fetched: list[Blob],
    progress: Progress,
    what: str,
) -> None:
    """Fetch files that are not there and right; each appears whole."""
    total = sum(blob.bytes for blob in wanted.values()) or 1
    done = 0
    for path, blob in wanted.items():
        progress(f"pull {what}", done, total)
        is_there = path.is_file() and path.stat().st_size == blob.bytes
        if not is_there or hash_file(path) != blob.sha256:
            depot.get(blob.key, path, blob.sha256)
            fetched.append(blob)
            pass_point(Point.FILE_FETCHED)
        done += blob.bytes
    if wanted:
        progress(f"pull {what}", total, total)


def _check_arrived(aside: Path, shipment: Shipment) -> None:
    """See that what came is the version that the paper tells of, with labels for each tape."""
    try:
        dataset = Dataset.model_validate_json((aside / DATASET).read_bytes())
    except (FileNotFoundError, ValidationError) as error:
        raise InputError(f"{shipment.name}: what the store has is no dataset ({error}).") from error
    wrong = [
        tape.id
        for tape in dataset.tapes
        if (blob := shipment.files.get(f"{tape_folder(tape.id)}/labels.json")) is None
        or blob.sha256 != tape.labels
    ]
    if dataset.digest != shipment.digest or dataset.name != shipment.name or wrong:
        raise InputError(
            f"{shipment.name}@{shipment.digest[:SHORT]}: the store's files do not belong together "
            f"({', '.join(wrong[:3]) or 'another dataset'}). Push it again from where it was made."
        )


def _late(item: tuple[str, Blob]) -> tuple[bool, str]:
    """Order of fetching: an index of features after its chunks, so that it never tells too much."""
    return item[0].endswith(INDEX), item[0]
