"""How long a tick of the inbox takes with ten thousand files, all new and then all known.

The reference timed in the same run is one bare walk through the same folder.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

import dagster as dg
import numpy as np
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from definitions import build_defs
from gametape.video.media import create_media
from resources.settings import Settings
from resources.store import Store

FILES = 10_000
FOLDERS = 10


def make_video(path: Path) -> bytes:
    """A second of grey pictures, 64 pixels wide."""
    with create_media(path) as container:
        stream = container.add_stream("libx264", rate=10)
        assert isinstance(stream, VideoStream)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        for grey in range(0, 200, 20):
            pixels = np.full((64, 64, 3), grey, np.uint8)
            container.mux(stream.encode(VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return path.read_bytes()


def fill(inbox: Path, video: bytes, count: int) -> None:
    """So many playable files, each with a content of its own."""
    for number in range(count):
        folder = inbox / f"{number % FOLDERS}"
        folder.mkdir(parents=True, exist_ok=True)
        box = (16).to_bytes(4, "big") + b"free" + number.to_bytes(8, "big")
        (folder / f"{number:05d}.mp4").write_bytes(video + box)


def walk(inbox: Path) -> float:
    """Seconds for looking at every file of a folder, and for nothing else."""
    began = time.monotonic()
    for folder, _, names in os.walk(inbox):
        for name in names:
            os.stat(os.path.join(folder, name))  # noqa: PTH116, PTH118 (the bare system call)
    return time.monotonic() - began


def main() -> None:
    """Fill an inbox and let the sensor look until every file is a tape, and once more."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=FILES)
    count = parser.parse_args().files
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        inbox = folder / "inbox"
        fill(inbox, make_video(folder / "video.mp4"), count)
        settings = Settings(library=folder / "library", inbox=inbox, inbox_settle_s=0)
        home = folder / "dagster"
        home.mkdir()
        reference_s = walk(inbox)
        print(f"{'walk through ' + str(count) + ' files (reference)':44s} {reference_s:7.2f} s")
        with dg.DagsterInstance.local_temp(str(home)) as instance:
            look_until_all_are_tapes(settings, instance, count, reference_s)


def look_until_all_are_tapes(
    settings: Settings, instance: dg.DagsterInstance, count: int, reference_s: float
) -> None:
    """Tick after tick, as the daemon would; print the first, the slowest and one with no news."""
    repository = build_defs(settings).get_repository_def()
    sensor, store = repository.get_sensor_def("inbox"), Store(settings.library)
    spent: list[float] = []

    def tick() -> float:
        began = time.monotonic()
        with dg.build_sensor_context(
            instance=instance,
            instance_ref=instance.get_ref(),
            repository_def=repository,
            resources={"store": store},
        ) as context:
            sensor.evaluate_tick(context)
        return time.monotonic() - began

    def told(label: str, seconds: float) -> None:
        print(f"{label:44s} {seconds:7.2f} s   {seconds / reference_s:7.1f} x walking")

    told("first tick, every file new", tick())
    while len(store.tape_ids()) < count:
        spent.append(tick())
    told(f"slowest of {len(spent)} ticks that read files", max(spent))
    told("all of them together", sum(spent))
    told(f"tick without news, {count} tapes", tick())


if __name__ == "__main__":
    main()
