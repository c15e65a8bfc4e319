"""The sound of a match: crowd, whistles, hits on the ball, and music under commercials."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gametape.madematch.script import Script
from gametape.madematch.settings import MatchSettings, random_for

RATE_HZ = 48_000
CHUNK_S = 1
LONGEST_S = 2.5  # no single sound is longer
BANDS = ((17, 120, 900), (19, 300, 2500), (23, 1500, 7000))  # seconds a loop, low and high Hz
Floats = NDArray[np.float64]
LOUD = {"serve": 0.5, "spike": 0.6, "stroke": 0.55, "kick": 0.4, "drill": 0.4, "shot": 0.45}


@dataclass(frozen=True)
class _Event:
    """One sound: a whistle of some length, or a hit (length 0)."""

    time_s: float
    length_s: float
    level: float
    seed: int

    def samples(self) -> Floats:
        """The sound itself: made when it is needed, so that long tapes need no more memory."""
        rng = np.random.default_rng(self.seed)
        if self.length_s:
            return _whistle(rng, self.length_s, self.level)
        return _hit(rng) * self.level


def make_sound(script: Script, settings: MatchSettings) -> Iterator[NDArray[np.float32]]:
    """Mono samples at RATE_HZ in chunks of a second, to the end of the tape; flat in memory."""
    rng = random_for(settings, "sound")
    loops = [_noise_loop(rng, *band) for band in BANDS]
    events = _events(script, rng)
    times_of = np.array([e.time_s for e in events])
    for number in range(int(np.ceil(script.length_s / CHUNK_S))):
        start_s = number * CHUNK_S
        times = start_s + np.arange(RATE_HZ * CHUNK_S) / RATE_HZ
        level = _excitement(script, times)
        is_off = _commercial(script, times)
        out = np.zeros(len(times))
        for loop, calm, loud in zip(loops, (0.035, 0.018, 0.006), (0.07, 0.09, 0.05), strict=True):
            index = (np.arange(len(times)) + number * len(times)) % len(loop)
            out += loop[index] * (calm + loud * level)
        low, high = np.searchsorted(times_of, [start_s - LONGEST_S, start_s + CHUNK_S])
        for event in events[low:high]:
            _mix(out, event.samples(), round((event.time_s - start_s) * RATE_HZ))
        out *= 1 - is_off
        if is_off.any():
            out += is_off * _music(times)
        yield np.clip(out, -1, 1).astype(np.float32)


def _events(script: Script, rng: np.random.Generator) -> list[_Event]:
    """All whistles and hits of a tape, in order."""
    found = [(w.time_s, w.length_s, 0.3 if w.is_real else 0.2) for w in script.whistles]
    found += [(c.time_s, 0.0, LOUD.get(c.kind, 0.25)) for c in script.contacts]
    seeds = rng.integers(2**31, size=len(found))
    events = [_Event(*f, int(seed)) for f, seed in zip(found, seeds, strict=True)]
    return sorted(events, key=lambda e: (e.time_s, e.seed))


def _mix(out: Floats, samples: Floats, at: int) -> None:
    low, high = max(0, at), min(len(out), at + len(samples))
    if high > low:
        out[low:high] += samples[low - at : high - at]


def _noise_loop(rng: np.random.Generator, seconds: int, low_hz: float, high_hz: float) -> Floats:
    """Noise of a band, level 1, that can be repeated without a seam; voices make it uneven."""
    count = seconds * RATE_HZ
    hz = np.fft.rfftfreq(count, 1 / RATE_HZ)
    shape = 1 / (1 + (low_hz / np.maximum(hz, 1)) ** 4) / (1 + (hz / high_hz) ** 4)
    spectrum = shape * np.exp(2j * np.pi * rng.random(len(hz)))
    noise = np.fft.irfft(spectrum, count)
    waves = sum(
        np.sin(2 * np.pi * (k * np.arange(count) / count + rng.random())) / 4
        for k in rng.integers(3, seconds * 3, 5)
    )
    noise *= 1 + 0.25 * waves
    return np.asarray(noise / noise.std())


def _whistle(rng: np.random.Generator, length_s: float, level: float) -> Floats:
    """A pea whistle: two near tones between 3.5 and 5.5 kHz that trill."""
    times = np.arange(int(length_s * RATE_HZ)) / RATE_HZ
    tone_hz, trill_hz = rng.uniform(3600, 4700), rng.uniform(28, 48)
    trill = np.sin(2 * np.pi * trill_hz * times)
    angle = 2 * np.pi * tone_hz * times + 60 / trill_hz * np.cos(2 * np.pi * trill_hz * times)
    sound = np.sin(angle) + 0.6 * np.sin(angle * 1.11) + 0.15 * np.sin(2 * angle)
    edge = np.minimum(1, np.minimum(times, length_s - times) / 0.02)
    return np.asarray(level * sound * (0.65 + 0.35 * trill) * edge)


def _hit(rng: np.random.Generator) -> Floats:
    """A thump with a click."""
    times = np.arange(int(0.09 * RATE_HZ)) / RATE_HZ
    thump = np.sin(2 * np.pi * rng.uniform(110, 260) * times) * np.exp(-times * 55)
    click = rng.standard_normal(len(times)) * np.exp(-times * 320)
    return np.asarray(0.6 * thump + 0.4 * click)


def _excitement(script: Script, times: Floats) -> Floats:
    """How loud the crowd is, 0 to 1."""
    level = np.zeros(len(times))
    for swell in script.swells:
        if swell.time_s > times[-1] or swell.time_s + 2 * swell.length_s < times[0]:
            continue
        since = times - swell.time_s
        rise = np.clip(since / 0.5, 0, 1)
        fall = np.exp(-np.maximum(0, since - 1.0) / (swell.length_s * 0.4))
        level = np.maximum(level, swell.level * rise * fall * (since > 0))
    return level


def _commercial(script: Script, times: Floats) -> Floats:
    off = np.zeros(len(times))
    for shot in script.shots:
        if shot.camera == "commercial" and shot.end_s > times[0] and shot.start_s < times[-1]:
            off[(times >= shot.start_s) & (times < shot.end_s)] = 1
    return off


def _music(times: Floats) -> Floats:
    """Chords and a beat."""
    roots = np.array([220.0, 174.6, 261.6, 196.0])[(times / 2).astype(int) % 4]
    chord = sum(np.sin(2 * np.pi * roots * ratio * times) for ratio in (1, 1.25, 1.5))
    beat = np.exp(-(times % 0.5) * 18) * np.sin(2 * np.pi * 70 * times)
    return np.asarray(0.03 * chord + 0.15 * beat)
