"""`gametape train`: the asset `models` of one sport, from labelled tapes to a challenger."""

from typing import Annotated

import typer

from app.console import out, print_json, progress_bars
from app.modelsview import show_decision
from app.options import AsJson, Library
from app.settings import in_force


def train(
    profile: Annotated[str, typer.Argument(help="Sport pack; `gametape profiles` lists them.")],
    tape: Annotated[
        list[str] | None,
        typer.Option("--tape", metavar="ID", help="Only these labelled tapes; may be repeated."),
    ] = None,
    dataset: Annotated[
        str, typer.Option(metavar="NAME", help="The tapes of a dataset, as it splits them.")
    ] = "",
    kind: Annotated[
        str, typer.Option(metavar="KIND", help="temporal, or linear-hmm: simpler, in seconds.")
    ] = "temporal",
    seed: Annotated[int, typer.Option(help="Same seed and tapes: same model.")] = 0,
    steps: Annotated[
        int, typer.Option(metavar="N", help="Steps of training at most; 0: the default.")
    ] = 0,
    hold_out: Annotated[
        float, typer.Option(metavar="SHARE", help="Share of games that judge and never train.")
    ] = 0.25,
    library: Library = None,
    as_json: AsJson = False,
) -> None:
    """Train a model on labelled tapes, judge it on other games, and register it as challenger.

    Nothing changes for any tape until `gametape models promote`. What was trained is kept in the
    library when the registry cannot be reached; interrupted training goes on where it was.
    """
    from app.materialize import learn
    from gametape.profile import load_profile
    from resources.promoting import decisions

    settings = in_force(library=library).settings
    load_profile(profile, folder=settings.profiles)  # refuses a sport that nobody knows
    config = {
        "tapes": list(tape or ()),
        "dataset": dataset,
        "kind": kind,
        "seed": seed,
        "steps": steps,
        "hold_out": hold_out,
    }
    with progress_bars(is_quiet=as_json) as progress:
        learn(settings, profile, config, progress=progress)
    decision = [one for one in decisions(settings.library) if one.profile == profile][-1]
    if as_json:
        print_json(decision.model_dump(mode="json"))
        return
    show_decision(decision)
    out.print(
        f"Registered as challenger, version {decision.challenger.version}. "
        f"`gametape models promote {profile}` lets it take over."
    )
