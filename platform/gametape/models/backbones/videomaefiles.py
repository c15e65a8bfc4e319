"""Folders of VideoMAE weights: `config.json` and `model.safetensors`, read with suspicion.

Weights are read from the file by their names, never by a library's loader: transformers 5.10 to
5.18 lost the biases of queries and values in silence, and some loaders run pickles.
"""

import json
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from gametape.errors import InputError
from gametape.fingerprint import hash_file
from gametape.schema import Noun

CONFIG, WEIGHTS, CHECK = "config.json", "model.safetensors", "check.json"
# Of the folders that weights are pulled to, and of what `gametape models pull` takes.
NAMES = ("videomae", "videomae-small")
PICKLES = (".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt")
# Huge is 2.5 GB as it is published; more is no VideoMAE.
LARGEST_BYTES = 8 << 30
# What gametape's own models tell apart, in this order; the second needs marked services.
OWN_CLASSES = (("dead", "play"), ("dead", "play", "service"))
# Every number of the training pictures was normalised so (ImageNet, red, green, blue).
MEAN, SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
# Furthest from plain arithmetic, in spreads of the features: rounding in 32 and in 16 bits.
TOLERANCE = {"float32": 1e-3, "bfloat16": 0.1, "float16": 0.05}
Tensors = dict[str, NDArray[np.floating]]


class VideoMaeShape(BaseModel):
    """What of config.json decides the network; other keys of it are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    model_type: Literal["videomae"]
    hidden_act: Literal["gelu"] = "gelu"
    num_channels: Literal[3] = 3
    hidden_size: int = Field(768, ge=4, le=2048)
    num_hidden_layers: int = Field(12, ge=1, le=64)
    num_attention_heads: int = Field(12, ge=1, le=64)
    intermediate_size: int = Field(3072, ge=4, le=8192)
    image_size: int = Field(224, ge=8, le=512)
    patch_size: int = Field(16, ge=2, le=64)
    num_frames: int = Field(16, ge=2, le=64)
    tubelet_size: int = Field(2, ge=1, le=8)
    layer_norm_eps: float = Field(1e-12, ge=0, le=1e-2)
    qv_bias: bool = True
    use_mean_pooling: bool = True
    id2label: dict[int, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _fits(self) -> "VideoMaeShape":
        parts = (
            (self.hidden_size, self.num_attention_heads),
            (self.image_size, self.patch_size),
            (self.num_frames, self.tubelet_size),
        )
        if any(whole % part for whole, part in parts):
            raise ValueError("heads, patches and tubelets must divide width, picture and frames")
        return self

    @property
    def patches(self) -> int:
        """Patches of a window."""
        return (self.image_size // self.patch_size) ** 2 * self.num_frames // self.tubelet_size

    @property
    def classes(self) -> tuple[str, ...]:
        """Classes of a model that gametape has fine-tuned; empty for any other."""
        names = tuple(self.id2label[number] for number in sorted(self.id2label))
        return names if names in OWN_CLASSES else ()


class WeightsCheck(Noun):
    """What a folder's weights were when they were put there; lies beside them as check.json."""

    sha256: str  # of model.safetensors
    source: str  # where they came from
    features: tuple[float, ...]  # of the known input, by plain arithmetic


def read_folder(folder: Path) -> tuple[VideoMaeShape, Tensors, str]:
    """Shape, tensors and SHA-256 of a folder's weights; names are those of transformers 5.

    Whatever is missing, foreign, damaged or pickled is an InputError.
    """
    shape = read_shape(folder)
    sha256 = hash_file(folder / WEIGHTS)
    tensors = _known(folder, shape, _read_tensors(folder))
    stated = read_check(folder)
    if stated is not None and stated.sha256 != sha256:
        raise InputError(
            f"{folder / WEIGHTS}: not the weights that were put here ({CHECK} names others). "
            f"Get them again: {pull_command(folder)}."
        )
    return shape, tensors, sha256


def read_shape(folder: Path) -> VideoMaeShape:
    """What a folder's network looks like; a folder without readable weights is refused."""
    refuse_pickles(folder)
    path = folder / CONFIG
    try:
        return VideoMaeShape.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise InputError(
            f"{path}: not the configuration of a VideoMAE ({where}: {first['msg']}). "
            "Give a folder of VideoMAE weights."
        ) from error


