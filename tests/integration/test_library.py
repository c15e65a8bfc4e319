"""The table of all tapes, from published files through SQL."""

import json
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from assets.library import library
from gametape.line import Order
from gametape.tables import read_table
from resources.store import Store


def put_tape(store: Store, number: int, lengths_s: list[float]) -> None:
    """Publish a finished tape with segments of these lengths, as the line would."""
    order = Order(
        id=f"tape-{number}", name="it's [a] match.mp4", path="x.mp4", content_hash=str(number) * 64,
        profile="tennis",
    )  # fmt: skip
    store.put_order(order)
    tape = store.tape(order.id)
    table = pl.DataFrame(
        {"start_s": [0.0] * len(lengths_s), "end_s": lengths_s, "score": [50.0] * len(lengths_s)},
        schema=dict.fromkeys(("start_s", "end_s", "score"), pl.Float64),
    )
    files = {
        "sources": lambda f: (f / "sources.json").write_text(
            json.dumps({"name": order.name, "duration_s": 90.0, "bytes": 7})
        ),
        "proxies": lambda f: (f / "x").write_text(""),
        "signals": lambda f: (f / "y").write_text(""),
        "predictions": lambda f: (f / "z").write_text(""),
        "segments": lambda f: table.write_parquet(f / "segments.parquet"),
        "clips": lambda f: (f / "manifest.json").write_text("{}"),
    }
    for step, make in files.items():
        tape.publish(step, make, run_id="1")


def test_the_library_has_one_row_per_finished_tape(tmp_path: Path) -> None:
    store = Store(tmp_path / "it's [here]")
    put_tape(store, 1, [4.0, 6.0])
    put_tape(store, 2, [])
    dg.materialize([library], resources={"store": store}, selection=["library"])
    rows = read_table(store.root / "tables" / "library.parquet")
    assert rows.select("tape", "segments", "clip_s").rows() == [
        ("tape-1", 2, 10.0),
        ("tape-2", 0, 0.0),
    ]
    assert rows["duration_s"].to_list() == [90.0, 90.0]


def test_an_empty_library_says_so(tmp_path: Path) -> None:
    with pytest.raises(dg.Failure, match="no finished tape"):
        dg.materialize([library], resources={"store": Store(tmp_path)})
