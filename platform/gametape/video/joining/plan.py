"""Which frames of a reel are copied and which are encoded anew, decided before anything is written.

The form of the reel is that of most frames; what fits into one track beside them is copied.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from itertools import accumulate, pairwise
from math import lcm

from gametape.schema import Card
from gametape.video.joining.parametersets import Sets, free_number, merged
from gametape.video.joining.parts import Look, Part

ENCODED = ("h264", "hevc")  # what is written here; clips of other codecs can only be copied
# MP4 counts ticks of up to 32 bits a second; clips of many odd clocks share this one, 0.1 us fine.
MAX_TICKS_HZ, COARSE_TICKS_HZ = 2**31 - 1, 10_000_000


@dataclass(frozen=True)
class Span:
    """Packets `first <= n < last` of a part in stored order; complete in the order shown too."""

    first: int
    last: int


@dataclass(frozen=True)
class Play:
    """How one clip goes into the reel: its spans, in order."""

    part: Part
    spans: tuple[tuple[Span, bool], ...]  # with: is it copied?
    card: Card | None = None
    reason: str = ""  # why something of it is encoded

    @property
    def copied_frames(self) -> int:
        """Frames that go over as they are."""
        return sum(shown_in(self.part, span) for span, is_copied in self.spans if is_copied)


@dataclass(frozen=True)
class Plan:
    """The whole reel."""

    look: Look
    rate: Fraction  # of cards, and for the encoder's guesses
    time_base: Fraction
    plays: tuple[Play, ...]
    sets_number: int  # for parameter sets of encoded pictures

    @property
    def copied_frames(self) -> int:
        """Frames that go over as they are."""
        return sum(play.copied_frames for play in self.plays)


def plan_reel(
    parts: Sequence[Part],
    cards: Sequence[Card],
    *,
    card_s: float,
    lower_third_s: float,
    is_all_encoded: bool = False,
) -> Plan:
    """Decide for each clip; `cards` are empty, or as many as there are clips."""
    kept = _majority(parts)
    most = parts[min(kept)] if kept else max(parts, key=lambda part: part.frame_count)
    kept = set() if is_all_encoded else kept
    sets = [parts[place].sets for place in sorted(kept)]
    number = free_number([known for known in sets if known is not None])
    is_encoding = bool(cards) and (card_s > 0 or lower_third_s > 0)
    plays = []
    for place, part in enumerate(parts):
        card = cards[place] if cards else None
        if place not in kept:
            why = "all clips are encoded" if is_all_encoded else _why(part, most)
            spans: tuple[tuple[Span, bool], ...] = ((Span(0, len(part.pts)), False),)
        else:
            until_s = Fraction(lower_third_s) if is_encoding else Fraction(0)
            spans, why = _spans(part, until_s, is_first=place == 0 and not (cards and card_s))
        plays.append(Play(part, spans, card, why))
    is_encoding = is_encoding or any(not copied for p in plays for _, copied in p.spans)
    if is_encoding and not is_all_encoded and (most.look.codec not in ENCODED or number is None):
        return plan_reel(
            parts, cards, card_s=card_s, lower_third_s=lower_third_s, is_all_encoded=True
        )
    look = most.look
    if is_encoding and look.codec not in ENCODED:
        look = _as_h264(look)
    return Plan(look, most.rate, _time_base(parts, most.rate), tuple(plays), number or 0)


def shown_in(part: Part, span: Span) -> int:
    """How many frames of a span are shown."""
    return sum(part.is_shown[span.first : span.last])


def starts_of(plan: Plan, card_frames: int) -> list[tuple[int, int]]:
    """Tick at which each play begins, card and clip; at the end the reel's end, twice."""
    card = round(card_frames / plan.rate / plan.time_base)
    lengths = [round(play.part.length_s / plan.time_base) for play in plan.plays]
    begins = list(accumulate((card + length for length in lengths), initial=0))
    return [(at, at + card) for at in begins[:-1]] + [(begins[-1], begins[-1])]


def _majority(parts: Sequence[Part]) -> set[int]:
    """The clips that can be copied into one track: most frames first, then what goes with them."""
    looks: Counter[Look] = Counter()
    for part in parts:
        looks[part.look] += part.frame_count if part.sets is not None else 0
    look = max(looks, key=lambda each: looks[each])  # of equals the first
    groups: dict[Sets, list[int]] = {}
    for place, part in enumerate(parts):
        if part.look == look and part.sets is not None:
            groups.setdefault(part.sets, []).append(place)
    by_size = sorted(
        groups, key=lambda sets: -sum(parts[place].frame_count for place in groups[sets])
    )
    taken: list[Sets] = []
    for sets in by_size:
        if merged([*taken, sets]) is not None:
            taken.append(sets)
    return {place for sets in taken for place in groups[sets]}


def _why(part: Part, most: Part) -> str:
    if part.look != most.look:
        return part.look.differs(most.look)
    if part.sets is None:
        return "its parameter sets cannot be shared"
    return "its parameter sets have the numbers of others"


def _spans(
    part: Part, until_s: Fraction, *, is_first: bool
) -> tuple[tuple[tuple[Span, bool], ...], str]:
    """What of a clip is copied: from the first clean packet after `until_s` on, but for stretches
    with hidden frames, which would be seen.
    """
    edges = sorted({0, *part.starts, len(part.pts)})
    until_pts = part.first_pts + until_s / part.time_base
    spans: list[tuple[Span, bool]] = []
    reasons: list[str] = []
    for first, last in pairwise(edges):
        is_drawn_on = until_s > 0 and part.pts[first] < until_pts
        is_clean = first in part.starts or (first == 0 and (is_first or part.is_open))
        is_whole = all(part.is_shown[first:last])
        is_copied = is_clean and is_whole and not is_drawn_on
        if not is_copied:
            reasons.append(
                "lower third"
                if is_drawn_on
                else "frames hidden by an edit list"
                if is_clean
                else "begins within an open group of pictures"
            )
        if spans and spans[-1][1] == is_copied:
            spans[-1] = (Span(spans[-1][0].first, last), is_copied)
        else:
            spans.append((Span(first, last), is_copied))
    return tuple(spans), ", ".join(dict.fromkeys(reasons))


def _time_base(parts: Sequence[Part], rate: Fraction) -> Fraction:
    """Ticks in which every stamp of every clip is a whole number, if there are such."""
    exact = reduce(lcm, (part.time_base.denominator for part in parts))
    with_cards = lcm(exact, rate.numerator)
    for ticks_hz in (with_cards, exact):
        if ticks_hz <= MAX_TICKS_HZ:
            return Fraction(1, ticks_hz)
    return Fraction(1, COARSE_TICKS_HZ)


def _as_h264(look: Look) -> Look:
    return Look(
        "h264",
        look.width + look.width % 2,
        look.height + look.height % 2,
        look.sample_aspect,
        "yuvj420p" if look.pixel_format == "yuvj420p" else "yuv420p",
        look.colour,
        look.rotation_deg,
        look.is_mirrored,
    )
