"""The one decode: which frame is where, in step with the sound, whole or not at all."""

import errno
import hashlib
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import polars as pl
import pytest

from gametape.errors import ToolError
from gametape.profile import ProxySettings
from gametape.video.onepass.encoder import ProxyWriter
from gametape.video.proxy import PassReport, run_pass

BOTH = ProxySettings(analysis=True, review=True)


def shown_numbers(path: Path, number_of) -> list[int]:
    with av.open(str(path)) as container:
        return [number_of(frame) for frame in container.decode(video=0)]


def sound_of(path: Path) -> np.ndarray:
    with av.open(str(path)) as container:
        blocks = [frame.to_ndarray().reshape(-1) for frame in container.decode(audio=0)]
    joined = np.concatenate(blocks)
    return joined / 32768 if joined.dtype == np.int16 else joined


def loud_at_s(samples: np.ndarray, rate_hz: int = 16_000) -> float:
    return int(np.argmax(np.abs(samples) > 0.2)) / rate_hz


@pytest.mark.parametrize(
    ("rate", "share"),
    [(Fraction(24000, 1001), 2), (25, 2), (Fraction(30000, 1001), 2), (30, 2), (50, 3), (60, 4)],
)
def test_proxy_frame_k_shows_source_frame_k_times_n(
    write_tape, numbered, number_of, tmp_path, rate, share
) -> None:
    tape = write_tape([numbered(i) for i in range(70)], rate=rate)
    report = run_pass(tape, tmp_path / "out", settings=BOTH)
    assert shown_numbers(tmp_path / "out/video.mp4", number_of) == list(range(0, 70, share))
    assert shown_numbers(tmp_path / "out/review.mp4", number_of) == list(range(70))
    assert report.rate == Fraction(rate) / share
    assert report.frames == 70
    assert report.proxy_frames == len(range(0, 70, share))


def test_each_tick_of_a_variable_tape_shows_the_frame_on_display(
    write_tape, numbered, number_of, tmp_path
) -> None:
    rng = np.random.default_rng(3)
    steps = rng.choice([17, 33, 34, 50, 400], 90, p=[0.2, 0.3, 0.3, 0.17, 0.03])
    stamps = np.concatenate([[0], np.cumsum(steps)]).tolist()
    tape = write_tape(
        [numbered(i) for i in range(91)], stamps=stamps, time_base=Fraction(1, 1000), bframes=0
    )
    report = run_pass(tape, tmp_path / "out", settings=ProxySettings())
    ticks_ms = [float(tick / report.rate) * 1000 for tick in range(report.proxy_frames)]
    shown = shown_numbers(tmp_path / "out/video.mp4", number_of)
    for ms, number in zip(ticks_ms, shown, strict=True):
        on_display = [i for i, stamp in enumerate(stamps) if stamp <= ms + 1][-1]
        before = [i for i, stamp in enumerate(stamps) if stamp <= ms - 1]
        assert number in (on_display, *before[-1:])


def test_a_gap_in_the_picture_holds_the_last_frame(
    write_tape, numbered, number_of, tmp_path
) -> None:
    stamps = [*range(30), *range(90, 120)]
    tape = write_tape(
        [numbered(i) for i in range(60)], stamps=stamps, time_base=Fraction(1, 30), bframes=0
    )
    report = run_pass(tape, tmp_path / "out", settings=ProxySettings(rate_hz=30))
    shown = shown_numbers(tmp_path / "out/video.mp4", number_of)
    at = {round(tick / float(report.rate) * 30): n for tick, n in enumerate(shown)}
    assert report.seconds == pytest.approx(4.0, abs=0.04)
    assert all(number == 29 for tick, number in at.items() if 30 <= tick < 89)
    assert at[max(at)] >= 57


def test_key_frames_are_at_most_a_second_apart(write_tape, numbered, tmp_path) -> None:
    tape = write_tape([numbered(i) for i in range(150)], rate=Fraction(30000, 1001))
    run_pass(tape, tmp_path / "out", settings=ProxySettings())
    with av.open(str(tmp_path / "out/video.mp4")) as container:
        keys = [frame.time for frame in container.decode(video=0) if frame.key_frame]
    assert len(keys) >= 5
    assert max(np.diff(keys)) <= 1.0


@pytest.mark.parametrize("start_s", [0.0, 0.3, -0.2])
def test_sound_is_in_step_wherever_it_begins(
    write_tape, numbered, click, tmp_path, start_s
) -> None:
    sound = click(1.0 - start_s, 2.5, 48_000)
    # A tape cannot begin before stamp 0, so an earlier sound means a later picture.
    late = max(0.0, -start_s)
    stamps = [round((late + i / 30) * 90_000) for i in range(75)]
    tape = write_tape(
        [numbered(i) for i in range(75)],
        stamps=stamps,
        time_base=Fraction(1, 90_000),
        sound=sound,
        sound_start_s=start_s + late,
        name="tape.mkv",
    )
    report = run_pass(tape, tmp_path / "out", settings=ProxySettings())
    assert report.has_sound
    assert loud_at_s(sound_of(tmp_path / "out/audio.wav")) == pytest.approx(1.0, abs=0.004)
    assert loud_at_s(sound_of(tmp_path / "out/video.mp4")) == pytest.approx(1.0, abs=0.02)


