"""VideoMAE for the bench: its network with random weights, what decode takes, a graphics card.

`python -m bench.videomae --size base` prints the rows of the base shape, which take minutes;
`bench.features` prints those of the small one. Speed does not depend on what the weights are.
"""

import argparse
import importlib
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.ways import HEADER, Run, Subject, Table, measure_all
from gametape.models.backbones.backends import is_installed
from gametape.models.backbones.base import Material
from gametape.models.backbones.videomae import RATE_HZ
from gametape.models.backbones.videomaecheck import position_table
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

if TYPE_CHECKING:
    import torch

SMALL = {"hidden_size": 384, "num_attention_heads": 6, "intermediate_size": 1536}
# Multiplications of the published networks, windows of 16 x 224 x 224 (their papers), times two.
FLOPS = {"base": 2 * 180e9, "small": 2 * 57e9}
WINDOWS = 4


def main() -> None:
    """Print the rows of one shape, then decode and what a graphics card does."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=("small", "base"), default="base")
    parser.add_argument("--rounds", type=int, default=1)
    given = parser.parse_args()
    shape = shape_of(given.size)
    print(HEADER)
    measure_all(Table(given.rounds), subject_of(given.size, shape))
    say_decode(shape)
    say_graphics(given.size, shape)


def shape_of(size: str) -> VideoMaeShape:
    """A published shape."""
    changes = SMALL if size == "small" else {}
    return VideoMaeShape.model_validate({"model_type": "videomae", **changes})


def subject_of(size: str, shape: VideoMaeShape) -> Subject:
    """The network with random weights, and noise for it to look at."""
    torch = importlib.import_module("torch")
    torch.set_num_threads(1)
    tensors = random_tensors(shape)
    rng = np.random.default_rng(1)
    side = shape.image_size
    windows = rng.integers(0, 256, (WINDOWS, shape.num_frames, side, side, 3), np.uint8)
    in_half = quick_precision("cpu") == "bfloat16"
    default = "OpenVINO" if is_installed("openvino") else "torch"
    return Subject(
        name=f"videomae {size}",
        module=as_module(shape, tensors),
        items=normalised(torch.from_numpy(windows)).contiguous().numpy(),
        openvino=lambda precision: drawn(shape, tensors, precision),
        default=f"{default} " + ("bf16" if in_half else {"torch": "fp32"}.get(default, "f32")),
        has_words=True,
    )


def as_module(shape: VideoMaeShape, tensors: Tensors) -> "torch.nn.Module":
    """Normalised windows in, features out; attention as torch's own product of it (SDPA)."""
    import torch

    class Pooled(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = build(shape, tensors).eval()

        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            features: torch.Tensor = pooled(self.model, pixels)
            return features

    return Pooled().eval()


def drawn(shape: VideoMaeShape, tensors: Tensors, precision: str) -> Run:
    """The network in OpenVINO, from pixels that are normalised already."""
    from gametape.models.backbones.videomaevino import cubes_of, openvino_network

    network = openvino_network(shape, tensors, precision)
    places = position_table(shape.patches, shape.hidden_size)

    def run(items: np.ndarray[Any, np.dtype[np.float32]]) -> np.ndarray[Any, np.dtype[np.float32]]:
        last = items.transpose(0, 1, 3, 4, 2)
        return np.stack([network.features(cubes_of(one, shape), places) for one in last])

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
    told = f"{'videomae':16}{'decode and scale a window':30}{1e3 * each:9.2f}{1 / each:9.1f}"
    print(f"{told}  in a thread of its own", flush=True)


def say_graphics(size: str, shape: VideoMaeShape) -> None:
    """Windows a second on a graphics card, and the share of its peak in 16 bits."""
    import torch

    if not torch.cuda.is_available():
        print("graphics card: none here, nothing was run on one", flush=True)
        return
    precision = quick_precision("cuda")
    model = build(shape, random_tensors(shape)).eval().to("cuda", getattr(torch, precision))
    network = Network(shape, model, "cuda", precision, batch_for(shape, "cuda"), "")
    frame = (shape.num_frames, shape.image_size, shape.image_size, 3)
    many = np.random.default_rng(1).integers(0, 256, (4 * network.batch, *frame), np.uint8)
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
