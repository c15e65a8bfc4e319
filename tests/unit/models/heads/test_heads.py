"""Heads in numpy against torch, and model folders that are read with suspicion."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gametape.errors import InputError
from gametape.models.base import FeatureSequence, ModelCard
from gametape.models.heads.apply import TrainedHead
from gametape.models.heads.files import digest_of, model_name, read_head, write_head
from gametape.models.heads.inputs import SHARES, fit_inputs, project, ranks
from gametape.models.heads.temporal import temporal_logits
from gametape.training.network import first_weights, stages

SHAPE = {
    "inputs": 6,
    "states": 2,
    "hidden": 8,
    "fine_layers": 3,
    "scale_layers": 2,
    "middle_rows": 4,
    "coarse_rows": 16,
    "second_hidden": 4,
    "second_layers": 2,
    "own_ranks": 1,
    "width_0": 3,
}
NAMES = ("cheap.a", "cheap.b", "cheap.c")


def head(**changes: object) -> TrainedHead:
    rng = np.random.default_rng(2)
    weights = {n: a + 0.1 for n, a in first_weights(SHAPE, seed=1).items()}
    weights["inputs.0.quantiles"] = np.sort(rng.normal(size=(3, len(SHARES)))).astype(np.float32)
    weights["temperature"] = np.array([1.5], np.float32)
    card = ModelCard(
        name="gametape-tennis",
        profile="tennis",
        kind="temporal",
        backbones=("cheap",),
        step_s=0.25,
        feature_names=NAMES,
        shape=SHAPE,
    )
    return TrainedHead(card.model_copy(update=changes), weights)


def features(rows: int = 50, **changes: object) -> FeatureSequence:
    values = np.random.default_rng(4).normal(size=(rows, 3)).astype(np.float32)
    made = FeatureSequence("cheap", np.arange(rows) * 0.25, values, 0.25, ("a", "b", "c"))
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("second_layers", [0, 2])
def test_numpy_and_torch_say_the_same_of_tapes_of_any_length_in_one_batch(
    second_layers: int,
) -> None:
    import torch

    shape = {**SHAPE, "second_layers": second_layers}
    weights = {n: a + 0.05 for n, a in first_weights(shape, seed=3).items()}
    tapes = [np.random.default_rng(n).normal(size=(n, 6)).astype(np.float32) for n in (1, 37, 64)]
    batch, mask = np.zeros((3, 64, 6), np.float32), np.zeros((3, 64), np.float32)
    for place, rows in enumerate(tapes):
        batch[place, : len(rows)], mask[place, : len(rows)] = rows, 1.0
    tensors = {n: torch.from_numpy(a) for n, a in weights.items()}
    found = stages(
        tensors, torch.from_numpy(batch.transpose(0, 2, 1)), torch.from_numpy(mask), shape
    )
    for place, rows in enumerate(tapes):
        there = found[-1][place].numpy().T[: len(rows)]
        here = temporal_logits(rows, weights, shape)
        assert np.abs(here - there).max() < 1e-5


def test_a_row_hears_of_what_happened_half_a_minute_before() -> None:
    shape = {**SHAPE, "fine_layers": 6, "scale_layers": 3}
    weights = first_weights(shape, seed=3)
    quiet = np.zeros((400, 6), np.float32)
    loud = quiet.copy()
    loud[200 - 120] = 5.0  # 30 s at four rows a second
    gap = temporal_logits(loud, weights, shape) - temporal_logits(quiet, weights, shape)
    assert np.abs(gap[200]).max() > 0


def test_a_model_folder_gives_back_the_head_that_was_written(tmp_path: Path) -> None:
    digest = write_head(tmp_path / "m", head())
    again = read_head(tmp_path / "m")
    assert again.card == head().card
    assert np.array_equal(again.probabilities((features(),)), head().probabilities((features(),)))
    assert digest == digest_of(tmp_path / "m") == write_head(tmp_path / "copy", again)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["copy", "m"]
    assert model_name(again.card, digest) == f"gametape-tennis/0 {digest[:12]}"


def test_another_card_or_another_weight_is_another_digest(tmp_path: Path) -> None:
    first = write_head(tmp_path / "m", head())
    assert write_head(tmp_path / "m", head(notes=("tried",))) != first
    changed = head()
    warmer = {**changed.weights, "temperature": np.array([2.0], np.float32)}
    assert write_head(tmp_path / "m", replace(changed, weights=warmer)) != first


def test_probabilities_are_of_each_row_and_a_tape_without_rows_has_none() -> None:
    found = head().probabilities((features(),))
    assert found.shape == (50, 1)
    assert found.dtype == np.float32
    assert ((found >= 0) & (found <= 1)).all()
    assert head().probabilities((features(0),)).shape == (0, 1)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (features(backbone="i3d"), "reads features of cheap, not of i3d"),
        (features(step_s=0.5), "trained on a row every 0.25 s"),
        (features(names=("a", "b", "x")), "different: cheap.c, cheap.x"),
        (features(values=np.zeros((50, 4), np.float32), names=()), "trained on 3 features"),
        (features(values=np.full((50, 3), np.nan, np.float32)), "values that are no numbers"),
        (features(values=np.zeros((9, 3), np.float32)), "50 times"),
    ],
)
def test_features_that_it_was_not_trained_on_are_refused(given: FeatureSequence, says: str) -> None:
    with pytest.raises(InputError, match=says):
        head().probabilities((given,))


def spoil(folder: Path, change: Callable[[dict[str, object]], None]) -> None:
    card = json.loads((folder / "card.json").read_text())
    change(card)
    (folder / "card.json").write_text(json.dumps(card))


def test_folders_that_hold_no_model_say_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such model folder"):
        read_head(tmp_path / "none")
    (tmp_path / "model.pt").write_bytes(b"\x80\x04.")
    with pytest.raises(InputError, match=r"model.pt cannot be read: only safetensors"):
        read_head(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"\x80\x04K\x01.")
    (tmp_path / "card.json").write_text("{}")
    with pytest.raises(InputError, match="not the card of a model"):
        read_head(tmp_path)
    (tmp_path / "card.json").write_text(head().card.model_dump_json())
    with pytest.raises(InputError, match="not readable as safetensors"):
        read_head(tmp_path)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda c: c.update(classes=["play", "service"]), "2 states for classes"),
        (lambda c: c.update(classes=["goal"]), "states for classes"),
        (lambda c: c["shape"].update(width_0=4), "how 4 columns become 6 inputs"),
        (lambda c: c["shape"].update(hidden=9), "enter.weight has shape"),
        (lambda c: c["shape"].pop("fine_layers"), "does not say 'fine_layers'"),
        (lambda c: c["shape"].update(second_layers=3), "second.2.conv.bias is missing"),
        (lambda c: c.update(kind="linear-hmm"), "does not say 'emission'"),
    ],
)
def test_weights_that_do_not_fit_their_card_are_refused(
    tmp_path: Path, change: Callable[[dict[str, object]], None], says: str
) -> None:
    write_head(tmp_path / "m", head())
    spoil(tmp_path / "m", change)
    with pytest.raises(InputError, match=says):
        read_head(tmp_path / "m")


def test_weights_that_are_no_numbers_are_never_written(tmp_path: Path) -> None:
    broken = head()
    weights = {**broken.weights, "leave.bias": np.full(2, np.inf, np.float32)}
    with pytest.raises(InputError, match=r"leave.bias holds values"):
        write_head(tmp_path / "m", replace(broken, weights=weights))
    assert list(tmp_path.iterdir()) == []


def test_ranks_put_values_between_least_and_greatest_and_a_constant_in_the_middle() -> None:
    rows = np.stack([np.arange(101.0), np.full(101, 7.0)], axis=1).astype(np.float32)
    fitted = fit_inputs([[rows]])["inputs.0.quantiles"]
    placed = ranks(np.array([[0, 7], [50, 7], [100, 7], [900, 9]], np.float32), fitted)
    assert np.allclose(placed[:, 0], [-1, 0, 1, 1], atol=1e-6)
    assert np.allclose(placed[:, 1], 0)


def test_wide_features_are_reduced_to_directions_of_one_spread() -> None:
    rng = np.random.default_rng(1)
    rows = (rng.normal(size=(600, 60)) @ rng.normal(size=(60, 300))).astype(np.float32)
    fitted = fit_inputs([[rows[:300]], [rows[300:]]])
    (reduced,) = project([rows], fitted)
    assert reduced.shape == (600, 48)
    assert np.allclose(reduced.std(axis=0), 1.0, atol=0.01)
    assert fitted["inputs.0.quantiles"].shape == (48, len(SHARES))
