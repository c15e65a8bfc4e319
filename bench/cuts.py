"""Camera cuts: ours against PySceneDetect's adaptive detector, found and missed, and CPU time.

`python -m bench.cuts` makes matches and compares with their truth, to two frames; `python -m
bench.cuts FOLDER` takes the clips under a folder that have a `*.labels.json` beside them, to the
uncertainty that each label states. Detectors are used with their defaults.
"""

import argparse
import json
import resource
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import polars as pl
from av.video.frame import VideoFrame

from gametape.profile import SignalSettings
from gametape.video.media import open_media
from gametape.video.onepass.frames import FrameMeter
from gametape.video.onepass.planes import Scaler
from gametape.video.scenes import find_cuts
from gametape.video.timebase import seconds

FRAMES_OFF = 2
# A wipe or a dissolve has no exact frame: found anywhere on it is found.
GRADUAL_S = 0.6
MADE = (
    ("tennis", "normal", 1),
    ("football", "normal", 2),
    ("soccer", "hard", 3),
    ("basketball", "hard", 4),
    ("volleyball-indoor", "normal", 5),
    ("tennis", "severe", 6),
)


@dataclass(frozen=True)
class TrueChange:
    """A change of shot that is known, and how near to it counts as found."""

    time_s: float
    slack_s: float
    is_gradual: bool = False


@dataclass
class Tally:
    """Found, invented and missed, and what it cost."""

    found: int = 0
    invented: int = 0
    missed: int = 0
    gradual_found: int = 0
    gradual: int = 0
    cpu_s: float = 0.0
    decode_cpu_s: float = 0.0

    def add(self, other: "Tally") -> None:
        """Count another tally in."""
        for name in vars(self):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def line(self) -> str:
        """The figures of one row."""
        precision = self.found / max(1, self.found + self.invented)
        recall = self.found / max(1, self.found + self.missed)
        f1 = 2 * precision * recall / max(1e-9, precision + recall)
        return (
            f"{self.found:5}{self.invented:5}{self.missed:5}{precision:7.3f}{recall:7.3f}{f1:7.3f}"
            f"{self.gradual_found:6}/{self.gradual:<4}{self.cpu_s:8.1f}"
            f"{self.cpu_s - self.decode_cpu_s:8.1f}"
        )


@dataclass
class Comparison:
    """Both detectors over all tapes so far."""

    tallies: dict[str, Tally] = field(default_factory=dict)

    def run(self, name: str, video: Path, truth: list[TrueChange]) -> None:
        """Let both find the cuts of a tape, and print a row for each."""
        for who, detect, decode in (
            ("ours", our_cuts, our_decode),
            ("PySceneDetect", their_cuts, their_decode),
        ):
            tally = Tally(decode_cpu_s=timed(lambda: decode(video))[1])  # noqa: B023 (called here)
            found, tally.cpu_s = timed(lambda: detect(video))  # noqa: B023
            judge(found, truth, tally)
            self.tallies.setdefault(who, Tally()).add(tally)
            print(f"{name[:30]:31}{who:15}{tally.line()}", flush=True)

    def totals(self) -> None:
        """Print the sums."""
        for who, tally in self.tallies.items():
            print(f"{'all':31}{who:15}{tally.line()}")


def main() -> None:
    """Compare on made matches, or on a folder of labelled clips."""
    parser = argparse.ArgumentParser(description="Camera cuts against PySceneDetect.")
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--seconds", type=float, default=90.0, help="length of each made match")
    parser.add_argument("--seed", type=int, default=0, help="added to the seed of each match")
    given = parser.parse_args()
    print(
        f"{'tape':31}{'detector':15}{'found':>5}{'inv.':>5}{'miss':>5}{'P':>7}{'R':>7}{'F1':>7}"
        f"{'gradual':>11}{'CPU s':>8}{'- dec.':>8}"
    )
    comparison = Comparison()
    if given.folder is not None:
        for name, video, truth in labelled(given.folder):
            comparison.run(name, video, truth)
    else:
        with tempfile.TemporaryDirectory() as folder:
            for name, video, truth in made(Path(folder), given.seconds, given.seed):
                comparison.run(name, video, truth)
    comparison.totals()


