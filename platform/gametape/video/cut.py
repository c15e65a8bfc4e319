"""Cuts segments of a tape into clips that hold exactly the frames asked for.

The order of work: plan every clip and choose its method; copy what can be copied; put clips to be
encoded that lie close together into one reading of the tape; read, write, prove. A copied clip that
does not stand its proof is encoded after all.
"""

import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path

import av
from av.video.frame import VideoFrame

from gametape.errors import InputError, ToolError
from gametape.profile import ClipSettings
from gametape.schema import CutReport, Progress, Segment, Source, no_progress
from gametape.video.cutting.choice import Choice, TapeFacts, choose, tape_facts
from gametape.video.cutting.clipform import Upright, clip_form
from gametape.video.cutting.clipjob import ClipJob, ClipPlan, plan_clip, tape_created
from gametape.video.cutting.copying import CopyError
from gametape.video.cutting.copyjob import CopyCutter
from gametape.video.cutting.crew import Crew, StoppedError
from gametape.video.cutting.stretch import SoundBlock, TapeReader

log = logging.getLogger(__name__)

# A gap between clips up to this long is decoded rather than sought over: a seek costs on average
# half the distance of two key frames (2 to 5 s in broadcasts) and a fresh start of the decoder.
READ_ON_S = 2
# Overlapping clips written at the same time; each holds an encoder with about twenty pictures.
MAX_OPEN = 4
PIXELS_OPEN = MAX_OPEN * 1920 * 1080


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
    facts = tape_facts(path, source) if settings.method != "re-encode" else None
    choices = {plan.number: choose(facts, plan, settings.method) for plan in plans}
    folder.mkdir(parents=True, exist_ok=True)
    cutter = _Cutter(path, source, folder, settings, progress, sum(s.length_s for s in segments))
    cutter.done = done
    try:
        reports = cutter.copy_all(facts, plans, choices, workers=workers) if facts else []
        copied = {report.number for report in reports}
        left = [plan for plan in plans if plan.number not in copied]
        most = most_open(source.video.width * source.video.height)
        readings = group_plans(left, base, is_seekable=cutter.is_seekable, most=most)
        reports += cutter.encode_all(readings, choices, workers=workers)
    finally:
        cutter.close()
    return sorted(reports, key=lambda report: report.number)


def group_plans(
    plans: Sequence[ClipPlan],
    time_base: Fraction,
    *,
    is_seekable: bool = True,
    most: int = MAX_OPEN,
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
            (group if is_near and open_now < most else left).append(plan)
        groups.append(group)
        waiting = left
    return groups


def most_open(pixels: int) -> int:
    """How many clips of frames so large may be written at the same time."""
    return max(1, min(MAX_OPEN, PIXELS_OPEN // max(1, pixels)))


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
        self._crew: Crew[CutReport] = Crew()
        self._created = tape_created(path)
        self._first = TapeReader(path, source)
        frame = self._first.first_frame()
        self._form = clip_form(source, frame, self._first.sound_tracks())
        self.is_seekable = self._first.is_seekable

    def close(self) -> None:
        """Close the tape."""
        self._first.close()

    def copy_all(
        self,
        facts: TapeFacts,
        plans: Sequence[ClipPlan],
        choices: dict[int, Choice],
        *,
        workers: int,
    ) -> list[CutReport]:
        """Cut what can be copied; a clip that fails is left out, and its choice says why."""
        queue = [plan for plan in reversed(plans) if choices[plan.number].method != "re-encode"]

        def work() -> list[CutReport]:
            cutter = CopyCutter(
                *(self._path, facts, self._form, self._folder, self._settings),
                created=self._created,
            )
            reports: list[CutReport] = []
            try:
                while (plan := self._crew.next(queue)) is not None:
                    choice = choices[plan.number]
                    try:
                        with self._told_errors([plan]):
                            report = cutter.cut(plan, choice)
                    except CopyError as error:
                        choices[plan.number] = self._given_up(plan, choice, error)
                        continue
                    reports.append(report)
                    self._tell(report)
            finally:
                cutter.close()
            return reports

        return self._crew.share(work, min(workers, len(queue)))

    def encode_all(
        self, readings: Sequence[list[ClipPlan]], choices: dict[int, Choice], *, workers: int
    ) -> list[CutReport]:
        """Cut what has to be encoded."""
        queue = list(reversed(readings))
        readers = [self._first]

        def work() -> list[CutReport]:
            with self._crew.lock:
                reader = readers.pop() if readers else TapeReader(self._path, self._source)
            reader.set_sounds(self._form.sounds)
            reports: list[CutReport] = []
            try:
                while (plans := self._crew.next(queue)) is not None:
                    with suppress(StoppedError):
                        reports += self._read(reader, plans, choices)
            finally:
                reader.close()
            return reports

        return self._crew.share(work, min(workers, len(queue)))

    def _given_up(self, plan: ClipPlan, choice: Choice, error: CopyError) -> Choice:
        log.warning("clip %s: %s failed, encoding it: %s", plan.name, choice.method, error)
        if self._settings.method in ("copy", "smart"):
            raise InputError(
                f"Segment {plan.number} cannot be cut by the method {self._settings.method}: "
                f"{error}. Cut it with the method auto."
            ) from error
        return Choice("re-encode", f"{choice.method} was tried, but {error}")

    @contextmanager
    def _told_errors(self, plans: list[ClipPlan]) -> Iterator[None]:
        """Errors of writing, with the clips they happened to."""
        try:
            yield
        except (av.FFmpegError, OSError) as error:
            numbers = ", ".join(plan.name for plan in plans)
            reason = error.strerror or str(error)
            raise ToolError(
                f"Clips {numbers}: could not be written ({reason}). "
                "Make room in the folder, or choose another."
            ) from error

    def _read(
        self, reader: TapeReader, plans: list[ClipPlan], choices: dict[int, Choice]
    ) -> list[CutReport]:
        jobs = [
            ClipJob(
                *(plan, self._form, self._folder, self._settings, self._source.video.start_pts),
                reason=choices[plan.number].reason,
                created=self._created,
            )
            for plan in plans
        ]
        with self._told_errors(plans):
            try:
                return self._feed(reader, jobs)
            except BaseException as error:
                for job in jobs:
                    job.abandon(type(error), error, sys.exc_info()[2])
                raise

    def _feed(self, reader: TapeReader, jobs: list[ClipJob]) -> list[CutReport]:
        upright = Upright(self._form)
        end_pts = self._tape_end(reader)
        reports: list[CutReport] = []
        for piece in reader.read(jobs[0].plan.start_pts):
            if self._crew.is_stopped:
                raise StoppedError
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
        self._tell(report)
        return report

    def _tell(self, report: CutReport) -> None:
        with self._crew.lock:
            self._done_s += report.asked_end_s - report.asked_start_s
            self._progress("cutting clips", self._done_s, self._total_s)
            if self.done is not None:
                self.done(report)

    def _tape_end(self, reader: TapeReader) -> int:
        """Stamp at which the tape's last frame ends."""
        video = self._source.video
        return video.start_pts + round(Fraction(self._source.duration_s) / video.time_base)
