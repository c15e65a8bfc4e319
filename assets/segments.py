"""Asset `segments`: the stretches of play of each tape."""

from pathlib import Path

import dagster as dg

from assets.pictures import Picture
from assets.proxies import read_report
from assets.publishing import Metadata, publish_step, table_facts, tape_asset
from assets.timelines import timeline_of
from gametape.fusion.segments import fuse
from gametape.report.summary import segments_markdown
from gametape.schema import Segment
from gametape.tables import read_table, segments_of, segments_table, write_table
from resources.store import Store
from resources.tape import Tape


@tape_asset("video", kinds={"python", "parquet"}, reads="tables")
def segments(
    context: dg.AssetExecutionContext, store: dg.ResourceParam[Store]
) -> dg.MaterializeResult[None]:
    """The stretches of play of one tape in seconds, fused from all evidence, scored 0 to 100."""
    return publish_step(context, store, make, show)


def make(tape: Tape, aside: Path) -> None:
    """Fuse the raw scores, or take the cut list that was handed in; no pixel is looked at."""
    given = tape.order.cut_list
    if given is not None:
        found = [Segment(s.start_s, s.end_s, s.label, s.score) for s in given]
    else:
        found = fuse(
            read_table(tape.path("predictions.parquet")),
            read_table(tape.path("signals/cuts.parquet")),
            settings=tape.fusion,
            duration_s=read_report(tape).seconds,
        )
    write_table(aside / "segments.parquet", segments_table(found))
    (aside / "timeline.png").write_bytes(timeline_of(tape, found))


def show(tape: Tape) -> Metadata:
    """The timeline picture and the table of segments for the UI."""
    table = read_table(tape.path("segments.parquet"))
    found = segments_of(table)
    return {
        "timeline": Picture(tape.path("timeline.png").read_bytes(), alt="timeline"),
        "segments": dg.MetadataValue.md(segments_markdown(found)),
        **table_facts(table, "segments.parquet"),
        "play_s": dg.MetadataValue.float(round(sum((s.core.length_s for s in found), 0.0), 2)),
    }
