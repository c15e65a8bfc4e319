"""Datasets: labelled tapes become a version, and a version becomes tapes to learn from.

What a split or a leak is, `gametape.datasets` says; where versions lie is `versions`.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gametape.aside import flush_folder, write_text
from gametape.datasets.card import card_of, card_page
from gametape.datasets.frames import FramePrints, prints_of, prints_table
from gametape.datasets.leaks import Leak, find_leaks
from gametape.datasets.nouns import (
    CARD,
    CARD_PAGE,
    DATASET,
    FRAMES,
    LABELS,
    Dataset,
    DatasetTape,
    checked_name,
    tape_folder,
)
from gametape.datasets.split import Split, split_by_game
from gametape.errors import InputError
from gametape.exports.cutlist import read_labels
from gametape.features import read_sequence
from gametape.fingerprint import hash_file
from gametape.models.base import TrainingTape
from gametape.schema import Progress, Span, no_progress
from gametape.tables import read_table, write_table
from resources.crashpoints import Point, pass_point
from resources.datasets.labelled import (
    FEW_TAPES,
    THUMBS,
    entry_of,
    feature_digests,
    game_of,
    labelled_tapes,
    read_source,
    strata_of,
    tapes_by_content,
)
from resources.datasets.versions import (
    PLACE,
    Version,
    current_of,
    read_version,
    set_current,
    version_in,
)
from resources.publishing import sole_worker, write_json
from resources.store import Store
from resources.tape import Tape

CUTS = "signals/cuts.parquet"
SERVICE = "service"  # the label of a play's first part; all others are plays


@dataclass(frozen=True)
class Exported:
    """A version, whether this call made it, and what is on both sides of its split."""

    version: Version
    is_new: bool
    leaks: tuple[Leak, ...]


def export_dataset(
    store: Store,
    name: str,
    *,
    profile: str | None = None,
    ids: Sequence[str] = (),
    progress: Progress = no_progress,
) -> Exported:
    """Make a version of the labelled tapes as they are now; of a sport pack, or those named.

    Games of the version before stay on the side of the split on which they were.
    """
    parent = store.root / PLACE / checked_name(name)
    tapes = labelled_tapes(store, profile, ids)
    dataset = Dataset(name=name, tapes=tuple(entry_of(tape) for tape in tapes))
    with sole_worker(parent, "export"):
        before = version_in(parent, current_of(parent))
        folder = parent / dataset.version
        if (folder / DATASET).is_file():
            version = read_version(folder)
            set_current(parent, version.dataset.digest)
            return Exported(version, is_new=False, leaks=leaks_of(version))
        aside = parent / f".{dataset.version}.making"
        shutil.rmtree(aside, ignore_errors=True)
        try:
            for done, (tape, entry) in enumerate(zip(tapes, dataset.tapes, strict=True)):
                progress(f"dataset {name}", done, len(tapes))
                _put_tape(tape, entry, aside, before)
            progress(f"dataset {name}", len(tapes), len(tapes))
            leaks = _put_papers(dataset, aside, before)
            pass_point(Point.DATASET_ASIDE)
            aside.replace(folder)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        flush_folder(parent)
        set_current(parent, dataset.digest)
    return Exported(Version(folder, dataset), is_new=True, leaks=leaks)


def _put_tape(tape: Tape, entry: DatasetTape, aside: Path, before: Version | None) -> None:
    """Put a tape's labels and prints into a version; prints are taken over where they are right."""
    folder = aside / tape_folder(entry.id)
    folder.mkdir(parents=True)
    shutil.copyfile(tape.labels_file, folder / LABELS)
    if hash_file(folder / LABELS) != entry.labels:
        raise InputError(f"{entry.id}: its labels were changed just now. Export again.")
    if not entry.frames:
        return
    known = {t.id: t.frames for t in before.dataset.tapes} if before else {}
    if before and known.get(entry.id) == entry.frames:
        earlier = before.folder / tape_folder(entry.id) / FRAMES
        if earlier.is_file():
            shutil.copyfile(earlier, folder / FRAMES)
            return
    prints = prints_of(tape.path(THUMBS))
    write_table(folder / FRAMES, prints_table(prints))


def _put_papers(dataset: Dataset, aside: Path, before: Version | None) -> tuple[Leak, ...]:
    """Put split, leaks and card into a version, and last what it consists of."""
    version = Version(aside, dataset)
    split: Split | None = None
    leaks: tuple[Leak, ...] = ()
    if len({tape.game for tape in dataset.tapes}) > 1:
        known = before.split if before is not None else None
        split = split_by_game(dataset.tapes, by=("sport pack",), before=known)
        leaks = leaks_between(dataset.tapes, split, version.prints())
    card = card_of(dataset, split, leaks)
    write_text(aside / CARD_PAGE, card_page(card, dataset))
    write_json(aside / CARD, card)
    write_json(aside / DATASET, dataset)
    return leaks


