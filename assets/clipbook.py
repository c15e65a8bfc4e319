"""The clips of one tape while they are being cut: what is in place so far, and its manifest.

How a clip is cut is the library's matter; here is only what appears when.
"""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from assets.findings import all_findings
from assets.keptclips import link_kept
from gametape.aside import write_bytes
from gametape.exports.evidence import EvidenceSummary
from gametape.exports.manifest import Lineage, Manifest, build_manifest, write_manifest
from gametape.exports.manifest import Tape as TapeEntry
from gametape.fingerprint import hash_file
from gametape.schema import CutReport, ReelReport, Segment, Source
from gametape.video.previews import Footage, open_footage
from resources.crashpoints import Point, pass_point
from resources.tape import Tape

FOLDER, MANIFEST = "clips", "manifest.json"
# Of a list of thousands the manifest grows long: writing it anew waits so many times as long as
# the last time took.
MANIFEST_PAUSE = 20


class ClipBook:
    """Puts finished clips in place one by one, and says in the manifest what is there."""

    def __init__(
        self,
        tape: Tape,
        aside: Path,
        *,
        source: Source,
        segments: Sequence[Segment],
        evidence: EvidenceSummary,
        lineage: Lineage,
    ) -> None:
        self._tape = tape
        self._aside = aside
        self._source = source
        self._segments = segments
        self._evidence = evidence
        self._lineage = lineage
        self._settings = tape.profile.clips
        self._findings = all_findings(tape)
        self._reports: dict[int, CutReport] = {}
        self._previews: dict[int, str] = {}
        self._hashes: dict[str, str] = {}
        self._stack = ExitStack()
        self._proxy: Footage | None = None
        self._next_telling_s = 0.0

    def __enter__(self) -> "ClipBook":
        proxy = self._tape.path("proxies/video.mp4")
        if "proxies" in self._tape.needed_steps() and proxy.is_file():
            self._proxy = self._stack.enter_context(open_footage(proxy, has_near_keys=True))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def keep(self) -> None:
        """Take over the clips of an earlier list that are still the right ones, byte for byte."""
        kept = link_kept(self._tape, self._aside / FOLDER, self._segments, self._lineage)
        for report in kept:
            self._put(report)
        if kept:
            self._tell()

    def missing(self) -> list[int]:
        """Numbers of the clips that are not there yet."""
        return [n for n in range(1, len(self._segments) + 1) if n not in self._reports]

    def add(self, report: CutReport) -> None:
        """Put a clip in place that was cut just now, and tell of it."""
        self._put(report)
        if time.monotonic() >= self._next_telling_s:
            self._tell()

    def clips(self) -> list[Path]:
        """The finished clips where they lie, in their order."""
        return [self._tape.path(f"{FOLDER}/{r.file}") for _, r in sorted(self._reports.items())]

    def manifest(self, reel: ReelReport | None = None) -> Manifest:
        """What there is to tell by now."""
        video, order = self._source.video, self._tape.order
        return build_manifest(
            tape=TapeEntry(
                id=order.id,
                name=order.name,
                content_hash=self._source.content_hash,
                duration_s=self._source.duration_s,
                rate=video.average_rate,
                is_variable_rate=video.is_variable_rate,
                width=video.display_width,
                height=video.display_height,
                has_sound=bool(self._source.audio),
            ),
            profile=order.profile,
            settings=self._settings,
            segments=self._segments,
            reports=list(self._reports.values()),
            evidence=self._evidence,
            lineage=self._lineage,
            folder=FOLDER,
            previews=self._previews,
            findings=self._findings,
            reel=reel,
            hashes=self._hashes | ({reel.file: hash_file(self._aside / reel.file)} if reel else {}),
        )

    def _put(self, report: CutReport) -> None:
        names = [report.file, report.thumbnail]
        if self._settings.previews:
            self._previews[report.number] = self._preview(report)
            names.append(self._previews[report.number])
        keys = [f"{FOLDER}/{name}" for name in names]
        self._hashes |= {key: hash_file(self._aside / key) for key in keys}
        self._tape.put_early(*keys)
        pass_point(Point.CLIP_PLACED)
        self._reports[report.number] = report

    def _preview(self, report: CutReport) -> str:
        """Make the preview of a clip, unless one was kept; from the proxy where there is one."""
        clip = self._aside / FOLDER / report.file
        path = clip.with_suffix(".webp")
        if path.is_file():
            return path.name
        if self._proxy is not None:
            content = self._proxy.preview(report.first_s, report.first_s + report.duration_s)
        else:
            with open_footage(clip, has_near_keys=False) as footage:
                content = footage.preview(0.0, report.duration_s)
        write_bytes(path, content)
        return path.name

    def _tell(self) -> None:
        began_s = time.monotonic()
        write_manifest(self._aside / MANIFEST, self.manifest())
        self._tape.put_early(MANIFEST)
        pass_point(Point.CLIPS_TOLD)
        ended_s = time.monotonic()
        self._next_telling_s = ended_s + MANIFEST_PAUSE * (ended_s - began_s)
