"""What a window costs through VideoMAE, by back end, against the naive loop; and what decode takes.

Random weights of the published shapes (speed does not depend on them). Times are seconds of one
core, the least of a few runs. Deviation is the largest of any number of the features, in their
spread, against 32 bits. `--size base` and `small` take the published shapes, `quick` (default) the
small one at 112 pixels, once and without a compiler.
"""

import argparse
import importlib.util
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gametape.models.backbones.base import Material
from gametape.models.backbones.videomae import RATE_HZ
from gametape.models.backbones.videomaefiles import Tensors, VideoMaeShape, shapes_of
from gametape.models.backbones.videomaenet import (
    Network,
    batch_for,
    build,
    normalised,
    pooled,
    quick_precision,
)
from gametape.models.backbones.windowpictures import window_pictures

Features = NDArray[np.float32]
SMALL = {"hidden_size": 384, "num_attention_heads": 6, "intermediate_size": 1536}
# Multiplications of the published networks, windows of 16 x 224 x 224 (their papers), times two.
FLOPS = {"base": 2 * 180e9, "small": 2 * 57e9}
WINDOWS = 2
LOOP = "eager fp32, one by one (reference)"


def main() -> None:
    """Print the table of back ends, then decode and learning."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=("quick", "small", "base"), default="quick")
    size = parser.parse_args().size
    torch = importlib.import_module("torch")
    torch.set_num_threads(1)
    changes = {} if size == "base" else SMALL
    if size == "quick":
        changes = {**SMALL, "image_size": 112}
    shape = VideoMaeShape.model_validate({"model_type": "videomae", **changes})
    tensors = random_tensors(shape)
    rng = np.random.default_rng(1)
    frame = shape.image_size
    windows = rng.integers(0, 256, (WINDOWS, shape.num_frames, frame, frame, 3), np.uint8)
    runs = 1 if size == "quick" else 2
    found = [measured(name, run, windows, runs) for name, run in back_ends(shape, tensors)]
    reference_s, reference = found[0][1], found[0][2]
    print(f"VideoMAE {size}, {shape.num_frames} x {frame} x {frame}, {len(windows)} windows")
    print(f"{'back end':38s} {'core-s':>9s} {'windows/s':>10s} {'faster':>7s} {'deviation':>10s}")
    for name, seconds, features in found:
        away = float(np.abs(features - reference).max() / reference.std())
        rate = f"{seconds:9.3f} {1 / seconds:10.2f} {reference_s / seconds:6.1f}x {away:10.1e}"
        print(f"{name:38s} {rate}")
    say_decode(shape)
    say_graphics(shape, size, tensors, windows)


def back_ends(shape: VideoMaeShape, tensors: Tensors) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Name of each back end here, and what turns windows into features."""
    import torch

    def torch_one(attention: str, precision: torch.dtype) -> Callable[..., Features]:
        model = build(shape, tensors, attention=attention).eval().to(precision)

        def run(windows: NDArray[np.uint8], *, model: Any = model) -> Features:
            with torch.inference_mode():
                pixels = normalised(torch.from_numpy(windows)).to(precision)
                return np.asarray(pooled(model, pixels).float().numpy())

        return run

    eager = torch_one("eager", torch.float32)
    yield LOOP, one_by_one(eager)
    yield f"eager fp32, {WINDOWS} at once", eager
    yield "SDPA fp32", one_by_one(torch_one("sdpa", torch.float32))
    yield "SDPA bf16 (default here)", one_by_one(torch_one("sdpa", torch.bfloat16))
    yield f"SDPA bf16, {WINDOWS} at once", torch_one("sdpa", torch.bfloat16)
    is_worth_compiling = shape.image_size >= 224  # which takes minutes
    if is_worth_compiling and (compiler := compiled(shape, tensors)):
        yield "SDPA bf16, compiled", one_by_one(compiler)
    for precision in ("f32", "bf16"):
        if run := openvino(shape, tensors, precision):
            yield f"OpenVINO {precision}", one_by_one(run)
    if run := onnx_runtime(shape, tensors):
        yield "ONNX Runtime fp32", one_by_one(run)


def one_by_one(run: Callable[..., Features]) -> Callable[..., Features]:
    """The same, window by window."""
    return lambda windows: np.concatenate([run(window[None]) for window in windows])


def measured(
    name: str, run: Callable[..., Features], windows: NDArray[np.uint8], runs: int
) -> tuple[str, float, Features]:
    """Seconds a window at best, and the features."""
    run(windows[:1] if "at once" not in name else windows)
    least = np.inf
    features = np.zeros(0, np.float32)
    for _ in range(runs):
        began = time.process_time()
        features = run(windows)
        least = min(least, time.process_time() - began)
    return name, float(least) / len(windows), features


def compiled(shape: VideoMaeShape, tensors: Tensors) -> Callable[..., Features] | None:
    """torch.compile in 16 bits, where a C++ compiler is installed."""
    import torch

    model = build(shape, tensors).eval().to(torch.bfloat16)
    quick = torch.compile(lambda pixels: pooled(model, pixels))

    def run(windows: NDArray[np.uint8]) -> Features:
        with torch.inference_mode():
            pixels = normalised(torch.from_numpy(windows)).to(torch.bfloat16)
            return np.asarray(quick(pixels).float().numpy())

    try:
        run(np.zeros((1, shape.num_frames, shape.image_size, shape.image_size, 3), np.uint8))
    except Exception as error:
        print(f"compiled: not here ({type(error).__name__})")
        return None
    return run


