"""From rows of signals to windows of scores."""

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from gametape.inference import score_features, score_windows
from gametape.models.base import FeatureSequence, ModelCard
from gametape.profile import ScorerSettings


def signals(count: int) -> pl.DataFrame:
    rng = np.random.default_rng(3)
    table = {"time_s": np.arange(count) / 4, "shot": np.zeros(count)}
    for kind in ("change", "fast"):
        table |= {f"{kind}_r{r}c{c}": rng.random(count) / 50 for r in range(3) for c in range(4)}
    table |= {"similarity": np.ones(count), "shot_similarity": np.ones(count)}
    table |= {"shot_start_s": np.zeros(count), "shot_end_s": np.full(count, count / 4)}
    for name in ("has_sound", "hit_db", "crowd_db", "whistle_share"):
        table[name] = np.zeros(count)
    return pl.DataFrame(table)


@pytest.mark.parametrize("name", ["main-camera", "fixed-camera"])
def test_every_window_has_its_bounds_a_score_and_evidence(name: str) -> None:
    settings = ScorerSettings.model_validate({"name": name})
    table = score_windows(signals(40), settings)
    assert table.columns[:3] == ["start_s", "end_s", "play"]
    assert {"live", "activity"} < set(table.columns)
    assert table["start_s"].diff().drop_nulls().to_list() == [0.25] * (table.height - 1)
    assert table["end_s"].max() == 10.0
    assert table["play"].is_between(0, 1).all()


def test_the_same_signals_give_the_same_scores() -> None:
    first = score_windows(signals(80), ScorerSettings())
    assert first.equals(score_windows(signals(80), ScorerSettings()))


def test_a_tape_shorter_than_a_window_has_one() -> None:
    table = score_windows(signals(2), ScorerSettings())
    assert table.select("start_s", "end_s").rows() == [(0.0, 0.5)]


def test_no_signals_give_no_windows() -> None:
    table = score_windows(signals(0), ScorerSettings())
    assert table.height == 0
    assert table.columns == ["start_s", "end_s", "play"]


def test_a_heads_windows_are_the_rows_of_its_features_and_play_holds_service() -> None:
    class Told:
        card = ModelCard(
            name="gametape-tennis",
            profile="tennis",
            kind="temporal",
            classes=("play", "service"),
            backbones=("cheap",),
            step_s=0.25,
        )

        def probabilities(self, features: tuple[FeatureSequence, ...]) -> NDArray[np.float32]:
            return np.tile(np.array([[0.5, 0.25]], np.float32), (len(features[0].time_s), 1))

    rows = FeatureSequence("cheap", np.arange(3) * 0.25, np.zeros((3, 1), np.float32), 0.25)
    table = score_features([rows], Told())
    assert table.columns == ["start_s", "end_s", "play", "service"]
    assert table.row(1) == (0.25, 0.5, 0.75, 0.25)
