"""Clips of every kind of tape show the frames asked for, first and last and all between, and sound
in their place. Proved by bar codes read from the pixels of the finished clips.
"""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from gametape.errors import InputError
from gametape.profile import ClipSettings
from gametape.schema import CutReport, Segment, Source
from gametape.video.cut import cut_clips
from gametape.video.probe import probe
from tests.integration.exact_tapes import (
    COUNT,
    RATE_HZ,
    SIZE,
    Sound,
    Tape,
    evenly,
    lag,
    listen,
    numbers_between,
    options,
    tape_times,
    watch,
    write_tape,
)

FAST = ClipSettings(preset="ultrafast", crf=14, thumbnail_height=32)
TICK = Fraction(1, 90_000)
NTSC = Fraction(30_000, 1001)
VARIABLE = tuple(int(n * 40 + 9 * (n % 5) + (200 if n > 30 else 0)) for n in range(COUNT))
AAC_FRAME = 1024
OFF_S = 0.003  # off a frame's stamp, and more than a list written in milliseconds is off
WINDOW_S = 0.2  # of sound that is compared at each end of a clip


def x265(more: str = "") -> tuple[tuple[str, str], ...]:
    words = f"keyint=24:min-keyint=24:bframes=2:log-level=none:pools=none:frame-threads=1{more}"
    return (("preset", "ultrafast"), ("crf", "12"), ("x265-params", words))


PLAIN = Tape("plain")
TAPES = [
    PLAIN,
    Tape("open-gop", options=options("keyint=24:min-keyint=24:open-gop=1:bframes=3")),
    Tape(
        "pyramid",
        options=options("keyint=30:min-keyint=30:bframes=5:b-adapt=0:b-pyramid=normal:ref=4"),
    ),
    Tape("one-gop", options=options(g="1000")),
    Tape("all-key", options=options(g="1", bf="0")),
    *(
        Tape(f"rate-{name}", rate=rate, time_base=TICK, stamps=evenly(rate))
        for name, rate in {
            "23.976": Fraction(24_000, 1001),
            "29.97": NTSC,
            "30": Fraction(30),
            "50": Fraction(50),
            "59.94": Fraction(60_000, 1001),
        }.items()
    ),
    Tape("mkv-29.97", suffix=".mkv", rate=NTSC, sounds=(Sound("flac"),)),
    Tape("variable", time_base=Fraction(1, 1000), stamps=VARIABLE),
    Tape("variable-mkv", suffix=".mkv", time_base=Fraction(1, 1000), stamps=VARIABLE),
    Tape("late-start", stamps=tuple(range(75, 75 + COUNT)), findings=frozenset({"nonzero-start"})),
    Tape("trimmed", stamps=tuple(range(-10, COUNT)), findings=frozenset({"edit-list"})),
    Tape("turned-90", rotation_deg=90),
    Tape("turned-180", rotation_deg=180),
    Tape("turned-270", rotation_deg=270),
    Tape("mirrored", is_mirrored=True),
    Tape("turned-mirrored", rotation_deg=90, is_mirrored=True),
    Tape("ts", suffix=".ts", time_base=TICK, stamps=evenly(Fraction(25))),
    Tape(
        "ts-restart", suffix=".ts", stamps=tuple(range(40)), parts=2, findings=frozenset({"restart"})
    ),
    Tape(
        "ts-jump",
        suffix=".ts",
        stamps=(*range(40), *range(165, 205)),
        findings=frozenset({"gap"}),
    ),
    Tape(
        "ts-wrap",
        suffix=".ts",
        time_base=TICK,
        stamps=evenly(Fraction(25), start_s=Fraction((1 << 33) - 90_000, 90_000)),
    ),
    Tape("sound-short", sounds=(Sound(end_s=1.3),)),
    Tape("sound-late", suffix=".mkv", sounds=(Sound(start_s=0.9),)),
    Tape("no-sound", sounds=()),
    Tape(
        "three-sounds",
        suffix=".mkv",
        sounds=(
            Sound(names=(("language", "eng"), ("title", "Commentary"))),
            Sound("ac3", layout="5.1", names=(("language", "deu"), ("title", "Saal")), seed=8),
            Sound("flac", rate_hz=44_100, layout="mono", start_s=0.5, end_s=1.8, seed=9),
        ),
    ),
    Tape("three-sounds-mp4", sounds=(Sound(), Sound(seed=8), Sound(layout="mono", seed=9))),
    Tape("hevc", codec="libx265", options=x265()),
    Tape("hevc-open", codec="libx265", options=x265(":open-gop=1")),
    Tape(
        "vp9",
        suffix=".webm",
        codec="libvpx-vp9",
        options=(("crf", "12"), ("deadline", "realtime"), ("cpu-used", "8"), ("g", "24")),
        sounds=(Sound("libopus"),),
    ),
    Tape(
        "av1",
        suffix=".mkv",
        codec="libsvtav1",
        options=(("preset", "12"), ("crf", "14"), ("g", "24"), ("svtav1-params", "lp=1")),
        sounds=(Sound("libopus"),),
    ),
    Tape(
        "mpeg2",
        suffix=".ts",
        codec="mpeg2video",
        options=(("bf", "2"), ("g", "15"), ("qmin", "1"), ("qmax", "3")),
        sounds=(Sound("mp2"),),
    ),
    Tape(
        "prores",
        suffix=".mov",
        codec="prores_ks",
        pixel_format="yuv422p10le",
        sounds=(Sound("pcm_s16le", layout="4.0"),),
    ),
    Tape("h264-10-bit", pixel_format="yuv420p10le"),
    Tape(
        "hevc-hdr",
        codec="libx265",
        options=x265(
            ":master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)"
            "L(10000000,50):max-cll=1000,400"
        ),
        pixel_format="yuv420p10le",
        colour=(1, 9, 16, 9),
    ),
    Tape("odd-size", suffix=".mkv", codec="ffv1", size=(97, 161), sounds=(Sound("flac"),)),
    Tape("anamorphic", aspect=Fraction(4, 3), colour=(1, 1, 1, 1)),
    Tape("full-range", pixel_format="yuvj420p", colour=(2, 1, 1, 1)),
]
# Those that the cheap methods may copy; the others are encoded in any case.
COPIED_TOO = [tape for tape in TAPES if tape.codec in ("libx264", "libx265")]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Source]]:
    """All tapes that were made so far, by name."""
    return {}


