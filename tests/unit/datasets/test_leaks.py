"""What is on both sides is found: games, files, and copies of stretches; one venue is no leak."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from gametape.datasets.frames import (
    COLUMNS,
    PRINT,
    ROWS,
    FramePrints,
    prints_of,
    prints_table,
    read_prints,
)
from gametape.datasets.leaks import find_leaks, shared_stretch
from gametape.errors import InputError
from gametape.tables import write_table

COURT = np.random.default_rng(0).normal(110, 35, PRINT)  # what stands in every picture


@dataclass(frozen=True)
class T:
    """A tape, as far as a leak check sees it."""

    id: str
    game: str
    content_hash: str
    strata: dict[str, str] = field(default_factory=dict)


def game(seed: int, length_s: float = 120.0) -> FramePrints:
    """A fixed camera's view of one court; players wander about as the seed says."""
    random = np.random.default_rng(seed)
    time_s = np.arange(0, length_s, 0.5)
    rows, columns = np.mgrid[0:ROWS, 0:COLUMNS]
    luma = np.repeat(COURT[None], len(time_s), axis=0)
    for _ in range(4):
        steps = random.normal(0, 0.6, (len(time_s), 2))
        where = (np.cumsum(steps, axis=0) + random.uniform(0, 9, 2)) % (ROWS, COLUMNS)
        near = (rows.ravel() - where[:, :1]) ** 2 + (columns.ravel() - where[:, 1:]) ** 2
        luma = luma + 60 * np.exp(-near / 2)
    return FramePrints(time_s, np.clip(luma, 0, 255).astype(np.uint8))


def copied(prints: FramePrints, start_s: float, length_s: float, seed: int = 9) -> FramePrints:
    """A stretch of it: brighter, with more contrast and the noise of another encoder."""
    kept = (prints.time_s >= start_s) & (prints.time_s < start_s + length_s)
    luma = prints.luma[kept] * 1.1 + 12 + np.random.default_rng(seed).normal(0, 2, PRINT)
    return FramePrints(prints.time_s[kept] - start_s, np.clip(luma, 0, 255).astype(np.uint8))


def joined(one: FramePrints, other: FramePrints) -> FramePrints:
    after_s = other.time_s + one.time_s[-1] + 0.5
    return FramePrints(
        np.concatenate([one.time_s, after_s]), np.concatenate([one.luma, other.luma])
    )


def test_a_copied_stretch_is_found_with_its_place_on_both_tapes():
    one = game(1)
    other = joined(game(2, 40.0), copied(one, 30.0, 60.0))
    found = shared_stretch(one, other)
    assert found is not None
    assert found.start_s - found.other_start_s == pytest.approx(30.0 - 40.0, abs=0.6)
    assert found.start_s == pytest.approx(30.0, abs=5)
    assert found.length_s == pytest.approx(60.0, abs=10)
    back = shared_stretch(other, one)
    assert back is not None
    assert back.start_s == pytest.approx(40.0, abs=5)


@pytest.mark.parametrize("seed", range(3, 13))
def test_two_games_on_one_court_before_one_camera_are_no_leak(seed):
    assert shared_stretch(game(1), game(seed)) is None


def test_halves_of_one_tape_share_no_frames():
    whole = game(1, 240.0)
    assert shared_stretch(copied(whole, 0, 120), copied(whole, 120, 120)) is None


def test_a_shared_title_of_ten_seconds_is_no_leak():
    title = game(77, 10.0)
    assert shared_stretch(joined(title, game(1)), joined(title, game(2))) is None


def test_black_and_empty_tapes_say_nothing():
    black = FramePrints(np.arange(0, 60, 0.5), np.full((120, PRINT), 16, np.uint8))
    assert shared_stretch(black, black) is None
    empty = FramePrints(np.zeros(0), np.zeros((0, PRINT), np.uint8))
    assert shared_stretch(empty, game(1)) is None


def test_every_leak_is_named_with_its_tapes():
    train = [T("a", "final", "1" * 64), T("b", "semifinal", "2" * 64), T("c", "other", "3" * 64)]
    judges = [T("x", "final", "4" * 64), T("y", "third", "2" * 64), T("z", "fourth", "5" * 64)]
    prints = {"c": game(1), "z": copied(game(1), 20.0, 80.0), "a": game(2)}
    found = {(leak.kind, leak.trained, leak.held_out) for leak in find_leaks(train, judges, prints)}
    assert found == {("game", "a", "x"), ("content", "b", "y"), ("frames", "c", "z")}


def test_sides_that_share_nothing_have_no_leak():
    train, judges = [T("a", "final", "1" * 64)], [T("b", "third", "2" * 64)]
    assert find_leaks(train, judges, {"a": game(1), "b": game(2)}) == []


def test_prints_of_pictures_are_small_and_come_back_as_written(tmp_path: Path):
    import cv2
    import polars as pl

    picture = np.zeros((126, 224), np.uint8)
    picture[:, 112:] = 200
    jpeg = cv2.imencode(".jpg", picture)[1].tobytes()
    table = pl.DataFrame({"time_s": [0.0, 0.5], "jpeg": [jpeg, jpeg]})
    write_table(tmp_path / "thumbs.parquet", table)
    prints = prints_of(tmp_path / "thumbs.parquet")
    grid = prints.luma[0].reshape(ROWS, COLUMNS)
    assert grid[:, :7].max() < 20 and grid[:, 9:].min() > 180
    write_table(tmp_path / "frames.parquet", prints_table(prints))
    again = read_prints(tmp_path / "frames.parquet")
    assert np.array_equal(again.luma, prints.luma) and np.array_equal(again.time_s, prints.time_s)


def test_a_damaged_picture_is_named(tmp_path: Path):
    import polars as pl

    table = pl.DataFrame({"time_s": [0.0], "jpeg": [b"no picture"]})
    write_table(tmp_path / "thumbs.parquet", table)
    with pytest.raises(InputError, match="picture 1 is damaged"):
        prints_of(tmp_path / "thumbs.parquet")
