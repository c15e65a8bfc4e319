"""What Dagster adds to a tape: many short tapes in one backfill, as the button in the UI starts it.

The reference timed in the same run makes the same artifacts of the same tapes in one process that
knows no runs: first the steps alone, then with what the UI is shown of them and their checks.
Processor seconds are the measure; seconds by the clock belong to the machine and its other work.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from bench.processes import Tally, Watch
from bench.ticks import SENSORS, ticks_of, told
from gametape.line import STEPS
from gametape.madematch.match import make_match
from gametape.madematch.settings import MatchSettings
from tests.e2e.running import Up, wait_for

PLAIN_TAPES = 12  # that the reference makes, after one that fills its caches
START = """
mutation ($params: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $params) {
  __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }
"""
STATE = """
query ($id: String!) { partitionBackfillOrError(backfillId: $id) {
  ... on PartitionBackfill { status numPartitions } } }
"""
LOOK_EVERY_S = 2.0
TYPED = "import sys; from app.main import run; sys.exit(run(sys.argv[1:]))"


def make_tapes(folder: Path, count: int, *, length_s: float, height: int) -> Path:
    """One made match under many contents: a box that players skip holds a number."""
    width = height * 16 // 9 // 2 * 2
    wish = MatchSettings(sport="tennis", seed=3, length_s=length_s, width=width, height=height)
    match = make_match(folder / "match", wish).video.read_bytes()
    season = folder / "season"
    season.mkdir(exist_ok=True)
    for number in range(count):
        box = (16).to_bytes(4, "big") + b"free" + number.to_bytes(8, "big")
        (season / f"match-{number:05d}.mp4").write_bytes(match + box)
    return season


def add(library: Path, season: Path) -> list[str]:
    """Order the tapes, as a person does; their ids."""
    words = ["add", str(season), "--sport", "tennis", "--library", str(library), "--json"]
    subprocess.run([sys.executable, "-c", TYPED, *words], check=True, capture_output=True)
    orders = sorted((library / "inbox").glob("*.json"))
    return [str(json.loads(order.read_bytes())["id"]) for order in orders]


def backfill(up: Up, tapes: Sequence[str], watch: Watch, *, most_s: float) -> float:
    """Materialize the line of all tapes; seconds by the clock."""
    params = {
        "assetSelection": [{"path": [step.name]} for step in STEPS],
        "partitionNames": list(tapes),
        "fromFailure": False,
        "tags": [],
    }
    started = up.ask(START, params=params)["launchPartitionBackfill"]
    assert started["__typename"] == "LaunchBackfillSuccess", started

    def is_over() -> bool:
        time.sleep(LOOK_EVERY_S)
        watch.tally()
        found = up.ask(STATE, id=started["backfillId"])["partitionBackfillOrError"]
        return found["status"] not in ("REQUESTED", "CANCELING")

    seconds = wait_for(is_over, most_s, "the backfill does not end")
    statuses = Counter(run["status"] for run in up.runs().values())
    print(f"runs: {dict(statuses)}")
    assert statuses == {"SUCCESS": len(tapes)}, "not every tape has one run that went well"
    return seconds


def plain(folder: Path, tapes: int, *, with_views: bool) -> float:
    """Seconds of the processor for a tape, made without Dagster's runs in one process."""
    words = ["-m", "bench.backfill_plain", str(folder), str(tapes)]
    words += ["--views"] if with_views else []
    done = subprocess.run([sys.executable, *words], check=True, capture_output=True)
    return float(done.stdout)


def report(tally: Tally, tapes: int) -> None:
    """Processor seconds and memory of each kind of process."""
    for kind, used in sorted(tally.items()):
        print(
            f"{kind:12s} {used.processor_s:7.1f} s processor {used.processor_s / tapes:5.2f} a tape"
            f"  MB at most {used.peak_bytes / 1e6:4.0f}, of its own {used.own_bytes / 1e6:4.0f},"
            f" at the end {used.bytes / 1e6:4.0f}"
        )


def history_bytes(home: Path) -> dict[str, int]:
    """Bytes of the run history, by what is in Dagster's folder."""
    return {
        part.name: sum(file.stat().st_size for file in [part, *part.rglob("*")] if file.is_file())
        for part in sorted(home.iterdir())
    }


def measure(up: Up, tapes: Sequence[str], *, most_s: float) -> float:
    """Backfill the tapes and print what it took; processor seconds of a tape."""
    watch = Watch(up.lock)
    began = watch.tally()
    wait_s = 20.0
    time.sleep(wait_s)
    idle = watch.tally().since(began)
    print(f"idle: {idle.processor_s / wait_s:6.3f} of a core")
    began, began_s = watch.tally(), time.time()
    seconds = backfill(up, tapes, watch, most_s=most_s)
    spent = watch.tally().since(began)
    report(spent, len(tapes))
    print(f"all processes together: {watch.most_bytes / 1e6:.0f} MB at most")
    each = spent.processor_s / len(tapes)
    print(f"{len(tapes)} tapes: {seconds:.0f} s by the clock, {each:.2f} s processor a tape")
    for sensor in SENSORS:
        print(told(sensor, ticks_of(up, sensor, since_s=began_s)))
    sizes = history_bytes(up.lock.parent)
    print(f"run history: {sum(sizes.values()) / 1e6:.1f} MB", end="")
    print("".join(f", {name} {size / 1e6:.1f}" for name, size in sizes.items() if size > 1e5))
    return each


def main() -> None:
    """Measure the reference, then a backfill in a real `gametape up`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tapes", type=int, default=20)
    parser.add_argument("--length", type=float, default=12.0, help="Seconds of each tape.")
    parser.add_argument("--height", type=int, default=180, help="Lines of its pictures.")
    parser.add_argument("--folder", type=Path, help="Keep everything there.")
    parser.add_argument("--most", type=float, default=3600.0, help="Seconds to wait.")
    wish = parser.parse_args()
    size = {"length_s": wish.length, "height": wish.height}
    with tempfile.TemporaryDirectory() as place:
        folder = wish.folder or Path(place)
        folder.mkdir(parents=True, exist_ok=True)
        season = make_tapes(folder, wish.tapes, **size)
        few = make_tapes(folder / "few", PLAIN_TAPES + 1, **size)
        steps_s = plain(few, PLAIN_TAPES, with_views=False)
        views_s = plain(few, PLAIN_TAPES, with_views=True)
        print(f"one process, steps alone (reference)   {steps_s:6.2f} s processor a tape")
        print(f"with what the UI shows, and the checks {views_s:6.2f} s processor a tape")
        library = folder / "library"
        tapes = add(library, season)
        print("load of the machine before: {:.1f} {:.1f} {:.1f}".format(*os.getloadavg()))
        up = Up(library)
        (folder / "arrivals").mkdir(exist_ok=True)
        up.start(GAMETAPE_INBOX=str(folder / "arrivals"))  # so that this sensor ticks too
        try:
            each = measure(up, tapes, most_s=wish.most)
        finally:
            up.stop()
    print("load of the machine after: {:.1f} {:.1f} {:.1f}".format(*os.getloadavg()))
    print(f"more than the steps alone: {each - steps_s:.2f} s processor a tape")
    print(f"more than with views and checks: {each - views_s:.2f} s processor a tape")


if __name__ == "__main__":
    main()
