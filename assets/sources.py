"""Asset `sources`: what each tape's file is."""

from pathlib import Path

import dagster as dg

from assets.publishing import Metadata, publish_step
from assets.videos import videos
from gametape.errors import InputError
from gametape.line import STEP
from gametape.report.summary import findings_table, source_table
from gametape.schema import Source
from gametape.video.probe import probe
from resources.publishing import write_json
from resources.store import Store, Tape


@dg.asset(
    partitions_def=videos,
    group_name="video",
    kinds={"python", "video"},
    code_version=STEP["sources"].code,
)
def sources(
    context: dg.AssetExecutionContext, store: dg.ResourceParam[Store]
) -> dg.MaterializeResult[None]:
    """What the file of a tape is: identity, streams, exact time base, preflight findings."""
    return publish_step(context, store, make, show)


def make(tape: Tape, aside: Path) -> None:
    """Probe the file, and refuse it if it is no longer the one that was ordered."""
    source = probe(tape.order.file)
    if source.content_hash != tape.order.content_hash:
        raise InputError(
            f"{tape.order.id}: {tape.order.path} is not the file that was added; its content "
            "changed. Add it again: it becomes a tape of its own."
        )
    write_json(aside / "sources.json", source)


def show(tape: Tape) -> Metadata:
    """Facts and findings for the UI."""
    source = read_source(tape)
    game = {"game": dg.MetadataValue.json(tape.order.game)} if tape.order.game else {}
    return {
        **game,
        "source": dg.MetadataValue.md(source_table(source)),
        "findings": dg.MetadataValue.md(findings_table(source.findings)),
        "duration_s": dg.MetadataValue.float(source.duration_s),
    }


def read_source(tape: Tape) -> Source:
    """The published facts of a tape's file."""
    return Source.model_validate_json(tape.path("sources.json").read_bytes())
