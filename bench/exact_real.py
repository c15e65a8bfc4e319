"""Cuts lists out of real tapes and compares the clips with the tapes, by a decoder of its own.

Run `python -m bench.exact_real [--method METHOD] FILE_OR_FOLDER ...`. Nothing of gametape is asked
what a tape or a clip shows: all pictures, stamps and sound come from the ffmpeg program. Each line
says of one tape how many clips show exactly the frames asked for at both ends.
"""

import argparse
import contextlib
import io
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray

from app.main import run

SUFFIXES = {".mp4", ".mov", ".mkv", ".ts", ".webm", ".3gp", ".avi", ".flv"}
WIDTH, HEIGHT, RATE_HZ = 160, 90, 16_000
NEAR = 8  # neighbours of a frame that its picture is compared with, on both sides
WINDOW_S, SHIFT_S = 0.3, 0.12  # sound compared at each end of a clip, and how far it is moved
SHOWN = ("-fps_mode", "passthrough", "-enc_time_base", "demux")  # each frame at its own time
PICTURE = ("-an", "-sn", "-dn", *SHOWN, "-vf")
TICK_S = Fraction(1, 1000)  # stamps may be rounded by the container's clock


@dataclass(frozen=True)
class Shown:
    """What a player shows: time of each frame from the first one, small grey pictures, sound."""

    times_s: tuple[Fraction, ...]
    pictures: NDArray[np.uint8]  # [n, HEIGHT, WIDTH]
    sound: NDArray[np.float32]  # from the first frame on
    keys: tuple[int, ...] = ()  # frames that are key pictures


@dataclass
class Verdict:
    """What one clip is, against the tape's frames that were asked for."""

    method: str
    faults: list[str] = field(default_factory=list)
    alike: int = 0  # ends where neighbours look alike, so that only count and stamps tell
    lags_ms: list[float] = field(default_factory=list)


def main() -> int:
    """Cut and compare every tape, print a line each and the sums."""
    parser = argparse.ArgumentParser(description="Clips of real tapes, frame by frame.")
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--method", default="auto")
    given = parser.parse_args()
    files = [f for p in given.paths for f in (sorted(p.rglob("*")) if p.is_dir() else [p])]
    verdicts: list[Verdict] = []
    with tempfile.TemporaryDirectory() as name:
        for tape in (f for f in files if f.suffix.lower() in SUFFIXES):
            told, found = check(tape, given.method, Path(name))
            verdicts += found
            sys.stdout.write(f"{tape.name}: {told}\n")
            sys.stdout.flush()
    wrong = [v for v in verdicts if v.faults]
    lags = [abs(lag) for v in verdicts for lag in v.lags_ms]
    sys.stdout.write(
        f"\n{len(verdicts)} clips, {len(wrong)} with a fault; by method "
        f"{dict(Counter(v.method for v in verdicts))}; {sum(v.alike for v in verdicts)} ends with "
        f"neighbours alike; sound at most {max(lags, default=0):.1f} ms off at {len(lags)} ends\n"
    )
    return 1 if wrong else 0


def check(tape: Path, method: str, folder: Path) -> tuple[str, list[Verdict]]:
    """Cut one tape and compare its clips; a line for people, and a verdict for each clip."""
    shown = watch(tape, folder)
    if shown is None:
        code, told = gametape("cut", str(tape), "--library", str(folder / "library"))
        return f"no decodable picture; gametape ended with {code}: {told[-160:]}", []
    spans = list(asked(shown, method))
    cut_list, out = folder / "list.json", folder / tape.name
    rows = [{"start_s": start, "end_s": end} for start, end, _, _ in spans]
    cut_list.write_text(json.dumps({"segments": rows}), encoding="utf-8")
    code, told = gametape(
        *("cut", str(tape), "--segments", str(cut_list), "--out", str(out)),
        *("--library", str(folder / "library"), "--set", f"clips.method={method}"),
        *("--set", "clips.reel=false", "--set", "clips.previews=false"),
    )
    if code:
        return f"gametape ended with {code}: {told[-300:]}", []
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    verdicts = [
        compare(shown, out / clip["file"], clip["cut"]["method"], first, until, folder)
        for clip, (_, _, first, until) in zip(manifest["clips"], spans, strict=True)
    ]
    faults = [f"{n}: {fault}" for n, v in enumerate(verdicts, start=1) for fault in v.faults]
    lags = [abs(lag) for v in verdicts for lag in v.lags_ms]
    line = f"{len(verdicts)} clips {dict(Counter(v.method for v in verdicts))}"
    line += f", {sum(not v.faults for v in verdicts)} exact"
    line += f", {sum(v.alike for v in verdicts)} ends alike, sound {max(lags, default=0):.1f} ms"
    return "; ".join([line, *faults]), verdicts


