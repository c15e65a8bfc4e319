"""Back ends of the packaged networks: one tolerance, no mixture, no silent failure."""

import logging
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gametape.errors import InputError, ToolError
from gametape.features import read_index, read_sequence, write_features
from gametape.line import STEP, Order, fingerprint_of
from gametape.models.backbones import backends, openvinolayers
from gametape.models.backbones.backends import TOLERANCE
from gametape.models.backbones.base import Backbone, Material, backend_of
from gametape.models.backbones.choice import backbone_named
from gametape.profile import load_profile
from tests.unit.models.backbones.made_networks import put_tape, seen_by


def write(backbone: Backbone, material: Material, aside: Path, earlier: Path | None = None):
    return write_features(
        *(backbone, material, aside), made_from={"proxies": "a"}, chunk_s=2.0, earlier=earlier
    )


def broken(*_: object, **__: object) -> None:
    raise RuntimeError("illegal instruction")


@pytest.mark.parametrize("name", ["frames", "i3d"])
def test_openvino_says_within_the_tolerance_what_torch_says(weights: Path, name: str) -> None:
    by_torch, by_openvino = (seen_by(weights, name, end) for end in ("torch", "openvino"))
    away = np.abs(by_openvino - by_torch).max() / np.ptp(by_torch)
    assert away <= TOLERANCE
    assert np.ptp(by_torch) > 0.01  # and that is not because both say nothing


def test_auto_takes_openvino_and_the_index_says_so(known: Path, tmp_path: Path) -> None:
    (tape := tmp_path / "tape").mkdir()
    material = put_tape(tape)
    for asked, made in (("auto", "openvino"), ("torch", "torch")):
        write(backbone_named("frames", known, asked), material, tmp_path / asked)
        assert read_index(tmp_path / asked, "frames").backend == made


def test_chunks_of_another_back_end_are_computed_anew_and_never_mixed(
    known: Path, tmp_path: Path
) -> None:
    (tape := tmp_path / "tape").mkdir()
    material = put_tape(tape)
    quick, slow = (backbone_named("frames", known, end) for end in ("openvino", "torch"))
    write(slow, material, tmp_path / "slow")
    mixed = write(quick, material, tmp_path / "mixed", earlier=tmp_path / "slow")
    alone = write(quick, material, tmp_path / "alone")
    assert [c.sha256 for c in mixed.chunks] == [c.sha256 for c in alone.chunks]
    assert len(mixed.chunks) > 1
    first, second = (read_sequence(tmp_path / at, "frames").values for at in ("slow", "mixed"))
    assert np.abs(first - second).max() <= 2e-3 * np.abs(first).max()  # kept in 16 bits


def test_another_back_end_makes_no_tape_stale() -> None:
    order = Order(id="one", name="one.mp4", path="/one.mp4", content_hash="0", profile="tennis")
    inputs = {"proxies": "a", "signals": "b"}
    first, second, other = (
        fingerprint_of(STEP["features"], order, load_profile("tennis", changes=change), inputs)
        for change in ({}, {"features.backend": "torch"}, {"features.stride_s": 2.0})
    )
    assert first == second != other


def test_where_openvino_fails_torch_takes_over_and_the_log_says_why(
    known: Path, tmp_path: Path, monkeypatch, caplog
) -> None:
    monkeypatch.setattr(openvinolayers, "openvino_network", broken)
    folder = Path(shutil.copytree(known, tmp_path / "other"))  # a network is tried once a process
    with caplog.at_level(logging.WARNING):
        backbone = backbone_named("frames", folder)
    assert backend_of(backbone) == "torch"
    assert "OpenVINO fails here, torch takes over. illegal instruction" in caplog.text


def test_openvino_by_name_is_an_error_where_it_fails_or_is_missing(
    known: Path, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(openvinolayers, "openvino_network", broken)
    folder = Path(shutil.copytree(known, tmp_path / "other"))  # a network is tried once a process
    with pytest.raises(ToolError, match=r"OpenVINO does not work here \(illegal instruction\)"):
        backbone_named("frames", folder, "openvino")
    monkeypatch.setattr(backends, "is_installed", lambda name: name != "openvino")
    with pytest.raises(InputError, match=r"pip install 'gametape\[openvino\]'"):
        backbone_named("frames", known, "openvino")
    assert backend_of(backbone_named("frames", known)) == "torch"


def test_openvino_needs_no_torch_and_nothing_that_reports_over_the_network(weights: Path) -> None:
    """In a process of its own: here torch is loaded already."""
    code = f"""
import sys
sys.path[:0] = {sys.path!r}
sys.modules["torch"] = None  # an import of it would fail
from pathlib import Path
from gametape.models.backbones import frames
from gametape.models.backbones.backends import network
from gametape.models.backbones.weightfile import load_weights, probe
net = network("openvino", load_weights(Path({str(weights)!r}), "frames"), frames.forward)
assert frames.look(net, probe(126, 224, 3)).shape == (1280,)
loaded = [name for name, module in sys.modules.items() if "openvino_telemetry" in name and module]
assert not loaded, loaded
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_openvino_is_imported_in_one_place_only() -> None:
    """Any other import of it could come first, and would report itself."""
    house = Path(__file__).parents[4]
    for part in ("platform", "assets", "resources", "sensors", "bench"):
        for path in (house / part).rglob("*.py"):
            assert not re.search(r"^\s*(import|from) openvino", path.read_text(), re.M), path
