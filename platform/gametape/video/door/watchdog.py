"""When to give up on a file that is read and read and shows nothing.

Only the judgement belongs here; the loop that reads and decodes is in `media`.
"""

from av.packet import Packet
from av.stream import Stream

from gametape.errors import InputError
from gametape.video.door.limits import Limits


class Watchdog:
    """Hears of every picture packet that gave no frame, and raises when that has gone too far."""

    def __init__(self, name: str, limits: Limits) -> None:
        self.name = name
        self.limits = limits
        self._packets = 0  # of any content, before the first frame

    def no_frame(self, packet: "Packet[Stream]", fruitless_s: float, *, is_begun: bool) -> None:
        """Hear of a packet without a frame, after `fruitless_s` of work since the last frame."""
        if fruitless_s > self.limits.stall_s:
            raise InputError(
                f"{self.name}: the decoder gave no frame for {self.limits.stall_s:g} s of work. "
                "The file is damaged: convert it again from the original."
            )
        if is_begun or not packet.size:
            return
        self._packets += 1
        if packet.has_sidedata("encryption_info"):
            raise InputError(
                f"{self.name} is encrypted (DRM). Give a recording without copy protection."
            )
        if self._packets > self.limits.first_frame_packets:
            raise self.nothing()

    def nothing(self) -> InputError:
        """The error for a file that has ended, or gone on for long, without any frame."""
        what = "no frame of its picture can be decoded" if self._packets else "it holds no frames"
        return InputError(
            f"{self.name}: {what}. It is damaged, cut off or encrypted: copy or download it again."
        )

    def too_many(self) -> InputError:
        """The error for a file with more frames than any tape has."""
        return InputError(
            f"{self.name} has more than {self.limits.max_frames} frames. Split the recording."
        )
