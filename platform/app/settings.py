"""The settings a command runs with: its flags over environment, files and defaults."""

from pathlib import Path

from resources.settings import Resolved, load_settings


def in_force(
    *,
    library: Path | None = None,
    port: int | None = None,
    inbox: Path | None = None,
    history_days: int | None = None,
) -> Resolved:
    """Settings with the flags that a command was given."""
    folder = str(library.absolute()) if library is not None else None
    arrivals = str(inbox.absolute()) if inbox is not None else None
    flags = {"library": folder, "ui.port": port, "inbox": arrivals, "history_days": history_days}
    return load_settings(flags)
