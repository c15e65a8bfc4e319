"""Clips of every kind of tape show the frames asked for, first and last and all between, and sound
in their place. Proved by bar codes read from the pixels of the finished clips.
"""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition
from numpy.typing import NDArray

from gametape.errors import InputError
from gametape.profile import ClipSettings
from gametape.schema import CutReport, Segment, Source
from gametape.video.cut import cut_clips
from gametape.video.cutting.light import light_words
from gametape.video.probe import probe
from tests.integration.exact_tapes import (
    Sound,
    Tape,
    lag,
    listen,
    numbers_between,
    tape_times,
    watch,
    write_tape,
)
from tests.integration.tape_kinds import BY_NAME, TAPES, TICK

FAST = ClipSettings(preset="ultrafast", crf=14, thumbnail_height=32)
AAC_FRAME = 1024
MAX_LAG = 96  # samples; Opus in WebM comes 48 late, all else at most 22
OFF_S = 0.003  # off a frame's stamp, and more than a list written in milliseconds is off
WINDOW_S = 0.2  # of sound that is compared at each end of a clip


# Most clips are short enough to be encoded whole; of these tapes the others are, too.
ENCODED = ("open-gop", "all-key", "variable", "ts", "three-sounds-mp4", "hevc-open")
# Tapes whose long clips can be copied but for their edges.
SMART = [
    *("plain", "pyramid", "rate-29.97", "rate-59.94", "variable", "variable-mkv", "late-start"),
    *("turned-90", "mirrored", "ts", "ts-jump", "ts-wrap", "sound-short", "sound-late"),
    *("no-sound", "three-sounds", "three-sounds-mp4", "anamorphic", "full-range"),
]


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
        Segment(t[36], t[44]),  # over the joins of those that have one
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
    check(tape, path, source, tmp_path, FAST, segments_of(tape_times(tape), source.duration_s))


@pytest.mark.parametrize("name", ENCODED)
def test_encoded_clips_do_too(
    name: str,
    shelf: dict[str, tuple[Path, Source]],
    tmp_path_factory: pytest.TempPathFactory,
    tmp_path: Path,
) -> None:
    path, source = made(BY_NAME[name], shelf, tmp_path_factory)
    segments = segments_of(tape_times(BY_NAME[name]), source.duration_s)
    settings = FAST.model_copy(update={"method": "re-encode"})
    reports = check(BY_NAME[name], path, source, tmp_path, settings, segments)
    assert {report.method for report in reports} == {"re-encode"}


@pytest.mark.parametrize("name", SMART)
def test_clips_with_copied_middles_do_too(
    name: str,
    shelf: dict[str, tuple[Path, Source]],
    tmp_path_factory: pytest.TempPathFactory,
    tmp_path: Path,
) -> None:
    path, source = made(BY_NAME[name], shelf, tmp_path_factory)
    t = [float(time_s) for time_s in tape_times(BY_NAME[name])]
    settings = FAST.model_copy(update={"method": "smart"})
    segments = [Segment(t[13], t[52])]
    [report] = check(BY_NAME[name], path, source, tmp_path, settings, segments)
    assert report.method == "smart"


@pytest.mark.parametrize(
    ("name", "method"), [("open-gop", "smart"), ("plain", "copy"), ("vp9", "copy")]
)
def test_a_method_that_cannot_be_exact_is_refused_with_its_reason(
    name: str,
    method: str,
    shelf: dict[str, tuple[Path, Source]],
    tmp_path_factory: pytest.TempPathFactory,
    tmp_path: Path,
) -> None:
    path, source = made(BY_NAME[name], shelf, tmp_path_factory)
    settings = FAST.model_copy(update={"method": method})
    with pytest.raises(InputError, match=rf"Segment 1 .* cannot be cut by the method {method}: "):
        cut_clips(path, [Segment(0.52, 2.08)], tmp_path, source=source, settings=settings)
    assert not list(tmp_path.iterdir())


def test_names_layouts_and_ranks_of_sound_tracks_are_kept(
    shelf: dict[str, tuple[Path, Source]],
    tmp_path_factory: pytest.TempPathFactory,
    tmp_path: Path,
) -> None:
    path, source = made(BY_NAME["three-sounds"], shelf, tmp_path_factory)
    segments = [Segment(0.52, 0.8), Segment(0.52, 2.08)]
    reports = cut_clips(path, segments, tmp_path, source=source, settings=FAST)
    assert {report.method for report in reports} == {"re-encode", "smart"}
    for report in reports:
        with av.open(str(tmp_path / report.file)) as file:
            tracks = file.streams.audio
            names = [(t.metadata.get("language"), t.metadata.get("name")) for t in tracks]
            layouts = [(t.codec_context.layout.name, t.codec_context.sample_rate) for t in tracks]
            ranks = [bool(t.disposition & Disposition.default) for t in tracks]
        assert names == [("eng", "Commentary"), ("deu", "Saal"), ("und", None)]
        assert layouts == [("stereo", 48_000), ("5.1", 48_000), ("mono", 44_100)]
        assert ranks == [True, False, False]


def test_hdr_keeps_its_colours_and_its_light(
    shelf: dict[str, tuple[Path, Source]],
    tmp_path_factory: pytest.TempPathFactory,
    tmp_path: Path,
) -> None:
    path, source = made(BY_NAME["hevc-hdr"], shelf, tmp_path_factory)
    [report] = cut_clips(path, [Segment(0.52, 0.8)], tmp_path, source=source, settings=FAST)
    assert report.method == "re-encode"
    assert report.changed == ()
    tape, clip = first_frame(path), first_frame(tmp_path / report.file)
    for name in ("color_range", "color_primaries", "color_trc", "colorspace"):
        assert getattr(clip, name) == getattr(tape, name)
    assert clip.format.name == "yuv420p10le"
    assert light_words(clip) == light_words(tape) != ()
    with av.open(str(tmp_path / report.file)) as file:
        context = file.streams.video[0].codec_context
        assert (context.name, context.profile, context.codec_tag) == ("hevc", "Main 10", "hvc1")


def first_frame(path: Path) -> av.VideoFrame:
    with av.open(str(path)) as file:
        return next(file.decode(video=0))


@pytest.mark.parametrize("name", ["three-sounds", "h264-10-bit"])
def test_the_number_of_workers_changes_no_byte(
    name: str,
    shelf: dict[str, tuple[Path, Source]],
    tmp_path_factory: pytest.TempPathFactory,
    tmp_path: Path,
) -> None:
    path, source = made(BY_NAME[name], shelf, tmp_path_factory)
    segments = segments_of(tape_times(BY_NAME[name]), source.duration_s)[3:6]
    for workers in (1, 3):
        cut_clips(
            *(path, segments, tmp_path / str(workers)),
            source=source,
            settings=FAST,
            workers=workers,
        )
    for clip in (tmp_path / "1").iterdir():
        assert clip.read_bytes() == (tmp_path / "3" / clip.name).read_bytes()


def check(
    tape: Tape,
    path: Path,
    source: Source,
    folder: Path,
    settings: ClipSettings,
    segments: list[Segment],
) -> list[CutReport]:
    times = tape_times(tape)
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
        assert abs(late) <= MAX_LAG
        assert alike > 0.5
