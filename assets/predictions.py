"""Asset `predictions`: how much each short window of each tape looks like play."""

from pathlib import Path

import dagster as dg

from assets.proxies import read_report
from assets.publishing import Metadata, publish_step, table_facts, tape_asset
from gametape.inference import score_windows
from gametape.tables import read_table, write_table
from gametape.windows import stride_seconds
from resources.store import Store, Tape


@tape_asset("video", kinds={"python", "parquet"}, reads="tables")
def predictions(
    context: dg.AssetExecutionContext, store: dg.ResourceParam[Store]
) -> dg.MaterializeResult[None]:
    """Raw play scores, 0 to 1, of short windows with their evidence; no threshold touches them."""
    return publish_step(context, store, make, show)


def make(tape: Tape, aside: Path) -> None:
    """Score every window with the sport pack's scorer."""
    scorer = tape.profile.scorer
    stride_s = stride_seconds(
        scorer.stride_s,
        float(read_report(tape).review_rate),
        is_scaled=tape.order.is_stride_scaled,
    )
    settings = scorer.model_copy(update={"stride_s": stride_s})
    table = score_windows(read_table(tape.path("signals.parquet")), settings)
    write_table(aside / "predictions.parquet", table)


def show(tape: Tape) -> Metadata:
    """Counts for the UI."""
    table = read_table(tape.path("predictions.parquet"))
    share = table["play"].mean()
    return {
        **table_facts(table, "predictions.parquet"),
        "mean_play_score": dg.MetadataValue.float(float(share or 0.0)),  # type: ignore[arg-type]
    }
