"""`gametape train`: the asset `models` of one sport, from labelled tapes to a challenger."""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Annotated

import typer

from app import finetuning
from app.console import out, print_json, progress_bars
from app.options import AsJson, Library
from app.settings import in_force
from app.views.models import show_decision
from gametape.errors import InputError, ToolError
from resources.settings import Settings

TAPES, HEAD = "Which tapes learn, and which judge", "A head, which finds plays"


Sport = Annotated[str, typer.Argument(help="Sport pack; `gametape profiles` lists them.")]
Tapes = Annotated[
    list[str] | None,
    typer.Option(
        "--tape",
        metavar="ID",
        help="Only these labelled tapes; may be repeated.",
        rich_help_panel=TAPES,
    ),
]
Dataset = Annotated[
    str,
    typer.Option(
        metavar="NAME", help="The tapes of a dataset, as it splits them.", rich_help_panel=TAPES
    ),
]
HoldOut = Annotated[
    float | None,
    typer.Option(
        metavar="SHARE",
        help="Share of games that judge and never train; without, a quarter, as the sport's "
        "dataset is split.",
        rich_help_panel=TAPES,
    ),
]
Seed = Annotated[int, typer.Option(help="Same seed and tapes: same model.")]
Kind = Annotated[
    str,
    typer.Option(
        metavar="KIND",
        help="temporal, or linear-hmm: simpler, in seconds.",
        rich_help_panel=HEAD,
    ),
]
Steps = Annotated[
    int,
    typer.Option(
        metavar="N",
        help="Steps of a head's training at most, 8 stretches of tapes each; 0: until it no "
        "longer gains, 600 at most. A head has no epochs: stretches are drawn at random.",
        rich_help_panel=HEAD,
    ),
]
Curve = Annotated[
    bool,
    typer.Option(
        "--learning-curve",
        help="Train on 4, 6, 9 ... games too, to see what more labels would bring. Takes a "
        "few times as long; the page on models shows it.",
        rich_help_panel=HEAD,
    ),
]


def train(
    profile: Sport,
    tape: Tapes = None,
    dataset: Dataset = "",
    hold_out: HoldOut = None,
    seed: Seed = 0,
    kind: Kind = "temporal",
    steps: Steps = 0,
    learning_curve: Curve = False,
    finetune: finetuning.Finetune = None,
    weights: finetuning.Weights = None,
    to: finetuning.To = None,
    epochs: finetuning.Epochs = None,
    rate: finetuning.Rate = None,
    frozen_layers: finetuning.Frozen = None,
    batch: finetuning.Batch = None,
    checkpoint_steps: finetuning.Checkpoint = None,
    library: Library = None,
    as_json: AsJson = False,
) -> None:
    """Train a model on labelled tapes, judge it on other games, and register it as challenger.

    Nothing changes for any tape until `gametape models promote`. What was trained is kept in the
    library when the registry cannot be reached; interrupted training goes on where it was.
    """
    settings = in_force(library=library).settings
    shared = {"seed": seed, "hold_out": hold_out}
    pace = finetuning.pace_of(weights, epochs, rate, frozen_layers, batch, checkpoint_steps)
    _check(finetune, {**pace, "to": to}, steps=steps, is_named=bool(dataset), tape=tape)
    if finetune is not None:
        finetuning.fine_tune(
            *(settings, finetune),
            values={**shared, **pace, "profile": profile},
            to=to,
            tapes=tape or (),
            dataset=dataset,
            as_json=as_json,
        )
        return
    head = {"kind": kind, "steps": steps, "learning_curve": learning_curve}
    config = {"tapes": list(tape or ()), "dataset": dataset, **shared, **head}
    _train_head(settings, profile, config, as_json=as_json)


def _check(
    finetune: str | None,
    fine_options: Mapping[str, object],
    *,
    steps: int,
    tape: list[str] | None,
    is_named: bool,
) -> None:
    """Refuse options that say nothing together, rather than pass one over in silence."""
    if find_spec("torch") is None:
        raise ToolError("Training needs torch, which is not installed. Install the extra `learn`.")
    if tape and is_named:
        raise InputError("--tape and --dataset: a dataset names its tapes. Give one of the two.")
    given = [name for name, value in fine_options.items() if value is not None]
    if finetune is None and given:
        option = {"source": "weights"}.get(given[0], given[0]).replace("_", "-")
        cure = "A head's training takes --steps." if option == "epochs" else "Leave it out."
        raise InputError(f"--{option}: is for --finetune. {cure}")
    if finetune is not None and steps:
        raise InputError("--steps: is for heads. Fine-tuning takes --epochs.")


def _train_head(
    settings: Settings, profile: str, config: dict[str, object], *, as_json: bool
) -> None:
    from app.runs.materialize import learn
    from gametape.profile import load_profile
    from resources.learning.promoting import decisions

    load_profile(profile, folder=settings.profiles)  # refuses a sport that nobody knows
    is_plain = not (config["tapes"] or config["dataset"] or config["hold_out"])
    steps = None if is_plain else ["models"]  # else its dataset is made first, and checked
    with progress_bars(is_quiet=as_json) as progress:
        learn(settings, profile, config, steps, progress=progress)
    decision = [one for one in decisions(settings.library) if one.profile == profile][-1]
    if as_json:
        print_json(decision.model_dump(mode="json"))
        return
    show_decision(decision)
    out.print(
        f"Registered as challenger, version {decision.challenger.version}. "
        f"`gametape models promote {profile}` lets it take over."
    )
