"""Asset `labels`: plays and shots of a tape as people marked them, held against the tape."""

from pathlib import Path

import dagster as dg

from assets.publishing import Metadata, publish_step, table_facts, tape_asset
from assets.sources import read_source
from gametape.exports.cutlist import read_labels
from gametape.exports.shotlist import read_shots, shots_table
from gametape.report.summary import segments_markdown
from gametape.tables import read_table, segments_of, segments_table, write_table
from resources.store import Store
from resources.tape import Tape


@tape_asset("truth", kinds={"python", "parquet"}, reads="tables")
def labels(
    context: dg.AssetExecutionContext, store: dg.ResourceParam[Store]
) -> dg.MaterializeResult[None]:
    """Plays and shots of one tape as a person marked them; `gametape label` hands them in."""
    return publish_step(context, store, make, show)


def make(tape: Tape, aside: Path) -> None:
    """Hold the labels against the tape and publish them; what nobody marked is an empty table."""
    marked = []
    if tape.labels_file.is_file():
        marked = read_labels(tape.labels_file, duration_s=read_source(tape).duration_s)
    shots = read_shots(tape.shots_file) if tape.shots_file.is_file() else None
    write_table(aside / "labels.parquet", segments_table(marked))
    write_table(aside / "shots.parquet", shots_table(shots))


def show(tape: Tape) -> Metadata:
    """The labels as a table, and how many shots are marked."""
    table = read_table(tape.path("labels.parquet"))
    shots = read_table(tape.path("shots.parquet")).height
    facts = {**table_facts(table, "labels.parquet"), "shots": dg.MetadataValue.int(shots)}
    marked = segments_of(table)
    if not marked and tape.is_labelled:
        words = "Nobody plays on this tape, as a person said; whatever is found on it is wrong."
        return {"labels": dg.MetadataValue.md(words), **facts}
    if not marked:
        words = f"Nobody has labelled its plays: `gametape label {tape.order.id} FILE` does."
        return {"labels": dg.MetadataValue.md(words), **facts}
    return {
        "labels": dg.MetadataValue.md(segments_markdown(marked)),
        **facts,
        "play_s": dg.MetadataValue.float(sum((label.length_s for label in marked), 0.0)),
    }