def read_check(folder: Path) -> WeightsCheck | None:
    """What a folder's weights were when they were put there, if that was written down."""
    try:
        return WeightsCheck.model_validate_json((folder / CHECK).read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise InputError(f"{folder / CHECK}: not readable. Get the weights again.") from error


def refuse_pickles(folder: Path) -> None:
    """Say what is wrong with a folder that holds no weights that may be read."""
    if folder.suffix.lower() in PICKLES:
        raise InputError(
            f"{folder.name}: a pickle can run any program when it is read. Give a folder with "
            f"{CONFIG} and {WEIGHTS}."
        )
    if not folder.is_dir():
        raise InputError(
            f"{folder}: there are no weights of VideoMAE. Get them with {pull_command(folder)}, "
            "from a folder or another model of the hub with --from."
        )
    if (folder / WEIGHTS).is_file() and (folder / CONFIG).is_file():
        return
    pickled = sorted(p.name for p in folder.iterdir() if p.suffix.lower() in PICKLES)
    if pickled and not (folder / WEIGHTS).is_file():
        raise InputError(
            f"{folder}: holds pickled weights only ({pickled[0]}), which can run any program when "
            f"they are read. Save the model as {WEIGHTS}, or pull one that has it."
        )
    missing = [name for name in (CONFIG, WEIGHTS) if not (folder / name).is_file()]
    raise InputError(
        f"{folder}: {' and '.join(missing)} missing. Get weights of VideoMAE with "
        f"{pull_command(folder)}."
    )


def pull_command(folder: Path) -> str:
    """What gets the weights of a folder."""
    name = folder.name if folder.name in NAMES else NAMES[0]
    return f"`gametape models pull {name}`"


def config_text(shape: VideoMaeShape, classes: tuple[str, ...]) -> str:
    """A config.json that transformers and this module read."""
    names = {str(number): name for number, name in enumerate(classes)}
    values = shape.model_dump(mode="json") | {
        "architectures": ["VideoMAEForVideoClassification"],
        "id2label": names,
        "label2id": {name: int(number) for number, name in names.items()},
    }
    return json.dumps(values, indent=2, sort_keys=True) + "\n"


def _read_tensors(folder: Path) -> Tensors:
    from safetensors import SafetensorError, safe_open

    path = folder / WEIGHTS
    if path.stat().st_size > LARGEST_BYTES:
        raise InputError(f"{path}: larger than any VideoMAE. Give the folder of one.")
    try:
        with safe_open(path, "numpy") as file:
            return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, TypeError) as error:
        raise InputError(
            f"{path}: not readable as safetensors ({error}). Get the weights again."
        ) from error


def _known(folder: Path, shape: VideoMaeShape, found: Tensors) -> Tensors:
    """The tensors that the network has, each checked; those of other heads are left out."""
    needed = shapes_of(shape)
    tensors = {}
    for raw, value in found.items():
        name = _named_anew(raw)
        if name is None or (name.startswith("classifier.") and not shape.classes):
            continue
        if name not in needed:
            raise _foreign(folder, f"{raw} is no part of it")
        if value.shape != needed[name]:
            raise _foreign(folder, f"{raw} has shape {value.shape}, not {needed[name]}")
        if not np.isfinite(value).all():
            raise _foreign(folder, f"{raw} holds values that are no numbers")
        tensors[name] = np.asarray(value, np.float32)
    optional = {"fc_norm.weight", "fc_norm.bias"}  # published without, where nothing was trained
    missing = sorted(set(needed) - set(tensors) - optional)
    if missing:
        raise _foreign(folder, f"{missing[0]} is missing ({len(missing)} in all)")
    biases = [value for name, value in tensors.items() if _is_qv_bias(name)]
    if biases and not any(value.any() for value in biases):
        raise _foreign(
            folder,
            "every bias of queries and values is zero, as transformers 5.10 to 5.18 leave them",
        )
    return tensors


def shapes_of(shape: VideoMaeShape) -> dict[str, tuple[int, ...]]:
    """Name and shape of each tensor of the network."""
    wide, inner = shape.hidden_size, shape.intermediate_size
    patch = (3, shape.tubelet_size, shape.patch_size, shape.patch_size)
    needed: dict[str, tuple[int, ...]] = {
        "embeddings.patch_embeddings.projection.weight": (wide, *patch),
        "embeddings.patch_embeddings.projection.bias": (wide,),
    }
    for number in range(shape.num_hidden_layers):
        layer = f"encoder.layer.{number}"
        for part in ("query", "key", "value"):
            needed[f"{layer}.attention.attention.{part}.weight"] = (wide, wide)
            if shape.qv_bias and part != "key":
                needed[f"{layer}.attention.attention.{part}.bias"] = (wide,)
        for part, size in (
            *(("attention.output.dense", (wide, wide)), ("intermediate.dense", (inner, wide))),
            *(("output.dense", (wide, inner)), ("layernorm_before", (wide,))),
            ("layernorm_after", (wide,)),
        ):
            needed[f"{layer}.{part}.weight"] = size
            needed[f"{layer}.{part}.bias"] = size[:1]
    norm = "fc_norm" if shape.use_mean_pooling else "layernorm"
    needed |= {f"{norm}.weight": (wide,), f"{norm}.bias": (wide,)}
    if shape.classes:
        count = len(shape.classes)
        needed |= {"classifier.weight": (count, wide), "classifier.bias": (count,)}
    return needed


def _named_anew(raw: str) -> str | None:
    """A tensor's name in transformers 5, without prefix; None for what is only for pre-training."""
    name = raw.removeprefix("videomae.")
    if name.startswith(("decoder.", "encoder_to_decoder.", "mask_token")):
        return None
    if name.endswith("position_embeddings"):
        return None  # a fixed table
    return name.replace(".q_bias", ".query.bias").replace(".v_bias", ".value.bias")


def _is_qv_bias(name: str) -> bool:
    return name.endswith((".query.bias", ".value.bias"))


def _foreign(folder: Path, reason: str) -> InputError:
    return InputError(
        f"{folder}: not the weights of a VideoMAE of this shape: {reason}. "
        f"Get the folder again, or pull another: {pull_command(folder)}."
    )
