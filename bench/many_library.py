"""A library of many tapes that were never run, of which some lie in an inbox as files.

What is in the inbox was added as a person adds it; the others are orders and partitions alone.
"""

import hashlib
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import dagster as dg
from dagster._core.definitions.data_version import DATA_VERSION_TAG

from app.runs.history import run_history
from assets.videos import videos
from bench.inbox import fill, make_video
from gametape.line import STEPS, order_of
from resources.settings import Settings
from resources.store import Store

TYPED = "import sys; from app.main import run; sys.exit(run(sys.argv[1:]))"


PATTERN = "no-tape-at-all"
# What Dagster would write for every tape, had each been run: as for the one that it was told of.
OF_ALL = """
insert into event_logs
  (run_id, event, dagster_event_type, timestamp, step_key, asset_key, partition)
select run_id, replace(event, :told, other.partition), dagster_event_type, timestamp, step_key,
  asset_key, other.partition
from (select * from event_logs where partition = :told) as told
cross join dynamic_partitions as other
order by told.id, other.id;
"""
TAGS_OF_ALL = """
insert into asset_event_tags (event_id, asset_key, key, value, event_timestamp)
select copies.id, tags.asset_key, tags.key, tags.value, tags.event_timestamp
from (select * from event_logs where partition = :told) as told
cross join asset_event_tags as tags on tags.event_id = told.id
cross join event_logs as copies on copies.asset_key = told.asset_key and copies.id > told.id
where copies.dagster_event_type = 'ASSET_MATERIALIZATION' and copies.partition <> :told;
"""


def make_library(library: Path, inbox: Path, *, tapes: int, files: int) -> None:
    """So many orders and partitions, the first ones with a file; the UI is told that all ran."""
    with tempfile.TemporaryDirectory() as place:
        fill(inbox, make_video(Path(place) / "video.mp4"), files)
    words = ["add", str(inbox), "--library", str(library), "--json"]
    subprocess.run([sys.executable, "-c", TYPED, *words], check=True, capture_output=True)
    store = Store(library)
    there = store.tape_ids()
    for number in range(tapes - len(there)):
        content = hashlib.sha256(f"archive {number}".encode()).hexdigest()
        video = library.parent / "archive" / f"match-{number:05d}.mp4"
        order = order_of(video, content_hash=content, profile="tennis")
        # As the store writes it, but for waiting until it is safe on the disk.
        (library / "inbox" / f"{order.id}.json").write_text(order.model_dump_json(), "utf-8")
    index = library / "dagster" / "history" / "runs" / "index.db"
    with run_history(Settings(library=library)) as instance:
        instance.add_dynamic_partitions(str(videos.name), store.tape_ids())
        if PATTERN in instance.get_materialized_partitions(dg.AssetKey(STEPS[0].name)):
            return
        _tell_of_one(instance, PATTERN)
        with closing(sqlite3.connect(index)) as database, database:
            database.execute(OF_ALL, {"told": PATTERN})
            database.execute(TAGS_OF_ALL, {"told": PATTERN})
        _tell_of_one(instance, store.tape_ids()[0])  # so that Dagster counts anew


def _tell_of_one(instance: dg.DagsterInstance, tape: str) -> None:
    for step in STEPS:
        instance.report_runless_asset_event(
            dg.AssetMaterialization(
                asset_key=step.name, partition=tape, tags={DATA_VERSION_TAG: tape[-12:]}
            )
        )
