"""One measurement of `bench.one_pass`, in a process of its own: FILE and the name of a mode."""

import sys
import tempfile
from pathlib import Path

import av
import cv2  # noqa: TID253 (imported here so that it is not counted)
import pyarrow.parquet  # noqa: F401 (likewise)

from bench.one_pass import MODES, PURE_ONE, timed
from gametape.video.proxy import run_pass


def main() -> None:
    """Measure, and print the result as the last line."""
    file, mode = Path(sys.argv[1]), sys.argv[2]
    settings = MODES[mode]
    cv2.setNumThreads(1)
    if settings is None:
        timed(lambda: pure_decode(file, threads=1 if mode == PURE_ONE else 0))
        return
    with tempfile.TemporaryDirectory() as folder:
        timed(lambda: ignore(run_pass(file, Path(folder) / "pass", settings=settings)))


def pure_decode(file: Path, *, threads: int) -> None:
    """Every frame of the picture, with nothing done to it, straight through PyAV."""
    with av.open(str(file)) as container:  # noqa: TID251 (the reference must not be our own door)
        picture = container.streams.video[0]
        picture.thread_type = "AUTO"
        picture.codec_context.thread_count = threads
        for _ in container.decode(video=0):
            pass


def ignore(_result: object) -> None:
    """Drop a result."""


if __name__ == "__main__":
    main()
