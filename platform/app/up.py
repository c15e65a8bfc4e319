"""`gametape up`: the Dagster UI and daemon on the library."""

import socket
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from app.console import err
from app.options import Library
from app.runs.supervising import Tree, keep, only_tree
from app.settings import in_force
from gametape.errors import InputError, ToolError
from resources.settings import UiSettings

# Dagster starts its daemon and its web server, and ends where one of them does; but the code server
# is not missed: without it no run starts and no sensor ticks.
CODE_SERVER = "dagster api grpc"
# It tells whoever types it of its own successor; nobody who types `gametape up` can act on that.
NO_ADVICE = {"PYTHONWARNINGS": "ignore:Function `dev_command`"}
SOON_S = 60.0
TRIES = 3  # what ends so soon so often would only end again


def up(
    library: Library = None,
    port: Annotated[int | None, typer.Option(help="Port of the UI.")] = None,
    inbox: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder whose videos are processed as they arrive."),
    ] = None,
) -> None:
    """Start the Dagster UI and daemon on the library; Ctrl-C ends both."""
    from app.runs.history import end_lost_runs, project_folder, run_history
    from app.runs.materialize import TELEMETRY_OFF
    from resources.settings import environment_with

    settings = in_force(library=library, port=port, inbox=inbox).settings
    home = str(settings.dagster_home)
    environment = environment_with(settings, {**NO_ADVICE, **TELEMETRY_OFF, "DAGSTER_HOME": home})
    err.print(f"Library  {settings.library}", markup=False, soft_wrap=True)
    if settings.inbox is not None:
        err.print(f"Inbox    {settings.inbox}", markup=False, soft_wrap=True)
    err.print(f"UI       http://{settings.ui.host}:{settings.ui.port}  (Ctrl-C ends it)")
    command = [
        *(sys.executable, "-m", "dagster", "dev", "--workspace", "workspace.yaml"),
        *("--host", settings.ui.host, "--port", str(settings.ui.port)),
    ]
    tree = Tree(
        command, environment, project_folder(), settings.dagster_home / "up.lock", part=CODE_SERVER
    )
    with only_tree(tree.lock):
        refuse_taken_port(settings.ui)
        tries = TRIES
        while True:
            with run_history(settings) as instance:
                end_lost_runs(instance, settings)
            began_s = time.monotonic()
            if keep(tree):
                return
            tries = TRIES if time.monotonic() - began_s > SOON_S else tries - 1
            if not tries:
                raise ToolError("The UI ends again and again; the lines above say why.")
            err.print("A part of the UI is gone. Starting it again.")


def refuse_taken_port(ui: UiSettings) -> None:
    """Say at once, not after all has been started, that the UI cannot be served."""
    try:
        socket.create_server((ui.host, ui.port)).close()
    except OSError as error:
        raise InputError(
            f"http://{ui.host}:{ui.port}: the UI cannot be served there "
            f"({error.strerror or error}). Choose another port with --port."
        ) from None
