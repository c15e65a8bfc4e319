"""`gametape models`: what has been learned, which of it is in force, and how that changes."""

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.console import out, print_json, progress_bars
from app.options import AsJson, Library
from app.pulling import pull
from app.settings import in_force
from app.views.models import (
    show_backbone,
    show_card,
    show_decision,
    show_versions,
    version_values,
)

if TYPE_CHECKING:
    from resources.learning.comparing import Desk

models = typer.Typer(
    name="models",
    help="Learned models: list, compare, promote, roll back; weights that come in packages.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
models.command()(pull)

Sport = Annotated[str, typer.Argument(help="Sport pack.", metavar="PROFILE")]
Against = Annotated[
    str | None,
    typer.Option(
        metavar="WHAT",
        help="Compare with champion, embedded, a version, a folder, main-camera or fixed-camera; "
        "without, with what scores this sport today.",
    ),
]
Tapes = Annotated[
    list[str] | None,
    typer.Option("--tape", metavar="ID", help="Judge on this labelled tape; may be repeated."),
]
SIDE = "challenger, champion, a version, embedded, or a folder."


@models.command("list")
def list_models(
    profile: Annotated[str | None, typer.Argument(help="Only of this sport pack.")] = None,
    library: Library = None,
    as_json: AsJson = False,
) -> None:
    """List the registered models of each sport, and which of them are in force."""
    from resources.learning.champions import champions
    from resources.learning.comparing import Desk
    from resources.learning.tunedfiles import sport_of

    desk = Desk.of(in_force(library=library).settings)
    names = [n for n in desk.registry.names() if profile in (None, sport_of(n))]
    found = [one for name in names for one in desk.registry.versions(name)]
    here = champions(desk.library)
    if as_json:
        print_json([version_values(one, here) for one in found])
        return
    show_versions(found, here)


@models.command()
def show(
    profile: Sport,
    which: Annotated[str, typer.Argument(help=SIDE)] = "champion",
    library: Library = None,
    as_json: AsJson = False,
) -> None:
    """Show a model's card: what it reads, what it was trained on, and its figures.

    Of a fine-tuned backbone, such as tennis-videomae, without a version the latest.
    """
    from gametape.errors import InputError
    from gametape.profile import load_profile
    from resources.learning.comparing import Desk, contender
    from resources.learning.judging import Learned
    from resources.learning.tunedfiles import is_tuned

    desk = Desk.of(in_force(library=library).settings)
    if is_tuned(profile):
        _show_tuned(desk, profile, "challenger" if which == "champion" else which, as_json)
        return
    found = contender(desk, load_profile(profile, folder=desk.store.profiles), which)
    if not isinstance(found, Learned):
        raise InputError(f"{which}: is a scorer of rules and has no card. Name a model: {SIDE}")
    if as_json:
        print_json({"label": found.label, "folder": found.folder, **found.head.card.model_dump()})
        return
    show_card(found)


@models.command()
def compare(
    profile: Sport,
    which: Annotated[str, typer.Argument(help=SIDE)] = "challenger",
    against: Against = None,
    tape: Tapes = None,
    library: Library = None,
    as_json: AsJson = False,
) -> None:
    """Hold two models against the same labelled tapes, which neither has learned from."""
    from resources.learning.comparing import Desk
    from resources.learning.comparing import compare as judge

    desk = Desk.of(in_force(library=library).settings)
    with progress_bars(is_quiet=as_json) as progress:
        decision = judge(
            desk, profile, challenger=which, against=against, tapes=tape or (), progress=progress
        )
    if as_json:
        print_json(decision.model_dump(mode="json"))
        return
    show_decision(decision)


@models.command()
def promote(
    profile: Sport,
    which: Annotated[str, typer.Argument(help="challenger, or a version.")] = "challenger",
    tape: Tapes = None,
    force: Annotated[
        bool, typer.Option("--force", help="Promote what was refused; say --why.")
    ] = False,
    why: Annotated[str, typer.Option(metavar="TEXT", help="Why it takes over all the same.")] = "",
    library: Library = None,
    as_json: AsJson = False,
) -> None:
    """Let a model take over a sport, if it is better on tapes that neither has learned from.

    The decision is kept in any case. Tapes whose predictions are stale then are scored again by
    `gametape run`, or bit by bit by the sensor `promotions` of `gametape up`.
    """
    from gametape.errors import InputError
    from resources.learning.comparing import Desk
    from resources.learning.comparing import compare as judge
    from resources.learning.promoting import promote as take_over

    if force and not why:
        raise InputError("--force: say with --why TEXT why it takes over all the same.")
    desk = Desk.of(in_force(library=library).settings)
    with progress_bars(is_quiet=as_json) as progress:
        decision = judge(desk, profile, challenger=which, tapes=tape or (), progress=progress)
    if not as_json:
        show_decision(decision)
    done = take_over(desk, decision, by=getpass.getuser() if force else "", why=why)
    if as_json:
        print_json(done.model_dump(mode="json"))
        return
    _say_moved(desk.library, profile, desk.store.profiles)


@models.command()
def rollback(profile: Sport, library: Library = None, as_json: AsJson = False) -> None:
    """Give a sport back to the model that was champion before; to none, if it was the first."""
    from resources.learning.comparing import Desk
    from resources.learning.promoting import rollback as go_back

    desk = Desk.of(in_force(library=library).settings)
    done = go_back(desk, profile)
    if as_json:
        print_json(done.model_dump(mode="json"))
        return
    _say_moved(desk.library, profile, desk.store.profiles)


@models.command()
def push(
    folder: Annotated[Path, typer.Argument(help="Model folder: model.safetensors, card.json.")],
    library: Library = None,
    as_json: AsJson = False,
) -> None:
    """Register a model folder as challenger; what was trained while the registry was away, too."""
    from resources.learning.comparing import Desk
    from resources.learning.registering import push as register

    desk = Desk.of(in_force(library=library).settings)
    version, place = register(desk, folder)
    if as_json:
        print_json({"name": version.name, "version": version.version, "folder": place})
        return
    out.print(f"{version.name}: version {version.version} is challenger. {place}", soft_wrap=True)


@models.command()
def sync(library: Library = None, as_json: AsJson = False) -> None:
    """Follow what was moved in the registry itself; the sensor `promotions` does it, too."""
    from resources.learning.comparing import Desk
    from resources.learning.promoting import sync as follow

    said = follow(Desk.of(in_force(library=library).settings))
    if as_json:
        print_json(said)
        return
    out.print("\n".join(said) or "Nothing was moved.")


def _show_tuned(desk: "Desk", wanted: str, which: str, as_json: bool) -> None:
    """A fine-tuned backbone, by what somebody calls it."""
    from resources.learning.tuned import show_tuned

    name = wanted if wanted.startswith("gametape-") else f"gametape-{wanted}"
    version, card, folder = show_tuned(desk, name, which)
    if as_json:
        values = {"name": version.name, "version": version.version, "folder": folder}
        print_json({**card.model_dump(mode="json"), **values})
        return
    show_backbone(version, card, folder)


def _say_moved(library: Path, profile: str, packs: Path | None) -> None:
    """What is in force now, and what follows from it."""
    from gametape.profile import load_profile
    from resources.learning.champions import LEARNED, champions

    champion = champions(library).get(profile)
    words = f"version {champion.version} is champion" if champion else "no model is champion"
    out.print(f"[green]{profile}:[/] {words}.")
    scorer = load_profile(profile, folder=packs).scorer
    if scorer.name == LEARNED and scorer.model == "champion":
        out.print("`gametape plan` shows what is stale now; `gametape run` makes it again.")
    else:
        name = "embedded" if scorer.name == LEARNED else scorer.name
        out.print(
            f"The sport pack scores with {name}, so nothing is stale yet. For champions set "
            f"`scorer: {{name: learned}}` in {library}/profiles/{profile}.yaml "
            f"beside `extends: {profile}`, or --set scorer.name=learned for one tape.",
            soft_wrap=True,
        )
