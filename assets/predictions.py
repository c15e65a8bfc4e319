"""Asset `predictions`: how much each short window of each tape looks like play."""

import shutil
from pathlib import Path

import dagster as dg
import polars as pl

from assets.proxies import read_report
from assets.publishing import Metadata, publish_step, table_facts, tape_asset
from gametape.features import read_sequence
from gametape.inference import score_features, score_windows
from gametape.line import STEP
from gametape.models.heads.files import CARD
from gametape.tables import read_table, write_table
from gametape.windows import stride_seconds
from resources.learning.champions import head_of
from resources.store import Store
from resources.tape import Tape


@tape_asset("video", kinds={"python", "parquet"}, reads="tables")
def predictions(
    context: dg.AssetExecutionContext, store: dg.ResourceParam[Store]
) -> dg.MaterializeResult[None]:
    """Raw play scores, 0 to 1, of short windows with their evidence; no threshold touches them."""
    return publish_step(context, store, make, show)


def make(tape: Tape, aside: Path) -> None:
    """Score every window with the sport pack's scorer, and say in every row whose score it is."""
    scorer = tape.profile.scorer
    stride_s = stride_seconds(
        scorer.stride_s,
        float(read_report(tape).review_rate),
        is_scaled=tape.order.is_stride_scaled,
    )
    settings = scorer.model_copy(update={"stride_s": stride_s})
    if tape.model is None:
        table = score_windows(read_table(tape.path("signals.parquet")), settings)
        label = f"{scorer.name}/{STEP['predictions'].code}"
    else:
        head = head_of(tape.model)
        seen = tuple(read_sequence(tape.folder, name) for name in head.card.backbones)
        table = score_features(seen, head)
        label = tape.model.label
        shutil.copyfile(tape.model.folder / CARD, aside / "model.json")
    write_table(aside / "predictions.parquet", table.with_columns(model=pl.lit(label)))


def show(tape: Tape) -> Metadata:
    """Counts for the UI."""
    table = read_table(tape.path("predictions.parquet"))
    share = table["play"].mean()
    return {
        **table_facts(table, "predictions.parquet"),
        "mean_play_score": dg.MetadataValue.float(float(share or 0.0)),  # type: ignore[arg-type]
        "model": dg.MetadataValue.text(str(table["model"][0]) if table.height else "none"),
    }
