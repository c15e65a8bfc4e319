"""`gametape up`: the Dagster UI and daemon on the library."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from app.console import err
from app.options import Library
from app.settings import in_force
from app.supervising import keep, only_tree


def up(
    library: Library = None,
    port: Annotated[int | None, typer.Option(help="Port of the UI.")] = None,
    inbox: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder whose videos are processed as they arrive."),
    ] = None,
) -> None:
    """Start the Dagster UI and daemon on the library; Ctrl-C ends both."""
    from app.materialize import TELEMETRY_OFF, end_lost_runs, prepare_instance, project_folder
    from resources.settings import environment_with

    settings = in_force(library=library, port=port, inbox=inbox).settings
    home = prepare_instance(settings)
    environment = environment_with(settings, {**TELEMETRY_OFF, "DAGSTER_HOME": str(home)})
    err.print(f"Library  {settings.library}", markup=False, soft_wrap=True)
    if settings.inbox is not None:
        err.print(f"Inbox    {settings.inbox}", markup=False, soft_wrap=True)
    err.print(f"UI       http://{settings.ui.host}:{settings.ui.port}  (Ctrl-C ends it)")
    command = [
        *(sys.executable, "-m", "dagster", "dev", "--workspace", "workspace.yaml"),
        *("--host", settings.ui.host, "--port", str(settings.ui.port)),
    ]
    lock = home / "up.lock"
    with only_tree(lock):
        end_lost_runs(settings)
        code = keep(command, environment=environment, folder=project_folder(), lock=lock)
    raise typer.Exit(code)
