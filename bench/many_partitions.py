"""Ten thousand tapes in a real `gametape up`: pages of the UI in a browser, ticks of the sensors.

A page counts as there when what a person came for is to be seen on it, not when it is loaded. The
reference timed in the same run is a page of the UI that knows nothing of tapes.
"""

import argparse
import os
import tempfile
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from bench.browser import Page, browser
from bench.inbox import fill, make_video
from bench.many_library import make_library
from bench.processes import Watch
from bench.ticks import SENSORS, ticks_of, told
from tests.e2e.running import Up, wait_for

MOST_S = 120.0  # for a page
CLICKS, CLICK_S = 10, 5.0
SETTLE_S = 90.0  # after the start: everything ticks at least once
WORDS = "document.body.innerText.includes({!r})"
BUTTON = "[...document.querySelectorAll('button')].find(b => b.innerText.startsWith({!r}))"
ALL = "[...document.querySelectorAll('button span')].find(s => s.innerText === 'All')"
LINKS = "document.querySelectorAll('a[href^=\"{}\"]').length >= {}"
TOTAL = "/\\b{}\\s+Total partitions/.test(document.body.innerText)"
JOB = "/locations/definitions/jobs/tape"
BACKFILLS = (
    "{ partitionBackfillsOrError(limit: 1) { ... on PartitionBackfills { results { id } } } }"
)


@dataclass(frozen=True)
class Visit:
    """A page, how to see that it shows its rows, and what is clicked before that."""

    name: str
    address: str
    shown: str
    clicked: tuple[str, ...] = ()


def visits(tapes: int, backfill: str) -> list[Visit]:
    """What people open; `backfill` is one that was run, if there is one."""
    many = f"{tapes:,} partitions"
    asset = "/assets/clips?view=partitions"
    rows = r"/-[0-9a-f]{12}\n/.test(document.body.innerText) && "
    found = [
        Visit("code locations (reference)", "/deployment/locations", WORDS.format("Loaded")),
        Visit("catalog", "/assets", f"{WORDS.format(many)} && !{WORDS.format('- partitions')}"),
        Visit("clips, overview", "/assets/clips", WORDS.format("Upstream assets")),
        Visit("clips, partitions", asset, rows + WORDS.format(f"{tapes:,} Partitions Selected")),
        Visit("job, partitions", f"{JOB}/partitions", TOTAL.format(tapes)),
        Visit(
            "job, all tapes chosen for launching",
            JOB,
            WORDS.format(f"{tapes} partitions selected"),
            (BUTTON.format("Materialize all"), ALL),
        ),
    ]
    if backfill:
        found += [
            Visit("runs", "/runs?view=runs", LINKS.format("/runs/", 25)),
            Visit("backfills", "/runs?view=backfills", LINKS.format(f"/runs/b/{backfill}", 1)),
            Visit("one backfill", f"/runs/b/{backfill}", WORDS.format("segments")),
        ]
    return found


def seconds_of(page: Page, up: Up, visit: Visit) -> float:
    """Open a page and click as told; seconds until it shows what was wanted."""
    page.open("about:blank")
    began_s = time.monotonic()
    page.open(f"http://127.0.0.1:{up.port}{visit.address}")
    for button, after in pairwise((*visit.clicked, visit.shown)):
        assert page.is_true(f"!!({button})", most_s=MOST_S), f"{visit.name}: no {button}"
        for _ in range(CLICKS):  # a button that is not ready yet swallows a click
            page.value(f"({button})?.click()")
            if page.is_true(f"!!({after})", most_s=CLICK_S):
                break
    assert page.is_true(visit.shown, most_s=MOST_S), f"{visit.name} does not show its rows"
    return time.monotonic() - began_s


def measure_pages(up: Up, tapes: int, pictures: Path | None) -> None:
    """Open each page twice."""
    started = up.ask(BACKFILLS)["partitionBackfillsOrError"]["results"]
    watch = Watch(up.lock)
    with browser() as page:
        for visit in visits(tapes, started[0]["id"] if started else ""):
            began = watch.tally()
            first, second = (seconds_of(page, up, visit) for _ in range(2))
            spent = watch.tally().since(began).kinds
            served = sum(spent[kind].processor_s for kind in ("web server", "code server"))
            print(
                f"{visit.name:38s} {first:6.1f} s at first {second:6.1f} s then"
                f" {served / 2:6.2f} s processor of the servers each time",
                flush=True,
            )
            if pictures:
                page.picture(pictures / f"{visit.name.replace(', ', '-').replace(' ', '-')}.png")


def measure_ticks(up: Up, inbox: Path, *, files: int, new: int, idle_s: float) -> None:
    """Ticks while nothing is new, and while a few files are."""
    time.sleep(idle_s)
    print(f"Ticks, {files} known files in the inbox, none new")
    for sensor in SENSORS:
        print(told(sensor, ticks_of(up, sensor)))
    began_s = time.time()
    with tempfile.TemporaryDirectory() as place:
        unlike_others = (8).to_bytes(4, "big") + b"free"
        fill(inbox / "tennis", make_video(Path(place) / "video.mp4") + unlike_others, new)

    def is_asked() -> bool:
        time.sleep(2)
        return sum(tick.runs for tick in ticks_of(up, "inbox", since_s=began_s)) >= new

    wait_for(is_asked, 600, "runs of the new files are not asked for")
    print(f"Ticks, {new} files new; all runs were asked for {time.time() - began_s:.0f} s later")
    for sensor in SENSORS:
        print(told(sensor, ticks_of(up, sensor, since_s=began_s)))


def main() -> None:
    """Make the library, or take one; start `gametape up` on it and look."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tapes", type=int, default=10_000)
    parser.add_argument("--files", type=int, default=5_000, help="In the inbox, known.")
    parser.add_argument("--new", type=int, default=20, help="That arrive meanwhile.")
    parser.add_argument(
        "--folder", type=Path, help="Keep everything there; may hold what bench.backfill kept."
    )
    parser.add_argument("--pictures", type=Path, help="Folder for pictures of the pages.")
    wish = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = wish.folder or Path(place)
        library, inbox = folder / "library", folder / "inbox"
        make_library(library, inbox, tapes=wish.tapes, files=wish.files)
        print("load of the machine: {:.1f} {:.1f} {:.1f}".format(*os.getloadavg()))
        up = Up(library)
        up.start(GAMETAPE_INBOX=str(inbox))
        try:
            watch = Watch(up.lock)
            measure_pages(up, wish.tapes, wish.pictures)
            measure_ticks(up, inbox, files=wish.files, new=wish.new, idle_s=SETTLE_S)
            for kind, used in sorted(watch.tally().items()):
                print(f"{kind:12s} {used.peak_bytes / 1e6:6.0f} MB at most")
        finally:
            up.stop()
    print("load of the machine: {:.1f} {:.1f} {:.1f}".format(*os.getloadavg()))


if __name__ == "__main__":
    main()