def test_missing_sound_becomes_silence_and_is_told(write_tape, numbered, click, tmp_path) -> None:
    sound = click(3.5, 4.0, 48_000)
    tape = write_tape(
        [numbered(i) for i in range(120)], sound=sound, skip_sound=(1.0, 3.0), name="tape.mkv"
    )
    report = run_pass(tape, tmp_path / "out", settings=ProxySettings())
    samples = sound_of(tmp_path / "out/audio.wav")
    assert loud_at_s(samples) == pytest.approx(3.5, abs=0.025)
    assert len(samples) / 16_000 == pytest.approx(4.0, abs=0.1)
    assert [finding.code for finding in report.findings] == ["gap"]


def test_a_tape_without_sound_has_no_wav(write_tape, numbered, tmp_path) -> None:
    tape = write_tape([numbered(i) for i in range(20)])
    report = run_pass(tape, tmp_path / "out", settings=ProxySettings())
    assert not report.has_sound
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == [
        "frames.parquet",
        "layouts.parquet",
        "samples.parquet",
        "thumbs.parquet",
        "video.mp4",
    ]


def test_limit_stops_picture_and_sound(write_tape, numbered, click, tmp_path) -> None:
    tape = write_tape([numbered(i) for i in range(90)], sound=click(0.5, 3.0, 48_000))
    report = run_pass(tape, tmp_path / "out", settings=ProxySettings(), limit_s=1.5)
    frames = pl.read_parquet(tmp_path / "out/frames.parquet")
    assert report.seconds == 1.5
    assert report.frames == len(frames) == 45
    assert report.proxy_frames == 23
    # The last of it is stored after the last picture.
    assert len(sound_of(tmp_path / "out/audio.wav")) == 24_000
    assert report.findings == ()


def test_two_runs_give_the_same_bytes(write_tape, numbered, click, tmp_path) -> None:
    tape = write_tape([numbered(i) for i in range(60)], sound=click(0.5, 2.0, 48_000))
    digests = []
    for name in ("one", "two"):
        run_pass(tape, tmp_path / name, settings=BOTH)
        files = sorted((tmp_path / name).iterdir())
        digests.append([(f.name, hashlib.sha256(f.read_bytes()).hexdigest()) for f in files])
    assert len(digests[0]) == 7
    assert digests[0] == digests[1]


def test_signals_do_not_depend_on_which_proxies_are_written(write_tape, numbered, tmp_path) -> None:
    tape = write_tape([numbered(i) for i in range(60)])
    run_pass(tape, tmp_path / "with", settings=BOTH)
    run_pass(tape, tmp_path / "without", settings=ProxySettings(analysis=False))
    for name in ("frames", "samples", "layouts", "thumbs"):
        one = (tmp_path / "with" / f"{name}.parquet").read_bytes()
        assert one == (tmp_path / "without" / f"{name}.parquet").read_bytes()


def test_a_full_disk_is_a_tool_error_and_leaves_nothing(
    write_tape, numbered, click, tmp_path, monkeypatch
) -> None:
    tape = write_tape([numbered(i) for i in range(60)], sound=click(0.5, 2.0, 48_000))
    write = ProxyWriter.picture

    def fill(self, frame) -> None:
        if self.frames == 20:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(self, frame)

    monkeypatch.setattr(ProxyWriter, "picture", fill)
    with pytest.raises(ToolError, match="No space left"):
        run_pass(tape, tmp_path / "out", settings=BOTH)
    assert list((tmp_path / "out").iterdir()) == []


def test_damage_of_the_tape_is_passed_on(write_tape, numbered, tmp_path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (60, 180, 320, 3), np.uint8)
    tape = write_tape(list(noise), name="tape.ts")
    content = bytearray(tape.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 60_000] = bytes(60_000)
    tape.write_bytes(content)
    report = run_pass(tape, tmp_path / "out", settings=ProxySettings())
    assert "partial" in {finding.code for finding in report.findings}


def test_progress_is_told_in_seconds_of_tape(write_tape, numbered, tmp_path) -> None:
    tape = write_tape([numbered(i) for i in range(180)])
    told: list[tuple[str, float, float]] = []
    run_pass(
        tape,
        tmp_path / "out",
        settings=ProxySettings(analysis=False),
        progress=lambda *values: told.append(values),
    )
    done = [one[1] for one in told]
    assert done == sorted(done)
    assert done[-1] == pytest.approx(6.0, abs=0.05)
    assert len(told) >= 3


def test_the_report_says_where_the_time_went(write_tape, numbered, tmp_path) -> None:
    tape = write_tape([numbered(i) for i in range(30)])
    report = run_pass(tape, tmp_path / "out", settings=ProxySettings())
    assert set(report.timings) == {"decode", "signals", "scale", "encode", "audio", "write"}
    assert PassReport.model_validate_json(report.model_dump_json()) == report


PEAK = """
import sys
from pathlib import Path
from gametape.profile import ProxySettings
from gametape.video.proxy import run_pass
run_pass(Path(sys.argv[1]), Path(sys.argv[2]), settings=ProxySettings())
# Not getrusage: that counts what the parent had before this process began.
print(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
def test_memory_is_flat_in_the_length_of_the_tape(write_tape, numbered, click, tmp_path) -> None:
    peaks_kb = []
    for seconds in (20, 120):
        pictures = (numbered(i % 256, 160, 96) for i in range(seconds * 30))
        tape = write_tape(pictures, name=f"{seconds}.mp4", sound=click(1.0, seconds, 48_000))
        command = [sys.executable, "-c", PEAK, str(tape), str(tmp_path / f"out-{seconds}")]
        peaks_kb.append(int(subprocess.run(command, capture_output=True, check=True).stdout))
    assert peaks_kb[0] > 50_000
    assert peaks_kb[1] < 1.2 * peaks_kb[0]  # kept pictures would make it 1.5 times
