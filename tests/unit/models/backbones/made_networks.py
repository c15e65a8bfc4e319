"""Packaged networks with random weights, and a small tape for them to look at."""

import io
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import polars as pl
from PIL import Image

from gametape.models.backbones import frames, i3d
from gametape.models.backbones.backends import network
from gametape.models.backbones.base import Material
from gametape.models.backbones.weightfile import WeightCard, load_weights, probe
from gametape.tables import write_table
from gametape.video.media import create_media

RNG = np.random.default_rng(3)


def numbers(*shape: int, scale: float = 1.0) -> np.ndarray:
    return (scale * RNG.standard_normal(shape)).astype(np.float32)


def norm(name: str, channels: int) -> dict[str, np.ndarray]:
    values = {"running_mean": numbers(channels, scale=0.1), "bias": numbers(channels, scale=0.1)}
    values |= {"running_var": 1 + RNG.random(channels), "weight": 1 + numbers(channels, scale=0.1)}
    return {f"{name}.{part}": np.float32(value) for part, value in values.items()}


def lite0() -> dict[str, np.ndarray]:
    """Weights under the names that the package's file has, one channel in eight of its width."""
    width, state = 4, {"_conv_stem.weight": numbers(4, 3, 3, 3), **norm("_bn0", 4)}
    number = 0
    for (repeats, kernel, _, widening), out in zip(
        frames.STAGES, (2, 3, 5, 10, 14, 24, 40), strict=True
    ):
        for _ in range(repeats):
            name, wide = f"_blocks.{number}", width * widening
            if widening > 1:
                state[f"{name}._expand_conv.weight"] = numbers(wide, width, 1, 1, scale=0.3)
                state |= norm(f"{name}._bn0", wide)
            state[f"{name}._depthwise_conv.weight"] = numbers(wide, 1, kernel, kernel, scale=0.3)
            state[f"{name}._project_conv.weight"] = numbers(out, wide, 1, 1, scale=0.3)
            state |= norm(f"{name}._bn1", wide) | norm(f"{name}._bn2", out)
            width, number = out, number + 1
    return state | {"_conv_head.weight": numbers(1280, width, 1, 1)} | norm("_bn1", 1280)


MIXED = {
    "3b": (8, 8, 12, 4, 4, 4),
    "3c": (8, 8, 12, 4, 4, 4),
    **{f"4{letter}": (8, 8, 12, 4, 4, 4) for letter in "bcdef"},
    "5b": (8, 8, 12, 4, 4, 4),
    "5c": (384, 8, 384, 4, 128, 128),
}


def kinetics() -> dict[str, dict]:
    """The tree that the package's file holds, most of its layers thin."""
    tree: dict[str, dict] = {"params": {}, "batch_stats": {}}

    def unit(at: tuple[dict, dict], name: str, kernel: tuple[int, ...], wide: int, out: int):
        shape = (1, 1, 1, 1, out)
        scale = (2 / (wide * np.prod(kernel))) ** 0.5
        at[0][name] = {
            "Conv_0": {"kernel": numbers(*kernel, wide, out, scale=scale)},
            "BatchNorm_0": {"bias": numbers(*shape, scale=0.1)},
        }
        stats = {"mean": numbers(*shape, scale=0.1), "var": np.float32(1 + RNG.random(shape))}
        at[1][name] = {"BatchNorm_0": stats}

    top = (tree["params"], tree["batch_stats"])
    unit(top, "Conv3d_1a_7x7", (7, 7, 7), 3, 4)
    unit(top, "Conv3d_2b_1x1", (1, 1, 1), 4, 4)
    unit(top, "Conv3d_2c_3x3", (3, 3, 3), 4, 8)
    width = 8
    for letter, (a, b1, b3, c1, c3, d) in MIXED.items():
        inner: tuple[dict, dict] = ({}, {})
        unit(inner, "Branch_0/Conv3d_0a_1x1", (1, 1, 1), width, a)
        unit(inner, "Branch_1/Conv3d_0a_1x1", (1, 1, 1), width, b1)
        unit(inner, "Branch_1/Conv3d_0b_3x3", (3, 3, 3), b1, b3)
        unit(inner, "Branch_2/Conv3d_0a_1x1", (1, 1, 1), width, c1)
        unit(inner, "Branch_2/Conv3d_0b_3x3", (3, 3, 3), c1, c3)
        unit(inner, "Branch_3/Conv3d_0b_1x1", (1, 1, 1), width, d)
        for place, values in zip(top, inner, strict=True):
            place[f"Mixed_{letter}"] = values
        width = a + b3 + c3 + d
    tree["params"]["Logits/Conv3d_0c_1x1"] = {"Conv_0": {"kernel": numbers(1, 1, 1, width, 4)}}
    return tree


def card(name: str) -> WeightCard:
    told = {"package": "p 1", "package_sha256": "0", "member": "m", "member_sha256": "0"}
    told |= {"code": "1", "sha256": "", "licence": "MIT", "licence_text": "do as you like"}
    return WeightCard.model_validate({"name": name, "about": "random", **told})


FORWARD = {"frames": frames.forward, "i3d": i3d.forward}
LOOK = {"frames": frames.look, "i3d": i3d.watch}
SHAPES = {"frames": (126, 224, 3), "i3d": (16, 126, 224, 3)}


def seen_by(folder: Path, name: str, backend: str = "torch") -> np.ndarray:
    """What a backbone's network says of the known picture."""
    net = network(backend, load_weights(folder, name), FORWARD[name])
    return LOOK[name](net, probe(*SHAPES[name]))


def put_tape(folder: Path) -> Material:
    """Five seconds of a bright bar that goes to and fro, as the one decode leaves it."""
    (folder / "proxies").mkdir()
    rows, rate = {"time_s": [], "jpeg": []}, 15
    with create_media(folder / "proxies" / "video.mp4") as file:
        stream = file.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = 64, 36, "yuv420p"
        stream.codec_context.gop_size = rate
        stream.codec_context.options = {"preset": "ultrafast", "tune": "zerolatency"}
        for number in range(5 * rate):
            pixels = np.full((36, 64, 3), 60, np.uint8)
            place = int(28 + 28 * np.sin(number / 5))
            pixels[:, place : place + 8] = 250
            frame = av.VideoFrame.from_ndarray(pixels, "rgb24")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            file.mux(stream.encode(frame))
            if number % 7 == 0:
                content = io.BytesIO()
                Image.fromarray(pixels).save(content, "JPEG")
                rows["time_s"].append(number / rate)
                rows["jpeg"].append(content.getvalue())
        file.mux(stream.encode(None))
    write_table(folder / "signals" / "thumbs.parquet", pl.DataFrame(rows))
    return Material(folder, duration_s=5.0, stride_s=0.7)
