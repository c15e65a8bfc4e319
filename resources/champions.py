"""Which model is in force for each sport: the library's own mirror of the registry's `champion`.

Read wherever a plan is made, so the registry is never asked here; promotion writes it.
"""

import json
from pathlib import Path

from pydantic import Field, ValidationError

from gametape.aside import write_text
from gametape.errors import InputError
from gametape.schema import Noun


class Model(Noun):
    """One model of a sport pack, by what it is and by where its folder lies in the library."""

    digest: str
    version: str
    folder: str  # under the library's folder


class Champion(Model):
    """The model in force, and those that were before it, the latest last."""

    before: tuple[Model, ...] = Field(default=())


def champions(library: Path) -> dict[str, Champion]:
    """The model in force by sport pack; a sport pack without one is not in it."""
    path = mirror_path(library)
    try:
        values = json.loads(path.read_bytes())
        return {name: Champion.model_validate(value) for name, value in values.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, AttributeError, ValidationError) as error:
        raise InputError(
            f"{path}: not readable ({error}). Remove it; `gametape models sync` writes it again."
        ) from error


def write_champions(library: Path, found: dict[str, Champion]) -> None:
    """Write the mirror, whole or not at all."""
    values = {name: champion.model_dump(mode="json") for name, champion in sorted(found.items())}
    write_text(mirror_path(library), json.dumps(values, indent=2) + "\n")


def mirror_path(library: Path) -> Path:
    """Where the mirror lies."""
    return library / "models" / "champions.json"
