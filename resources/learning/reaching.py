"""Whether the registry can be reached, and what is wrong with it, in sentences.

What is kept there is `registry`; nothing here knows of models.
"""

import contextlib
import urllib.error
import urllib.request
import warnings
from collections.abc import Iterator
from pathlib import Path

from gametape.errors import GametapeError, InputError, ToolError


def check_reachable(uri: str, timeout_s: float) -> None:
    """Ask a server for its health, so that nobody waits for minutes."""
    if uri.startswith(("file:", "/", "./")) or "://" not in uri:
        raise InputError(
            f"Setting registry.uri: {uri} is a folder, and MLflow no longer keeps models "
            "in one. Name a server (https://...) or a database (sqlite:////folder/file)."
        )
    if not uri.startswith(("http://", "https://")):
        return
    try:
        with urllib.request.urlopen(f"{uri}/health", timeout=timeout_s):
            return
    except urllib.error.HTTPError as error:
        if error.code < 500:  # it answers; another proxy has no such page
            return
        reason: object = error
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
    raise ToolError(
        f"The registry at {uri} does not answer ({reason}). Start it or correct the "
        "setting registry.uri."
    )


@contextlib.contextmanager
def kept(folder: Path) -> Iterator[None]:
    """Say where a model lies that could not be registered, and how it is later."""
    try:
        yield
    except ToolError as error:
        raise ToolError(
            f"{error} The model is kept: `gametape models push {folder}` registers it then."
        ) from error


@contextlib.contextmanager
def saying(uri: str, what: str) -> Iterator[None]:
    """Turn what MLflow, its database or the disk say into a sentence."""
    try:
        with warnings.catch_warnings():  # MLflow warns of its own use of its database
            warnings.simplefilter("ignore")
            yield
    except GametapeError:
        raise
    except ImportError as error:
        raise ToolError(
            "MLflow is not installed, and the registry needs it. Install the extra `learn`."
        ) from error
    except Exception as error:
        theirs = ("mlflow", "sqlalchemy", "sqlite3", "requests")
        if not type(error).__module__.startswith(theirs) and not isinstance(error, OSError):
            raise
        reason = str(error).strip().splitlines()[0][:300] if str(error).strip() else "?"
        raise ToolError(
            f"The registry at {uri} {what} ({reason}). Nothing was registered half; "
            "correct it and run again."
        ) from error
