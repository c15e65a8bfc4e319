"""Weights of packaged networks: random ones, as the real ones are tens of megabytes."""

from pathlib import Path

import pytest

from gametape.models.backbones import frames, i3d
from gametape.models.backbones.weightfile import save_weights, spread
from tests.unit.models.backbones.made_networks import card, kinetics, lite0, seen_by


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
    for name, module in (("frames", frames), ("i3d", i3d)):
        monkeypatch.setattr(module, "EXPECTED", tuple(spread(seen_by(weights, name), 8).tolist()))
    return weights