def made(
    folder: Path, length_s: float, seed_offset: int
) -> Iterator[tuple[str, Path, list[TrueChange]]]:
    """Made matches with their changes of shot."""
    from gametape.madematch.match import make_match
    from gametape.madematch.settings import MatchSettings

    for sport, difficulty, seed in MADE:
        settings = MatchSettings.model_validate(
            {
                "sport": sport,
                "difficulty": difficulty,
                "seed": seed + seed_offset,
                "length_s": length_s,
                "coverage": "broadcast",
            }
        )
        match = make_match(folder / f"{sport}-{seed}", settings)
        slack_s = (FRAMES_OFF + 0.5) / float(settings.rate_hz)
        truth = [
            TrueChange(cut.time_s, slack_s if cut.kind == "cut" else GRADUAL_S, cut.kind != "cut")
            for cut in match.truth.cuts
        ]
        yield f"{sport} {difficulty}", match.video, truth


def labelled(folder: Path) -> Iterator[tuple[str, Path, list[TrueChange]]]:
    """Clips whose cuts somebody has written down."""
    for file in sorted(folder.rglob("*.labels.json")):
        labels = json.loads(file.read_text(encoding="utf-8"))
        if "cuts" not in labels:
            continue
        slack_s = float(labels.get("uncertainty_s", 0.5))
        truth = [TrueChange(float(time_s), slack_s) for time_s in labels["cuts"]]
        yield file.name.removesuffix(".labels.json"), file.parent / labels["video"], truth


def judge(found_s: list[float], truth: list[TrueChange], tally: Tally) -> None:
    """Match one to one, nearest first; what lies on a gradual change is not held against anyone."""
    pairs = sorted(
        (abs(one - change.time_s), i, k)
        for i, one in enumerate(found_s)
        for k, change in enumerate(truth)
        if abs(one - change.time_s) <= change.slack_s
    )
    used: set[int] = set()
    hit: set[int] = set()
    for _, i, k in pairs:
        if i not in used and k not in hit:
            used.add(i)
            hit.add(k)
    for k, change in enumerate(truth):
        if change.is_gradual:
            tally.gradual += 1
            tally.gradual_found += k in hit
        else:
            tally.found += k in hit
            tally.missed += k not in hit
    gradual_s = [change.time_s for change in truth if change.is_gradual]
    left = [one for i, one in enumerate(found_s) if i not in used]
    tally.invented += sum(all(abs(one - at) > GRADUAL_S for at in gradual_s) for one in left)


def our_cuts(video: Path) -> list[float]:
    """What the one decode measures of each frame, and what is found in it."""
    meter = FrameMeter(Scaler())
    rows: list[dict[str, Any]] = []
    with open_media(video) as media:
        for frame in media.decode():
            assert isinstance(frame, VideoFrame)
            row = meter.update(frame)
            row["look"] = row["look"].reshape(-1)
            row["pts"] = frame.pts
            row["time_s"] = seconds(frame.pts or 0, media.time_base, media.start_pts or 0)
            rows.append(row)
    looks = pl.Series("look", [row.pop("look") for row in rows], pl.Array(pl.UInt8, 144))
    frames = pl.DataFrame(rows).with_columns(looks)
    return find_cuts(frames, SignalSettings())["time_s"].to_list()


def our_decode(video: Path) -> None:
    """The decode alone."""
    with open_media(video) as media:
        for _ in media.decode():
            pass


def their_cuts(video: Path) -> list[float]:
    """PySceneDetect's adaptive detector as it comes."""
    import scenedetect

    scenes = scenedetect.detect(str(video), scenedetect.AdaptiveDetector())
    return [float(start.seconds) for start, _ in scenes[1:]]


def their_decode(video: Path) -> None:
    """Reading all frames as PySceneDetect does, alone."""
    import scenedetect

    stream = scenedetect.open_video(str(video))
    while stream.read() is not False:
        pass


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """The result, and CPU seconds of all threads."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    result = work()
    after = resource.getrusage(resource.RUSAGE_SELF)
    spent = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return result, spent


if __name__ == "__main__":
    av.logging.set_level(None)
    main()
