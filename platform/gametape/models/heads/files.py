"""Model folders: `model.safetensors` beside `card.json`, read with suspicion and written whole.

The one form of a head everywhere: embedded, in a library, as an artifact of the registry.
"""

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from gametape.errors import InputError, ToolError
from gametape.models.base import ModelCard
from gametape.models.heads.apply import TrainedHead
from gametape.models.heads.inputs import DIRECTIONS, SHARES, WIDEST, Weights
from gametape.models.heads.markov import LONGEST_CHAIN, OFFSETS
from gametape.models.heads.temporal import temporal_shapes

WEIGHTS, CARD = "model.safetensors", "card.json"
# Files that run code when they are read; nobody should hand one in.
PICKLES = (".pt", ".pth", ".bin", ".pkl", ".pickle", ".ckpt", ".joblib", ".npy", ".npz")
LARGEST_BYTES = 64 << 20


def read_head(folder: Path) -> TrainedHead:
    """The head of a model folder, after every tensor was held against the card."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    card = read_card(folder)
    path = folder / WEIGHTS
    if path.stat().st_size > LARGEST_BYTES:
        raise InputError(f"{path}: larger than any head. Give the folder of a head.")
    try:
        weights = load(path.read_bytes())
    except (SafetensorError, KeyError, ValueError) as error:
        raise InputError(
            f"{path}: not readable as safetensors ({error}). Get the model folder again."
        ) from error
    check_weights(folder, card, weights)
    return TrainedHead(card, weights)


def read_card(folder: Path) -> ModelCard:
    """What a model folder says of its model; refuses folders that are none."""
    if not folder.is_dir():
        raise InputError(f"{folder}: there is no such model folder. Train or pull a model first.")
    missing = [name for name in (WEIGHTS, CARD) if not (folder / name).is_file()]
    if missing:
        pickles = sorted(p.name for p in folder.iterdir() if p.suffix.lower() in PICKLES)
        found = f" {', '.join(pickles[:3])} cannot be read: only safetensors are." * bool(pickles)
        raise InputError(
            f"{folder}: no model, {' and '.join(missing)} missing.{found} "
            "Give a folder that gametape has written."
        )
    try:
        return ModelCard.model_validate_json((folder / CARD).read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise InputError(
            f"{folder / CARD}: not the card of a model ({where}: {first['msg']}). "
            "Give a folder that gametape has written."
        ) from error


def write_head(folder: Path, head: TrainedHead) -> str:
    """Write a model folder whole or not at all, and tell its digest; the same head, same bytes."""
    from safetensors.numpy import save

    check_weights(folder, head.card, head.weights)
    tensors = {n: np.ascontiguousarray(head.weights[n], np.float32) for n in sorted(head.weights)}
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        try:
            aside.chmod(0o755)
            _write(aside / WEIGHTS, save(tensors))
            _write(aside / CARD, (head.card.model_dump_json(indent=2) + "\n").encode())
            _put(aside, folder)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    except OSError as error:
        raise ToolError(
            f"{folder}: could not be written ({error.strerror or error}). "
            "Make room or choose another folder."
        ) from error
    return digest_of(folder)


def digest_of(folder: Path) -> str:
    """SHA-256 over weights and card, as hex: what a model is, whatever its folder is called."""
    digest = hashlib.sha256()
    for name in (WEIGHTS, CARD):
        try:
            content = (folder / name).read_bytes()
        except OSError:
            read_card(folder)  # says what is missing
            raise
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def model_name(card: ModelCard, digest: str) -> str:
    """How rows of predictions name their model: gametape-tennis/3 1a2b3c4d5e6f."""
    return f"{card.name}/{card.version or '0'} {digest[:12]}"


def check_weights(folder: Path, card: ModelCard, weights: Weights) -> None:
    """Every tensor that the card calls for is there, of its shape, finite, and no other."""
    if len(set(card.classes)) != len(card.classes) or not 1 <= len(card.classes) <= 2:
        raise _odd(folder, f"{len(card.classes)} classes ({', '.join(card.classes)})")
    if card.classes[0] != "play" or card.shape.get("states") != 1 + len(card.classes):
        raise _odd(folder, f"{card.shape.get('states')} states for classes {card.classes}")
    try:
        needed = _needed(card, weights)
    except (KeyError, ValueError) as error:
        raise _odd(folder, f"its card does not say {error}") from error
    for name in sorted(set(needed) ^ set(weights)):
        raise _odd(folder, f"{name} is {'missing' if name in needed else 'not part of it'}")
    for name, shape in needed.items():
        if weights[name].shape != shape:
            raise _odd(folder, f"{name} has shape {weights[name].shape}, not {shape}")
        if weights[name].dtype != np.float32 or not np.isfinite(weights[name]).all():
            raise _odd(folder, f"{name} holds values that are no 32-bit numbers")
    if float(weights["temperature"][0]) <= 0:
        raise _odd(folder, "its temperature is not above zero")


def _needed(card: ModelCard, weights: Weights) -> dict[str, tuple[int, ...]]:
    """Name and shape of each tensor, from the card."""
    needed: dict[str, tuple[int, ...]] = {"temperature": (1,)}
    columns = 0
    for number in range(len(card.backbones)):
        wide = int(card.shape[f"width_{number}"])
        narrow = wide
        if wide > WIDEST:
            narrow = min(DIRECTIONS, wide)
            needed[f"inputs.{number}.mean"] = (wide,)
            needed[f"inputs.{number}.basis"] = (wide, narrow)
        needed[f"inputs.{number}.quantiles"] = (narrow, len(SHARES))
        columns += narrow
    states = int(card.shape["states"])
    inputs = columns * (2 if card.shape["own_ranks"] else 1)
    if int(card.shape["inputs"]) != inputs:
        raise ValueError(f"how {columns} columns become {card.shape['inputs']} inputs")
    if card.kind == "temporal":
        return needed | temporal_shapes(card.shape)
    if float(card.shape["emission"]) <= 0:
        raise ValueError("an emission above zero")
    needed |= {"linear.weight": (states, inputs * len(OFFSETS)), "linear.bias": (states,)}
    needed |= {f"markov.{name}": (states,) for name in ("chain", "stay", "share")}
    chains = weights.get("markov.chain", np.ones(1))
    if chains.min() < 1 or chains.max() > LONGEST_CHAIN:
        raise ValueError("how long its chains are")
    return needed | {"markov.follow": (states, states)}


def _odd(folder: Path, reason: str) -> InputError:
    return InputError(
        f"{folder}: not a head that can be used: {reason}. "
        "Weights and card belong together; get the folder again, or train anew."
    )


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _put(aside: Path, folder: Path) -> None:
    """Give the finished folder its name; an old one of that name steps aside first."""
    if folder.exists():
        old = Path(tempfile.mkdtemp(prefix=f".{folder.name}.old.", dir=folder.parent))
        folder.replace(old / folder.name)
        aside.replace(folder)
        shutil.rmtree(old, ignore_errors=True)
        return
    aside.replace(folder)
