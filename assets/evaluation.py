"""Asset `evaluation`: how well the found plays of a tape agree with its labels."""

from pathlib import Path

import dagster as dg
import polars as pl

from assets.proxies import read_report
from assets.publishing import Metadata, picture, publish_step, table_facts, tape_asset
from assets.timelines import timeline_of
from gametape.evaluation import (
    EVALUATION_COLUMNS,
    MATCH_COLUMNS,
    evaluate_segments,
    match_table,
    sweep_thresholds,
)
from gametape.line import STEP
from gametape.report.summary import markdown_table
from gametape.tables import read_table, segments_of, write_table
from resources.store import Store, Tape


@tape_asset("truth", kinds={"python", "parquet"}, reads="tables")
def evaluation(
    context: dg.AssetExecutionContext, store: dg.ResourceParam[Store]
) -> dg.MaterializeResult[None]:
    """Protocol `segments-f1` on stored scores: the profile in force, and every threshold."""
    return publish_step(context, store, make, show)


def make(tape: Tape, aside: Path) -> None:
    """Compare, and repeat fusion at every threshold; without labels both tables are empty."""
    truth = [label.core for label in segments_of(read_table(tape.path("labels.parquet")))]
    if not truth:
        write_table(aside / "evaluation.parquet", pl.DataFrame(schema=EVALUATION_COLUMNS))
        write_table(aside / "matches.parquet", pl.DataFrame(schema=MATCH_COLUMNS))
        return
    found = segments_of(read_table(tape.path("segments.parquet")))
    profile, fusion = tape.profile.name, tape.profile.fusion
    is_given = tape.order.cut_list is not None
    model = "cut list" if is_given else f"{tape.profile.scorer.name}/{STEP['predictions'].code}"
    table = evaluate_segments(truth, found, profile=profile, model=model, threshold=fusion.enter)
    if not is_given:
        swept = sweep_thresholds(
            truth,
            read_table(tape.path("predictions.parquet")),
            read_table(tape.path("signals/cuts.parquet")),
            settings=fusion,
            duration_s=read_report(tape).seconds,
            profile=profile,
            model=model,
        )
        table = pl.concat([table, swept])
    write_table(aside / "evaluation.parquet", table)
    write_table(aside / "matches.parquet", match_table(truth, found))
    (aside / "evaluation.png").write_bytes(timeline_of(tape, found, truth))


def show(tape: Tape) -> Metadata:
    """What is in force against the labels, and the timeline with both."""
    table = read_table(tape.path("evaluation.parquet"))
    facts = table_facts(table, "evaluation.parquet")
    if table.is_empty():
        words = "This tape has no labels, so there is nothing to compare with."
        return {"scores": dg.MetadataValue.md(words), **facts}
    in_force = table.filter("is_in_force")
    columns = ["iou", "true_count", "found_count", "matched_count", "precision", "recall", "f1"]
    matches = read_table(tape.path("matches.parquet"))
    wrong = matches.filter(pl.col("kind") != "matched")
    return {
        "scores": dg.MetadataValue.md(markdown_table(in_force.select(columns))),
        "f1": dg.MetadataValue.float(float(in_force.filter(pl.col("iou") == 0.5)["f1"][0])),
        "timeline": picture(tape.path("evaluation.png").read_bytes(), alt="truth and found"),
        "missed_and_extra": dg.MetadataValue.md(markdown_table(wrong.head(50))),
        **facts,
    }
