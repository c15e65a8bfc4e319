"""Asset `clips`: every play of each tape as a clip, with thumbnail, reel and manifest."""

import importlib.metadata
from pathlib import Path

import dagster as dg

from assets.findings import all_findings
from assets.publishing import Metadata, picture, publish_step, upstream
from assets.sources import read_source
from assets.videos import videos
from gametape.exports.manifest import Tape as TapeEntry
from gametape.exports.manifest import build_manifest, read_manifest, write_manifest
from gametape.line import STEP
from gametape.report.contact import contact_sheet
from gametape.report.summary import clips_markdown
from gametape.schema import Progress
from gametape.tables import read_table, segments_of
from gametape.video.cut import cut_clips
from gametape.video.reel import join_reel
from resources.store import Store, Tape


@dg.asset(
    partitions_def=videos,
    group_name="video",
    kinds={"python", "video"},
    code_version=STEP["clips"].code,
    deps=upstream("clips"),
)
def clips(
    context: dg.AssetExecutionContext,
    store: dg.ResourceParam[Store],
    progress: dg.ResourceParam[Progress],
) -> dg.MaterializeResult[None]:
    """Every play as an exact clip with its thumbnail, all of them as a reel, and the manifest."""
    return publish_step(context, store, lambda tape, aside: make(tape, aside, progress), show)


def make(tape: Tape, aside: Path, progress: Progress) -> None:
    """Cut, join, and write down what was cut and from what."""
    settings = tape.profile.clips
    source = read_source(tape)
    found = segments_of(read_table(tape.path("segments.parquet")))
    folder = aside / "clips"
    reports = cut_clips(
        tape.order.file, found, folder, source=source, settings=settings, progress=progress
    )
    reel = None
    if settings.reel and reports:
        reel = join_reel(
            [folder / report.file for report in reports],
            aside / "reel.mp4",
            titles=[f"{n} {s.label}" for n, s in enumerate(found, start=1)],
            settings=settings,
            progress=progress,
        )
    manifest = build_manifest(
        gametape=importlib.metadata.version("gametape"),
        tape=TapeEntry(
            id=tape.order.id,
            name=tape.order.name,
            content_hash=source.content_hash,
            duration_s=source.duration_s,
        ),
        profile=tape.order.profile,
        settings=settings,
        segments=found,
        reports=reports,
        folder="clips",
        findings=all_findings(tape),
        reel=reel,
        lineage=tape.lineage(),
    )
    write_manifest(aside / "manifest.json", manifest)


def show(tape: Tape) -> Metadata:
    """Thumbnails and the table of clips for the UI."""
    manifest = read_manifest(tape.path("manifest.json"))
    sheet = contact_sheet(manifest, tape.folder)
    return {
        "thumbnails": picture(sheet, alt="clips"),
        "clips": dg.MetadataValue.md(clips_markdown(manifest)),
        "dagster/row_count": dg.MetadataValue.int(len(manifest.clips)),
    }
