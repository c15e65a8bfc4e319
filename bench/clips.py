"""What a clip costs, by method, against what others do: CPU and bytes a clip, and frames off.

Run `python -m bench.clips [FILE]`; without a file, on two made minutes of 1080p30. References of
the same run: the plain command that most people use (`-ss` before `-i`, stream copy, one program a
clip), and encoding every clip anew with the same encoder and settings, one program a clip.
"""

import argparse
import random
import resource
import subprocess
import tempfile
import time
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.one_pass import make_tape
from gametape.profile import ClipSettings
from gametape.schema import Segment, Source
from gametape.video.cut import cut_clips
from gametape.video.cutting.proof import count_clip
from gametape.video.gops import GopMap, scan_gops
from gametape.video.media import open_media
from gametape.video.probe import probe
from gametape.video.timebase import boundary_pts

CLIPS, LENGTH_S = 20, 8.0


@dataclass(frozen=True)
class Cost:
    """What a way of cutting took for all clips, and how far the clips are from what was asked."""

    name: str
    cpu_s: float
    wall_s: float
    bytes: int
    off: tuple[int, ...]  # frames too many (or too few) in each clip
    methods: str = ""


def main() -> None:
    """Measure every way on one tape and print a table."""
    parser = argparse.ArgumentParser(description="Cost of a clip, by method.")
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--clips", type=int, default=CLIPS)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tape = given.file
        if tape is None:
            tape = folder / "made-1080p30.mp4"
            make_tape(tape, seconds=120)
        source = probe(tape)
        with open_media(tape) as media:
            gops = scan_gops(media)
        stamps = sorted(int(pts) for pts in gops.pts)
        anywhere = arbitrary(source, given.clips)
        on_keys = on_key_frames(gops, source, given.clips)
        ways: list[tuple[str, Sequence[Segment], Callable[[Path, Sequence[Segment]], str]]] = [
            ("plain copy, -ss before -i", anywhere, lambda f, s: plain(tape, f, s, COPY)),
            ("encode anew, a program a clip", anywhere, lambda f, s: plain(tape, f, s, ENCODE)),
            ("gametape, re-encode", anywhere, lambda f, s: ours(tape, f, s, source, "re-encode")),
            ("gametape, auto", anywhere, lambda f, s: ours(tape, f, s, source, "auto")),
            ("plain copy, on key frames", on_keys, lambda f, s: plain(tape, f, s, COPY)),
            (
                "gametape, auto, on key frames",
                on_keys,
                lambda f, s: ours(tape, f, s, source, "auto"),
            ),
        ]
        costs = [
            measured(name, folder / str(number), segments, source, stamps, cut)
            for number, (name, segments, cut) in enumerate(ways)
            if segments
        ]
    print_table(costs, source, len(anywhere))


def arbitrary(source: Source, count: int) -> list[Segment]:
    """Segments that begin and end wherever play does: on no key frame but by chance."""
    rng = random.Random(5)
    room_s = source.duration_s - LENGTH_S - 1
    starts = sorted(rng.uniform(0.5, max(0.6, room_s)) for _ in range(count))
    return [Segment(start, start + LENGTH_S + rng.uniform(-2, 1)) for start in starts]


def on_key_frames(gops: GopMap, source: Source, count: int) -> list[Segment]:
    """Segments that begin and end on key frames, so that plain copying could be exact too."""
    base, start = source.video.time_base, source.video.start_pts
    keys = [float((int(pts) - start) * base) for pts in gops.pts[gops.is_start]]
    pairs = [
        (one, other)
        for one in keys
        for other in keys
        if LENGTH_S * 0.7 <= other - one <= LENGTH_S * 1.5
    ]
    return [Segment(*pair) for pair in (pairs * count)[:count]]


COPY = ("-c", "copy", "-avoid_negative_ts", "make_zero")
ENCODE = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-threads", "1", "-c:a", "aac")


def plain(tape: Path, folder: Path, segments: Sequence[Segment], how: Sequence[str]) -> str:
    """One program a clip."""
    import imageio_ffmpeg

    program = imageio_ffmpeg.get_ffmpeg_exe()
    for number, segment in enumerate(segments, start=1):
        span = ("-ss", f"{segment.start_s:.6f}", "-i", str(tape), "-t", f"{segment.length_s:.6f}")
        out = str(folder / f"{number:04d}.mp4")
        command = [program, "-v", "error", "-nostdin", *span, *how, out]
        subprocess.run(command, check=True, capture_output=True)
    return ""


def ours(tape: Path, folder: Path, segments: Sequence[Segment], source: Source, method: str) -> str:
    """All clips by the library, thumbnails and proof included."""
    settings = ClipSettings.model_validate({"method": method})
    reports = cut_clips(tape, segments, folder, source=source, settings=settings)
    wrong = [report.file for report in reports if not report.is_exact]
    if wrong:
        raise SystemExit(f"not exact: {wrong}")
    counts = {report.method: 0 for report in reports}
    for report in reports:
        counts[report.method] += 1
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))


def measured(
    name: str,
    folder: Path,
    segments: Sequence[Segment],
    source: Source,
    stamps: Sequence[int],
    cut: Callable[[Path, Sequence[Segment]], str],
) -> Cost:
    """Cut into a folder, and count what came of it."""
    folder.mkdir()
    cpu_s, wall_s = _cpu_s(), time.monotonic()
    methods = cut(folder, segments)
    cpu_s, wall_s = _cpu_s() - cpu_s, time.monotonic() - wall_s
    files = sorted(folder.glob("*.mp4"))
    wanted = [frames_in(stamps, source, segment) for segment in segments]
    off = tuple(
        len(count_clip(file).times_s) - count for file, count in zip(files, wanted, strict=True)
    )
    return Cost(name, cpu_s, wall_s, sum(file.stat().st_size for file in files), off, methods)


def frames_in(stamps: Sequence[int], source: Source, segment: Segment) -> int:
    """Frames of the tape that are displayed from the segment's start on and before its end."""
    base, zero = source.video.time_base, source.video.start_pts
    first = bisect_left(stamps, boundary_pts(segment.start_s, base, zero))
    return bisect_left(stamps, boundary_pts(segment.end_s, base, zero)) - first


def print_table(costs: Sequence[Cost], source: Source, count: int) -> None:
    """A line a way."""
    size = f"{source.video.width} x {source.video.height}"
    print(f"\n{count} clips of about {LENGTH_S:g} s out of {source.duration_s:.0f} s of {size}")
    print(f"{'way':31}{'CPU s a clip':>13}{'wall s':>8}{'MB':>7}{'exact':>7}{'frames off':>16}")
    for cost in costs:
        exact = sum(off == 0 for off in cost.off)
        off = f"{min(cost.off):+d} to {max(cost.off):+d}" if any(cost.off) else "none"
        print(
            f"{cost.name:31}{cost.cpu_s / len(cost.off):13.3f}{cost.wall_s:8.2f}"
            f"{cost.bytes / 1e6:7.1f}{exact:4d}/{len(cost.off):<3d}{off:>15}  {cost.methods}"
        )


def _cpu_s() -> float:
    return sum(
        used.ru_utime + used.ru_stime
        for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


if __name__ == "__main__":
    main()
