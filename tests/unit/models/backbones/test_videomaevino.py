"""VideoMAE in OpenVINO: what torch says of the same windows, and never what the file does not."""

from pathlib import Path

import numpy as np
import pytest

from gametape.errors import InputError, ToolError
from gametape.models.backbones import videomaevino
from gametape.models.backbones.backends import TOLERANCE
from gametape.models.backbones.base import Material, backend_of
from gametape.models.backbones.choice import backbone_named
from gametape.models.backbones.videomae import videomae
from gametape.models.backbones.videomaefiles import TOLERANCE as PRECISION
from gametape.models.backbones.videomaenet import load_network
from gametape.models.backbones.videomaevino import load_openvino
from tests.unit.models.backbones.test_videomae import model_folder, proxy


def windows() -> np.ndarray:
    return np.random.default_rng(5).integers(0, 256, (3, 16, 32, 32, 3), np.uint8)


@pytest.mark.parametrize("has_mean_pooling", [True, False])
@pytest.mark.parametrize("classes", [(), ("dead", "play", "service")])
def test_openvino_says_within_the_tolerance_what_torch_says(
    tmp_path: Path, classes: tuple[str, ...], has_mean_pooling: bool
) -> None:
    folder = model_folder(tmp_path / "model", classes=classes, use_mean_pooling=has_mean_pooling)
    by_torch = load_network(folder, device="cpu", precision="float32").look(windows())
    by_openvino = load_openvino(folder, precision="float32").look(windows())
    assert by_openvino.shape == by_torch.shape == (3, 24 + len(classes))
    assert np.abs(by_openvino - by_torch).max() <= TOLERANCE * np.ptp(by_torch)
    quick = load_openvino(folder).look(windows())
    assert np.abs(quick - by_torch).max() <= PRECISION["bfloat16"] * by_torch[:, :24].std()


def test_rows_do_not_depend_on_the_stretch_they_are_asked_in(tmp_path: Path) -> None:
    tape = proxy(tmp_path / "tape", [int(v) for v in np.linspace(20, 230, 90)])
    backbone = videomae(model_folder(tmp_path / "model"), asked="openvino")
    material = Material(tape, duration_s=6.0, stride_s=0.75)
    whole = backbone.rows(material, 0, 8)
    parts = [backbone.rows(material, a, b) for a, b in ((0, 3), (3, 4), (4, 8))]
    assert whole.tobytes() == np.concatenate(parts).tobytes()
    assert len({row.tobytes() for row in whole}) == 8


def test_a_network_that_does_not_say_what_its_file_says_is_found_out(
    tmp_path: Path, monkeypatch
) -> None:
    folder = model_folder(tmp_path / "videomae")
    right = videomaevino.openvino_network

    def forgetful(shape, tensors, precision):
        kept = {n: v * (0 if n.endswith("value.bias") else 1) for n, v in tensors.items()}
        return right(shape, kept, precision)

    monkeypatch.setattr(videomaevino, "openvino_network", forgetful)
    with pytest.raises(ToolError, match="away from its own weights"):
        load_openvino(folder)
    assert backend_of(backbone_named("videomae", tmp_path)) == "torch"
    (folder / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(InputError, match="not readable as safetensors"):
        backbone_named("videomae", tmp_path)
