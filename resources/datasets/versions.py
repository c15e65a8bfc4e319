"""Versions of datasets in a library: `datasets/{name}/{version}/`, each whole and never changed.

Reading and naming them; how one comes to be is `datasets`, how it travels `transfers`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from gametape.datasets.card import DatasetCard
from gametape.datasets.frames import FramePrints, read_prints
from gametape.datasets.nouns import (
    CARD,
    DATASET,
    FRAMES,
    LABELS,
    SHORT,
    Dataset,
    checked_name,
    tape_folder,
)
from gametape.datasets.split import Split
from gametape.errors import InputError
from gametape.schema import Noun
from resources.publishing import write_json
from resources.store import Store

PLACE, CURRENT = "datasets", "current.json"


class Current(Noun):
    """`current.json`: the version that a name stands for."""

    digest: str


@dataclass(frozen=True)
class Version:
    """One version of a dataset as it lies in a folder."""

    folder: Path
    dataset: Dataset

    @property
    def card(self) -> DatasetCard:
        """Its card."""
        return DatasetCard.model_validate_json((self.folder / CARD).read_bytes())

    @property
    def split(self) -> Split | None:
        """Who learns and who judges; None where all is of one game."""
        split = self.card.split
        return None if split is None else Split(split.train, split.held_out)

    def labels_file(self, tape_id: str) -> Path:
        """Where the labels of one of its tapes lie."""
        return self.folder / tape_folder(tape_id) / LABELS

    def prints(self) -> dict[str, FramePrints]:
        """Prints of its tapes' frames by tape, where they are known."""
        paths = {t.id: self.folder / tape_folder(t.id) / FRAMES for t in self.dataset.tapes}
        return {name: read_prints(path) for name, path in paths.items() if path.is_file()}


def versions(store: Store) -> Iterator[tuple[Version, bool]]:
    """Every version by name, the latest first, and whether its name stands for it."""
    for parent in sorted((store.root / PLACE).glob("[a-z0-9]*")):
        current = current_of(parent)
        folders = [path.parent for path in parent.glob(f"[0-9a-f]*/{DATASET}")]
        for folder in sorted(folders, key=lambda path: path.stat().st_mtime_ns, reverse=True):
            version = read_version(folder)
            yield version, version.dataset.digest == current


def find_version(store: Store, word: str) -> Version:
    """The version that a person means: NAME, or NAME@ and the beginning of its hash."""
    name, _, wanted = word.partition("@")
    parent = store.root / PLACE / checked_name(name)
    if not wanted:
        found = version_in(parent, current_of(parent))
        if found is not None:
            return found
    folders = [path.parent for path in parent.glob(f"[0-9a-f]*/{DATASET}")]
    matches = [f for f in folders if f.name.startswith(wanted[:SHORT])] if wanted else folders
    if len(matches) == 1:
        return read_version(matches[0])
    known = ", ".join(sorted(f"{name}@{folder.name}" for folder in folders)[:5])
    cure = f"There are {known}." if known else f"`gametape dataset export {name}` makes one."
    raise InputError(f"{word}: the library has no such dataset. {cure}")


def read_version(folder: Path) -> Version:
    """A version in a folder, once its contents are what its name says."""
    try:
        dataset = Dataset.model_validate_json((folder / DATASET).read_bytes())
    except FileNotFoundError:
        raise InputError(f"{folder}: {DATASET} is missing. Export or pull the dataset.") from None
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(map(str, fault["loc"]))
        raise InputError(
            f"{folder / DATASET}: not readable ({place}: {fault['msg']}). Remove the folder and "
            "export or pull the dataset again."
        ) from error
    if dataset.version != folder.name:
        raise InputError(
            f"{folder}: its content is {dataset.version}, not what its name says. A version is "
            "never changed: remove the folder and export or pull the dataset again."
        )
    return Version(folder, dataset)


def current_of(parent: Path) -> str:
    """The digest that a name stands for; nothing where it stands for none."""
    try:
        return Current.model_validate_json((parent / CURRENT).read_bytes()).digest
    except (FileNotFoundError, ValidationError):
        return ""


def set_current(parent: Path, digest: str) -> None:
    """Let a dataset's name stand for this version."""
    if current_of(parent) != digest:
        write_json(parent / CURRENT, Current(digest=digest))


def version_in(parent: Path, digest: str) -> Version | None:
    """A version by its digest; None where it is not there."""
    folder = parent / digest[:SHORT]
    return read_version(folder) if digest and (folder / DATASET).is_file() else None
