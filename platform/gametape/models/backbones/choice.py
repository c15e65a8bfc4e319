"""Backbones by the name that a sport pack gives them. A new one is a class and a line here."""

from pathlib import Path

from gametape.errors import InputError
from gametape.models.backbones.base import Backbone
from gametape.models.backbones.cheap import Cheap
from gametape.profile import FeatureSettings


def backbones_for(settings: FeatureSettings, weights: Path | None) -> tuple[Backbone, ...]:
    """What a sport pack asks for: the one it names, and `cheap`, which costs nothing, beside it.

    `weights` is the folder that weights were pulled to.
    """
    if settings.backbone == "none":
        return ()
    if settings.backbone == "cheap":
        return (Cheap(),)
    return (Cheap(), backbone_named(settings.backbone, weights))


def backbone_named(name: str, weights: Path | None) -> Backbone:
    """One backbone, ready to work; a missing weight is an InputError that says how to get it."""
    if name == "cheap":
        return Cheap()
    raise InputError(f"Backbone {name!r}: there is none of that name. Choose cheap or none.")
