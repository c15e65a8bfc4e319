"""Labelled tapes of a library with their pictures, for fine-tuning a video backbone.

Which games only judge is decided as for heads, so that a head on the new features is judged on
games that neither has seen. The training itself is `gametape.training.finetune`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gametape.datasets.split import HELD_OUT, split_by_game
from gametape.errors import InputError
from gametape.exports.cutlist import read_labels
from gametape.models.backbones.base import Material
from gametape.profile import load_profile
from gametape.schema import Progress
from gametape.training.filmedtapes import FilmedTape
from resources.datasets.exporting import SERVICE, export_dataset
from resources.datasets.labelled import (
    entry_of,
    game_of,
    labelled_tapes,
    read_source,
    tapes_by_content,
)
from resources.datasets.versions import find_version
from resources.learning.examples import refuse_leaks
from resources.store import Store
from resources.tape import Tape


@dataclass(frozen=True)
class Filmed:
    """Tapes to fine-tune on, and those of their games that are only judged on."""

    tapes: tuple[FilmedTape, ...]
    judges: tuple[str, ...]


def filmed_tapes(
    store: Store,
    profile: str,
    *,
    ids: Sequence[str] = (),
    dataset: str = "",
    share: float | None = None,
    progress: Progress,
) -> Filmed:
    """Tapes of a sport pack: of a dataset, those named, or all, as the sport's own dataset."""
    load_profile(profile, folder=store.profiles)  # refuses a sport that nobody knows
    if ids or share is not None:
        tapes = labelled_tapes(store, None if ids else profile, ids)
        filmed = tuple(_filmed(tape, tape.labels_file, game_of(tape)) for tape in tapes)
        split = split_by_game([entry_of(tape) for tape in tapes], share=share or HELD_OUT)
        return Filmed(filmed, _games(filmed, split.held_out))
    if not dataset:
        export_dataset(store, profile, profile=profile, progress=progress)
    return _of_dataset(store, dataset or profile, profile)


def _of_dataset(store: Store, name: str, profile: str) -> Filmed:
    refuse_leaks(store, name)
    version = find_version(store, name)
    here = tapes_by_content(store)
    filmed = []
    for entry in version.dataset.tapes:
        if entry.profile != profile:
            raise InputError(
                f"Dataset {name}: {entry.id} is not judged as {profile}. Leave it out."
            )
        found = here.get(entry.content_hash)
        if not found:
            raise InputError(
                f"Dataset {name}: the library has no video of {entry.id}, and fine-tuning looks at "
                "pictures. Add its file with `gametape add`."
            )
        filmed.append(_filmed(found[0], version.labels_file(entry.id), entry.game))
    split = version.split
    return Filmed(tuple(filmed), _games(filmed, split.held_out) if split else ())


def _filmed(tape: Tape, labels_file: Path, game: str) -> FilmedTape:
    """A tape with all that was marked on it; a service is part of its play."""
    duration_s = read_source(tape).duration_s
    labels = read_labels(labels_file, duration_s=duration_s)
    return FilmedTape(
        id=tape.order.id,
        game=game,
        video=Material(tape.folder, duration_s, 1.0).proxy,
        plays=tuple(sorted(label.core for label in labels)),
        duration_s=duration_s,
        services=tuple(sorted(label.core for label in labels if label.label == SERVICE)),
    )


def _games(tapes: Sequence[FilmedTape], ids: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted({tape.game for tape in tapes if tape.id in ids}))