def exportable(shape: VideoMaeShape, tensors: Tensors) -> tuple[Any, Any]:
    """The network as one module, pixels in and features out, and an example of its input."""
    import torch

    class Pooled(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = build(shape, tensors).eval()

        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            features: torch.Tensor = pooled(self.model, pixels)
            return features

    example = torch.zeros((1, shape.num_frames, 3, shape.image_size, shape.image_size))
    return Pooled().eval(), example


def openvino(
    shape: VideoMaeShape, tensors: Tensors, precision: str
) -> Callable[..., Features] | None:
    """OpenVINO, if it is installed."""
    if importlib.util.find_spec("openvino") is None:
        return None
    import torch

    vino = importlib.import_module("openvino")
    module, example = exportable(shape, tensors)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        network = vino.convert_model(module, example_input=example, input=example.shape)
    settings = {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": 1}
    ready = vino.Core().compile_model(network, "CPU", settings)

    def run(windows: NDArray[np.uint8]) -> Features:
        return np.asarray(ready(normalised(torch.from_numpy(windows)).numpy())[0], np.float32)

    return run


def onnx_runtime(shape: VideoMaeShape, tensors: Tensors) -> Callable[..., Features] | None:
    """ONNX Runtime, if it and an exporter are installed."""
    if any(importlib.util.find_spec(name) is None for name in ("onnxruntime", "onnx")):
        return None
    import torch

    runtime = importlib.import_module("onnxruntime")
    module, example = exportable(shape, tensors)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / "videomae.onnx"
        torch.onnx.export(module, (example,), path, dynamo=False, input_names=["pixels"])
        options = runtime.SessionOptions()
        options.intra_op_num_threads = 1
        session = runtime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def run(windows: NDArray[np.uint8]) -> Features:
        pixels = normalised(torch.from_numpy(windows)).contiguous().numpy()
        return np.asarray(session.run(None, {"pixels": pixels})[0], np.float32)

    return run


def say_decode(shape: VideoMaeShape) -> None:
    """What the pictures of a window cost, from a proxy of 480 lines."""
    with made_proxy(length_s=20) as material:
        starts = [float(start) for start in np.arange(0, 18, 1.0)]
        began = time.process_time()
        count = 0
        for _window in window_pictures(
            material.proxy,
            starts,
            frames=shape.num_frames,
            rate_hz=RATE_HZ,
            size=shape.image_size,
        ):
            count += 1
        each = (time.process_time() - began) / count
    print(f"{'decode, scale: a window each second':38s} {each:9.3f} (in a thread of its own)")


def say_graphics(
    shape: VideoMaeShape, size: str, tensors: Tensors, windows: NDArray[np.uint8]
) -> None:
    """Windows a second on a graphics card, and the share of its peak in 16 bits."""
    import torch

    if not torch.cuda.is_available() or size not in FLOPS:
        print("graphics card: none here, or quick: nothing was run on one")
        return
    precision = quick_precision("cuda")
    model = build(shape, tensors).eval().to("cuda", getattr(torch, precision))
    network = Network(shape, model, "cuda", precision, batch_for(shape, "cuda"), "")
    many = np.resize(windows, (4 * network.batch, *windows.shape[1:]))
    network.look(many[: network.batch])
    torch.cuda.synchronize()
    began = time.perf_counter()
    network.look(many)
    rate = len(many) / (time.perf_counter() - began)
    peak = product_flops(getattr(torch, precision))
    share = rate * FLOPS[size] / peak
    print(f"graphics card, {precision}: {rate:.0f} windows/s, {share:.0%} of what products reach")


def product_flops(precision: Any) -> float:
    """Operations a second of a large product of matrices: what this card really reaches."""
    import torch

    left = torch.randn((8192, 8192), device="cuda").to(precision)
    (left @ left).sum().item()
    began = time.perf_counter()
    for _ in range(10):
        left @ left
    torch.cuda.synchronize()
    return 10 * 2 * 8192.0**3 / (time.perf_counter() - began)


def random_tensors(shape: VideoMaeShape) -> Tensors:
    """Weights that keep values in their usual range."""
    rng = np.random.default_rng(0)
    return {
        name: (rng.normal(0, 0.04, size) + ("norm" in name)).astype(np.float32)
        for name, size in shapes_of(shape).items()
    }


@contextmanager
def made_proxy(length_s: int) -> Iterator[Material]:
    """A proxy of 854 x 480 with something moving in it."""
    from gametape.profile import ProxySettings
    from gametape.video.media import create_media
    from gametape.video.proxy import run_pass

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tape.mp4"
        import av

        rng = np.random.default_rng(0)
        field = rng.integers(0, 256, (480, 1200, 3), np.uint8)
        with create_media(path) as file:
            stream = file.add_stream("libx264", rate=30)
            stream.width, stream.height, stream.pix_fmt = 854, 480, "yuv420p"
            stream.codec_context.options = {"preset": "ultrafast"}
            for number in range(length_s * 30):
                at = number % 300
                picture = np.ascontiguousarray(field[:, at : at + 854])
                frame = av.VideoFrame.from_ndarray(picture, "rgb24")
                for packet in stream.encode(frame):
                    file.mux(packet)
            file.mux(stream.encode(None))
        run_pass(path, Path(folder) / "proxies", settings=ProxySettings())
        yield Material(Path(folder), float(length_s), 1.0)


if __name__ == "__main__":
    main()
