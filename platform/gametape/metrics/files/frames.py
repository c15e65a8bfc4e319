"""Files with something for each frame: labels, scenes, cut scores, and boxes of tracks."""

from pathlib import Path

from gametape.errors import InputError
from gametape.metrics.files.source import files_of, number_in, read_lines, read_text, whole_in
from gametape.metrics.shots import THRESHOLD, Scene, scenes_of
from gametape.metrics.tracks import Box

TEXTS = (".txt", "")
GROUND_TRUTH = ("gt", "det")  # MOTChallenge keeps a sequence's files in folders of these names


def read_frame_labels(path: Path) -> dict[str, list[str]]:
    """One label a line, a file a tape; or MS-TCN's result files, whose second line has them all."""
    labels: dict[str, list[str]] = {}
    for tape, file in files_of(path, TEXTS).items():
        lines = read_text(file).splitlines()
        if lines and lines[0].startswith("###"):
            labels[_alone(path, tape)] = lines[1].split() if len(lines) > 1 else []
            continue
        while lines and not lines[-1].strip():
            lines.pop()
        for number, line in enumerate(lines, start=1):
            if len(line.split()) != 1:
                raise InputError(
                    f"{file}, line {number}: {len(line.split())} words where one label should be. "
                    "Write one label a line, without blanks."
                )
        labels[_alone(path, tape)] = [line.strip() for line in lines]
    return labels


def read_scenes(path: Path, *, threshold: float = THRESHOLD) -> dict[str, list[Scene]]:
    """First and last frame of a scene per line; or a score a line (the first, where two stand)."""
    return {
        _alone(path, tape): _scenes(file, threshold) for tape, file in files_of(path, TEXTS).items()
    }


def _scenes(file: Path, threshold: float) -> list[Scene]:
    lines = list(read_lines(file))
    is_scores = any(len(words) == 1 or not words[0].lstrip("+-").isdigit() for words, _ in lines)
    if is_scores:
        return scenes_of(
            [number_in(words[0], place) for words, place in lines], threshold=threshold
        )
    scenes: list[Scene] = []
    for words, place in lines:
        if len(words) != 2:
            raise InputError(f"{place}: {len(words)} numbers. Write the first and the last frame.")
        scene = Scene(whole_in(words[0], place), whole_in(words[1], place))
        if scene.last < scene.first:
            raise InputError(f"{place}: the scene ends before it starts. Swap the frames.")
        scenes.append(scene)
    return scenes


def read_tracks(path: Path, *, is_truth: bool) -> dict[str, list[Box]]:
    """MOTChallenge: frame, id, left, top, width, height, confidence, ...; a file a tape.

    True boxes with confidence 0 are not to be scored and are left out.
    """
    return {
        _alone(path, tape): _boxes(file, is_truth)
        for tape, file in files_of(path, (".txt",), name=lambda f: _sequence(path, f)).items()
    }


def _sequence(top: Path, file: Path) -> str:
    """The tape of a file: `A.txt`, or `A/gt/gt.txt`."""
    parts = list(file.relative_to(top).with_suffix("").parts) if top.is_dir() else []
    if parts and parts[-1] in GROUND_TRUTH:
        parts = [part for part in parts if part not in GROUND_TRUTH]
    return "/".join(parts) or file.stem


def _boxes(file: Path, is_truth: bool) -> list[Box]:
    boxes: list[Box] = []
    seen: set[tuple[int, int]] = set()
    for words, place in read_lines(file):
        if len(words) < 6:
            raise InputError(
                f"{place}: {len(words)} values. Write frame, id, left, top, width, height."
            )
        frame, track = whole_in(words[0], place), whole_in(words[1], place)
        left, top, width, height = (number_in(word, place) for word in words[2:6])
        if frame < 1:
            raise InputError(f"{place}: frame {frame}. Frames count from 1.")
        if (frame, track) in seen:
            raise InputError(f"{place}: track {track} has two boxes in frame {frame}. Keep one.")
        seen.add((frame, track))
        is_ignored = is_truth and len(words) > 6 and int(number_in(words[6], place)) == 0
        if not is_ignored:
            boxes.append(Box(frame, track, left, top, width, height))
    return boxes


def _alone(path: Path, tape: str) -> str:
    """Two single files are one tape, whatever their names."""
    return "tape" if path.is_file() else tape