def asked(shown: Shown, method: str) -> Iterator[tuple[float, float, int, int]]:
    """Segments in seconds, as people write them, with the first frame and the one after the last.

    The beginning, one frame, between frames, from key to key, overlapping in milliseconds, the end.
    """
    last = shown.times_s[-1] - shown.times_s[-2:][0] or Fraction(1, 25)
    times = [*shown.times_s, shown.times_s[-1] + last]
    count = len(shown.times_s)
    second = max(1, round(count / float(times[-1]))) if times[-1] else 1  # in frames
    keys = shown.keys or (0,)
    key = keys[len(keys) // 3]
    next_key = next((k for k in keys if k > key), count)

    def span(
        first: int, until: int, write: Callable[[int], float]
    ) -> tuple[float, float, int, int]:
        first = max(0, min(first, count - 1))
        until = min(max(until, first + 1), count)
        return write(first), write(until), first, until

    def exact(frame: int) -> float:
        return float(times[frame])

    def between(frame: int) -> float:
        return float((times[frame] + times[max(0, frame - 1)]) / 2)

    def rounded(frame: int) -> float:
        return round(float(times[frame]), 3)

    yield span(key, min(next_key, key + 4 * second), exact)
    if method == "copy":
        return
    yield span(max(0, next_key - 2 * second), next_key + 2 * second, rounded)
    if method == "smart":
        return
    yield span(0, second, exact)
    yield span(count // 3, count // 3 + 1, exact)
    yield span(count // 5 + 1, count // 5 + 1 + second + second // 2, between)
    yield span(count - second // 2 - 1, count, exact)
    yield span(count - 1, count, exact)


def compare(tape: Shown, path: Path, method: str, first: int, until: int, folder: Path) -> Verdict:
    """Whether a clip shows the frames `first` to `until` of the tape, and nothing else."""
    verdict = Verdict(method)
    played = ffmpeg("-v", "error", "-xerror", "-i", str(path), *SHOWN, "-f", "null", "-")
    if played.returncode or played.stderr:
        verdict.faults.append(f"a player stumbles: {played.stderr.decode(errors='replace')[:160]}")
    clip = watch(path, folder)
    if clip is None:
        verdict.faults.append("nothing is shown")
        return verdict
    if len(clip.times_s) != until - first:
        verdict.faults.append(f"{len(clip.times_s)} frames, not {until - first}")
    wanted = [time - tape.times_s[first] for time in tape.times_s[first:until]]
    off = max((abs(a - b) for a, b in zip(clip.times_s, wanted, strict=False)), default=Fraction(0))
    if off > TICK_S:
        verdict.faults.append(f"stamps {float(off) * 1000:.1f} ms off")
    wrong = []
    for place in range(min(len(clip.times_s), until - first)):
        seen = nearest(tape.pictures, clip.pictures[place], first + place)
        if seen is None:
            verdict.alike += place in (0, until - first - 1)
        elif seen != first + place:
            wrong.append(f"frame {place} of {until - first} is {seen - first}")
    verdict.faults += wrong[:2] + ([f"{len(wrong)} wrong"] if len(wrong) > 2 else [])
    begin_s = float(tape.times_s[first])
    verdict.lags_ms = list(lags(tape.sound, clip.sound, begin_s, float(clip.times_s[-1])))
    return verdict


def nearest(pictures: NDArray[np.uint8], picture: NDArray[np.uint8], frame: int) -> int | None:
    """The frame near `frame` that a picture shows; None where no one can tell.

    A picture shows the frame that it is nearer to than half the way to any other.
    """
    low = max(0, frame - NEAR)
    near = pictures[low : frame + NEAR + 1].astype(np.int16)
    off = np.abs(near - picture).mean(axis=(1, 2))
    best = int(off.argmin())
    others = np.delete(np.abs(near - near[best]).mean(axis=(1, 2)), best)
    return low + best if off[best] < others.min(initial=255) / 2 else None


def lags(
    tape: NDArray[np.float32], clip: NDArray[np.float32], begin_s: float, length_s: float
) -> Iterator[float]:
    """By how many milliseconds the clip's sound is late, at its beginning and at its end."""
    window, shift = round(WINDOW_S * RATE_HZ), round(SHIFT_S * RATE_HZ)
    end = min(len(clip), round(length_s * RATE_HZ))
    if end < window:
        return
    for place in (0, end - window):
        piece = clip[place : place + window].astype(np.float64)
        at = round(begin_s * RATE_HZ) + place - shift
        around = np.pad(tape[max(0, at) : at + window + 2 * shift], (max(0, -at), 0)).astype(float)
        if len(around) < window + 2 * shift or piece.std() < 1e-4:
            continue
        energy = np.convolve(around**2, np.ones(window), "valid")
        likeness = np.correlate(around, piece, "valid") / np.sqrt(energy * (piece @ piece) + 1e-12)
        best = int(likeness.argmax())
        if likeness[best] > 0.9 and np.sum(likeness > 0.98 * likeness[best]) < RATE_HZ // 500:
            yield (shift - best) * 1000 / RATE_HZ


def watch(path: Path, folder: Path) -> Shown | None:
    """Everything that the ffmpeg program shows of a file's picture, and its first sound."""
    raw, told, heard = folder / "raw", folder / "told", folder / "heard"
    told.unlink(missing_ok=True)
    small = f"scale={WIDTH}:{HEIGHT}:flags=area,format=gray"
    ffmpeg(
        *("-v", "quiet", "-copyts", "-i", str(path)),
        *(*PICTURE, small, "-f", "rawvideo", str(raw)),
        *(*PICTURE, "scale=16:16", "-f", "framecrc", str(told)),
    )
    stamps = read_stamps(told)
    if not stamps:
        return None
    pictures = np.fromfile(raw, np.uint8).reshape(-1, HEIGHT, WIDTH)
    sound = listen(path, stamps[0], heard, told)
    times = tuple(stamp - stamps[0] for stamp in stamps)
    return Shown(times, pictures[: len(times)], sound, tuple(keys(path, stamps, told)))


def listen(path: Path, start_s: Fraction, heard: Path, told: Path) -> NDArray[np.float32]:
    """The first sound track from a time on, every piece where its stamp puts it."""
    mono = ("-map", "0:a:0", "-ac", "1", "-ar", str(RATE_HZ), "-c:a", "pcm_f32le", "-f")
    told.unlink(missing_ok=True)
    ffmpeg(
        *("-v", "quiet", "-copyts", "-i", str(path)),
        *(*mono, "f32le", str(heard), *mono, "framecrc", str(told)),
    )
    rows = list(read_rows(told))
    raw = np.fromfile(heard, np.float32) if rows else np.zeros(0, np.float32)
    places = [round((stamp - start_s) * RATE_HZ) for stamp, _ in rows]
    counts = [size // 4 for _, size in rows]
    ends = [place + count for place, count in zip(places, counts, strict=True)]
    sound = np.zeros(max([0, *ends]), np.float32)
    done = 0
    for place, count in zip(places, counts, strict=True):
        piece = raw[done + max(0, -place) : done + count]
        sound[max(0, place) : max(0, place) + len(piece)] = piece
        done += count
    return sound


def read_stamps(told: Path) -> list[Fraction]:
    """Stamps of a framecrc file, in seconds."""
    return [stamp for stamp, _ in read_rows(told)]


def read_rows(told: Path) -> Iterator[tuple[Fraction, int]]:
    """Stamps in seconds and bytes of a framecrc file."""
    base = Fraction(1)
    for line in told.read_text(encoding="utf-8").splitlines() if told.is_file() else []:
        if line.startswith("#tb 0:"):
            base = Fraction(line.split(":")[1].strip())
        elif not line.startswith("#"):
            parts = line.split(",")
            yield int(parts[2]) * base, int(parts[4])


def keys(path: Path, stamps: Sequence[Fraction], told: Path) -> Iterator[int]:
    """Which frames are key pictures: those shown when nothing else is decoded."""
    told.unlink(missing_ok=True)
    ffmpeg(
        *("-v", "quiet", "-copyts", "-skip_frame", "nokey", "-i", str(path), *PICTURE),
        *("scale=16:16", "-f", "framecrc", str(told)),
    )
    places = {stamp: n for n, stamp in enumerate(stamps)}
    yield from (places[stamp] for stamp in read_stamps(told) if stamp in places)


def gametape(*words: str) -> tuple[int, str]:
    """Run the command line; its exit code and what it said on standard error."""
    told = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(told):
        code = run(list(words))
    return code, " ".join(told.getvalue().split())


def ffmpeg(*words: str) -> "subprocess.CompletedProcess[bytes]":
    """Run the ffmpeg program."""
    program = imageio_ffmpeg.get_ffmpeg_exe()
    return subprocess.run([program, "-nostdin", "-y", *words], capture_output=True, check=False)


if __name__ == "__main__":
    sys.exit(main())
