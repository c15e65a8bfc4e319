"""How much a file may ask of this machine. Only numbers belong here, with their reasons."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """How much a file may ask for; beyond it the file is refused."""

    max_pixels: int = 36_000_000  # 8K is 33 million
    min_side: int = 16  # below this a track is an auxiliary one, and no encoder takes it
    max_duration_s: float = 12 * 3600.0
    max_streams: int = 32
    max_gap_s: float = 3600.0  # between two frames; a longer one is a broken stamp
    max_frames: int = 12 * 3600 * 240  # 240 a second for 12 hours
    stall_s: float = 30.0  # by the clock without a frame from the decoder
    first_frame_packets: int = 3000  # picture packets until the first frame must have come
