"""Weights of a backbone on this machine: model.safetensors, and card.json that says what they are.

Only safetensors are opened here. Where weights come from is the catalog's matter.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from gametape.aside import write_bytes, write_text
from gametape.errors import InputError, ToolError
from gametape.fingerprint import hash_file
from gametape.schema import Noun

FILE, CARD = "model.safetensors", "card.json"
# Sums of thousands of products in another order differ by about 1e-5 of the usual number.
TOLERANCE = 2e-3

Tensors = dict[str, NDArray[np.float32]]


class WeightCard(Noun):
    """Where weights come from, whose they are, and what the file beside must be."""

    name: str
    about: str
    package: str  # name and version in the package index
    package_sha256: str  # of the archive
    member: str  # of the archive
    member_sha256: str
    code: str  # version of the conversion
    sha256: str  # of model.safetensors
    licence: str
    licence_text: str  # as it lies in the package
    notes: tuple[str, ...] = ()


def cure(name: str) -> str:
    """What to do where weights are missing or wrong."""
    return f"Get them with `gametape models pull {name}` (once, over the network)."


def read_card(folder: Path, name: str) -> WeightCard:
    """What is said of a backbone's weights; an InputError where they are not there."""
    path = folder / name / CARD
    try:
        return WeightCard.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        missing = f"Backbone {name!r}: its weights are not in {folder}."
        raise InputError(f"{missing} {cure(name)}") from None
    except ValidationError as error:
        raise InputError(f"{path}: not a readable card of weights. {cure(name)}") from error


def load_weights(folder: Path, name: str) -> Tensors:
    """All tensors of a backbone, after a look whether they are the ones of the card."""
    card, path = read_card(folder, name), folder / name / FILE
    try:
        if hash_file(path) != card.sha256:
            raise InputError(f"{path}: is not the file that its card speaks of. {cure(name)}")
        return load_file(path)
    except FileNotFoundError:
        raise InputError(f"{path}: is missing. {cure(name)}") from None
    except SafetensorError as error:
        raise InputError(f"{path}: not readable ({error}). {cure(name)}") from error


def save_weights(
    folder: Path, tensors: Mapping[str, NDArray[np.float32]], card: WeightCard
) -> None:
    """Put tensors and card in place; the card comes last, and without it nothing is there."""
    place = folder / card.name
    (place / CARD).unlink(missing_ok=True)
    ordered = {key: np.ascontiguousarray(tensors[key]) for key in sorted(tensors)}
    write_bytes(place / FILE, save(ordered))
    card = card.model_copy(update={"sha256": hash_file(place / FILE)})
    write_text(place / CARD, card.model_dump_json(indent=1) + "\n")


def probe(*shape: int) -> NDArray[np.uint8]:
    """A picture, or a few, that is the same everywhere: what backbones are tried with."""
    count = int(np.prod(shape))
    waves = np.sin(np.arange(count) * 0.0137) + np.sin(np.arange(count) * 0.000731 + 1.0)
    return np.asarray(np.round(waves * 60 + 127), np.uint8).reshape(shape)


def spread(found: NDArray[np.floating], count: int) -> NDArray[np.float64]:
    """So many of the numbers, evenly spread."""
    flat = np.asarray(found, np.float64).ravel()
    return flat[:: max(1, len(flat) // count)][:count]


def check_output(name: str, found: NDArray[np.floating], expected: Sequence[float]) -> None:
    """Some numbers, evenly spread, of what a probe gives must be those that it always gave."""
    some = spread(found, len(expected))
    if np.allclose(some, expected, rtol=TOLERANCE, atol=TOLERANCE):
        return
    raise ToolError(
        f"Backbone {name!r}: a known picture gives {np.round(some, 4).tolist()}, "
        f"not {list(expected)}. Weights, or what computes with them, are not what they should be. "
        f"{cure(name)}"
    )
