"""`gametape up`: the Dagster UI and daemon on the library."""

import os
import sys
from typing import Annotated

import typer

from app.console import err
from app.options import Library
from app.settings import in_force


def up(
    library: Library = None,
    port: Annotated[int | None, typer.Option(help="Port of the UI.")] = None,
) -> None:
    """Start the Dagster UI and daemon on the library; Ctrl-C ends both."""
    from app.materialize import TELEMETRY_OFF, prepare_instance, project_folder
    from resources.settings import environment_with

    settings = in_force(library=library, port=port).settings
    home = prepare_instance(settings)
    environment = environment_with(
        {
            **TELEMETRY_OFF,
            "DAGSTER_HOME": str(home),
            "GAMETAPE_LIBRARY": str(settings.library),
        }
    )
    err.print(f"Library  {settings.library}")
    err.print(f"UI       http://{settings.ui.host}:{settings.ui.port}  (Ctrl-C ends it)")
    os.chdir(project_folder())
    command = [
        *(sys.executable, "-m", "dagster", "dev", "--workspace", "workspace.yaml"),
        *("--host", settings.ui.host, "--port", str(settings.ui.port)),
    ]
    # In place of this process, so that signals reach Dagster and it ends its own children.
    os.execve(command[0], command, environment)
