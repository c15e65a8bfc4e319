"""What `gametape doctor` looks at: each need with what was found and what to do about it."""

import importlib.metadata
import os
import shutil
import sys

from pydantic import BaseModel

from gametape.errors import GametapeError
from resources.settings import Settings

MIN_FREE_GB = 5.0
OPTIONAL = {
    "torch": ("learned models", "pip install -c constraints.txt -e '.[learn]'"),
    "openvino": (
        "quick backbones",
        "pip install -c constraints.txt -e '.[openvino]'",
    ),
    "great-expectations": (
        "suites of expectations",
        "pip install -c constraints.txt -e '.[suites]'",
    ),
    "dagster-aws": ("libraries on S3", "pip install -c constraints.txt -e '.[aws]'"),
}


class Diagnosis(BaseModel):
    """One thing gametape needs, and how it stands."""

    what: str
    found: str
    is_fine: bool
    is_optional: bool = False
    cure: str = ""


def examine(settings: Settings) -> list[Diagnosis]:
    """Every need of this machine, in the order in which a person would mend them."""
    needs = [_python(), _packages(), _encoders(), _library(settings), _disk(settings), _checkout()]
    needs.append(_clip_encoder())
    return needs + [_optional(name, *words) for name, words in OPTIONAL.items()]


def _python() -> Diagnosis:
    version = ".".join(map(str, sys.version_info[:3]))
    return Diagnosis(
        what="Python 3.11 or newer",
        found=version,
        is_fine=sys.version_info >= (3, 11),
        cure="" if sys.version_info >= (3, 11) else "install it and run `make setup PYTHON=...`",
    )


def _packages() -> Diagnosis:
    """Whether what pyproject.toml asks for is installed."""
    wanted = importlib.metadata.requires("gametape") or []
    names = [w.split(";")[0] for w in wanted if "extra ==" not in w]
    missing = []
    for name in (_bare(n) for n in names):
        try:
            importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    return Diagnosis(
        what="Python packages",
        found=f"{len(names) - len(missing)} of {len(names)}",
        is_fine=not missing,
        cure=f"`make setup` installs {', '.join(missing)}" if missing else "",
    )


def _bare(requirement: str) -> str:
    for i, letter in enumerate(requirement):
        if not (letter.isalnum() or letter in "-_."):
            return requirement[:i]
    return requirement


def _encoders() -> Diagnosis:
    """Whether the FFmpeg inside the media package has what clips are written with."""
    try:
        import av

        lacking = [n for n in ("libx264", "libx265", "aac") if n not in av.codecs_available]
        found = f"PyAV {av.__version__} with FFmpeg libraries"
    except ImportError as error:
        lacking, found = ["PyAV"], str(error)
    return Diagnosis(
        what="H.264, HEVC and AAC encoders",
        found=found,
        is_fine=not lacking,
        cure=f"{', '.join(lacking)} missing: `make clean setup`" if lacking else "",
    )


def _clip_encoder() -> Diagnosis:
    """What encodes clips: software, unless a profile says `clips.encoder: auto` or names one."""
    from gametape.video.cutting.encoder import present

    hardware = present()
    auto = f"{hardware[0]} (works)" if hardware else "software too, no hardware encoder works"
    return Diagnosis(
        what="encoder of clips",
        found=f"software; with `clips.encoder: auto` {auto}",
        is_fine=True,
        is_optional=True,
    )


def _library(settings: Settings) -> Diagnosis:
    folder = settings.library
    place = folder
    while not place.exists():
        place = place.parent
    is_fine = place.is_dir() and os.access(place, os.W_OK)
    return Diagnosis(
        what="library folder can be written",
        found=str(folder) + ("" if folder.exists() else " (will be made)"),
        is_fine=is_fine,
        cure="" if is_fine else "choose another: --library or GAMETAPE_LIBRARY",
    )


def _disk(settings: Settings) -> Diagnosis:
    place = settings.library
    while not place.exists():
        place = place.parent
    free_gb = shutil.disk_usage(place).free / 1e9
    return Diagnosis(
        what=f"{MIN_FREE_GB:.0f} GB free for the library",
        found=f"{free_gb:.0f} GB",
        is_fine=free_gb >= MIN_FREE_GB,
        cure="" if free_gb >= MIN_FREE_GB else "make room, or choose another library folder",
    )


def _checkout() -> Diagnosis:
    from app.runs.history import project_folder

    try:
        folder, cure = str(project_folder()), ""
    except GametapeError as error:
        folder, cure = "", str(error)
    return Diagnosis(
        what="workspace.yaml and dagster.yaml", found=folder, is_fine=bool(folder), cure=cure
    )


def _optional(name: str, what: str, cure: str) -> Diagnosis:
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return Diagnosis(
            what=f"{name}, for {what}", found="", is_fine=False, is_optional=True, cure=cure
        )
    return Diagnosis(what=f"{name}, for {what}", found=version, is_fine=True, is_optional=True)
