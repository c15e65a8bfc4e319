"""What features cost: CPU time of a row, by backbone and back end. Heads: `bench.learning`.

Run `python -m bench.features [--weights DIR]`. `cheap` is timed on the signals of a made tape of 90
minutes; `frames` and `i3d` with the weights that were pulled; VideoMAE with random weights of the
published small shape, on which speed does not depend. Most of the time is torch's compiler's.

ratio: against eager torch in 32 bits. off: the largest difference to its numbers, as a share of
their spread; up to 1e-4 is taken as the same (`backends.TOLERANCE`), for VideoMAE up to a tenth of
a standard deviation. *: what `features.backend: auto` takes here.
"""

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from bench.ways import HEADER, Run, Subject, Table, cpu_seconds, measure_all, show
from gametape.models.backbones import frames, i3d
from gametape.models.backbones.backends import is_installed
from gametape.models.backbones.cheap import describe
from gametape.models.backbones.layers import Tensors, TorchLayers
from gametape.models.backbones.weightfile import load_weights, probe
from gametape.signals import CAMERA, MOVEMENT, PICTURE, REGIONS
from resources.settings import load_settings

if TYPE_CHECKING:
    import torch

MATCH_S, ROWS_HZ, ITEMS = 5400, 4, 6
SHAPES = {"frames": (126, 224, 3), "i3d": (16, 126, 224, 3)}
MODULES: dict[str, Any] = {"frames": frames, "i3d": i3d}
BACKBONES = ("cheap", "frames", "i3d", "videomae")


def main() -> None:
    """Print the table, row by row, then decode and what a graphics card does."""
    parser = argparse.ArgumentParser(description="Features a second, by backbone and back end.")
    parser.add_argument("--weights", type=Path, default=load_settings().settings.weights)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--backbones", nargs="*", choices=BACKBONES, default=BACKBONES)
    given = parser.parse_args()
    table = Table(given.rounds)
    print(HEADER)
    if "cheap" in given.backbones:
        measure_cheap(given.rounds)
    for name in SHAPES:
        if name not in given.backbones:
            continue
        if (given.weights / name).is_dir():
            measure_all(table, packaged(name, given.weights))
        else:
            print(f"{name:16}left out: no weights, `gametape models pull {name}`", flush=True)
    if "videomae" in given.backbones:
        from bench.videomae import say_decode, say_graphics, shape_of, subject_of

        shape = shape_of("small")
        subject = subject_of("small", shape)
        measure_all(table, subject)
        say_decode(shape)
        say_graphics("small", shape)


def measure_cheap(rounds: int) -> None:
    """The numbers that need no network."""
    signals = made_signals(MATCH_S * ROWS_HZ)
    seconds = min(cpu_seconds(partial(describe, signals)) for _ in range(rounds))
    show("cheap", "NumPy *", seconds / signals.height, 1.0, None)


def packaged(name: str, weights: Path) -> Subject:
    """A network whose weights come inside a package."""
    module = MODULES[name]
    tensors = load_weights(weights, name)
    known = probe(*SHAPES[name])
    items = np.stack([np.roll(known, 17 * number, axis=-2) for number in range(ITEMS)])
    return Subject(
        name=name,
        module=as_module(module.forward, tensors),
        items=np.ascontiguousarray(module.prepared(items)),
        openvino=lambda precision: drawn(module.forward, tensors, precision),
        default="OpenVINO f32" if is_installed("openvino") else "torch fp32 (reference)",
    )


def drawn(forward: Callable[..., Any], tensors: Tensors, precision: str) -> Run:
    """The network in OpenVINO."""
    from gametape.models.backbones.openvinolayers import FULL, openvino_network

    hint = {"float32": "f32", "bfloat16": "bf16"}[precision]
    settings = FULL | {"INFERENCE_PRECISION_HINT": hint}
    return openvino_network(tensors, forward, settings=settings)


def as_module(forward: Callable[..., Any], tensors: Tensors) -> "torch.nn.Module":
    """A network as torch's converters want it, its colours last as pictures have them."""
    import torch

    formats = {4: torch.channels_last, 5: torch.channels_last_3d}

    class Module(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            for number, value in enumerate(tensors.values()):
                tensor = torch.from_numpy(value)
                if tensor.ndim in formats:
                    tensor = tensor.contiguous(memory_format=formats[tensor.ndim])
                self.register_buffer(f"t{number}", tensor)

        def forward(self, x: "torch.Tensor") -> "torch.Tensor":
            mine = {key: getattr(self, f"t{number}") for number, key in enumerate(tensors)}
            found: torch.Tensor = forward(TorchLayers(mine), x.movedim(-1, 1))
            return found

    return Module().eval()


def made_signals(rows: int) -> pl.DataFrame:
    """Signals of a long tape, of no tape that ever was."""
    rng = np.random.default_rng(1)
    time_s = np.arange(rows) / ROWS_HZ
    shot = np.floor(time_s / 9)
    table = {"time_s": time_s, "shot": shot, "shot_start_s": 9 * shot, "shot_end_s": 9 * shot + 9}
    table |= {"since_cut_s": time_s - 9 * shot, "until_cut_s": 9 * shot + 9 - time_s}
    names = [*MOVEMENT, *CAMERA, *PICTURE, *REGIONS, "pan_speed", "level_db", "crowd_db", "hit_db"]
    names += ["similarity", "shot_similarity", "field_share", "whistle_share"]
    table |= {name: rng.random(rows) ** 2 for name in names}
    return pl.DataFrame({**table, "has_sound": np.ones(rows)})


if __name__ == "__main__":
    main()
