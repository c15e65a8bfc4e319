"""Features in chunks: the same bytes whatever the chunks, and no finished chunk made twice."""

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from gametape.errors import InputError, ToolError
from gametape.features import read_index, read_sequence, write_features
from gametape.models.backbones.base import Grid, Material, Rows
from gametape.models.backbones.cheap import NAMES, Cheap
from gametape.tables import write_table

MADE_FROM = {"proxies": "p1", "signals": "s1"}


@dataclass
class Counting:
    """A backbone that knows which rows it was asked for; a row tells of its neighbours."""

    weights: str = "w1"
    code: str = "1"
    fails_at: int | None = None
    asked: list[tuple[int, int]] = field(default_factory=list)
    name = "counting"
    reads = ("proxies",)

    def grid(self, material: Material) -> Grid:
        return Grid(10, 1.0, 3)

    def rows(self, material: Material, first: int, end: int) -> Rows:
        self.asked.append((first, end))
        if self.fails_at is not None and first <= self.fails_at < end:
            raise KeyboardInterrupt
        numbers = np.arange(first, end, dtype=np.float32)
        return np.stack([numbers - 1, numbers, numbers + 1], axis=1) / 7


def material(folder: Path) -> Material:
    return Material(folder, duration_s=10.0, stride_s=1.0)


def write(backbone: Counting, tape: Path, to: Path, chunk_s: float = 4.0, **made_from: str):
    return write_features(
        backbone,
        material(tape),
        to,
        made_from=MADE_FROM | made_from,
        chunk_s=chunk_s,
        earlier=tape,
    )


def put_signals(folder: Path, count: int = 50) -> None:
    """Signals of a tape with two cameras and some sound."""
    rng = np.random.default_rng(5)
    table = {"time_s": np.arange(count) / 4, "shot": np.floor(np.arange(count) / 20)}
    table |= {"shot_start_s": table["shot"] * 5, "shot_end_s": table["shot"] * 5 + 5}
    table["since_cut_s"] = table["time_s"] - table["shot_start_s"]
    table["until_cut_s"] = table["shot_end_s"] - table["time_s"]
    names = ["moving_share", "changed_share", "speed_mean", "pan_x", "pan_y", "zoom", "pan_speed"]
    names += ["similarity", "shot_similarity", "field_share", "whistle_share"]
    names += [f"{k}_r{r}c{c}" for k in ("fast", "change") for r in range(3) for c in range(4)]
    table |= {name: rng.random(count) ** 2 for name in names}
    table |= {name: 100 * rng.random(count) for name in ("luma_mean", "luma_std", "edge_level")}
    table |= {name: -40 * rng.random(count) for name in ("level_db", "crowd_db")}
    table |= {"hit_db": 20 * rng.random(count), "has_sound": np.ones(count)}
    write_table(folder / "signals.parquet", pl.DataFrame(table))


@pytest.mark.parametrize("chunk_s", [0.1, 1.0, 3.0, 9.9, 1000.0])
def test_joined_chunks_are_the_whole_byte_for_byte(tmp_path: Path, chunk_s: float) -> None:
    write(Counting(), tmp_path, tmp_path / "whole", chunk_s=1000)
    write(Counting(), tmp_path, tmp_path / "chunked", chunk_s=chunk_s)
    whole = read_sequence(tmp_path / "whole", "counting")
    chunked = read_sequence(tmp_path / "chunked", "counting")
    assert chunked.values.tobytes() == whole.values.tobytes()
    assert chunked.time_s.tolist() == list(range(10))
    assert len(read_index(tmp_path / "chunked", "counting").chunks) == -(
        -10 // max(1, round(chunk_s))
    )


def test_two_workers_write_the_same_files_as_one(tmp_path: Path) -> None:
    put_signals(tmp_path)
    for workers in (1, 2):
        to = tmp_path / str(workers)
        write_features(
            Cheap(), material(tmp_path), to, made_from=MADE_FROM, chunk_s=2.0, workers=workers
        )
    one, two = ({p.name: p.read_bytes() for p in (tmp_path / n).rglob("*.*")} for n in "12")
    assert one == two
    assert len(one) == 8  # seven chunks and the index
    assert read_sequence(tmp_path / "2", "cheap").names == NAMES


