"""Asset `features`: what a frozen backbone sees of each tape, in chunks that survive a kill."""

from pathlib import Path

import dagster as dg

from assets.proxies import read_report
from assets.publishing import Metadata, publish_step, tape_asset
from gametape.features import (
    FOLDER,
    FeatureIndex,
    read_index,
    write_features,
    write_index,
)
from gametape.line import STEP
from gametape.models.backbones.base import Material
from gametape.report.summary import markdown_table
from gametape.schema import Progress
from gametape.windows import stride_seconds
from resources.learning.weights import Weights, backbones_of
from resources.store import Store
from resources.tape import Tape

NONE = "none"
INPUTS = STEP["features"].inputs


@tape_asset("video", kinds={"python", "safetensors"}, reads="media")
def features(
    context: dg.AssetExecutionContext,
    store: dg.ResourceParam[Store],
    weights: dg.ResourceParam[Weights],
    progress: dg.ResourceParam[Progress],
) -> dg.MaterializeResult[None]:
    """Rows of numbers that learned models read, by the backbone that the sport pack names."""
    return publish_step(
        context, store, lambda tape, aside: make(tape, aside, weights, progress), show
    )


def make(tape: Tape, aside: Path, weights: Weights, progress: Progress) -> None:
    """Write the chunks of every backbone asked for; finished ones appear at once and are kept."""
    settings = tape.profile.features
    report = read_report(tape)
    stride_s = stride_seconds(
        settings.stride_s, float(report.review_rate), is_scaled=tape.order.is_stride_scaled
    )
    material = Material(tape.folder, duration_s=report.seconds, stride_s=stride_s)
    made_from = {name: s.fingerprint for name in INPUTS if (s := tape.sidecar(name)) is not None}
    backbones = backbones_of(settings, tape.library, weights)
    if not backbones:
        reason = "features.backbone of the sport pack is none"
        write_index(aside / FOLDER / NONE, FeatureIndex(backbone=NONE, reason=reason))
    for backbone in backbones:
        write_features(
            backbone,
            material,
            aside,
            made_from=made_from,
            chunk_s=settings.chunk_s,
            workers=weights.workers if backbone.weights else 1,  # cheap is done before they start
            earlier=tape.folder,
            placed=tape.put_early,
            progress=progress,
        )


def show(tape: Tape) -> Metadata:
    """What was written, for the UI."""
    found = sorted(path.parent.name for path in tape.folder.glob(f"{FOLDER}/*/index.json"))
    indexes = [read_index(tape.folder, name) for name in found]
    rows = [
        {
            "backbone": index.backbone,
            "rows": sum(chunk.rows for chunk in index.chunks),
            "numbers": index.numbers,
            "step_s": index.step_s,
            "chunks": len(index.chunks),
            "reason": index.reason,
        }
        for index in indexes
    ]
    return {
        "features": dg.MetadataValue.md(markdown_table(rows)),
        "dagster/row_count": dg.MetadataValue.int(sum(int(str(row["rows"])) for row in rows)),
    }
