"""The manifest of a tape's clips: what was cut, why, from what, and the proof that it is exact.

It holds keys relative to its own folder, never links: a link is made when someone looks.
"""

import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, model_validator

from gametape.aside import write_text
from gametape.errors import InputError
from gametape.exports.evidence import EvidenceSummary
from gametape.profile import ClipSettings
from gametape.schema import CutReport, Finding, Noun, ReelReport, Segment

VERSION: Literal[2] = 2


class Tape(Noun):
    """Which tape the clips were cut from."""

    id: str
    name: str
    content_hash: str
    duration_s: float
    rate: Fraction | None = None  # mean frames a second
    is_variable_rate: bool = False
    width: int | None = None  # as displayed
    height: int | None = None
    has_sound: bool = False


class Clip(Noun):
    """One clip: its files, its place on the tape, what speaks for it, and how it was cut."""

    id: str
    number: int
    file: str
    thumbnail: str
    preview: str | None = None  # a small moving picture
    start_s: float
    end_s: float
    duration_s: float
    play_start_s: float  # the play itself, without the clip's padding
    play_end_s: float
    label: str
    score: float
    evidence: dict[str, float]
    cut: CutReport


class Counts(Noun):
    """How many clips were asked for, and how far cutting has come."""

    asked: int
    cut: int
    exact: int
    frames: int
    duration_s: float
    bytes: int
    methods: dict[str, int]  # method of cutting to number of clips


class Lineage(Noun):
    """Everything that the clips follow from."""

    tape_hash: str
    profile_hash: str  # of the sections that the tape's steps use
    fingerprints: dict[str, str]  # asset to fingerprint
    model: str | None = None  # where a learned model judged; the cheap scorers need none
    code_version: str  # of gametape
    step_versions: dict[str, str]  # asset to the version of its code


class Manifest(Noun):
    """All clips of one tape, and where they come from."""

    version: Literal[2] = VERSION
    is_complete: bool = True  # False while clips are still being cut
    tape: Tape
    profile: str
    counts: Counts
    clips: tuple[Clip, ...]
    buckets: dict[str, tuple[str, ...]]  # label to ids of clips
    bucket_counts: dict[str, int]
    evidence: EvidenceSummary
    findings: tuple[Finding, ...] = ()
    reel: ReelReport | None = None
    settings: ClipSettings
    lineage: Lineage
    hashes: dict[str, str] = Field(default_factory=dict)  # file to the SHA-256 of its bytes

    @model_validator(mode="after")
    def _is_consistent(self) -> "Manifest":
        ids = [clip.id for clip in self.clips]
        if len(set(ids)) != len(ids):
            raise ValueError("two clips have the same id")
        if self.buckets != _buckets(self.clips):
            raise ValueError("buckets do not hold the clips of their labels")
        if self.bucket_counts != {label: len(b) for label, b in self.buckets.items()}:
            raise ValueError("bucket_counts do not count the buckets")
        if self.counts != _counts(self.clips, self.counts.asked):
            raise ValueError("counts do not count the clips")
        if self.is_complete != (len(self.clips) == self.counts.asked):
            raise ValueError("is_complete does not agree with the number of clips")
        for key in (*self.files(), *self.hashes):
            if ":" in key or key.startswith("/") or ".." in key.split("/"):
                raise ValueError(f"{key!r} is not a key below the manifest's folder")
        return self

    def files(self) -> list[str]:
        """Keys of all files that the manifest speaks of."""
        named = [key for c in self.clips for key in (c.file, c.thumbnail, c.preview) if key]
        return [*named, *([self.reel.file] if self.reel else [])]

    def without_seconds(self) -> "Manifest":
        """The same without time spent by the clock, so that equal clips give equal bytes."""
        clips = [
            c.model_copy(update={"cut": c.cut.model_copy(update={"seconds": None})})
            for c in self.clips
        ]
        return self.model_copy(update={"clips": tuple(clips)})


def build_manifest(
    *,
    tape: Tape,
    profile: str,
    settings: ClipSettings,
    segments: Sequence[Segment],
    reports: Sequence[CutReport],
    evidence: EvidenceSummary,
    lineage: Lineage,
    folder: str = "",
    previews: Mapping[int, str] | None = None,
    findings: Sequence[Finding] = (),
    reel: ReelReport | None = None,
    hashes: Mapping[str, str] | None = None,
) -> Manifest:
    """Put a manifest together; `folder` is where the clips lie, as seen from the manifest.

    `reports` may be of some of the segments only, in any order: then it is not complete.
    `previews` gives the file of a clip's preview by the clip's number.
    """
    prefix = f"{folder.strip('/')}/" if folder.strip("/") else ""
    clips = tuple(
        _clip(segments[report.number - 1], report, prefix, (previews or {}).get(report.number))
        for report in sorted(reports, key=lambda report: report.number)
    )
    buckets = _buckets(clips)
    return Manifest(
        is_complete=len(clips) == len(segments),
        tape=tape,
        profile=profile,
        counts=_counts(clips, len(segments)),
        clips=clips,
        buckets=buckets,
        bucket_counts={label: len(ids) for label, ids in buckets.items()},
        evidence=evidence,
        findings=tuple(findings),
        reel=reel,
        settings=settings,
        lineage=lineage,
        hashes=dict(sorted((hashes or {}).items())),
    )


def manifest_text(manifest: Manifest) -> str:
    """A manifest as JSON text; equal manifests give equal text."""
    return json.dumps(manifest.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Write a manifest, whole or not at all."""
    write_text(path, manifest_text(manifest))


def read_manifest(path: Path) -> Manifest:
    """Read a manifest back."""
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"{path.name}: cannot be read ({reason}). Cut the tape first.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the whole"
        raise InputError(
            f"{path.name}: not a manifest of version {VERSION} ({where}: {first['msg']}). "
            "Cut the tape again."
        ) from error


def wrong_clips(manifest: Manifest) -> list[Clip]:
    """Clips whose finished file does not hold exactly the frames that were asked for."""
    return [
        clip
        for clip in manifest.clips
        if not clip.cut.is_exact or clip.cut.counted_frames != clip.cut.frame_count
    ]


def _clip(segment: Segment, report: CutReport, prefix: str, preview: str | None) -> Clip:
    return Clip(
        id=f"{report.number:04d}",
        number=report.number,
        file=prefix + report.file,
        thumbnail=prefix + report.thumbnail,
        preview=prefix + preview if preview else None,
        start_s=segment.start_s,
        end_s=segment.end_s,
        duration_s=report.duration_s,
        play_start_s=segment.core.start_s,
        play_end_s=segment.core.end_s,
        label=segment.label,
        score=segment.score,
        evidence=dict(sorted(segment.evidence.items())),
        cut=report,
    )


def _buckets(clips: Sequence[Clip]) -> dict[str, tuple[str, ...]]:
    labels = sorted({clip.label for clip in clips})
    return {label: tuple(c.id for c in clips if c.label == label) for label in labels}


def _counts(clips: Sequence[Clip], asked: int) -> Counts:
    methods = sorted(clip.cut.method for clip in clips)
    return Counts(
        asked=asked,
        cut=len(clips),
        exact=sum(clip.cut.is_exact for clip in clips),
        frames=sum(clip.cut.frame_count for clip in clips),
        duration_s=round(sum((clip.duration_s for clip in clips), start=0.0), 6),
        bytes=sum(clip.cut.bytes for clip in clips),
        methods={method: methods.count(method) for method in dict.fromkeys(methods)},
    )
