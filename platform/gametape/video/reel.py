"""Joins clips into one reel with a chapter each: pictures are copied where their parameters agree.

The order of work: read what each clip holds, decide what is copied, encode what is not, write all
of it into one track, count again. Each of these is a module of its own under `joining`.
"""

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import av

from gametape.aside import written_aside
from gametape.errors import InputError, ToolError
from gametape.profile import ClipSettings
from gametape.schema import Card, Progress, ReelReport, no_progress
from gametape.video.cutting.clipwriter import MP4_OPTIONS
from gametape.video.joining.chapters import chapters
from gametape.video.joining.drawing import Drawer
from gametape.video.joining.parametersets import Sets, merged
from gametape.video.joining.parts import Part, read_part
from gametape.video.joining.plan import Plan, Span, plan_reel, starts_of
from gametape.video.joining.sound import (
    Samples,
    SoundKind,
    clip_sound,
    edges_of,
    faded,
    fades,
    sound_kind,
)
from gametape.video.joining.writer import Piece, ReelWriter
from gametape.video.media import create_media, open_media

log = logging.getLogger(__name__)

FORMATS = {".mp4": "mp4", ".m4v": "mp4", ".mkv": "matroska"}
WORKERS = 2  # graphs at a time; each encodes in one thread, so that bytes repeat
MATROSKA_TICK_S = Fraction(1, 1000)


def join_reel(
    clips: Sequence[Path],
    path: Path,
    *,
    titles: Sequence[str] = (),
    settings: ClipSettings,
    cards: Sequence[Card] = (),
    progress: Progress = no_progress,
) -> ReelReport:
    """Write all clips, in this order, into one MP4 or MKV; `titles` name the chapters.

    `cards`, one a clip or none, are drawn as title cards and lower thirds where the settings give
    these a length.
    """
    if not clips:
        raise InputError("A reel needs at least one clip. Cut some segments first.")
    if path.suffix.lower() not in FORMATS:
        raise InputError(f"{path.name}: a reel is an .mp4 or an .mkv. Give it one of these names.")
    if cards and len(cards) != len(clips):
        raise InputError(
            f"There are {len(cards)} cards for {len(clips)} clips. Give each clip one."
        )
    read = cache(read_part)
    parts = [read(clip) for clip in clips]
    with written_aside(path) as aside, TemporaryDirectory(prefix=".reel-", dir=path.parent) as made:
        joiner = _Joiner(parts, cards, settings, Path(made), progress)
        joiner.draw()
        try:
            faded_joins = joiner.write(aside, path.suffix.lower(), titles)
        except av.FFmpegError as error:
            raise ToolError(
                f"{path.name}: could not be written ({error.strerror or error}). "
                "Make room or choose another folder."
            ) from error
        joiner.check(aside, path.name)
    report = joiner.report(path, faded_joins)
    log.info(
        "reel %s: %d clips, %d of %d frames copied, %.1f s",
        *(path.name, len(parts), report.copied_frames, report.frame_count, report.duration_s),
    )
    return report


