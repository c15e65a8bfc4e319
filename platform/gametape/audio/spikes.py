"""What sound says of play: whistles, the crowd, hits, and how loud it is (row C-16).

Frames of 32 ms every 16 ms, float32, a piece at a time so that memory does not grow with the tape.
"""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from gametape.audio.samples import Samples, wav_pieces, wav_rate_hz

FRAME_S, HOP_S = 0.032, 0.016
PIECE_S = 60.0

# Referees' whistles have their strongest tone here; a pea makes it flutter within the band.
WHISTLE_HZ = (3500.0, 5500.0)
# The tone stands this far above the mean of the bins around it. C-16 has 6 dB, which one frame of
# plain noise in thirty reaches too; whistles in a crowd have 12 to 18, squeaking shoes up to 14.
WHISTLE_DB = 14.0
NEIGHBOURHOOD_HZ = (2500.0, 7000.0)
# A whistle lasts; keys and shoe squeaks in the same band are shorter.
WHISTLE_MIN_S = 0.15
# One signal is often two or three blasts (C-16: at least this far apart to count as two).
WHISTLE_GAP_S = 2.5
CROWD_HZ = (400.0, 1200.0)
# Hits of a ball are broad-band; below this hum and steps, above it hiss.
HIT_HZ = (800.0, 6000.0)
SILENCE_DB = -80.0

Values = NDArray[np.float32]


@dataclass(frozen=True)
class Sound:
    """Features a frame; `time_s` is the middle of the frame. All arrays (frames,) float32."""

    time_s: NDArray[np.float64]
    level_db: Values  # loudness of everything, dB below full scale
    crowd_db: Values  # loudness between 400 and 1200 Hz
    whistle_db: Values  # how far the strongest tone of the whistle band stands out
    onset_db: Values  # how much the hit band rises within one hop: ball contacts, claps, steps


def listen(path: Path) -> Sound:
    """Features of a 16 kHz mono WAV file."""
    rate_hz = wav_rate_hz(path)
    frame, hop = round(FRAME_S * rate_hz), round(HOP_S * rate_hz)
    parts: list[NDArray[np.float32]] = []
    rest = np.zeros(0, np.float32)
    band_before: Values | None = None
    for piece in wav_pieces(path, piece_s=PIECE_S):
        samples = np.concatenate([rest, piece])
        count = (len(samples) - frame) // hop + 1
        if count < 1:
            rest = samples
            continue
        part, band_before = _features(samples, count, rate_hz, band_before)
        parts.append(part)
        rest = samples[count * hop :]
    table = np.concatenate(parts, axis=1) if parts else np.zeros((4, 0), np.float32)
    time_s = (np.arange(table.shape[1]) * hop + frame / 2) / rate_hz
    return Sound(time_s, table[0], table[1], table[2], table[3])


def find_whistles(sound: Sound) -> pl.DataFrame:
    """Whistles, one row each: start_s, end_s, strength_db. Blasts close together are one."""
    is_tone = sound.whistle_db >= WHISTLE_DB
    edges = np.diff(np.concatenate(([0], is_tone.astype(np.int8), [0])))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    rows: list[dict[str, float]] = []
    # A fluttering tone drops out for a frame or two; that does not end the blast.
    blasts: list[list[int]] = []
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        if blasts and start - blasts[-1][1] <= 3:
            blasts[-1][1] = end
        else:
            blasts.append([start, end])
    for start, end in blasts:
        if (end - start) * HOP_S < WHISTLE_MIN_S:
            continue
        row = {
            "start_s": float(sound.time_s[start]) - HOP_S / 2,
            "end_s": float(sound.time_s[end - 1]) + HOP_S / 2,
            "strength_db": float(sound.whistle_db[start:end].max()),
        }
        if rows and row["start_s"] - rows[-1]["end_s"] < WHISTLE_GAP_S:
            rows[-1]["end_s"] = row["end_s"]
            rows[-1]["strength_db"] = max(rows[-1]["strength_db"], row["strength_db"])
        else:
            rows.append(row)
    schema = {"start_s": pl.Float64, "end_s": pl.Float64, "strength_db": pl.Float64}
    return pl.DataFrame(rows, schema=schema)


def _features(
    samples: Samples, count: int, rate_hz: int, band_before: Values | None
) -> tuple[NDArray[np.float32], Values]:
    """Features (4, count) of frames over samples, and the hit bands of the last frame."""
    from scipy import fft

    frame, hop = round(FRAME_S * rate_hz), round(HOP_S * rate_hz)
    strided = np.lib.stride_tricks.sliding_window_view(samples, frame)[::hop][:count]
    window = np.hanning(frame).astype(np.float32)
    power = np.abs(fft.rfft(strided * window, axis=1)) ** 2
    power = np.asarray(power * np.float32(1.0 / (window**2).sum() / frame), np.float32)
    hz = np.asarray(np.fft.rfftfreq(frame, 1 / rate_hz), np.float64)
    level = _decibel(power.sum(axis=1))
    crowd = _decibel(power[:, _band(hz, CROWD_HZ)].sum(axis=1))
    whistle = _tone(power, hz)
    bands = _hit_bands(power, hz)
    first = bands[:1] if band_before is None else band_before[None]
    rise = np.diff(np.concatenate([first, bands]), axis=0)
    onset = np.maximum(rise, 0).mean(axis=1)
    table = np.stack([level, crowd, whistle, onset]).astype(np.float32)
    return table, np.asarray(bands[-1], np.float32)


def _tone(power: Values, hz: NDArray[np.float64]) -> Values:
    """How far the strongest tone between 3.5 and 5.5 kHz stands above its neighbourhood, in dB.

    The tone is five bins wide (a pea makes it flutter); it is compared, bin for bin, with the mean
    of the others from 2.5 to 7 kHz. A tone that cannot be heard at all counts as none.
    """
    inside = power[:, _band(hz, WHISTLE_HZ)]
    if inside.shape[1] < 8:
        return np.zeros(len(power), np.float32)
    around = power[:, _band(hz, NEIGHBOURHOOD_HZ)]
    peak_at = inside.argmax(axis=1)
    columns = np.clip(peak_at[:, None] + np.arange(-2, 3), 0, inside.shape[1] - 1)
    peak = np.take_along_axis(inside, columns, axis=1).sum(axis=1)
    rest = np.maximum(around.sum(axis=1) - peak, 1e-12)
    others = around.shape[1] - 5
    stands_out = _decibel(peak / 5) - _decibel(rest / others)
    is_audible = _decibel(peak) > SILENCE_DB + 15
    return np.asarray(np.where(is_audible, stands_out, SILENCE_DB), np.float32)


def _hit_bands(power: Values, hz: NDArray[np.float64]) -> Values:
    """Loudness of eight bands between 800 and 6000 Hz, dB: (frames, 8)."""
    borders = np.geomspace(*HIT_HZ, 9)
    bands = [_decibel(power[:, _band(hz, (a, b))].sum(axis=1)) for a, b in _pairs(borders)]
    return np.stack(bands, axis=1)


def _pairs(borders: NDArray[np.float64]) -> list[tuple[float, float]]:
    return [(float(a), float(b)) for a, b in pairwise(borders)]


def _band(hz: NDArray[np.float64], limits: tuple[float, float]) -> slice:
    first, end = np.searchsorted(hz, limits)
    return slice(int(first), int(end))


def _decibel(power: NDArray[np.float32]) -> Values:
    floor = np.float32(10 ** (SILENCE_DB / 10))
    return np.asarray(10 * np.log10(np.maximum(power, floor)), np.float32)
