"""Whistles, crowd and hits in made sound."""

import wave
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from gametape.audio.samples import read_wav, wav_pieces
from gametape.audio.spikes import PIECE_S, find_whistles, listen
from gametape.errors import InputError

RATE_HZ = 16_000


def write_wav(path: Path, samples: NDArray[np.floating], *, channels: int = 1) -> Path:
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(channels)
        sound.setsampwidth(2)
        sound.setframerate(RATE_HZ)
        sound.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def noise(length_s: float, level: float = 0.02) -> NDArray[np.float64]:
    return np.random.default_rng(1).normal(0, level, int(length_s * RATE_HZ))


def tone(hz: float, length_s: float, level: float = 0.2) -> NDArray[np.float64]:
    return level * np.sin(2 * np.pi * hz * np.arange(int(length_s * RATE_HZ)) / RATE_HZ)


def test_a_whistle_in_noise_is_found_where_it_is(tmp_path: Path) -> None:
    samples = noise(10)
    samples[4 * RATE_HZ : int(4.5 * RATE_HZ)] += tone(4200, 0.5)
    (row,) = find_whistles(listen(write_wav(tmp_path / "a.wav", samples))).iter_rows(named=True)
    assert row["start_s"] == pytest.approx(4.0, abs=0.04)
    assert row["end_s"] == pytest.approx(4.5, abs=0.04)


def test_noise_applause_and_other_tones_are_no_whistle(tmp_path: Path) -> None:
    samples = noise(12)
    samples[2 * RATE_HZ : 4 * RATE_HZ] *= 12  # applause
    samples[5 * RATE_HZ : 6 * RATE_HZ] += tone(1000, 1.0)  # a horn
    samples[8 * RATE_HZ : int(8.05 * RATE_HZ)] += tone(4200, 0.05)  # a squeak
    assert find_whistles(listen(write_wav(tmp_path / "a.wav", samples))).height == 0


def test_blasts_that_follow_at_once_are_one_whistle(tmp_path: Path) -> None:
    samples = noise(12)
    for at_s in (2.0, 3.0, 8.0):
        samples[int(at_s * RATE_HZ) :][: int(0.4 * RATE_HZ)] += tone(3900, 0.4)
    found = find_whistles(listen(write_wav(tmp_path / "a.wav", samples)))
    assert found["start_s"].round(1).to_list() == [2.0, 8.0]


def test_the_crowd_band_rises_with_the_crowd_alone(tmp_path: Path) -> None:
    samples = noise(4, 0.001)
    samples[: 2 * RATE_HZ] += tone(800, 2.0)
    samples[2 * RATE_HZ :] += tone(3000, 2.0)
    sound = listen(write_wav(tmp_path / "a.wav", samples))
    first, second = sound.time_s < 1.9, sound.time_s > 2.1
    assert sound.crowd_db[first].mean() > sound.crowd_db[second].mean() + 20
    assert abs(sound.level_db[first].mean() - sound.level_db[second].mean()) < 1


def test_a_hit_is_a_sudden_rise(tmp_path: Path) -> None:
    samples = noise(4, 0.005)
    samples[2 * RATE_HZ :][:160] += noise(0.01, 0.5)
    sound = listen(write_wav(tmp_path / "a.wav", samples))
    assert sound.time_s[sound.onset_db.argmax()] == pytest.approx(2.0, abs=0.04)
    assert sound.onset_db.max() > 10


def test_pieces_change_nothing(tmp_path: Path) -> None:
    samples = noise(PIECE_S * 2 + 3.3)
    path = write_wav(tmp_path / "a.wav", samples)
    whole, _ = read_wav(path)
    assert len(np.concatenate(list(wav_pieces(path, piece_s=7.0)))) == len(whole)
    tail = write_wav(tmp_path / "b.wav", samples[RATE_HZ * 60 :])
    # The hop divides 60 s, so the frames of the tail are frames of the whole.
    count = len(listen(tail).time_s)
    assert np.allclose(listen(path).level_db[-count:], listen(tail).level_db, atol=1e-3)


def test_sound_shorter_than_a_frame_has_no_features(tmp_path: Path) -> None:
    sound = listen(write_wav(tmp_path / "a.wav", np.zeros(100)))
    assert len(sound.time_s) == len(sound.level_db) == 0


def test_a_file_that_is_no_wav_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_text("not sound")
    with pytest.raises(InputError, match=r"a\.wav: not readable as WAV"):
        listen(tmp_path / "a.wav")


def test_stereo_is_refused(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", np.zeros(3200), channels=2)
    with pytest.raises(InputError, match="not 16-bit mono"):
        listen(path)
