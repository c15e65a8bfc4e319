"""Backbones by the name that a sport pack gives them. A new one is a class and a line here."""

from collections.abc import Callable
from pathlib import Path

from gametape.errors import InputError
from gametape.models.backbones.backends import Asked, on_working
from gametape.models.backbones.base import Backbone
from gametape.models.backbones.cheap import Cheap
from gametape.models.backbones.frames import Frames
from gametape.models.backbones.i3d import I3d
from gametape.models.backbones.videomae import videomae
from gametape.models.backbones.weightfile import cure
from gametape.profile import FeatureSettings

# Backbones with weights, each made from the folder that all of them lie in.
WEIGHED: dict[str, Callable[[Path, Asked], Backbone]] = {
    "frames": lambda folder, asked: on_working(Frames(folder), asked),
    "i3d": lambda folder, asked: on_working(I3d(folder), asked),
    "videomae": lambda folder, asked: videomae(folder / "videomae", asked=asked),
    "videomae-small": lambda folder, asked: videomae(
        folder / "videomae-small", name="videomae-small", asked=asked
    ),
}


def backbones_for(settings: FeatureSettings, weights: Path | None) -> tuple[Backbone, ...]:
    """What a sport pack asks for: the one it names, and `cheap`, which costs nothing, beside it.

    `weights` is the folder that weights were pulled to.
    """
    if settings.backbone == "none":
        return ()
    if settings.backbone == "cheap":
        return (Cheap(),)
    return (Cheap(), backbone_named(settings.backbone, weights, settings.backend))


def backbone_named(name: str, weights: Path | None, asked: Asked = "auto") -> Backbone:
    """One backbone, ready to work; a missing weight is an InputError that says how to get it."""
    if name == "cheap":
        return Cheap()
    if name not in WEIGHED:
        choice = ", ".join(["cheap", *WEIGHED])
        raise InputError(f"Backbone {name!r}: there is none of that name. Choose one of {choice}.")
    if weights is None:
        raise InputError(f"Backbone {name!r}: no folder of weights is known. {cure(name)}")
    backbone = WEIGHED[name](weights, asked)
    assert backbone.weights, "what has weights says which"  # refused here where they are missing
    return backbone
