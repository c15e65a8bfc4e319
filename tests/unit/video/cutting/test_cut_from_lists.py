"""A list's frames are the frames that are cut: through every format, proved by bar codes."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from gametape.exports.formats import FORMATS, read_plays, write_format
from gametape.exports.plays import segments_from
from gametape.exports.timeline import Play, TapeFacts, Timeline
from gametape.profile import ClipSettings
from gametape.schema import Segment
from gametape.video.cut import cut_clips
from gametape.video.probe import probe

FAST = ClipSettings(preset="ultrafast", crf=16, thumbnail_height=180)
NTSC = Fraction(30000, 1001)
SPANS = [(1, 8), (2, 5), (31, 47), (64, 80)]


@pytest.mark.parametrize("rate", [NTSC, Fraction(60000, 1001)], ids=str)
@pytest.mark.parametrize(
    ("suffix", "lead"), [(".mp4", 0), (".mkv", 0), (".mkv", 1), (".ts", 0)], ids=str
)
def test_the_frames_of_a_list_are_the_frames_of_the_clips(
    tmp_path: Path, bar_tapes: Any, rate: Fraction, suffix: str, lead: int
) -> None:
    tape = tmp_path / f"tape{suffix}"
    # Matroska rounds stamps to milliseconds; a late first frame is rounded as well.
    bar_tapes.write(tape, pts=range(lead, lead + 80), rate=rate)
    source = probe(tape)
    plays = [Play(first / rate, past / rate) for first, past in SPANS]
    timeline = Timeline("t", tape.name, 80 / rate, rate, tuple(plays), width=160, height=180)
    facts = TapeFacts(rate=rate, duration_s=Fraction(source.duration_s), media=tape.name)
    found: dict[tuple[tuple[float, float], ...], list[str]] = {}
    for form in FORMATS:
        if form.write is not None and form.read is not None:
            path = tmp_path / f"{form.name}{form.suffix}"
            write_format(path, timeline, form.name)
            segments = segments_from(read_plays(path, tape=facts, name=form.name), rate=rate)
            times = tuple((segment.start_s, segment.end_s) for segment in segments)
            found.setdefault(times, []).append(form.name)
    for number, times in enumerate(found):
        folder = tmp_path / f"clips-{number}"
        segments = [Segment(start_s, end_s) for start_s, end_s in times]
        reports = cut_clips(tape, segments, folder, source=source, settings=FAST)
        numbers = [bar_tapes.numbers(folder / report.file) for report in reports]
        assert numbers == [list(range(first, past)) for first, past in SPANS], found[times]
    assert sum(map(len, found.values())) >= 10
