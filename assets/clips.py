"""Asset `clips`: every play of each tape as a clip, with thumbnail, reel and manifest."""

from pathlib import Path

import dagster as dg

from assets.publishing import Metadata, picture, publish_step, upstream
from assets.sources import read_source
from assets.videos import videos
from gametape.line import STEP
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

    def make(tape: Tape, aside: Path) -> None:
        settings = tape.profile.clips
        source = read_source(tape)
        found = segments_of(read_table(tape.path("segments.parquet")))
        reports = cut_clips(
            tape.order.file,
            found,
            aside / "clips",
            source=source,
            settings=settings,
            progress=progress,
        )
        reel = None
        if settings.reel and reports:
            reel = join_reel(...)

    return publish_step(context, store, make, show)
