"""The cheapest exact method for one clip, read off the tape's packet map; nothing is cut here.

Exact by copying is a clip that begins where a decoder can begin, and ends where every picture
stored so far is shown before every picture to come: nothing hidden is needed, nothing is missing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np

from gametape.errors import InputError
from gametape.schema import Source
from gametape.video.cutting import nals
from gametape.video.cutting.clipjob import ClipPlan
from gametape.video.gops import H264, HEVC, GopMap, scan_gops
from gametape.video.media import open_media
from gametape.video.timebase import seconds

Method = Literal["auto", "copy", "smart", "re-encode"]

# What an encoded picture costs against a decoded one, preset veryfast: 1.4, 1.9, 2.0, 3.4 and 5.9
# times as much on five tapes of 720p and 1080p.
ENCODE_COST = 2.0
# What opening, seeking and closing for one edge costs, in decoded pictures (20 to 40 ms).
EDGE_COST = 6.0
SMART_PIXELS = frozenset({"yuv420p", "yuvj420p"})
SMART_PROFILES = frozenset({66, 77, 100})  # baseline, main, high
PARAMETER_IDS = 32  # H.264 has so many sequence parameter sets


@dataclass(frozen=True)
class Choice:
    """How to cut one clip: which packets are copied, and which pictures are encoded anew."""

    method: Literal["copy", "smart", "re-encode"]
    reason: str
    rows: tuple[int, ...] = ()  # of the map, copied, in stored order
    head: tuple[int, ...] = ()  # stamps of the pictures encoded before and after them
    tail: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class TapeFacts:
    """What of a tape decides over all of its clips."""

    gops: GopMap
    source: Source

    @cached_property
    def flaw(self) -> str:
        """Why nothing of this tape can be copied; empty: it can."""
        video, gops = self.source.video, self.gops
        if gops.flaw:
            return gops.flaw
        if any(finding.code == "restart" for finding in self.source.findings):
            return "the tape's clock begins anew on the way"
        is_shown = (gops.pts >= video.start_pts) & ~gops.is_bad
        if video.frame_count is not None and int(is_shown.sum()) != video.frame_count:
            return "its packets are not one picture each"
        for sound in gops.sounds:
            if len(sound.pts) > 1 and not bool(np.all(np.diff(sound.pts) > 0)):
                return "the stamps of its sound jump back"
        return ""

    @cached_property
    def no_edges(self) -> str:
        """Why no edge can be encoded to match the copied pictures; empty: it can."""
        if self.gops.codec == HEVC:
            return "edges of HEVC are not matched here"
        if self.source.video.pixel_format not in SMART_PIXELS:
            return f"edges of {self.source.video.pixel_format} pixels are not matched here"
        parsed = [nals.read_sps(s) for s in self.gops.sets if nals.h264_type(s) == nals.H264_SPS]
        if not parsed or self.edge_id is None:
            return "its parameter sets leave no room for those of the edges"
        if not all(sps.is_progressive for sps in parsed):
            return "edges of interlaced pictures are not matched here"
        if not all(sps.profile in SMART_PROFILES for sps in parsed):
            return "edges of this H.264 profile are not matched here"
        return ""

    @cached_property
    def edge_id(self) -> int | None:
        """A number for the edges' parameter sets that the tape does not use."""
        used = {nals.set_key(unit)[1] for unit in self.gops.sets}
        return next((n for n in range(1, PARAMETER_IDS) if n not in used), None)

    @cached_property
    def starts(self) -> np.ndarray:
        """int64[k]: rows at which a copied clip can begin."""
        gops = self.gops
        if gops.codec == H264:
            is_open = gops.is_clean[:-1] & (gops.order == np.arange(len(gops)))
        else:
            # Pictures stored after the start and shown before it are left out.
            before = np.maximum.accumulate(np.concatenate(([np.int64(-(1 << 62))], gops.pts[:-1])))
            is_open = before < gops.pts
        return np.flatnonzero(gops.is_start & is_open & ~gops.is_bad)

    @cached_property
    def ends(self) -> np.ndarray:
        """int64[k]: rows before which a copied clip can end."""
        return np.flatnonzero(self.gops.is_clean)

    def damage(self, plan: ClipPlan) -> str:
        """Damage that is known within a clip, in words."""
        for finding in self.source.findings:
            if finding.code == "partial" and finding.start_s is not None:
                end_s = finding.end_s if finding.end_s is not None else finding.start_s
                if finding.start_s < plan.segment.end_s and end_s >= plan.segment.start_s:
                    return "the tape is damaged there"
        return ""


def tape_facts(path: Path, source: Source) -> TapeFacts:
    """Read the packets of a tape, for choosing how its clips are cut."""
    with open_media(path) as media:
        return TapeFacts(scan_gops(media), source)


