"""`gametape up`: the Dagster UI and daemon on the library."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from app.console import err
from app.options import Library
from app.settings import in_force


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
    end_lost_runs(settings)
    environment = environment_with(settings, {**TELEMETRY_OFF, "DAGSTER_HOME": str(home)})
    err.print(f"Library  {settings.library}", markup=False, soft_wrap=True)
    if settings.inbox is not None:
        err.print(f"Inbox    {settings.inbox}", markup=False, soft_wrap=True)
    err.print(f"UI       http://{settings.ui.host}:{settings.ui.port}  (Ctrl-C ends it)")
    os.chdir(project_folder())
    command = [
        *(sys.executable, "-m", "dagster", "dev", "--workspace", "workspace.yaml"),
        *("--host", settings.ui.host, "--port", str(settings.ui.port)),
    ]
    # In place of this process, so that signals reach Dagster and it ends its own children.
    os.execve(command[0], command, environment)
