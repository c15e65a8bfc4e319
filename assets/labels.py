"""Asset `labels`: the plays of a tape as people marked them, held against the tape."""

from pathlib import Path

import dagster as dg

from assets.publishing import Metadata, publish_step, table_facts, tape_asset
from assets.sources import read_source
from gametape.exports.cutlist import read_cutlist
from gametape.report.summary import segments_markdown
from gametape.tables import read_table, segments_of, segments_table, write_table
from resources.store import Store, Tape


@tape_asset("truth", kinds={"python", "parquet"}, reads="tables")
def labels(
    context: dg.AssetExecutionContext, store: dg.ResourceParam[Store]
) -> dg.MaterializeResult[None]:
    """The plays of one tape as a person marked them; `gametape label` hands them in."""
    return publish_step(context, store, make, show)


def make(tape: Tape, aside: Path) -> None:
    """Hold the labels against the tape and publish them; a tape without any gets an empty table."""
    marked = []
    if tape.labels_file.is_file():
        marked = read_cutlist(tape.labels_file, duration_s=read_source(tape).duration_s)
    write_table(aside / "labels.parquet", segments_table(marked))


def show(tape: Tape) -> Metadata:
    """The labels as a table."""
    table = read_table(tape.path("labels.parquet"))
    facts = table_facts(table, "labels.parquet")
    marked = segments_of(table)
    if not marked:
        words = f"Nobody has labelled this tape: `gametape label {tape.order.id} FILE` does."
        return {"labels": dg.MetadataValue.md(words), **facts}
    return {
        "labels": dg.MetadataValue.md(segments_markdown(marked)),
        **facts,
        "play_s": dg.MetadataValue.float(sum(label.length_s for label in marked)),
    }
