"""The options of `gametape train --finetune`, and what it does with them."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.console import err, out, print_json, progress_bars
from gametape.errors import InputError
from resources.settings import Settings
from resources.store import Store

if TYPE_CHECKING:
    from gametape.training.finetune import FineTuned, FineTuneSettings

NAMES = ("videomae", "videomae-small")
PANEL = "A video backbone, fine-tuned"

Finetune = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help=f"Fine-tune a video backbone instead of training a head: {' or '.join(NAMES)}.",
        rich_help_panel=PANEL,
    ),
]
Weights = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Begin with the weights in this folder, such as a model fine-tuned before; without, "
        "with those that were pulled.",
        rich_help_panel=PANEL,
    ),
]
To = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Where the new weights go; without, backbones/ in the library.",
        rich_help_panel=PANEL,
    ),
]
Epochs = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="How often it goes through the tapes; 10 by default.",
        rich_help_panel=PANEL,
    ),
]
Rate = Annotated[
    float | None,
    typer.Option(metavar="X", help="Learning rate; 5e-5 by default.", rich_help_panel=PANEL),
]
Frozen = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="First layers that stay as they are; 0 by default, 9 of 12 against forgetting.",
        rich_help_panel=PANEL,
    ),
]
Batch = Annotated[
    int | None,
    typer.Option(metavar="N", help="Windows in a step; 8 by default.", rich_help_panel=PANEL),
]
Checkpoint = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Steps between two states that a broken-off run goes on from; 100 by default.",
        rich_help_panel=PANEL,
    ),
]


def pace_of(
    weights: Path | None,
    epochs: int | None,
    rate: float | None,
    frozen_layers: int | None,
    batch: int | None,
    checkpoint_steps: int | None,
) -> dict[str, object]:
    """How it is to be fine-tuned, as far as somebody said."""
    return {
        "source": weights,
        "epochs": epochs,
        "rate": rate,
        "frozen_layers": frozen_layers,
        "batch": batch,
        "checkpoint_steps": checkpoint_steps,
    }


def fine_tune(
    settings: Settings,
    name: str,
    *,
    values: dict[str, object],
    to: Path | None,
    tapes: Sequence[str],
    dataset: str,
    as_json: bool,
) -> None:
    """Fine-tune on labelled tapes and say how the new weights are put to use."""
    from gametape.training.finetune import finetune
    from resources.learning.comparing import Desk
    from resources.learning.finetuning import filmed_tapes
    from resources.learning.tuned import push_tuned
    from resources.learning.tunedfiles import tuned_folder, tuned_name

    if name not in NAMES:
        raise InputError(f"--finetune {name}: is not known. Choose {' or '.join(NAMES)}.")
    profile = str(values["profile"])
    values |= {"source": values["source"] or settings.weights / name, "backbone": name}
    folder = to or tuned_folder(settings.library, tuned_name(profile, name))
    share = values.pop("hold_out")
    with progress_bars(is_quiet=as_json) as progress:
        store = Store(settings.library, settings.profiles)
        filmed = filmed_tapes(
            store,
            profile,
            ids=tapes,
            dataset=dataset,
            share=share if isinstance(share, float) else None,
            progress=progress,
        )
        wanted = _settings(values | {"judges": filmed.judges})
        if folder.resolve() == wanted.source.resolve():
            raise InputError(f"--weights {folder}: would be overwritten. Name another folder --to.")
        try:
            made = finetune(filmed.tapes, wanted, folder=folder, progress=progress)
        except KeyboardInterrupt:
            err.print("The same command goes on from the last state kept.")
            raise
    version, kept = push_tuned(Desk.of(settings), folder)
    if as_json:
        registered = {"name": version.name, "version": version.version, "kept": kept}
        print_json({**made.model_dump(mode="json"), "folder": folder, **registered})
        return
    _tell(made, folder, f"{version.name}/{version.version}")


def _settings(values: dict[str, object]) -> "FineTuneSettings":
    from pydantic import ValidationError

    from gametape.training.finetune import FineTuneSettings

    try:
        return FineTuneSettings.model_validate({k: v for k, v in values.items() if v is not None})
    except ValidationError as error:
        first = error.errors()[0]
        option = "--" + str(first["loc"][0]).replace("_", "-")
        raise InputError(f"{option}: {first['msg']}. Correct it.") from error


def _tell(made: "FineTuned", folder: Path, version: str) -> None:
    about = made.trained_on
    out.print(
        f"Fine-tuned on {about['tapes']} tapes of {about['games']} games, {made.steps} steps, "
        f"loss {made.loss:.3f}."
    )
    if made.held_out:
        figures = ", ".join(f"{key} {value:.3f}" for key, value in made.figures.items())
        out.print(f"On {len(made.held_out)} games that it never saw: {figures}", soft_wrap=True)
    out.print(f"[green]{folder}[/]", soft_wrap=True)
    profile, backbone = made.settings.profile, made.settings.backbone
    out.print(
        f"Registered as {version}. It finds no plays by itself: set `features: {{backbone: "
        f"{backbone}, weights: {version}}}` in the sport pack {profile}, `gametape run` for its "
        f"features, and `gametape train {profile}` for a head on them.",
        soft_wrap=True,
        markup=False,
    )
