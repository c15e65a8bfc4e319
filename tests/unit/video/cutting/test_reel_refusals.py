"""What a reel tells on its way, and what it leaves behind when it cannot be made."""

import resource
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gametape.errors import InputError, ToolError
from gametape.profile import ClipSettings
from gametape.schema import Card
from gametape.video.door.program import program_path
from gametape.video.reel import join_reel

FAST = ClipSettings(preset="ultrafast", crf=12)
WITH_CARDS = FAST.model_copy(update={"reel_card_s": 0.2})
WITH_THIRDS = FAST.model_copy(update={"reel_lower_third_s": 0.6})
CARD = Card(title="Serve and volley", subtitle="Set 2 · 4:3", corner="Court 1")


def clip_of(bar_tapes: Any, path: Path, first: int, count: int = 12, **given: Any) -> Path:
    """A clip that goes into a reel without having been cut: bar-coded frames, no sound."""
    path.parent.mkdir(parents=True, exist_ok=True)
    bar_tapes.write(path, count=count, first_number=first, sound=None, **given)
    return path


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_players_list_a_chapter_for_every_play(tmp_path: Path, bar_tapes: Any, suffix: str) -> None:
    one = clip_of(bar_tapes, tmp_path / "1.mp4", 0, count=25)
    path = tmp_path / f"reel{suffix}"
    titles = ["Aufschlag ü 日本", "  \n", "w" * 190 + "ü" * 20]
    join_reel([one] * 3, path, titles=titles, settings=WITH_CARDS, cards=[CARD] * 3)
    told = subprocess.run(
        [program_path(), "-hide_banner", "-nostdin", "-i", path], capture_output=True, check=False
    )
    lines = [line.strip() for line in told.stderr.decode().splitlines()]
    chapters = [line.split(": ")[1] for line in lines if line.startswith("Chapter #")]
    names = [line.split(": ", 1)[1] for line in lines if line.startswith("title ")]
    assert chapters == [
        "start 0.000000, end 1.200000",
        "start 1.200000, end 2.400000",
        "start 2.400000, end 3.600000",
    ]
    assert names == ["Aufschlag ü 日本", "Clip 2", "w" * 190 + "ü" * 5]


def test_a_missing_clip_is_named(tmp_path: Path, bar_tapes: Any) -> None:
    one = clip_of(bar_tapes, tmp_path / "clips" / "1.mp4", 0)
    with pytest.raises(InputError, match=r"gone\.mp4"):
        join_reel([one, tmp_path / "gone.mp4"], tmp_path / "reel.mp4", settings=FAST)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["clips"]


@pytest.mark.parametrize(
    ("name", "cards", "words"),
    [("reel.avi", [], r"reel\.avi.*mkv"), ("reel.mp4", [CARD], "1 cards for 2 clips")],
)
def test_what_cannot_be_a_reel_is_refused(
    tmp_path: Path, bar_tapes: Any, name: str, cards: list[Card], words: str
) -> None:
    one = clip_of(bar_tapes, tmp_path / "clips" / "1.mp4", 0)
    with pytest.raises(InputError, match=words):
        join_reel([one, one], tmp_path / name, settings=FAST, cards=cards)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["clips"]


@pytest.mark.parametrize("settings", [FAST, WITH_THIRDS])
def test_a_full_disk_leaves_nothing_behind(
    tmp_path: Path, bar_tapes: Any, settings: ClipSettings
) -> None:
    one = clip_of(bar_tapes, tmp_path / "clips" / "1.mp4", 0, count=50, size=(320, 180))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, limits[1]))
    try:
        with pytest.raises(ToolError, match="File too large"):
            join_reel([one] * 9, tmp_path / "reel.mp4", settings=settings, cards=[CARD] * 9)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["clips"]


def test_progress_comes_to_its_end_and_may_stop_the_work(tmp_path: Path, bar_tapes: Any) -> None:
    one = clip_of(bar_tapes, tmp_path / "clips" / "1.mp4", 0)
    told: list[tuple[float, float]] = []

    def hear(_what: str, done: float, total: float) -> None:
        told.append((done, total))

    def stop(_what: str, _done: float, _total: float) -> None:
        raise RuntimeError("stop here")

    hearing: Callable[[str, float, float], None] = hear
    given: dict[str, Any] = {"settings": WITH_CARDS, "cards": [CARD, CARD]}
    join_reel([one, one], tmp_path / "clips" / "reel.mp4", progress=hearing, **given)
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    with pytest.raises(RuntimeError, match="stop here"):
        join_reel([one, one], tmp_path / "reel.mp4", progress=stop, **given)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["clips"]