def test_an_interrupted_tape_goes_on_after_its_finished_chunks(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        write(Counting(fails_at=9), tmp_path, tmp_path)
    again = Counting()
    (tmp_path / "features").rename(tmp_path / "kept")
    (tmp_path / "tape").mkdir()
    (tmp_path / "kept").rename(tmp_path / "tape" / "features")
    write(again, tmp_path / "tape", tmp_path / "new")
    assert again.asked == [(8, 10)]
    assert read_sequence(tmp_path / "new", "counting").values.shape == (10, 3)


KILLED = """
import os, signal, sys
from pathlib import Path
import numpy as np
from gametape.features import write_features
from gametape.models.backbones.base import Grid, Material

class Dying:
    name, code, weights, reads = "counting", "1", "w1", ("proxies",)
    def grid(self, material):
        return Grid(10, 1.0, 3)
    def rows(self, material, first, end):
        if first == 8:
            os.kill(os.getpid(), signal.SIGKILL)
        numbers = np.arange(first, end, dtype=np.float32)
        return np.stack([numbers - 1, numbers, numbers + 1], axis=1) / 7

folder = Path(sys.argv[1])
write_features(
    Dying(), Material(folder, duration_s=10.0, stride_s=1.0), folder,
    made_from={"proxies": "p1"}, chunk_s=4.0,
)
"""


def test_a_killed_process_leaves_whole_chunks_that_are_taken_over(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    assert done.returncode == -9
    again = Counting()
    write(again, tmp_path, tmp_path / "new")
    assert again.asked == [(8, 10)]


@pytest.mark.parametrize(
    ("other", "made_from"),
    [(Counting(weights="w2"), {}), (Counting(code="2"), {}), (Counting(), {"proxies": "p2"})],
    ids=["weights", "code", "proxy"],
)
def test_chunks_of_other_weights_code_or_proxy_are_made_again(
    tmp_path: Path, other: Counting, made_from: dict[str, str]
) -> None:
    write(Counting(), tmp_path, tmp_path)
    write(other, tmp_path, tmp_path / "new", **made_from)
    assert other.asked == [(0, 4), (4, 8), (8, 10)]


def test_what_a_backbone_does_not_read_does_not_matter_to_it(tmp_path: Path) -> None:
    write(Counting(), tmp_path, tmp_path)
    again = Counting()
    write(again, tmp_path, tmp_path / "new", signals="s2")
    assert again.asked == []


def test_a_chunk_with_a_flipped_bit_is_made_again_and_never_read(tmp_path: Path) -> None:
    write(Counting(), tmp_path, tmp_path)
    path = tmp_path / "features" / "counting" / "chunk-0001.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"chunk-0001\.safetensors: is missing, damaged"):
        read_sequence(tmp_path, "counting")
    again = Counting()
    write(again, tmp_path, tmp_path / "new")
    assert again.asked == [(4, 8)]


def test_a_tape_without_features_of_a_backbone_says_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no features of backbone 'i3d'.*features\.backbone"):
        read_sequence(tmp_path, "i3d")


def test_numbers_that_are_none_are_refused(tmp_path: Path) -> None:
    class Broken(Counting):
        def rows(self, material: Material, first: int, end: int) -> Rows:
            return np.full((end - first, 3), np.nan, np.float32)

    with pytest.raises(ToolError, match="no proper numbers for rows 0 to 4"):
        write(Broken(), tmp_path, tmp_path)


def test_progress_counts_rows_up_to_the_whole_tape(tmp_path: Path) -> None:
    told: list[tuple[str, float, float]] = []
    write_features(
        Counting(),
        material(tmp_path),
        tmp_path,
        made_from=MADE_FROM,
        chunk_s=4.0,
        progress=lambda *what: told.append(what),
    )
    name = "features (counting)"
    assert told == [(name, 0, 10), (name, 4, 10), (name, 8, 10), (name, 10, 10)]


def test_each_finished_chunk_is_told_at_once(tmp_path: Path) -> None:
    placed: list[str] = []

    def place(name: str) -> None:
        os.rename(tmp_path / name, tmp_path / Path(name).name)  # noqa: PTH104
        placed.append(name)

    write_features(
        Counting(), material(tmp_path), tmp_path, made_from=MADE_FROM, chunk_s=5.0, placed=place
    )
    assert placed == [f"features/counting/chunk-000{n}.safetensors" for n in range(2)]
