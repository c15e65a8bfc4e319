"""CPU time of a row of features, by backbone and back end, against eager fp32 in one thread.

Run `python -m bench.features [--weights DIR]`. `cheap` is timed on the signals of a made tape of 90
minutes; `frames` and `i3d` on one picture or window, with the weights that were pulled, or with
none if they were not. Back ends that are not installed are left out. The default is the reference:
its numbers are the same bytes on every machine with the same torch. L-infinity: the largest
difference to the reference's numbers, as a share of their spread. VideoMAE: `bench.videomae`.
"""

import argparse
import importlib
import importlib.util
import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from gametape.models.backbones import frames, i3d
from gametape.models.backbones.cheap import describe
from gametape.models.backbones.weightfile import load_weights, probe
from gametape.signals import CAMERA, MOVEMENT, PICTURE, REGIONS
from resources.settings import load_settings

if TYPE_CHECKING:
    import torch

Numbers = NDArray[np.floating]
MATCH_S, ROWS_HZ, BATCH = 5400, 4, 8
INPUTS = {"frames": (126, 224, 3), "i3d": (16, 126, 224, 3)}
MODULES: dict[str, Any] = {"frames": frames, "i3d": i3d}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Features a second, by backbone and back end.")
    parser.add_argument("--weights", type=Path, default=load_settings().settings.weights)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    print(f"{'backbone':9}{'back end':26}{'CPU ms':>9}{'rows/s':>9}{'ratio':>8}{'L-inf':>9}")
    signals = made_signals(MATCH_S * ROWS_HZ)
    seconds = least(lambda: describe(signals), given.rounds) / signals.height
    show("cheap", "NumPy", seconds, 1.0, None)
    for name in INPUTS:
        if (given.weights / name).is_dir():
            compare(name, given.weights, given.rounds)
        else:
            print(f"{name:9}left out: no weights, `gametape models pull {name}`")


def compare(name: str, weights: Path, rounds: int) -> None:
    """All back ends on one input, turns taken, each by its least."""
    net = tensors(weights, name)
    known = probe(*INPUTS[name])
    ways = dict(back_ends(name, net, known))
    found = {way: work() for way, (work, _) in ways.items()}
    spent = {way: float("inf") for way in ways}
    for _ in range(rounds):
        for way, (work, rows) in ways.items():
            spent[way] = min(spent[way], least(work, 1) / rows)
    reference = next(iter(ways))
    spread = float(found[reference].max() - found[reference].min())
    for way in ways:
        off = float(np.abs(found[way][0] - found[reference][0]).max()) / spread
        show(name, way, spent[way], spent[reference] / spent[way], off)


def back_ends(
    name: str, net: dict[str, "torch.Tensor"], known: NDArray[np.uint8]
) -> Iterator[tuple[str, tuple[Callable[[], Numbers], int]]]:
    """Ways to compute the numbers of an input, and how many rows each gives; first the default."""
    import torch

    module = MODULES[name]
    one, many = module.prepared(known[None]), module.prepared(np.stack([known] * BATCH))
    half = {key: value.bfloat16() for key, value in net.items()}

    def run(with_: dict[str, "torch.Tensor"], x: "torch.Tensor", threads: int) -> Numbers:
        torch.set_num_threads(threads)
        with torch.inference_mode():
            return np.asarray(module.forward(with_, x).float().numpy())

    every = os.cpu_count() or 1
    yield "torch fp32, 1 thread", (lambda: run(net, one, 1), 1)
    yield f"torch fp32, {every} threads", (lambda: run(net, one, every), 1)
    yield f"torch fp32, batch of {BATCH}", (lambda: run(net, many, 1), BATCH)
    yield "torch bf16, 1 thread", (lambda: run(half, one.bfloat16(), 1), 1)
    yield from openvino_ends(module, net, one)
    yield from onnx_ends(module, net, one)


def openvino_ends(
    module: Any, net: dict[str, "torch.Tensor"], one: "torch.Tensor"
) -> Iterator[tuple[str, tuple[Callable[[], Numbers], int]]]:
    """OpenVINO in full and in its own choice of precision, where it is installed."""
    if importlib.util.find_spec("openvino") is None:
        return
    openvino = importlib.import_module("openvino")
    network = as_module(module, net)
    model = openvino.convert_model(network, example_input=one, input=list(one.shape))
    values = one.contiguous().numpy()
    for precision in ("f32", "bf16"):
        hints = {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": 1}
        compiled = openvino.compile_model(model, "CPU", hints)
        yield f"OpenVINO {precision}, 1 thread", (partial(_first, compiled, values), 1)


def _first(compiled: Any, values: Numbers) -> Numbers:
    return np.asarray(compiled(values)[0])


def onnx_ends(
    module: Any, net: dict[str, "torch.Tensor"], one: "torch.Tensor"
) -> Iterator[tuple[str, tuple[Callable[[], Numbers], int]]]:
    """ONNX Runtime, where it and what writes its files are installed."""
    if not all(importlib.util.find_spec(name) for name in ("onnxruntime", "onnxscript")):
        return
    import torch

    runtime = importlib.import_module("onnxruntime")
    program = torch.onnx.export(as_module(module, net), (one,), dynamo=True, verbose=False)
    assert program is not None
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    content = program.model_proto.SerializeToString()
    session = runtime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    values = {session.get_inputs()[0].name: one.contiguous().numpy()}
    yield "ONNX Runtime, 1 thread", (lambda: np.asarray(session.run(None, values)[0]), 1)


def as_module(module: Any, net: dict[str, "torch.Tensor"]) -> "torch.nn.Module":
    """A network as torch's converters want it."""
    import torch

    class Network(torch.nn.Module):
        def forward(self, x: "torch.Tensor") -> "torch.Tensor":
            return module.forward(net, x)  # type: ignore[no-any-return]

    return Network().eval()


def tensors(weights: Path, name: str) -> dict[str, "torch.Tensor"]:
    """A backbone's weights."""
    import torch

    return {key: torch.from_numpy(value) for key, value in load_weights(weights, name).items()}


def least(work: Callable[[], object], rounds: int) -> float:
    """Seconds of processor time that something takes, the least of some rounds."""
    spent = []
    for _ in range(rounds):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return min(spent)


def show(name: str, way: str, seconds: float, ratio: float, off: float | None) -> None:
    """One row of the table."""
    told = "" if off is None else f"{off:9.1e}"
    print(f"{name:9}{way:26}{1e3 * seconds:9.3f}{1 / seconds:9.1f}{ratio:8.2f}{told:>9}")


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
