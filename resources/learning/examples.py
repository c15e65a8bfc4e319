"""Labelled tapes to learn from and to be judged on, each with its place in the library.

Which tapes are labelled and what they are like is `labelled` and `datasets`; nothing is split here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from gametape.datasets.frames import FramePrints, prints_of
from gametape.datasets.split import Split, split_by_game
from gametape.errors import InputError
from gametape.models.base import TrainingTape
from gametape.profile import Profile
from gametape.schema import Noun
from resources.datasets.exporting import leaks_of, training_tapes
from resources.datasets.labelled import THUMBS, labelled_tapes
from resources.datasets.versions import find_version
from resources.store import Store
from resources.tape import Tape


class Known(Noun):
    """What is kept of a tape that a model learned from, or was judged on."""

    id: str
    game: str
    content_hash: str
    strata: dict[str, str]


@dataclass(frozen=True)
class Example:
    """A labelled tape, and what a model reads of it; `tape` is missing where the library has none.

    A dataset's tapes may have come from elsewhere, with their features.
    """

    training: TrainingTape
    content_hash: str
    tape: Tape | None

    @property
    def known(self) -> Known:
        """What is kept of it."""
        one = self.training
        return Known(
            id=one.id, game=one.game, content_hash=self.content_hash, strata=dict(one.strata)
        )


def labelled_examples(
    store: Store, profile: Profile, *, ids: Sequence[str] = (), dataset: str = ""
) -> list[Example]:
    """Labelled tapes of a sport pack with their features, by id; `ids` names some of them."""
    backbones = backbones_of(profile)
    if dataset:
        version = find_version(store, dataset)
        hashes = {tape.id: tape.content_hash for tape in version.dataset.tapes}
        foreign = [t.id for t in version.dataset.tapes if t.profile != profile.name]
        _refuse_foreign(foreign, profile)
        found = training_tapes(store, version, backbones)
        known = set(store.tape_ids())
        return [
            Example(one, hashes[one.id], store.tape(one.id) if one.id in known else None)
            for one in found
        ]
    tapes = {t.order.id: t for t in labelled_tapes(store, None if ids else profile.name, ids)}
    _refuse_foreign([n for n, t in tapes.items() if t.order.profile != profile.name], profile)
    found = training_tapes(store, list(tapes), backbones)
    return [Example(one, tapes[one.id].order.content_hash, tapes[one.id]) for one in found]


def sides_of(
    store: Store, examples: Sequence[Example], *, dataset: str, share: float
) -> tuple[list[Example], list[Example]]:
    """Who learns and who judges: as the dataset says, else by game."""
    split: Split | None = None
    if dataset:
        refuse_leaks(store, dataset)
        split = find_version(store, dataset).split
    if split is None:
        split = split_by_game([e.training for e in examples], share=share)
    own = [e for e in examples if e.training.id in split.train]
    return own, [e for e in examples if e.training.id in split.held_out]


def refuse_leaks(store: Store, dataset: str) -> None:
    """Refuse a dataset of which something is on both sides of the split."""
    leaks = leaks_of(find_version(store, dataset))
    if leaks:
        raise InputError(
            f"Dataset {dataset}: {leaks[0].trained} and {leaks[0].held_out} are on both sides "
            f"({leaks[0].what}{f', and {len(leaks) - 1} more' * (len(leaks) > 1)}). Give both "
            "the same game (`gametape add --game game=NAME`), or take the labels of one away."
        )


def backbones_of(profile: Profile) -> tuple[str, ...]:
    """Backbones whose rows models of a sport pack read; the rows of the first are theirs."""
    name = profile.features.backbone
    if name == "none":
        raise InputError(
            f"Profile {profile.name!r}: features.backbone is none, so there is nothing to learn "
            "from. Set it to cheap, and `gametape run`."
        )
    return ("cheap",) if name == "cheap" else ("cheap", name)


def prints_in(store: Store, tapes: Sequence[Known]) -> dict[str, FramePrints]:
    """Prints of frames of those tapes that the library has."""
    here = set(store.tape_ids())
    paths = {one.id: store.tape(one.id).path(THUMBS) for one in tapes if one.id in here}
    return {name: prints_of(path) for name, path in paths.items() if path.is_file()}


def _refuse_foreign(tapes: Sequence[str], profile: Profile) -> None:
    if tapes:
        raise InputError(
            f"{tapes[0]}: is not judged as {profile.name}. Leave it out, or add it again with "
            f"`--sport {profile.name}`."
        )
