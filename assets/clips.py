"""Asset `clips`: every play of each tape as a clip, with thumbnail, preview, reel and manifest."""

import importlib.metadata
from collections.abc import Sequence
from pathlib import Path

import dagster as dg

from assets.clipbook import FOLDER, MANIFEST, ClipBook
from assets.pictures import Picture
from assets.publishing import Metadata, publish_step, tape_asset
from assets.sources import read_source, source_file
from gametape.exports.evidence import EvidenceSummary, detected_evidence, given_evidence
from gametape.exports.manifest import Lineage, read_manifest, write_manifest
from gametape.exports.package import PACKAGE, write_package
from gametape.line import profile_hash, steps_for
from gametape.report.contact import contact_sheet
from gametape.report.summary import clips_markdown, tape_time
from gametape.schema import Card, Progress, Segment
from gametape.tables import read_table, segments_of
from gametape.video.cut import cut_clips
from gametape.video.reel import join_reel
from resources.store import Store
from resources.tape import Tape


@tape_asset("video", kinds={"python", "video"}, reads="media")
def clips(
    context: dg.AssetExecutionContext,
    store: dg.ResourceParam[Store],
    progress: dg.ResourceParam[Progress],
) -> dg.MaterializeResult[None]:
    """Every play as an exact clip with its thumbnail, all of them as a reel, and the manifest."""
    return publish_step(context, store, lambda tape, aside: make(tape, aside, progress), show)


def make(tape: Tape, aside: Path, progress: Progress) -> None:
    """Cut, join, and write down what was cut and from what; clips appear as they are cut."""
    settings = tape.profile.clips
    source = read_source(tape)
    found = segments_of(read_table(tape.path("segments.parquet")))
    book = ClipBook(
        tape,
        aside,
        source=source,
        segments=found,
        evidence=evidence_of(tape, found),
        lineage=lineage_of(tape),
    )
    with book:
        book.keep()
        missing = book.missing()
        cut_clips(
            source_file(tape),
            [found[number - 1] for number in missing],
            aside / FOLDER,
            source=source,
            settings=settings,
            numbers=missing,
            done=book.add,
            progress=progress,
        )
    reel = None
    if settings.reel and found:
        reel = join_reel(
            book.clips(),
            aside / f"reel.{settings.reel_format}",
            titles=[f"{n} {s.label}" for n, s in enumerate(found, start=1)],
            settings=settings,
            cards=[card_of(n, s, tape) for n, s in enumerate(found, start=1)],
            progress=progress,
        )
    manifest = book.manifest(reel)
    write_manifest(aside / MANIFEST, manifest)
    if settings.package:
        tape.put_early(*([reel.file] if reel else []), MANIFEST)
        write_package(aside / PACKAGE, manifest, tape.folder)


def card_of(number: int, play: Segment, tape: Tape) -> Card:
    """What the reel can say of a play: what it is, when on the tape, and how sure that is."""
    return Card(
        title=f"{number}  {play.label}",
        subtitle=f"{tape_time(play.core.start_s)}   score {play.score:.0f}",
        corner=tape.order.name,
    )


def lineage_of(tape: Tape) -> Lineage:
    """Everything that this tape's clips follow from."""
    order = tape.order
    return Lineage(
        tape_hash=order.content_hash,
        profile_hash=profile_hash(order, tape.profile),
        fingerprints=tape.expected(),
        code_version=importlib.metadata.version("gametape"),
        step_versions={step.name: step.code for step in steps_for(order)},
    )


def evidence_of(tape: Tape, found: Sequence[Segment]) -> EvidenceSummary:
    """What speaks for this tape's plays, from the tables that its steps have published."""
    if tape.order.cut_list is not None:
        return given_evidence(found)
    return detected_evidence(
        found,
        detector=tape.profile.scorer.name,
        signals=read_table(tape.path("signals.parquet")),
        cuts=read_table(tape.path("signals/cuts.parquet")),
        predictions=read_table(tape.path("predictions.parquet")),
        enter=tape.fusion.enter,
    )


def show(tape: Tape) -> Metadata:
    """Thumbnails and the table of clips for the UI."""
    manifest = read_manifest(tape.path(MANIFEST))
    sheet = contact_sheet(manifest, tape.folder, columns=3, most=12)
    return {
        "thumbnails": Picture(sheet, alt="clips"),
        "clips": dg.MetadataValue.md(clips_markdown(manifest)),
        "to_watch": dg.MetadataValue.md(f"`gametape open {tape.order.id}`"),
        "dagster/row_count": dg.MetadataValue.int(len(manifest.clips)),
    }
