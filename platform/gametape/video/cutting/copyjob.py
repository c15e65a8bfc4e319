"""One clip whose picture is copied, wholly or but for its edges: written, proved, reported.

Why a clip is cut in this way, and what happens if it fails, is decided elsewhere.
"""

import logging
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime
from fractions import Fraction
from pathlib import Path

import numpy as np
from av.video.frame import VideoFrame

from gametape.aside import write_bytes, written_aside
from gametape.profile import ClipSettings
from gametape.schema import CutReport
from gametape.video.cutting import nals
from gametape.video.cutting.choice import Choice, TapeFacts
from gametape.video.cutting.clipform import ClipForm, Upright
from gametape.video.cutting.clipjob import ClipPlan, date_clip
from gametape.video.cutting.clipwriter import MP4_OPTIONS
from gametape.video.cutting.copying import ClipCopier, CopyError, PacketReader
from gametape.video.cutting.proof import FinishedClip, finished_clip
from gametape.video.cutting.smart import EdgeEncoder, edge_frames
from gametape.video.cutting.sounds import plan_sound
from gametape.video.cutting.stills import still_jpeg
from gametape.video.cutting.stretch import TapeReader
from gametape.video.gops import H264
from gametape.video.media import create_media
from gametape.video.timebase import seconds

log = logging.getLogger(__name__)

# Of a copied stretch at least so many pictures are decoded for the proof, up to a clean end.
PROVED_PICTURES = 4
# A key picture this near to the middle (as a share of the length) may stand for the clip.
NEAR_MIDDLE = Fraction(1, 4)


