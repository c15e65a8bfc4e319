"""Fine-tuned backbones: their names and files, and where a library has them.

Read wherever a plan is made, so the registry is never asked here; `tuned` brings them from there.
"""

from pathlib import Path

from gametape.errors import InputError
from gametape.fingerprint import hash_file
from gametape.models.backbones.videomaefiles import (
    CHECK,
    CONFIG,
    NAMES,
    WEIGHTS,
    read_check,
    read_shape,
)
from gametape.models.heads.files import CARD
from gametape.profile import FeatureSettings

PREFIX = "gametape-"
PLACE = "backbones"  # in a library
TRAINED = "trained"  # beside the versions: where a training leaves its result
TUNED_FILES = (WEIGHTS, CARD, CONFIG, CHECK)


def tuned_name(profile: str, backbone: str) -> str:
    """What a backbone that was fine-tuned for a sport pack is registered as."""
    return f"{PREFIX}{profile}-{backbone}"


def is_tuned(name: str) -> bool:
    """Whether a registered model, or what somebody calls one, is a backbone and no head."""
    return name.partition("/")[0].endswith(tuple(f"-{backbone}" for backbone in NAMES))


def sport_of(name: str) -> str:
    """The sport pack of a registered backbone."""
    found = name.partition("/")[0].removeprefix(PREFIX)
    return next((found.removesuffix(f"-{b}") for b in NAMES if found.endswith(f"-{b}")), found)


def tuned_folder(library: Path, name: str, version: str = TRAINED) -> Path:
    """Where a library keeps a version of a fine-tuned backbone."""
    return library / PLACE / name.removeprefix(PREFIX) / version


def refuse_backbone(wanted: str) -> None:
    """Refuse to judge a backbone as if it found plays, and say what is to be done with it."""
    if not is_tuned(wanted):
        return
    name = wanted.partition("/")[0].removeprefix(PREFIX)
    sport = sport_of(name)
    backbone = name.removeprefix(f"{sport}-")
    raise InputError(
        f"{wanted}: is a backbone, which finds no plays by itself, so it cannot take over or be "
        f"compared. Train a head on it: `gametape models pull {PREFIX}{name}`, in the sport pack "
        f"`features: {{backbone: {backbone}, weights: {PREFIX}{name}/VERSION}}`, `gametape run`, "
        f"`gametape train {sport}`; then promote that: `gametape models promote {sport}`."
    )


def weights_of(settings: FeatureSettings, library: Path) -> Path | None:
    """The folder of weights that a sport pack names itself; None: those of this machine."""
    if not settings.weights:
        return None
    named, _, version = settings.weights.partition("/")
    if is_tuned(named) and version and "/" not in version:
        folder = tuned_folder(library, named, version.removeprefix("v"))
        if not (folder / CARD).is_file():
            raise InputError(
                f"features.weights: {settings.weights} is not in this library. "
                f"`gametape models pull {settings.weights}` gets it."
            )
        return folder
    folder = Path(settings.weights).expanduser()
    folder = folder if folder.is_absolute() else library / folder
    read_shape(folder)  # refuses what is no folder of weights
    return folder


def weights_digest(folder: Path) -> str:
    """SHA-256 of a folder's weights, as it is written down beside them where it is."""
    check = read_check(folder)
    return check.sha256 if check is not None else hash_file(folder / WEIGHTS)