def made(
    tape: Tape, shelf: dict[str, tuple[Path, Source]], factory: pytest.TempPathFactory
) -> tuple[Path, Source]:
    if tape.name not in shelf:
        path = write_tape(tape, factory.mktemp("tapes"))
        shelf[tape.name] = (path, probe(path))
    return shelf[tape.name]


def segments_of(times: list[Fraction], length_s: float) -> list[Segment]:
    """First frame, last frame, one frame, on stamps, just off them, whole groups of pictures."""
    t = [float(time_s) for time_s in times]
    last = len(t) - 1
    return [
        Segment(0.0, t[1]),
        Segment(0.0, t[17]),
        Segment(t[13], t[31]),
        Segment(t[20] + OFF_S, t[35] + OFF_S),
        Segment(t[26] - OFF_S, t[37] - OFF_S),
        Segment(t[24], t[48]),
        Segment(t[29], t[30]),
        Segment(t[22], length_s),
        Segment(t[last], length_s),
    ]


@pytest.mark.parametrize("tape", TAPES, ids=lambda tape: tape.name)
def test_every_clip_shows_and_sounds_what_was_asked_for(
    tape: Tape,
    shelf: dict[str, tuple[Path, Source]],
    tmp_path_factory: pytest.TempPathFactory,
    tmp_path: Path,
) -> None:
    path, source = made(tape, shelf, tmp_path_factory)
    assert tape.findings <= {finding.code for finding in source.findings}
    check(tape, path, source, tmp_path, FAST)


@pytest.mark.parametrize("tape", COPIED_TOO, ids=lambda tape: tape.name)
def test_encoded_clips_do_too(
    tape: Tape,
    shelf: dict[str, tuple[Path, Source]],
    tmp_path_factory: pytest.TempPathFactory,
    tmp_path: Path,
) -> None:
    path, source = made(tape, shelf, tmp_path_factory)
    reports = check(tape, path, source, tmp_path, FAST.model_copy(update={"method": "re-encode"}))
    assert {report.method for report in reports} == {"re-encode"}


def check(
    tape: Tape, path: Path, source: Source, folder: Path, settings: ClipSettings
) -> list[CutReport]:
    times = tape_times(tape)
    segments = segments_of(times, source.duration_s)
    reports = cut_clips(path, segments, folder, source=source, settings=settings)
    for segment, report in zip(segments, reports, strict=True):
        wanted = numbers_between(tape, times, segment.start_s, segment.end_s)
        shown = watch(folder / report.file)
        assert shown.numbers == wanted, (report.number, report.method)
        assert not shown.is_damaged
        assert report.frame_count == len(wanted)
        assert report.is_exact
        first = tape.numbers.index(wanted[0])
        want_s = [times[first + n] - times[first] for n in range(len(wanted))]
        # Containers round the stamps of the tape itself, by at most a tick of 1 ms.
        slack_s = Fraction(11, 10_000) if tape.suffix in (".mkv", ".webm") else 2 * TICK
        assert all(abs(a - b) <= slack_s for a, b in zip(shown.times_s, want_s, strict=True))
        end_s = want_s[-1] + last_length_s(times, first + len(wanted) - 1, source.duration_s)
        for track, sound in enumerate(tape.sounds):
            check_sound(folder / report.file, track, sound, times[first], end_s)
    return reports


def last_length_s(times: list[Fraction], last: int, length_s: float) -> Fraction:
    until_s = times[last + 1] if last + 1 < len(times) else Fraction(length_s)
    return until_s - times[last]


def check_sound(
    clip: Path, track: int, sound: Sound, start_s: Fraction, length_s: Fraction
) -> None:
    """At both ends a clip sounds as the tape does there, within one frame of AAC."""
    heard, rate_hz = listen(clip, track)
    assert rate_hz == sound.rate_hz
    count = round(length_s * rate_hz)
    assert count - AAC_FRAME <= len(heard) <= count + AAC_FRAME
    heard = np.pad(heard, (0, AAC_FRAME))[:count]
    first = round(start_s * rate_hz)
    wanted = sound.samples(first + count)[first:]
    window = min(count, round(WINDOW_S * rate_hz))
    for part in (slice(0, window), slice(count - window, count)):
        check_part(heard[part], wanted[part])


def check_part(heard: NDArray[np.float32], wanted: NDArray[np.float32]) -> None:
    loudness = float(np.abs(wanted).mean())
    if not loudness:
        # What comes before and after a codec's sound is nearly silence.
        assert float(np.abs(heard[AAC_FRAME:-AAC_FRAME]).mean() if len(heard) > 4096 else 0) < 0.01
    elif np.count_nonzero(wanted) > 2 * AAC_FRAME:
        late, alike = lag(heard, wanted)
        assert abs(late) < AAC_FRAME
        assert alike > 0.5
