"""Cuts segments of a tape into clips that hold exactly the frames asked for.

The order of work: plan every clip, put clips that lie close together into one reading of the tape,
read, write, count again. Cheaper methods than re-encoding, chosen per clip, will join it here.
"""

import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import av
from av.video.frame import VideoFrame

from gametape.errors import ToolError
from gametape.profile import ClipSettings
from gametape.schema import CutReport, Progress, Segment, Source, no_progress
from gametape.video.cutting.clipform import Upright, clip_form
from gametape.video.cutting.clipjob import ClipJob, ClipPlan, plan_clip
from gametape.video.cutting.stretch import SoundBlock, TapeReader

# A gap between clips up to this long is decoded rather than sought over: a seek costs on average
# half the distance of two key frames (2 to 5 s in broadcasts) and a fresh start of the decoder.
READ_ON_S = 2
MAX_OPEN = 4  # overlapping clips written at the same time; each holds an encoder's memory


def cut_clips(
    path: Path,
    segments: Sequence[Segment],
    folder: Path,
    *,
    source: Source,
    settings: ClipSettings,
    workers: int = 2,
    progress: Progress = no_progress,
    done: Callable[[CutReport], None] | None = None,
    numbers: Sequence[int] | None = None,
) -> list[CutReport]:
    """Write clips `0001.mp4`, `0002.mp4`, … and their thumbnails into a folder, in this order.

    A clip holds the frames displayed from `start_s` on and before `end_s`; segments may overlap
    and come in any order. The number of workers changes no byte. `done` hears of each clip when
    its files are whole, one call at a time; clips are finished in any order. `numbers` name the
    clips where some of a list are cut only.
    """
    if not segments:
        return []
    base, start_pts = source.video.time_base, source.video.start_pts
    plans = [
        plan_clip(n, s, time_base=base, start_pts=start_pts, duration_s=source.duration_s)
        for n, s in zip(numbers or range(1, len(segments) + 1), segments, strict=True)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    cutter = _Cutter(path, source, folder, settings, progress, sum(s.length_s for s in segments))
    cutter.done = done
    readings = group_plans(plans, base, is_seekable=cutter.is_seekable)
    reports = cutter.cut_all(readings, workers=max(1, min(workers, len(readings))))
    return sorted(reports, key=lambda report: report.number)


def group_plans(
    plans: Sequence[ClipPlan], time_base: Fraction, *, is_seekable: bool = True
) -> list[list[ClipPlan]]:
    """Clips that are cut in one reading each: near to one another, and not too many at a time."""
    waiting = sorted(plans, key=lambda plan: (plan.start_pts, plan.number))
    groups: list[list[ClipPlan]] = []
    while waiting:
        group = [waiting[0]]
        left: list[ClipPlan] = []
        for plan in waiting[1:]:
            gap_s = (plan.start_pts - max(p.end_pts for p in group)) * time_base
            open_now = sum(p.end_pts > plan.start_pts for p in group)
            is_near = not is_seekable or gap_s <= READ_ON_S
            (group if is_near and open_now < MAX_OPEN else left).append(plan)
        groups.append(group)
        waiting = left
    return groups


class _StoppedError(Exception):
    """Another worker failed, and its error is the one to tell."""


class _Cutter:
    """Cuts all readings of one tape; each worker has a reader of its own."""

    def __init__(
        self,
        path: Path,
        source: Source,
        folder: Path,
        settings: ClipSettings,
        progress: Progress,
        total_s: float,
    ) -> None:
        self._path = path
        self._source = source
        self._folder = folder
        self._settings = settings
        self._progress = progress
        self._total_s = total_s
        self._done_s = 0.0
        self.done: Callable[[CutReport], None] | None = None
        self._lock = threading.Lock()
        self._is_stopped = threading.Event()
        self._first = TapeReader(path, source)
        frame = self._first.first_frame()
        self._form = clip_form(source, frame, self._first.sound_tracks())
        self.is_seekable = self._first.is_seekable

    def cut_all(self, readings: Sequence[list[ClipPlan]], *, workers: int) -> list[CutReport]:
        """Share the readings out; the first error stops all workers."""
        queue = list(reversed(readings))
        readers = [self._first] + [TapeReader(self._path, self._source) for _ in range(workers - 1)]
        try:
            if workers == 1:
                return self._work(readers[0], queue)
            with ThreadPoolExecutor(workers) as pool:
                futures = [pool.submit(self._work, reader, queue) for reader in readers]
                try:
                    return [report for future in futures for report in future.result()]
                except BaseException:
                    self._is_stopped.set()
                    raise
        finally:
            for reader in readers:
                reader.close()

    def _work(self, reader: TapeReader, queue: list[list[ClipPlan]]) -> list[CutReport]:
        reader.set_sounds(self._form.sounds)
        reports: list[CutReport] = []
        while not self._is_stopped.is_set():
            with self._lock:
                if not queue:
                    break
                plans = queue.pop()
            try:
                reports += self._read(reader, plans)
            except _StoppedError:
                break
            except BaseException:
                self._is_stopped.set()
                raise
        return reports

    def _read(self, reader: TapeReader, plans: list[ClipPlan]) -> list[CutReport]:
        form, tape_start = self._form, self._source.video.start_pts
        jobs = [ClipJob(plan, form, self._folder, self._settings, tape_start) for plan in plans]
        try:
            return self._feed(reader, jobs)
        except BaseException as error:
            for job in jobs:
                job.abandon(type(error), error, sys.exc_info()[2])
            if isinstance(error, av.FFmpegError | OSError):
                numbers = ", ".join(plan.name for plan in plans)
                reason = error.strerror or str(error)
                raise ToolError(
                    f"Clips {numbers}: could not be written ({reason}). "
                    "Make room in the folder, or choose another."
                ) from error
            raise

    def _feed(self, reader: TapeReader, jobs: list[ClipJob]) -> list[CutReport]:
        upright = Upright(self._form)
        end_pts = self._tape_end(reader)
        reports: list[CutReport] = []
        for piece in reader.read(jobs[0].plan.start_pts):
            if self._is_stopped.is_set():
                raise _StoppedError
            self._give(piece, jobs, upright)
            for job in [job for job in jobs if job.is_done]:
                reports.append(self._finish(job, end_pts))
                jobs.remove(job)
            if not jobs:
                break
        for job in list(jobs):
            reports.append(self._finish(job, end_pts))
            jobs.remove(job)
        return reports

    def _give(self, piece: VideoFrame | SoundBlock, jobs: list[ClipJob], upright: Upright) -> None:
        if isinstance(piece, SoundBlock):
            for job in jobs:
                if not job.wants(piece):
                    break  # the later ones begin later still
                job.sound(piece)
            return
        pts = piece.pts or 0
        ready: VideoFrame | None = None
        for job in jobs:
            if pts < job.plan.start_pts:
                break
            if pts >= job.plan.end_pts:
                job.passed(pts)
                continue
            ready = ready or upright.apply(piece)
            job.picture(ready)

    def _finish(self, job: ClipJob, end_pts: int) -> CutReport:
        report = job.report(end_pts=end_pts)
        with self._lock:
            self._done_s += job.plan.segment.length_s
            self._progress("cutting clips", self._done_s, self._total_s)
            if self.done is not None:
                self.done(report)
        return report

    def _tape_end(self, reader: TapeReader) -> int:
        """Stamp at which the tape's last frame ends."""
        video = self._source.video
        return video.start_pts + round(Fraction(self._source.duration_s) / video.time_base)
