"""Which model is in force for each sport: the library's own mirror of the registry's `champion`.

Read wherever a plan is made, so the registry is never asked here; promotion writes it.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from pydantic import Field, ValidationError

from gametape.aside import write_text
from gametape.errors import InputError
from gametape.models.heads.apply import TrainedHead
from gametape.models.heads.files import CARD, WEIGHTS, digest_of, read_head
from gametape.profile import Profile, load_profile
from gametape.schema import Noun

LEARNED = "learned"
EMBEDDED, CHAMPION = "embedded", "champion"
SHORT = 12  # letters of a digest that people see


class Model(Noun):
    """One model of a sport pack, by what it is and by where its folder lies in the library."""

    digest: str
    version: str
    folder: str  # under the library's folder


class Champion(Model):
    """The model in force, and those that were before it, the latest last."""

    before: tuple[Model, ...] = Field(default=())


def champions(library: Path) -> dict[str, Champion]:
    """The model in force by sport pack; a sport pack without one is not in it."""
    path = mirror_path(library)
    try:
        values = json.loads(path.read_bytes())
        return {name: Champion.model_validate(value) for name, value in values.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, AttributeError, ValidationError) as error:
        raise InputError(
            f"{path}: not readable ({error}). Remove it; `gametape models sync` writes it again."
        ) from error


def write_champions(library: Path, found: dict[str, Champion]) -> None:
    """Write the mirror, whole or not at all."""
    values = {name: champion.model_dump(mode="json") for name, champion in sorted(found.items())}
    write_text(mirror_path(library), json.dumps(values, indent=2) + "\n")


def mirror_path(library: Path) -> Path:
    """Where the mirror lies."""
    return library / "models" / "champions.json"


@dataclass(frozen=True)
class Chosen:
    """The model that scores a tape, and how its rows name it."""

    profile: str
    version: str  # of the registry; or `embedded`, or `folder`
    digest: str
    folder: Path

    @property
    def label(self) -> str:
        """What every row of predictions says: gametape-tennis/3 1a2b3c4d5e6f."""
        return label_of(self.profile, self.version, self.digest)


def label_of(profile: str, version: str, digest: str) -> str:
    """How a model is named in tables."""
    return f"gametape-{profile}/{version} {digest[:SHORT]}"


def chosen_model(profile: Profile, library: Path) -> Chosen | None:
    """The model that the sport pack asks for; None where its scorer is an explicit one."""
    if profile.scorer.name != LEARNED:
        return None
    wanted = profile.scorer.model
    if wanted == CHAMPION:
        champion = champions(library).get(profile.name)
        if champion is not None:
            return _promoted(profile, champion, library)
    if wanted in (CHAMPION, EMBEDDED):
        return embedded_model(profile)
    if wanted.startswith(f"{EMBEDDED}/"):
        return embedded_model(profile, wanted.removeprefix(f"{EMBEDDED}/"))
    folder = Path(wanted).expanduser()
    folder = folder if folder.is_absolute() else library / folder
    return Chosen(profile.name, "folder", known_digest(folder), folder)


def embedded_model(profile: Profile, wanted: str = "") -> Chosen:
    """The model in the box for a sport pack; `wanted` names one, whatever the pack is called.

    It is that of the pack's own name, of the nearest pack that it extends, or, where there is only
    one, of its sport.
    """
    box = _box()
    of_sport = [name for name, one in box.items() if one.sport == profile.sport]
    names = (wanted,) if wanted else (profile.name, *profile.extends)
    found = next((name for name in names if name in box), "")
    if not found and not wanted and len(of_sport) == 1:
        found = of_sport[0]
    if found:
        return Chosen(found, EMBEDDED, known_digest(box[found].folder), box[found].folder)
    there = f"The box has {', '.join(box)}"
    if wanted:
        raise InputError(f"{EMBEDDED}/{wanted}: there is no such model. {there}.")
    why = f"no model in the box is of its name, of a pack it extends, or of sport {profile.sport}"
    if of_sport:
        why = f"more than one model in the box is of its sport: {' and '.join(of_sport)}"
    raise InputError(
        f"Profile {profile.name!r}: {why}, and none was promoted. {there}; say which with "
        f"scorer.model={EMBEDDED}/NAME. Or train one (`gametape train {profile.name}`, "
        f"`gametape models promote {profile.name}`), or score without: "
        "--set scorer.name=main-camera."
    )


def suits(name: str, profile: Profile) -> bool:
    """Whether a model for the pack of this name may score another: one it extends, or its sport."""
    if name in (profile.name, profile.sport, *profile.extends):
        return True
    return name in _box() and _box()[name].sport == profile.sport


@dataclass(frozen=True)
class Boxed:
    """A model that comes with gametape, and the sport of the pack that it was made for."""

    folder: Path
    sport: str


@lru_cache(maxsize=1)
def _box() -> dict[str, Boxed]:
    """Models that come with gametape, by sport pack."""
    place = Path(str(files("gametape") / "models" / "embedded"))
    folders = [card.parent for card in sorted(place.glob(f"*/{CARD}"))]
    return {one.name: Boxed(one, load_profile(one.name).sport) for one in folders}


def has_embedded(profile: Profile) -> bool:
    """Whether a model for this sport pack is in the box."""
    try:
        embedded_model(profile)
    except InputError:
        return False
    return True


def known_digest(folder: Path) -> str:
    """A model's digest; the same files are read once in a process."""
    marks = []
    for name in (WEIGHTS, CARD):
        path = folder / name
        there = path.stat() if path.is_file() else None
        marks.append((there.st_mtime_ns, there.st_size) if there else (0, 0))
    return _digest(folder, tuple(marks))


def head_of(chosen: Chosen) -> TrainedHead:
    """Read a model, and refuse one whose files are no longer those that were chosen."""
    if digest_of(chosen.folder) != chosen.digest:
        raise InputError(
            f"{chosen.folder}: its files have changed since they were put there. "
            f"Get the model again with `gametape models pull {chosen.profile}`."
        )
    return read_head(chosen.folder)


@lru_cache(maxsize=256)
def _digest(folder: Path, _marks: tuple[tuple[int, int], ...]) -> str:
    return digest_of(folder)


def _promoted(profile: Profile, champion: Champion, library: Path) -> Chosen:
    folder = library / champion.folder
    if not (folder / CARD).is_file():
        raise InputError(
            f"{folder}: the champion of {profile.name} is not there. "
            f"Get it again with `gametape models pull {profile.name}`."
        )
    return Chosen(profile.name, champion.version, champion.digest, folder)


def model_folder(library: Path, profile: str, digest: str) -> Path:
    """Where a library keeps a model."""
    return library / "models" / profile / digest[:SHORT]