class _Joiner:
    """One reel on its way."""

    def __init__(
        self,
        parts: Sequence[Part],
        cards: Sequence[Card],
        settings: ClipSettings,
        folder: Path,
        progress: Progress,
    ) -> None:
        self._parts = parts
        self._cards = cards
        self._settings = settings
        self._folder = folder
        self._progress = progress
        self._set_plan(is_all_encoded=False)

    def draw(self) -> None:
        """Encode all that is not copied, and find out whether it goes into one track with the rest.

        HEVC's encoders cannot be told the numbers of their parameter sets: theirs may be taken by
        others than equal ones, and then everything is encoded.
        """
        sets = self._draw()
        if sets is None:
            self._set_plan(is_all_encoded=True)
            sets = self._draw()
        if sets is None:
            raise ToolError("The reel's pictures do not go into one track. Cut the clips again.")
        self._sets = sets

    def write(self, aside: Path, suffix: str, titles: Sequence[str]) -> int:
        """Write the file; how many joins had to be faded."""
        options = dict(MP4_OPTIONS) if FORMATS[suffix] == "mp4" else {}
        kind = sound_kind(self._parts)
        ends = self._fades(kind) if kind is not None else []
        with create_media(aside, format=FORMATS[suffix], options=options) as file:
            every = [piece for play in self._pieces for piece in play]
            base, end = self._plan.time_base, self._starts[-1][0]
            writer = ReelWriter(
                *(file, every),
                look=self._plan.look,
                sets=self._sets,
                time_base=base,
                end=end,
                sound=kind,
            )
            file.set_chapters(chapters([at * base for at, _ in self._starts], titles))
            for number, pieces in enumerate(self._pieces):
                sound = self._sound(number, kind, ends[number]) if kind is not None else iter(())
                writer.add(pieces, sound)
                self._tell()
            writer.close()
        return sum(after for _, after in ends[:-1])

    def check(self, aside: Path, name: str) -> None:
        """Open the file again: each frame must be there, at its own time."""
        base = self._plan.time_base
        stamps = sorted(s for play in self._pieces for piece in play for s in piece.stamps)
        with open_media(aside) as media:
            packets = [p for p in media.packets(media.video) if not p.is_discard]
            found = sorted(p.pts * media.time_base for p in packets if p.pts is not None)
        # Matroska counts in thousandths of a second.
        slack = MATROSKA_TICK_S / 2 if aside.suffix == ".mkv" else Fraction(0)
        if len(found) != len(stamps) or any(
            abs(time_s - stamp * base) > slack for time_s, stamp in zip(found, stamps, strict=True)
        ):
            raise ToolError(
                f"{name}: {len(found)} frames were written of {len(stamps)}, or not at their "
                "times. Cut the clips again."
            )

    def report(self, path: Path, faded_joins: int) -> ReelReport:
        """What the finished reel holds."""
        base, plan = self._plan.time_base, self._plan
        frames = sum(part.frame_count for part in self._parts)
        card_frames = self._drawer.card_frames * len(self._parts)
        copied = plan.copied_frames
        return ReelReport(
            file=path.name,
            clip_count=len(self._parts),
            frame_count=frames + card_frames,
            card_frames=card_frames,
            copied_frames=copied,
            duration_s=float(self._starts[-1][0] * base),
            bytes=path.stat().st_size,
            method="copy" if copied == frames else "smart" if copied else "re-encode",
            reason=_reason(plan),
            has_sound=sound_kind(self._parts) is not None,
            faded_joins=faded_joins,
            starts_s=tuple(float(at * base) for _, at in self._starts[:-1]),
        )

    def _set_plan(self, *, is_all_encoded: bool) -> None:
        self._plan = plan_reel(
            self._parts,
            self._cards,
            card_s=self._settings.reel_card_s,
            lower_third_s=self._settings.reel_lower_third_s,
            is_all_encoded=is_all_encoded,
        )
        self._drawer = Drawer(self._plan, self._settings, self._folder)
        self._starts = starts_of(self._plan, self._drawer.card_frames)
        self._done = 0
        graphs = sum(not copied for play in self._plan.plays for _, copied in play.spans)
        graphs += len(self._parts) if self._drawer.card_frames else 0
        self._total = graphs + len(self._parts)

    def _tell(self) -> None:
        self._done += 1
        self._progress("joining the reel", self._done, self._total)

    def _draw(self) -> Sets | None:
        """All pieces by play, encoded ones finished; the parameter sets of all of them."""
        with ThreadPoolExecutor(WORKERS) as pool:
            try:
                jobs = [
                    [pool.submit(self._piece, number, order) for order in self._orders(number)]
                    for number, _ in enumerate(self._plan.plays)
                ]
                self._pieces: list[list[Piece]] = []
                for play in jobs:
                    self._pieces.append([])
                    for job in play:
                        piece, is_drawn = job.result()
                        self._pieces[-1].append(piece)
                        if is_drawn:
                            self._tell()
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        several = [piece.part.sets for play in self._pieces for piece in play]
        known = list(dict.fromkeys(sets for sets in several if sets is not None))
        return merged(known) if None not in several else None

    def _orders(self, number: int) -> list[tuple[Span, bool] | None]:
        """What a play is made of; None stands for its title card."""
        card = [None] if self._drawer.card_frames else []
        return [*card, *self._plan.plays[number].spans]

    def _piece(self, number: int, order: tuple[Span, bool] | None) -> tuple[Piece, bool]:
        plan, play = self._plan, self._plan.plays[number]
        card_at, at = self._starts[number]
        if order is None:
            assert play.card is not None
            card = self._drawer.card(f"card-{number + 1:04d}", play.card)
            count = self._drawer.card_frames
            stamps = [card_at + round(n / plan.rate / plan.time_base) for n in range(count)]
            return _ranked(card, stamps), True
        span, is_copied = order
        part = play.part
        inside = range(span.first, span.last)
        scale = part.time_base / plan.time_base
        ticks = [
            at + round((part.pts[place] - part.first_pts) * scale)
            for place in inside
            if part.is_shown[place]
        ]
        if is_copied:
            return Piece(part, span, tuple(ticks)), False
        name = f"clip-{number + 1:04d}-{span.first:06d}"
        return _ranked(self._drawer.play(name, part, span, play.card), sorted(ticks)), True

    def _fades(self, kind: SoundKind) -> list[tuple[bool, bool]]:
        """For each clip: does its sound come up at its beginning, does it go down at its end?"""
        listen = cache(edges_of)
        edges = [
            listen(part, kind, self._samples(number, kind)[1])
            for number, part in enumerate(self._parts)
        ]
        return fades(edges, kind, has_cards=self._drawer.card_frames > 0)

    def _samples(self, number: int, kind: SoundKind) -> tuple[int, int]:
        """First sample of a clip in the reel, and how many it has."""
        base = self._plan.time_base
        first = kind.samples(self._starts[number][1] * base)
        return first, kind.samples(self._starts[number + 1][0] * base) - first

    def _sound(
        self, number: int, kind: SoundKind, ends: tuple[bool, bool]
    ) -> Iterator[tuple[int, Samples]]:
        first, length = self._samples(number, kind)
        for at, samples in clip_sound(self._parts[number], kind, length):
            yield first + at, faded(samples, at, length, kind, ends)


def _ranked(part: Part, shown: Sequence[int]) -> Piece:
    """A drawn file with the stamps of the frames it stands for: the n-th shown takes the n-th."""
    rank = {pts: place for place, pts in enumerate(sorted(part.pts))}
    stamps = tuple(shown[rank[pts]] for pts in part.pts)
    return Piece(part, Span(0, len(part.pts)), stamps)


def _reason(plan: Plan) -> str:
    """Why what is encoded is encoded, in words."""
    told: dict[str, int] = {}
    for play in plan.plays:
        if play.reason:
            how = "in part" if play.copied_frames else "whole"
            told[f"{how}: {play.reason}"] = told.get(f"{how}: {play.reason}", 0) + 1
    if not told:
        return "all clips go into one track as they are"
    return "; ".join(f"{count} of {len(plan.plays)} clips {why}" for why, count in told.items())
