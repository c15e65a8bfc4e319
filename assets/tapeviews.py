"""What is known of one tape for its page, from what its steps have published."""

from collections.abc import Mapping, Sequence
from contextlib import suppress

import polars as pl

from assets.findings import all_findings
from gametape.errors import InputError
from gametape.exports.manifest import Clip, read_manifest
from gametape.report.pages.frames import small_picture
from gametape.report.pages.tapeview import TapeView
from gametape.schema import Finding, Source
from gametape.tables import read_table, segments_of
from resources.tape import Tape

PROXY = "proxies/video.mp4"


def tape_view(tape: Tape) -> TapeView:
    """The tape as it is now; steps that have not run yet are left out."""
    source = Source.model_validate_json(tape.path("sources.json").read_bytes())
    segments = _table(tape, "segments", "segments.parquet")
    labels = _table(tape, "labels", "labels.parquet")
    has_labels = tape.is_labelled
    clips, trouble = _clips(tape)
    is_given = tape.order.cut_list is not None
    return TapeView(
        id=tape.order.id,
        name=tape.order.name,
        profile=tape.order.profile,
        duration_s=min(source.duration_s, tape.order.limit_s or source.duration_s),
        segments=segments_of(segments) if segments is not None else (),
        labels=[label.core for label in segments_of(labels)]
        if labels is not None and has_labels
        else None,
        clips=clips,
        pictures=_pictures(tape, clips),
        signals=_table(tape, "signals", "signals.parquet"),
        predictions=_table(tape, "predictions", "predictions.parquet"),
        cuts=_table(tape, "signals", "signals/cuts.parquet"),
        matches=_table(tape, "evaluation", "matches.parquet") if has_labels else None,
        settings=None if is_given else tape.fusion,
        game=tape.order.game,
        findings=_findings(tape),
        video=PROXY if tape.sidecar("proxies") and tape.path(PROXY).is_file() else None,
        source_bytes=source.bytes,
        trouble=trouble,
    )


def bare_view(tape: Tape, trouble: str) -> TapeView:
    """A tape whose files cannot be read, and why."""
    order = tape.order
    return TapeView(
        id=order.id, name=order.name, profile=order.profile, duration_s=0.0, trouble=trouble
    )


def _table(tape: Tape, asset: str, name: str) -> pl.DataFrame | None:
    """A table of a finished artifact."""
    if tape.sidecar(asset) is None or not tape.path(name).is_file():
        return None
    return read_table(tape.path(name))


def _clips(tape: Tape) -> tuple[Sequence[Clip], str]:
    if tape.sidecar("clips") is None:
        return (), ""
    try:
        return read_manifest(tape.path("manifest.json")).clips, ""
    except InputError as error:
        return (), str(error)


def _pictures(tape: Tape, clips: Sequence[Clip]) -> Mapping[int, bytes]:
    found = {}
    for clip in clips:
        with suppress(FileNotFoundError):
            picture = small_picture(tape.path(clip.thumbnail).read_bytes())
            if picture is not None:
                found[clip.number] = picture
    return found


def _findings(tape: Tape) -> Sequence[Finding]:
    try:
        return all_findings(tape)
    except FileNotFoundError:  # of a step that has not run yet
        return ()