class CopyCutter:
    """Cuts clips of one tape by copying; one for each worker."""

    def __init__(
        self,
        path: Path,
        facts: TapeFacts,
        form: ClipForm,
        folder: Path,
        settings: ClipSettings,
        *,
        created: datetime | None = None,
    ) -> None:
        self._path = path
        self._facts = facts
        self._form = form
        self._folder = folder
        self._settings = settings
        self._created = created
        self._stack = ExitStack()
        self._reader = PacketReader(path, facts.gops)
        self._stack.callback(self._reader.close)
        self._frames: TapeReader | None = None

    def close(self) -> None:
        """Close the tape."""
        self._stack.close()

    def cut(self, plan: ClipPlan, choice: Choice) -> CutReport:
        """Cut one clip; CopyError if it cannot be, or does not stand the proof."""
        begun_s = time.monotonic()
        path = self._folder / f"{plan.name}.mp4"
        with written_aside(path) as aside:
            copier = self._write(aside, plan, choice)
            with finished_clip(aside) as clip:
                report = self._told(plan, choice, copier, clip)
                still = self._still(clip, choice)
        write_bytes(path.with_suffix(".jpg"), still)
        spent = {"bytes": path.stat().st_size, "seconds": round(time.monotonic() - begun_s, 3)}
        log.info(
            "clip %s: %s, %d frames, %.3f s, %d bytes",
            *(plan.name, choice.method, report.frame_count, report.duration_s, spent["bytes"]),
        )
        return report.model_copy(update=spent)

    def _write(self, aside: Path, plan: ClipPlan, choice: Choice) -> ClipCopier:
        base = self._facts.gops.time_base
        shown = [*choice.head, *self._facts.gops.pts[list(choice.rows)], *choice.tail]
        zero_s, end_pts = int(min(shown)) * base, self._end_pts(plan)
        tracks = self._facts.gops.sounds
        sounds = [
            sound
            for form in self._form.sounds
            if (sound := plan_sound(tracks[form.place], form, zero_s, end_pts * base)) is not None
        ]
        if any(sound.at is None for sound in sounds):
            self._reader.reopen()
        encoder = self._encoder() if choice.head or choice.tail else None
        video = self._facts.source.video
        head, tail = (
            encoder.encode(edge_frames(self._edges(), edge, self._facts.source))
            if encoder is not None and edge
            else []
            for edge in (choice.head, choice.tail)
        )
        with create_media(aside, format="mp4", options=dict(MP4_OPTIONS)) as file:
            date_clip(file, self._created, seconds(int(min(shown)), base, video.start_pts))
            copier = ClipCopier(
                *(file, self._reader, self._facts.source, choice),
                end_pts=end_pts,
                sounds=sounds,
                edge_sets=encoder.sets if encoder is not None else (),
            )
            copier.write(head, tail)
        return copier

    def _encoder(self) -> EdgeEncoder:
        sets = [s for s in self._facts.gops.sets if nals.h264_type(s) == nals.H264_SPS]
        assert self._facts.edge_id is not None, "edges are chosen only where a number is free"
        return EdgeEncoder(
            self._facts.source,
            self._form.colour,
            self._settings,
            profile=min(nals.read_sps(unit).profile for unit in sets),
            number=self._facts.edge_id,
        )

    def _edges(self) -> TapeReader:
        if self._frames is None:
            self._frames = TapeReader(self._path, self._facts.source)
            self._stack.callback(self._frames.close)
        return self._frames

    def _end_pts(self, plan: ClipPlan) -> int:
        """Stamp of the tape at which the clip's last picture ends."""
        gops, source = self._facts.gops, self._facts.source
        until = gops.place_at(plan.end_pts)
        if until < len(gops):
            return int(gops.shown[until])
        end = source.video.start_pts + round(Fraction(source.duration_s) / gops.time_base)
        return max(end, int(gops.shown[-1]) + 1)

    def _told(
        self, plan: ClipPlan, choice: Choice, copier: ClipCopier, clip: FinishedClip
    ) -> CutReport:
        base, source = self._facts.gops.time_base, self._facts.source
        shown, end_pts = sorted(copier.stored), self._end_pts(plan)
        wanted = tuple((pts - shown[0]) * base for pts in shown)
        counted, length_s = clip.count, (end_pts - shown[0]) * base
        if counted.times_s != wanted:
            raise CopyError("the copy shows other frames than were asked for")
        self._prove(choice, copier, clip)
        start_skew_ms, end_skew_ms = counted.skews_ms(length_s)
        start = source.video.start_pts
        return CutReport(
            number=plan.number,
            file=f"{plan.name}.mp4",
            thumbnail=f"{plan.name}.jpg",
            asked_start_s=plan.segment.start_s,
            asked_end_s=plan.segment.end_s,
            first_pts=shown[0],
            last_pts=shown[-1],
            time_base=base,
            first_s=seconds(shown[0], base, start),
            last_s=seconds(shown[-1], base, start),
            got_first_s=float(counted.times_s[0] + (shown[0] - start) * base),
            got_last_s=float(counted.times_s[-1] + (shown[0] - start) * base),
            frame_count=len(shown),
            counted_frames=len(counted.times_s),
            copied_frames=len(choice.rows),
            encoded_frames=len(choice.head) + len(choice.tail),
            encoder="libx264" if choice.head or choice.tail else None,
            duration_s=float(length_s),
            bytes=0,
            width=self._form.width,
            height=self._form.height,
            method=choice.method,
            reason=choice.reason,
            is_exact=True,
            has_sound=bool(counted.sounds_s),
            start_skew_ms=start_skew_ms,
            end_skew_ms=end_skew_ms,
            changed=copier.changed,
        )

    def _prove(self, choice: Choice, copier: ClipCopier, clip: FinishedClip) -> None:
        # HEVC with start codes is rewritten by the muxer, all else is stored as it was handed over.
        is_stored = self._facts.gops.codec == H264 or self._facts.gops.unit_size is not None
        if is_stored and clip.count.checksum != copier.checksum:
            raise CopyError("the stored pictures are not those of the tape")
        if self._settings.proof == "stamps":
            return
        ranges = [(0, len(copier.stored))]
        if self._settings.proof == "seams":
            ranges = self._seams(choice, copier)
        middle = _middle(clip.count.stored_pts)
        for first, until in ranges:
            if fault := clip.fault(first, until, keep=middle):
                raise CopyError(f"the copy is not sound: {fault}")

    def _seams(self, choice: Choice, copier: ClipCopier) -> list[tuple[int, int]]:
        """Stored places to decode: over the beginning, every seam, and an encoded end.

        What is copied after them needs no decoding: it is the tape's own, in order, without a gap
        from a key picture on, and the stored bytes were compared.
        """
        stored = np.array(copier.stored, np.int64)
        head, count = len(choice.head), len(stored)
        inner = np.maximum.accumulate(stored)[:-1] < np.minimum.accumulate(stored[::-1])[-2::-1]
        ends = np.concatenate((np.flatnonzero(inner) + 1, [count]))
        ranges = [(0, int(ends[ends >= min(head + PROVED_PICTURES, count)][0]))]
        if choice.tail:
            gops = self._facts.gops
            starts = [n for n, row in enumerate(choice.rows, start=head) if gops.is_start[row]]
            last = starts[-1]
            # A clip of one group is decoded once.
            ranges = [*ranges, (last, count)] if last >= ranges[0][1] else [(0, count)]
        return ranges

    def _still(self, clip: FinishedClip, choice: Choice) -> bytes:
        """The clip's thumbnail: a key picture near its middle, else the middle itself."""
        frame = clip.still or self._near_middle(clip, choice)
        if frame is None:
            raise CopyError("the copy is not sound: its middle does not decode")
        height = self._settings.thumbnail_height
        upright = Upright(self._form).apply(frame)
        return still_jpeg(upright, height=height, sample_aspect=self._form.sample_aspect)

    def _near_middle(self, clip: FinishedClip, choice: Choice) -> VideoFrame | None:
        stored = clip.count.stored_pts
        head = len(choice.head)
        starts = [n for n, row in enumerate(choice.rows, start=head) if self._is_start(row)]
        starts += [0] if choice.head else []
        starts += [head + len(choice.rows)] if choice.tail else []
        middle, length = _middle(stored), max(stored) - min(stored)
        near = min(starts, key=lambda n: (abs(stored[n] - middle), n))
        if abs(stored[near] - middle) <= NEAR_MIDDLE * length:
            return clip.picture(near, stored[near])
        return clip.picture(max(n for n in starts if stored[n] <= middle), middle)

    def _is_start(self, row: int) -> bool:
        return bool(self._facts.gops.is_start[row])


def _middle(stored: Sequence[int]) -> int:
    """Stamp of the picture in the middle."""
    first, last = min(stored), max(stored)
    return min(pts for pts in stored if 2 * pts >= first + last)
