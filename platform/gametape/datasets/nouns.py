"""The nouns of datasets: which tapes, with which labels, under one hash that never changes.

A dataset is a folder: `dataset.json`, `card.json`, `card.md`, and for each tape
`tapes/{id}/labels.json` and `tapes/{id}/frames.parquet`. Nothing here opens a file.
"""

import re

from pydantic import Field

from gametape.errors import InputError
from gametape.fingerprint import fingerprint
from gametape.schema import Noun

FORMAT = 1
DATASET, CARD, CARD_PAGE = "dataset.json", "card.json", "card.md"
LABELS, FRAMES = "labels.json", "frames.parquet"  # of a tape, in its folder
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
SHORT = 12  # letters of a digest that people see; a folder bears them


class DatasetTape(Noun):
    """One tape of a dataset."""

    id: str
    name: str  # of its file
    content_hash: str  # of every byte of the file: what a tape is known by elsewhere
    game: str  # never on both sides of a split
    facts: dict[str, str] = Field(default_factory=dict)  # of the game, as they were handed in
    sport: str
    profile: str  # the sport pack
    angle: str = ""
    strata: dict[str, str] = Field(default_factory=dict)  # venue, light, rate, difficulty, ...
    duration_s: float
    labels: str  # sha256 of its labels.json
    labelled_at: str  # when a person handed them in, UTC; no part of the dataset's digest
    play_count: int
    play_s: float
    classes: dict[str, int]  # plays by label
    features: dict[str, str] = Field(default_factory=dict)  # by backbone what they were made from
    frames: str = ""  # what its frames.parquet was made from


class Dataset(Noun):
    """One version of a dataset; another label, tape or feature is another version."""

    format: int = FORMAT
    name: str
    tapes: tuple[DatasetTape, ...]  # by id

    @property
    def digest(self) -> str:
        """What this version is: a hash of all that may be learned from it."""
        tapes = [
            tape.model_dump(mode="json", exclude={"labelled_at", "name"}) for tape in self.tapes
        ]
        return fingerprint(inputs={}, parameters={"tapes": tapes}, code=f"dataset/{self.format}")

    @property
    def version(self) -> str:
        """The digest as people see it."""
        return self.digest[:SHORT]


def tape_folder(tape_id: str) -> str:
    """Where a tape's files lie in a dataset's folder."""
    return f"tapes/{tape_id}"


def checked_name(name: str) -> str:
    """A name that a dataset can have: it is a folder's, here and in every store."""
    if not NAME.fullmatch(name):
        raise InputError(f"{name!r} cannot be a dataset's name: use a-z, 0-9 and dashes, up to 60.")
    return name