def leaks_between(
    tapes: Sequence[DatasetTape], split: Split, prints: dict[str, FramePrints]
) -> tuple[Leak, ...]:
    """What is on both sides of a split of these tapes."""
    sides = [[tape for tape in tapes if tape.id in side] for side in (split.train, split.held_out)]
    return tuple(find_leaks(sides[0], sides[1], prints))


def leaks_of(version: Version) -> tuple[Leak, ...]:
    """What is on both sides of a version's split."""
    split = version.split
    if split is None:
        return ()
    return leaks_between(version.dataset.tapes, split, version.prints())


def training_tapes(
    store: Store, what: Version | Sequence[str], backbones: Sequence[str]
) -> list[TrainingTape]:
    """Tapes to learn from, or to be judged on, in the order of their ids.

    Of a dataset's version (its labels, its games) or of the library's labelled tapes with these
    ids, as they are now. Features are the library's, or came with the version.
    """
    if isinstance(what, Version):
        here = tapes_by_content(store)
        found = [_of_version(what, tape, backbones, here) for tape in what.dataset.tapes]
    else:
        tapes = labelled_tapes(store, None, what)
        found = [_of_library(tape, backbones) for tape in tapes]
    playing = [tape for tape in found if tape.plays]
    if len(playing) < FEW_TAPES:
        raise InputError(
            f"{len(playing)} of {len(found)} tapes have plays, and {FEW_TAPES} or more are needed "
            "to learn. Label more of them: `gametape label TAPE FILE`."
        )
    return found


def _of_library(tape: Tape, backbones: Sequence[str]) -> TrainingTape:
    return _training_tape(
        tape.folder,
        tape.labels_file,
        backbones,
        tape_id=tape.order.id,
        game=game_of(tape),
        duration_s=read_source(tape).duration_s,
        strata=strata_of(tape),
        cuts=tape.path(CUTS),
    )


def _of_version(
    version: Version,
    entry: DatasetTape,
    backbones: Sequence[str],
    here: Mapping[str, Sequence[Tape]],
) -> TrainingTape:
    """A tape of a version; its features came with it, or are those of the library's like tape."""
    folder = version.folder / tape_folder(entry.id)
    found = feature_digests(folder)
    if set(backbones) - set(found) and here.get(entry.content_hash):
        folder = here[entry.content_hash][0].folder
        found = feature_digests(folder)
    other = [b for b in backbones if b in found and entry.features.get(b, found[b]) != found[b]]
    if other:
        raise InputError(
            f"{entry.id}: its features of {other[0]} are not those that "
            f"{version.dataset.name}@{version.dataset.version} was made with. `gametape dataset "
            f"export {version.dataset.name}` makes a version of today's."
        )
    return _training_tape(
        folder,
        version.labels_file(entry.id),
        backbones,
        tape_id=entry.id,
        game=entry.game,
        duration_s=entry.duration_s,
        strata=entry.strata,
        cuts=next((t.path(CUTS) for t in here.get(entry.content_hash, ())), None),
    )


def _training_tape(
    folder: Path,
    labels_file: Path,
    backbones: Sequence[str],
    *,
    tape_id: str,
    game: str,
    duration_s: float,
    strata: dict[str, str],
    cuts: Path | None,
) -> TrainingTape:
    """Features and labels of a tape, as far as both go; `folder` holds its features."""
    missing = sorted(set(backbones) - set(feature_digests(folder)))
    if missing:
        raise InputError(
            f"{tape_id}: has no features of {' and '.join(missing)}. Set features.backbone in its "
            f"sport pack, then `gametape run {tape_id}` makes them."
        )
    features = tuple(read_sequence(folder, backbone) for backbone in backbones)
    seen_s = min([duration_s, *(sequence.duration_s for sequence in features)])
    labels = read_labels(labels_file, duration_s=duration_s)
    cores = [(label.label, label.core) for label in labels if label.core.start_s < seen_s]
    cut = [(word, Span(c.start_s, min(c.end_s, seen_s))) for word, c in cores]
    has_cuts = cuts is not None and cuts.is_file()
    return TrainingTape(
        id=tape_id,
        game=game,
        features=features,
        plays=tuple(sorted(span for word, span in cut if word != SERVICE)),
        duration_s=seen_s,
        strata=strata,
        services=tuple(sorted(span for word, span in cut if word == SERVICE)),
        cuts_s=tuple(read_table(cuts)["time_s"].to_list()) if cuts and has_cuts else (),
    )
