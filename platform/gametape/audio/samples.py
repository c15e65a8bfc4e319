"""Reading the 16 kHz mono sound that the one decode left behind, a piece at a time.

Only our own WAV files are read here; foreign media go through the door in `video.media`.
"""

import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gametape.errors import InputError

Samples = NDArray[np.float32]


def read_wav(path: Path) -> tuple[Samples, int]:
    """All samples, (n,) float32 from -1 to 1, and their rate in Hz."""
    pieces = list(wav_pieces(path, piece_s=600.0))
    samples = np.concatenate(pieces) if pieces else np.zeros(0, np.float32)
    return samples, wav_rate_hz(path)


def wav_rate_hz(path: Path) -> int:
    """Samples a second of a WAV file."""
    with _open(path) as sound:
        return sound.getframerate()


def wav_pieces(path: Path, *, piece_s: float, overlap_samples: int = 0) -> Iterator[Samples]:
    """Samples in order, `piece_s` at a time; each piece begins with the end of the one before."""
    with _open(path) as sound:
        count = max(1, int(piece_s * sound.getframerate()))
        kept = np.zeros(0, np.float32)
        while data := sound.readframes(count):
            # A file that was cut off may end within a sample.
            data = data[: len(data) // 2 * 2]
            fresh = np.frombuffer(data, "<i2").astype(np.float32) / np.float32(32768)
            piece = np.concatenate([kept, fresh])
            yield piece
            kept = piece[len(piece) - min(overlap_samples, len(piece)) :]


def _open(path: Path) -> wave.Wave_read:
    try:
        sound = wave.open(str(path), "rb")  # noqa: SIM115 - the caller closes it
    except (wave.Error, EOFError, OSError) as error:
        raise InputError(
            f"{path.name}: not readable as WAV ({error}). Run the step that writes it again."
        ) from error
    if sound.getnchannels() != 1 or sound.getsampwidth() != 2:
        sound.close()
        raise InputError(f"{path.name}: not 16-bit mono. Run the step that writes it again.")
    return sound
