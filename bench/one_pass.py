"""What the one decode of a tape costs: CPU time against a pure decode of the same file.

Run `python -m bench.one_pass [FILE ...]`; without files, on a made minute of 1080p30. Each figure
is the least of some rounds, each in a fresh process, rounds of all modes taking turns. What a
process needs to start and to import is not counted, since tapes are long.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gametape.profile import ProxySettings

PURE, PURE_ONE = "pure decode", "pure decode, one thread"
MODES = {
    PURE: None,  # as FFmpeg does it by itself: with a thread a core, and more
    PURE_ONE: None,  # the least CPU that decoding can take, in more time by the clock
    "signals and sound, no proxy": ProxySettings(analysis=False, review=False),
    "with the analysis proxy": ProxySettings(analysis=True, review=False),
    "with the full-rate review proxy": ProxySettings(analysis=False, review=True),
    "with both proxies": ProxySettings(analysis=True, review=True),
}
GOALS = {
    "signals and sound, no proxy": 1.2,
    "with the analysis proxy": 1.4,
    "with the full-rate review proxy": 1.8,
}
MADE_SIZE, MADE_RATE, MADE_BITS = (1920, 1080), 30, 6_000_000


def main() -> None:
    """Print a table for each file."""
    parser = argparse.ArgumentParser(description="CPU cost of the one decode, by mode.")
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=60, help="length of the made tape")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files = given.files
        if not files:
            files = [Path(folder) / "made-1080p30.mp4"]
            make_tape(files[0], seconds=given.seconds)
        for file in files:
            print_table(file, given.rounds)


def print_table(file: Path, rounds: int) -> None:
    """Measure all modes on a file and print them."""
    cpu_s: dict[str, list[float]] = {name: [] for name in MODES}
    peak_mb: dict[str, float] = {}
    for _ in range(rounds):
        for name in MODES:
            spent, peak_mb[name] = measured(file, name)
            cpu_s[name].append(spent)
    pure_s = min(cpu_s[PURE])
    print(f"\n{file.name}: {file.stat().st_size / 1e6:.1f} MB, least of {rounds} rounds")
    print(f"{'mode':34}{'CPU s':>8}{'ratio':>8}{'goal':>7}{'peak MB':>9}")
    for name, values in cpu_s.items():
        goal = f"{GOALS[name]:.1f}" if name in GOALS else ""
        ratio = min(values) / pure_s
        print(f"{name:34}{min(values):8.2f}{ratio:8.2f}{goal:>7}{peak_mb[name]:9.0f}")


def measured(file: Path, mode: str) -> tuple[float, float]:
    """CPU seconds and peak megabytes of one mode in a fresh process."""
    command = [sys.executable, "-m", "bench.one_pass_child", str(file.resolve()), mode]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    values = json.loads(told.splitlines()[-1])
    return values["cpu_s"], values["peak_mb"]


def timed(work: Callable[[], None]) -> None:
    """Do something and print what it took, for `measured`."""
    begun_s = _cpu_s()
    work()
    spent_s = _cpu_s() - begun_s
    print(json.dumps({"cpu_s": spent_s, "peak_mb": _peak_mb()}))


def make_tape(
    path: Path,
    *,
    seconds: int,
    size: tuple[int, int] = MADE_SIZE,
    rate: int = MADE_RATE,
    bits: int = MADE_BITS,
) -> None:
    """A tape with detail, pans, cuts and sound, about as costly to decode as a broadcast."""
    from av.audio.frame import AudioFrame
    from av.video.frame import VideoFrame

    from gametape.video.media import create_media

    rng = np.random.default_rng(7)
    width, height = size
    with create_media(path) as file:
        picture = file.add_stream("libx264", rate=rate)
        picture.width, picture.height, picture.pix_fmt = width, height, "yuv420p"
        picture.codec_context.bit_rate = bits
        picture.codec_context.gop_size = 4 * rate
        peak = {"maxrate": str(bits * 4 // 3), "bufsize": str(bits * 2)}
        picture.codec_context.options = {"preset": "faster", **peak}
        sound = file.add_stream("aac", rate=48_000, layout="stereo")
        for second in range(seconds):
            if second % 5 == 0:
                scene = _scene(rng, size)
            for at in range(rate):
                view = _view(scene, rng, size, (second % 5) * rate + at)
                frame = VideoFrame.from_ndarray(view, format="yuv420p")
                frame.pts, frame.time_base = second * rate + at, Fraction(1, rate)
                file.mux(picture.encode(frame))
            noise = rng.normal(0, 0.05, (2, 48_000)).astype(np.float32)
            heard = AudioFrame.from_ndarray(noise, format="fltp", layout="stereo")
            heard.sample_rate, heard.pts = 48_000, second * 48_000
            heard.time_base = Fraction(1, 48_000)
            file.mux(sound.encode(heard))
        file.mux(picture.encode(None))
        file.mux(sound.encode(None))


def _scene(rng: np.random.Generator, size: tuple[int, int]) -> NDArray[np.uint8]:
    """(h, w, 3) y, u, v: a surface with texture from coarse to fine, larger than the picture."""
    import cv2

    width, height = size[0] + 512, size[1] + 256
    total = np.zeros((height, width, 3), np.float32)
    for cells, strength in ((8, 60), (32, 30), (128, 18), (512, 10)):
        coarse = rng.normal(0, strength, (cells, cells * 16 // 9, 3)).astype(np.float32)
        coarse[..., 1:] *= 0.4
        total += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    for _ in range(40):
        corner = (int(rng.integers(width)), int(rng.integers(height)))
        other = (corner[0] + int(rng.integers(20, 400)), corner[1] + int(rng.integers(20, 300)))
        cv2.rectangle(total, corner, other, [float(v) for v in rng.normal(0, 60, 3)], 3)
    return np.clip(total + 126, 16, 235).astype(np.uint8)


def _view(
    scene: NDArray[np.uint8], rng: np.random.Generator, size: tuple[int, int], at: int
) -> NDArray[np.uint8]:
    """(h * 3 / 2, w) yuv420p: a pan over a scene, with things that move and grain."""
    import cv2

    width, height = size
    x, y = int(256 + 250 * np.sin(at / 40)), int(128 + 120 * np.sin(at / 70))
    view = scene[y : y + height, x : x + width].copy()
    for one in range(12):
        left = int((one * 157 + at * (3 + one)) % (width - 60))
        top = height // 3 + (one * 97) % (height // 2)
        view[top : top + 90, left : left + 40, 0] = 40 + 15 * one
    grain = rng.integers(0, 3, (height // 2, width // 2), np.uint8).repeat(2, 0).repeat(2, 1)
    luma = cv2.add(view[..., 0], grain)
    chroma = [view[::2, ::2, index].reshape(-1, width) for index in (1, 2)]
    return np.concatenate([luma, *chroma])


def _peak_mb() -> float:
    """Most memory ever in use here; `getrusage` would tell that of the parent, if it had more."""
    status = Path("/proc/self/status")
    if status.exists():
        peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(peak.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
