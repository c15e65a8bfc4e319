"""Fine-tuned backbones on their way into the registry and out of it, with what speaks for them.

They find no plays, so nothing is judged or promoted here: a head is trained on their features.
"""

import shutil
import tempfile
from pathlib import Path

from gametape.aside import write_bytes
from gametape.errors import InputError
from gametape.models.backbones.videomaefiles import CONFIG, read_folder
from gametape.models.heads.files import CARD, digest_of
from gametape.profile import load_profile
from gametape.training.finetune import CODE, FineTuned, read_finetuned
from resources.learning.comparing import Desk
from resources.learning.names import plain_name
from resources.learning.plots import tuning_plots
from resources.learning.reaching import kept
from resources.learning.registry import CHALLENGER, READY, Evidence, Version
from resources.learning.tunedfiles import TUNED_FILES, tuned_folder, tuned_name


def push_tuned(desk: Desk, folder: Path) -> tuple[Version, Path]:
    """Register fine-tuned weights as challenger; the same again change nothing but the alias.

    The library keeps each version under its own name, so that a sport pack can ask for it.
    """
    card = finetuned_card(folder)
    profile = card.settings.profile
    load_profile(profile, folder=desk.store.profiles)  # refuses a sport that nobody knows
    read_folder(folder)  # refuses weights that are not of the network that the folder tells of
    name = tuned_name(profile, card.settings.backbone)
    with tempfile.TemporaryDirectory() as scratch:
        plots = []
        for file, content in tuning_plots(card).items():
            write_bytes(Path(scratch) / file, content)
            plots.append(Path(scratch) / file)
        with kept(folder):
            version = desk.registry.register(folder, name, _evidence_of(card, tuple(plots)))
            desk.registry.point(name, CHALLENGER, version.version)
    return desk.registry.version(name, version.version), _adopt(desk, version, folder)


def bring_tuned(desk: Desk, version: Version) -> Path:
    """A registered backbone in the library, fetched where it is not there yet."""
    folder = tuned_folder(desk.library, version.name, version.version)
    if _is_there(folder, version):
        return folder
    with tempfile.TemporaryDirectory() as scratch:
        desk.registry.fetch(version, Path(scratch))
        return _adopt(desk, version, Path(scratch))


def show_tuned(desk: Desk, name: str, which: str) -> tuple[Version, FineTuned, Path]:
    """A registered backbone by a version or an alias: its card, and where it lies."""
    versions = [one for one in desk.registry.versions(name) if one.state == READY]
    for one in versions:
        if which in (one.version, f"v{one.version}", *one.aliases):
            folder = bring_tuned(desk, one)
            return one, finetuned_card(folder), folder
    known = ", ".join(one.version for one in versions) or "none"
    raise InputError(f"{name}: there is no version {which}. The registry has {known}.")


def is_finetuned(folder: Path) -> bool:
    """Whether a folder is one of fine-tuned weights, be it a damaged one, and of no head."""
    return (folder / CONFIG).is_file()


def finetuned_card(folder: Path) -> FineTuned:
    """What fine-tuned weights say of themselves; refuses folders that hold none."""
    card = read_finetuned(folder)
    missing = [name for name in TUNED_FILES if not (folder / name).is_file()]
    if card is None or missing:
        raise InputError(
            f"{folder}: no fine-tuned backbone, {', '.join(missing)} missing. Give a folder that "
            "`gametape train PROFILE --finetune NAME` has written."
        )
    return card


def _adopt(desk: Desk, version: Version, source: Path) -> Path:
    """Copy a backbone into the library under its version; one that is there is left alone."""
    folder = tuned_folder(desk.library, version.name, version.version)
    if _is_there(folder, version):
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".new-", dir=folder.parent))
    try:
        for name in TUNED_FILES:
            shutil.copyfile(source / name, aside / name)
        shutil.rmtree(folder, ignore_errors=True)
        aside.chmod(0o755)
        aside.replace(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return folder


def _is_there(folder: Path, version: Version) -> bool:
    return (folder / CARD).is_file() and digest_of(folder) == version.digest


def _evidence_of(card: FineTuned, plots: tuple[Path, ...]) -> Evidence:
    """What the registry is told of fine-tuned weights."""
    asked = card.settings.model_dump(mode="json", exclude={"judges"})
    parameters: dict[str, object] = {
        "kind": card.kind,
        "classes": ", ".join(card.classes),
        "data_hash": card.data_hash,
        "code_version": CODE,
        "begun_with": card.source_sha256,
        "held_out": ", ".join(card.held_out),
        **{f"asked.{key}": value for key, value in asked.items()},
        **{f"trained_on.{key}": value for key, value in card.trained_on.items()},
    }
    figures = {plain_name(name): value for name, value in card.figures.items()}
    tags = {
        "gametape.profile": card.settings.profile,
        "gametape.kind": card.kind,
        "gametape.inputs": "16 pictures of about a second",
        "gametape.outputs": f"features, and a probability of {', '.join(card.classes)}",
        "gametape.data_hash": card.data_hash,
        "gametape.code_version": CODE,
        **{f"gametape.{name}": f"{value:.3f}" for name, value in figures.items()},
    }
    metrics = {**figures, "loss": card.loss, "steps": float(card.steps)}
    series = {"loss_curve": card.losses} if card.losses else None
    return Evidence(parameters, metrics, tags, plots, series)
