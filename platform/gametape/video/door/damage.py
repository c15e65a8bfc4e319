"""What a damaged tape has lost, counted while it is decoded, and told as findings.

Only bookkeeping belongs here: nothing is opened or decoded.
"""

from dataclasses import dataclass, field
from fractions import Fraction

from gametape.schema import Finding

# Losses nearer to one another than this are told as one stretch.
JOIN_S = 1.0
# Beyond this many stretches a tape is damaged all over, and a list would help nobody.
MAX_STRETCHES = 8
# Containers round the end of a track up, and encoders write a last frame that is not shown.
END_SLACK_S = 0.5


@dataclass
class Losses:
    """Counts and places of what could not be decoded; places are stamps of the picture."""

    packets: int = 0  # of the picture that no frame came out of, because the decoder gave an error
    frames: int = 0  # that came out with parts invented by the decoder
    sound_packets: int = 0
    read_errors: int = 0  # of the container itself
    restarts: int = 0  # places where the time stamps began anew
    restamped: int = 0  # frames whose stamp was missing or not later than the one before
    places: list[int] = field(default_factory=list)

    def at(self, pts: int | None) -> None:
        """Remember one place; places beyond any use are dropped to keep memory flat."""
        if pts is not None and len(self.places) < 100_000:
            self.places.append(pts)

    def findings(
        self, *, time_base: Fraction, start_pts: int, end_pts: int, declared_end_pts: int | None
    ) -> list[Finding]:
        """All losses in words, with times in seconds from the first displayed frame."""

        def second(pts: int) -> float:
            return float((pts - start_pts) * time_base)

        found: list[Finding] = []
        if self.packets or self.frames or self.read_errors:
            found += self._damaged([second(pts) for pts in sorted(self.places)])
        if declared_end_pts is not None:
            end_s, declared_s = second(end_pts), second(declared_end_pts)
            if declared_s - end_s > END_SLACK_S:
                found.append(
                    _partial(
                        f"the picture ends at {end_s:.1f} s of {declared_s:.1f} s declared",
                        end_s,
                        declared_s,
                    )
                )
        if self.sound_packets:
            found.append(_partial(f"{self.sound_packets} packets of sound could not be decoded"))
        if self.restarts:
            found.append(
                Finding(
                    code="restart",
                    severity="warning",
                    message=f"the time stamps begin anew {_times(self.restarts)}; "
                    "the parts were put one after the other",
                )
            )
        if self.restamped:
            found.append(
                Finding(
                    code="time-stamps",
                    severity="warning",
                    message=f"{self.restamped} frames had no time stamp of their own, or one not "
                    "later than the frame before; theirs was worked out",
                )
            )
        return found

    def _damaged(self, places_s: list[float]) -> list[Finding]:
        what = ", ".join(
            text
            for count, text in (
                (self.packets, f"{self.packets} packets of the picture could not be decoded"),
                (self.frames, f"{self.frames} frames are damaged"),
                (self.read_errors, f"the container could not be read {_times(self.read_errors)}"),
            )
            if count
        )
        stretches = _joined(places_s)
        if not stretches:
            return [_partial(what)]
        if len(stretches) > MAX_STRETCHES:
            return [
                _partial(f"{what}, in {len(stretches)} places", stretches[0][0], stretches[-1][1])
            ]
        where = ", ".join(f"{start:.1f} s" for start, _ in stretches)
        if len(stretches) == 1:
            return [_partial(f"{what}, near {where}", *stretches[0])]
        return [_partial(f"{what}, near {where}", stretches[0][0], stretches[-1][1])]


def _joined(places_s: list[float]) -> list[tuple[float, float]]:
    stretches: list[tuple[float, float]] = []
    for place in places_s:
        if stretches and place - stretches[-1][1] <= JOIN_S:
            stretches[-1] = (stretches[-1][0], place)
        else:
            stretches.append((place, place))
    return stretches


def _partial(message: str, start_s: float | None = None, end_s: float | None = None) -> Finding:
    return Finding(
        code="partial", severity="warning", message=message, start_s=start_s, end_s=end_s
    )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