def choose(facts: TapeFacts | None, plan: ClipPlan, method: Method) -> Choice:
    """The method for a clip; InputError where the wanted one cannot be exact.

    No facts are needed where everything is to be encoded.
    """
    if facts is None or method == "re-encode":
        return Choice("re-encode", "asked for")
    reason = facts.flaw or facts.damage(plan)
    if reason:
        if method != "auto":
            raise _refused(plan, method, f"{reason}. Cut it with the method auto.")
        return Choice("re-encode", reason)
    found = _copied(facts, plan) or _smart(facts, plan)
    if method == "copy" and found.method != "copy":
        raise _refused(plan, method, _nearest(facts, plan))
    if method == "smart" and found.method == "re-encode":
        raise _refused(plan, method, f"{found.reason}; {_nearest(facts, plan)}")
    if method == "auto" and found.method == "smart":
        smart, whole = costs(facts.gops, found, plan)
        if smart >= whole:
            return Choice("re-encode", "about as cheap as encoding only its edges")
    return found


def costs(gops: GopMap, choice: Choice, plan: ClipPlan) -> tuple[float, float]:
    """What a smart cut and a whole encoding cost, in decoded pictures."""
    first, until = gops.place_at(plan.start_pts), gops.place_at(plan.end_pts)
    whole = until - gops.key_before(first) + ENCODE_COST * (until - first)
    smart = 0.0
    if choice.head:
        count = len(choice.head)
        # Decoded on the tape, encoded, decoded in the clip for the proof.
        smart += EDGE_COST + first - gops.key_before(first) + (ENCODE_COST + 2) * count
    if choice.tail:
        count, row = len(choice.tail), choice.rows[-1]
        smart += EDGE_COST + 2 * (row - gops.key_before(row)) + (ENCODE_COST + 2) * count
    return smart, whole


def _copied(facts: TapeFacts, plan: ClipPlan) -> Choice | None:
    gops = facts.gops
    first, until = gops.place_at(plan.start_pts), gops.place_at(plan.end_pts)
    if first >= until or not gops.is_clean[until]:
        return None
    row = int(gops.order[first])
    if row not in facts.starts:
        return None
    rows = np.arange(row, until)
    rows = rows[gops.pts[rows] >= gops.pts[row]]
    if len(rows) != until - first or bool(gops.is_bad[rows].any()):
        return None
    reason = "begins on a key picture and ends where no stored picture is left over"
    return Choice("copy", reason, tuple(rows.tolist()))


def _smart(facts: TapeFacts, plan: ClipPlan) -> Choice:
    gops = facts.gops
    first, until = gops.place_at(plan.start_pts), gops.place_at(plan.end_pts)
    is_begun = int(gops.order[first]) in facts.starts if first < len(gops) else False
    why = "it ends within a group of pictures" if is_begun else "it begins on no key picture"
    if facts.no_edges:
        return Choice("re-encode", f"{why}, and {facts.no_edges}")
    starts = facts.starts[facts.starts >= first]
    ends = facts.ends[facts.ends <= until]
    if not len(starts) or not len(ends) or ends[-1] <= starts[0]:
        return Choice("re-encode", f"{why}, and no key picture after it can follow an edge")
    rows = np.arange(int(starts[0]), int(ends[-1]))
    if bool(gops.is_bad[rows].any()):
        return Choice("re-encode", "the tape is damaged there, or hides pictures")
    head, tail = gops.shown[first : rows[0]], gops.shown[rows[-1] + 1 : until]
    edges = [f"{len(head)} pictures at its start"] if len(head) else []
    edges += [f"{len(tail)} at its end"] if len(tail) else []
    return Choice(
        "smart",
        f"{' and '.join(edges)} encoded anew, the rest copied",
        tuple(rows.tolist()),
        tuple(head.tolist()),
        tuple(tail.tolist()),
    )


def _nearest(facts: TapeFacts, plan: ClipPlan) -> str:
    """Where a clip that can be copied could begin and end, in words."""
    gops = facts.gops
    video = facts.source.video
    last = video.start_pts + round(Fraction(facts.source.duration_s) / video.time_base)
    starts = [int(pts) for pts in np.sort(gops.pts[facts.starts])]
    ends = [*(int(pts) for pts in gops.shown[facts.ends[facts.ends < len(gops)]]), last]
    begin = _around(starts, plan.start_pts, facts.source)
    end = _around(ends, plan.end_pts, facts.source)
    return (
        f"copying alone is not exact there. It could begin at {' or '.join(begin) or 'no time'}, "
        f"and end at {' or '.join(end)}. Move it, or cut with the method auto."
    )


def _around(stamps: Sequence[int], pts: int, source: Source) -> list[str]:
    place = int(np.searchsorted(np.array(stamps, np.int64), pts))
    near = [*stamps[max(0, place - 1) : place], *stamps[place : place + 1]]
    near = [pts] if pts in near else near
    base, start = source.video.time_base, source.video.start_pts
    return [f"{seconds(stamp, base, start):.3f} s" for stamp in near]


def _refused(plan: ClipPlan, method: str, why: str) -> InputError:
    segment = plan.segment
    begin_s, end_s = (round(time_s, 3) for time_s in (segment.start_s, segment.end_s))
    where = f"Segment {plan.number} ({begin_s} to {end_s} s)"
    return InputError(f"{where} cannot be cut by the method {method}: {why}")
