"""What computes a backbone's network: torch, or OpenVINO, which is about twice as quick.

Both are held to one tolerance, so that a tape is as good from either. Which one a tape's features
came from stands in their index; chunks of one tape are never of two.
"""

import importlib.util
import logging
from dataclasses import replace
from typing import Any, ClassVar, Literal, Protocol, TypeVar

from gametape.errors import InputError, ToolError
from gametape.models.backbones.convolution import need_torch
from gametape.models.backbones.layers import Forward, Network, Tensors, torch_network

logger = logging.getLogger(__name__)

Asked = Literal["auto", "torch", "openvino"]
Backend = Literal["torch", "openvino"]
# Furthest that a back end's numbers may be from torch's in 32 bits, as a share of their spread.
# Features are kept in 16 bits, which round by up to 5e-4 of each number.
TOLERANCE = 1e-4


class Switchable(Protocol):
    """A backbone, as a frozen dataclass with a field `backend`, that can try itself."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def name(self) -> str:
        """As sport packs name it."""
        ...

    @property
    def weights(self) -> str:
        """SHA-256 of the weights; an InputError where they are missing."""
        ...

    def check(self) -> None:
        """Load the weights and try them with a known input."""
        ...


Made = TypeVar("Made", bound=Switchable)


def is_installed(backend: Backend) -> bool:
    """Whether its package is there; not whether it works."""
    return importlib.util.find_spec(backend) is not None


def has_graphics() -> bool:
    """Whether torch is there and finds a graphics card."""
    if not is_installed("torch"):
        return False
    import torch

    return torch.cuda.is_available()


def network(backend: Backend, tensors: Tensors, forward: Forward) -> Network:
    """A convolutional network, ready to compute."""
    if backend == "torch":
        return torch_network(tensors, forward)
    from gametape.models.backbones.openvinolayers import openvino_network

    return openvino_network(tensors, forward)


def on_working(backbone: Made, asked: Asked) -> Made:
    """A backbone on the back end asked for; `auto` is OpenVINO where it is there and works.

    Where it is there and does not, the log says why and torch takes its place; named outright, a
    back end that does not work is an error.
    """
    if asked == "openvino" and not is_installed("openvino"):
        raise InputError(
            f"Backbone {backbone.name!r}: features.backend is openvino, which is not installed. "
            "Install it with gametape's extra: pip install 'gametape[openvino]', or set "
            "features.backend to auto."
        )
    quick = replace(backbone, backend="openvino")
    assert backbone.weights, "what has weights says which"  # refused here where they are missing
    if asked != "torch" and is_installed("openvino") and _works(quick, asked):
        return quick
    need_torch(f"Backbone {backbone.name!r}")
    return replace(backbone, backend="torch")


def _works(backbone: Switchable, asked: Asked) -> bool:
    """Whether its network gives known numbers on its back end; the log or an error says if not."""
    try:
        backbone.check()
    except InputError:
        raise
    except Exception as error:
        if asked == "auto" and is_installed("torch"):
            logger.warning("%s: OpenVINO fails here, torch takes over. %s", backbone.name, error)
            return False
        raise ToolError(
            f"Backbone {backbone.name!r}: OpenVINO does not work here ({error}). Install it anew, "
            "or set features.backend to torch."
        ) from error
    return True
