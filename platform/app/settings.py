"""The settings a command runs with: its flags over environment, files and defaults."""

from pathlib import Path

from resources.settings import Resolved, load_settings


def in_force(
    *, library: Path | None = None, port: int | None = None, inbox: Path | None = None
) -> Resolved:
    """Settings with the flags that a command was given."""
    folder = str(library.absolute()) if library is not None else None
    arrivals = str(inbox.absolute()) if inbox is not None else None
    return load_settings({"library": folder, "ui.port": port, "inbox": arrivals})
