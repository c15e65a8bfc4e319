"""The manifest of a tape's clips: what was cut, why, from what, and the proof that it is exact.

It holds keys relative to its own folder, never links: a link is made when someone looks.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, model_validator

from gametape.aside import write_text
from gametape.errors import InputError
from gametape.profile import ClipSettings
from gametape.schema import CutReport, Finding, Noun, ReelReport, Segment

VERSION: Literal[1] = 1


class Tape(Noun):
    """Which tape the clips were cut from."""

    id: str
    name: str
    content_hash: str
    duration_s: float


class Clip(Noun):
    """One clip: its files, its place on the tape, what speaks for it, and how it was cut."""

    id: str
    number: int
    file: str
    thumbnail: str
    start_s: float
    end_s: float
    duration_s: float
    play_start_s: float  # the play itself, without the clip's padding
    play_end_s: float
    label: str
    score: float
    evidence: dict[str, float]
    cut: CutReport


class Manifest(Noun):
    """All clips of one tape, and where they come from."""

    version: Literal[1] = VERSION
    gametape: str  # version of the code that cut
    tape: Tape
    profile: str
    settings: ClipSettings
    clips: tuple[Clip, ...]
    buckets: dict[str, tuple[str, ...]]  # label to ids of clips
    bucket_counts: dict[str, int]
    findings: tuple[Finding, ...] = ()
    reel: ReelReport | None = None
    lineage: dict[str, str] = Field(default_factory=dict)  # asset to fingerprint
    created_at: str | None = None  # only where a caller wants it: it changes the bytes

    @model_validator(mode="after")
    def _is_consistent(self) -> "Manifest":
        ids = [clip.id for clip in self.clips]
        if len(set(ids)) != len(ids):
            raise ValueError("two clips have the same id")
        if self.buckets != _buckets(self.clips):
            raise ValueError("buckets do not hold the clips of their labels")
        if self.bucket_counts != {label: len(b) for label, b in self.buckets.items()}:
            raise ValueError("bucket_counts do not count the buckets")
        keys = [key for clip in self.clips for key in (clip.file, clip.thumbnail)]
        for key in [*keys, *([self.reel.file] if self.reel else [])]:
            if ":" in key or key.startswith("/") or ".." in key.split("/"):
                raise ValueError(f"{key!r} is not a key below the manifest's folder")
        return self


def build_manifest(
    *,
    gametape: str,
    tape: Tape,
    profile: str,
    settings: ClipSettings,
    segments: Sequence[Segment],
    reports: Sequence[CutReport],
    folder: str = "",
    findings: Sequence[Finding] = (),
    reel: ReelReport | None = None,
    lineage: Mapping[str, str] | None = None,
    has_seconds: bool = False,
    created_at: str | None = None,
) -> Manifest:
    """Put a manifest together; `folder` is where the clips lie, as seen from the manifest.

    Seconds spent are left out unless asked for, so that equal clips give an equal manifest.
    """
    if len(segments) != len(reports):
        raise ValueError(f"{len(segments)} segments, but {len(reports)} clips")
    prefix = f"{folder.strip('/')}/" if folder.strip("/") else ""
    clips = tuple(
        _clip(segment, report, prefix=prefix, has_seconds=has_seconds)
        for segment, report in zip(segments, reports, strict=True)
    )
    buckets = _buckets(clips)
    return Manifest(
        gametape=gametape,
        tape=tape,
        profile=profile,
        settings=settings,
        clips=clips,
        buckets=buckets,
        bucket_counts={label: len(ids) for label, ids in buckets.items()},
        findings=tuple(findings),
        reel=reel,
        lineage=dict(sorted((lineage or {}).items())),
        created_at=created_at,
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


def _clip(segment: Segment, report: CutReport, *, prefix: str, has_seconds: bool) -> Clip:
    return Clip(
        id=f"{report.number:04d}",
        number=report.number,
        file=prefix + report.file,
        thumbnail=prefix + report.thumbnail,
        start_s=segment.start_s,
        end_s=segment.end_s,
        duration_s=report.duration_s,
        play_start_s=segment.core.start_s,
        play_end_s=segment.core.end_s,
        label=segment.label,
        score=segment.score,
        evidence=dict(sorted(segment.evidence.items())),
        cut=report if has_seconds else report.model_copy(update={"seconds": None}),
    )


def _buckets(clips: Sequence[Clip]) -> dict[str, tuple[str, ...]]:
    labels = sorted({clip.label for clip in clips})
    return {label: tuple(c.id for c in clips if c.label == label) for label in labels}
