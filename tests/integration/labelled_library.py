"""A library of labelled tapes without any video: sources, small pictures, rows, labels."""

import hashlib
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl

from gametape.exports.cutlist import write_cutlist
from gametape.features import write_features
from gametape.line import Order
from gametape.models.backbones.base import Grid, Material, Rows
from gametape.schema import Segment
from gametape.tables import write_table
from resources.store import Store
from resources.tape import Tape

LENGTH_S = 60.0
GIVEN = datetime(2026, 5, 1, 12, tzinfo=UTC)
SOURCE = """{{"name": "{name}", "bytes": 1, "content_hash": "{content}", "container": "mp4",
"duration_s": {length}, "video": {{"index": 0, "codec": "h264", "width": 320, "height": 180,
"display_width": 320, "display_height": 180, "pixel_format": "yuv420p", "time_base": "1/25",
"start_pts": 0, "average_rate": "25"}}}}"""


@dataclass
class Plain:
    """A backbone that tells rows' numbers, so that each tape's features differ by their start."""

    start: int
    name: str = "cheap"
    code: str = "1"
    weights: str = ""
    reads: tuple[str, ...] = ()

    def grid(self, material: Material) -> Grid:
        return Grid(int(material.duration_s), 1.0, 2, ("a", "b"))

    def rows(self, material: Material, first: int, end: int) -> Rows:
        numbers = np.arange(first, end, dtype=np.float32) + self.start
        return np.stack([numbers, -numbers], axis=1)


def add_tape(
    library: Path,
    number: int,
    *,
    game: str | None = None,
    plays: tuple[tuple[float, float], ...] = ((5.0, 12.0), (30.0, 41.0)),
    looks_like: int | None = None,
    is_labelled: bool = True,
) -> Tape:
    """A tape with everything that a dataset reads; `looks_like` another one: a copy of it."""
    store = Store(library, library / "profiles")
    video = library.parent / "videos" / f"match {number}.mp4"
    video.parent.mkdir(parents=True, exist_ok=True)
    video.write_bytes(b"video %d" % number)
    content = hashlib.sha256(video.read_bytes()).hexdigest()
    order = Order(
        id=f"match-{number}-{content[:12]}",
        name=video.name,
        path=str(video),
        content_hash=content,
        profile="tennis",
        game={"game": game or f"game {number}"},
    )
    store.put_order(order)
    tape = store.tape(order.id)
    seed = number if looks_like is None else looks_like
    _publish(tape, content, seed)
    put_features(tape, start=100 * number)
    if is_labelled:
        put_labels(tape, plays)
    return tape


def put_labels(tape: Tape, plays: tuple[tuple[float, float], ...], *, at: datetime = GIVEN) -> None:
    """Labels as a person handed them in at that time."""
    write_cutlist(tape.labels_file, [Segment(*play) for play in plays])
    os.utime(tape.labels_file, (at.timestamp(), at.timestamp()))


def put_features(tape: Tape, *, start: int) -> None:
    material = Material(tape.folder, duration_s=LENGTH_S, stride_s=1.0)
    write_features(Plain(start), material, tape.folder, made_from={}, chunk_s=25.0)


def _publish(tape: Tape, content: str, seed: int) -> None:
    def sources(aside: Path) -> None:
        text = SOURCE.format(name=tape.order.name, content=content, length=LENGTH_S)
        (aside / "sources.json").write_text(text)

    def proxies(aside: Path) -> None:
        write_table(aside / "signals" / "thumbs.parquet", thumbs(seed))

    def signals(aside: Path) -> None:
        times = np.arange(0, LENGTH_S, 0.25)
        write_table(aside / "signals.parquet", pl.DataFrame({"time_s": times, "a": times % seed}))
        write_table(aside / "signals" / "cuts.parquet", pl.DataFrame({"time_s": [20.0]}))

    for name, make in (("sources", sources), ("proxies", proxies), ("signals", signals)):
        tape.publish(name, make, run_id="made")


def thumbs(seed: int) -> pl.DataFrame:
    """Pictures in which something wanders about, by the seed."""
    import cv2

    random = np.random.default_rng(seed)
    where = np.cumsum(random.normal(0, 10, (int(2 * LENGTH_S), 4, 2)), axis=0)
    where = (where + random.uniform(0, 180, (4, 2))) % (200, 110)
    pictures = []
    for spots in where:
        picture = np.full((126, 224), 90, np.uint8)
        for x, y in spots:
            cv2.circle(picture, (int(x), int(y)), 18, 220, -1)
        pictures.append(cv2.imencode(".jpg", picture)[1].tobytes())
    return pl.DataFrame({"time_s": np.arange(0, LENGTH_S, 0.5), "jpeg": pictures})
