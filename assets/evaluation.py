"""Asset `evaluation`: how well what was found on a tape agrees with what people marked."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from assets.pictures import Picture
from assets.proxies import read_report
from assets.publishing import Metadata, publish_step, table_facts, tape_asset
from assets.shotscores import shot_scores
from assets.sources import read_source
from assets.timelines import timeline_of
from gametape.evaluation import (
    EVALUATION_COLUMNS,
    IOUS,
    MATCH_COLUMNS,
    evaluate_segments,
    found_by_threshold,
    match_table,
    sweep_table,
)
from gametape.figures import HEADLINES, Judged, play_figures, without_truth
from gametape.report.summary import markdown_table
from gametape.schema import Segment, Span
from gametape.tables import read_table, segments_of, write_table
from resources.datasets.labelled import strata_of
from resources.store import Store
from resources.tape import Tape

OF_PLAYS = ("segments-f1", "tiou-map")


@tape_asset("truth", kinds={"python", "parquet"}, reads="tables")
def evaluation(
    context: dg.AssetExecutionContext, store: dg.ResourceParam[Store]
) -> dg.MaterializeResult[None]:
    """Protocols `segments-f1`, `tiou-map`, `shots` on stored scores: in force, and swept."""
    return publish_step(context, store, make, show)


def make(tape: Tape, aside: Path) -> None:
    """Compare, and repeat fusion at every threshold; what nobody labelled says so in its row."""
    truth = _truth(tape)
    found = segments_of(read_table(tape.path("segments.parquet")))
    is_given = tape.order.cut_list is not None
    model = "cut list" if is_given else _model_of(tape)
    judged = Judged(tape.profile.name, model, tape.fusion.enter)
    swept = _swept(tape) if truth is not None and not is_given else {}
    if truth is not None:
        (aside / "evaluation.png").write_bytes(timeline_of(tape, found, truth))
    shots, scenes = shot_scores(tape)
    write_table(aside / "evaluation.parquet", _counts(tape, truth, found, swept, judged))
    write_table(aside / "matches.parquet", _matches(truth, found))
    write_table(
        aside / "figures.parquet", pl.concat([_figures(tape, truth, found, swept, judged), shots])
    )
    write_table(aside / "scenes.parquet", scenes)
    strata = {"stratum": pl.String, "value": pl.String}
    told = sorted(strata_of(tape).items())
    write_table(aside / "strata.parquet", pl.DataFrame(told, schema=strata, orient="row"))


def _truth(tape: Tape) -> list[Span] | None:
    """The labelled plays, be it none; None where nobody has said anything of them."""
    if not tape.is_labelled:
        return None
    return [label.core for label in segments_of(read_table(tape.path("labels.parquet")))]


def _model_of(tape: Tape) -> str:
    """Whose scores they are, as their rows say."""
    names = read_table(tape.path("predictions.parquet"))["model"].unique().to_list()
    return str(names[0]) if names else "no scores"


def _swept(tape: Tape) -> dict[float, list[Segment]]:
    return found_by_threshold(
        read_table(tape.path("predictions.parquet")),
        read_table(tape.path("signals/cuts.parquet")),
        settings=tape.fusion,
        duration_s=read_report(tape).seconds,
    )


def _counts(
    tape: Tape,
    truth: list[Span] | None,
    found: list[Segment],
    swept: dict[float, list[Segment]],
    judged: Judged,
) -> pl.DataFrame:
    if truth is None:
        return pl.DataFrame(schema=EVALUATION_COLUMNS)
    names = {"profile": judged.profile, "model": judged.model}
    duration_s = read_source(tape).duration_s
    in_force = evaluate_segments(
        truth, found, **names, threshold=judged.threshold, duration_s=duration_s
    )
    return pl.concat([in_force, sweep_table(truth, swept, **names)])


def _matches(truth: list[Span] | None, found: list[Segment]) -> pl.DataFrame:
    return match_table(truth, found) if truth is not None else pl.DataFrame(schema=MATCH_COLUMNS)


def _figures(
    tape: Tape,
    truth: list[Span] | None,
    found: list[Segment],
    swept: dict[float, list[Segment]],
    judged: Judged,
) -> pl.DataFrame:
    """Figures of plays, in force first."""
    if truth is None:
        reason = f"Nobody has labelled its plays: `gametape label {tape.order.id} FILE` does."
        return pl.concat([without_truth(name, judged, reason) for name in OF_PLAYS])
    scored = partial(play_figures, truth, ious=IOUS, duration_s=read_source(tape).duration_s)
    tables = [scored(found, judged)]
    for threshold, segments in swept.items():
        at = Judged(judged.profile, judged.model, threshold, is_in_force=False)
        tables.append(scored(segments, at))
    return pl.concat(tables)


def show(tape: Tape) -> Metadata:
    """What each protocol says, the plays against the labels, and the timeline with both."""
    figures = read_table(tape.path("figures.parquet"))
    table = read_table(tape.path("evaluation.parquet"))
    facts: Metadata = {
        "protocols": dg.MetadataValue.md(_headlines(figures)),
        **table_facts(figures, "figures.parquet"),
    }
    if table.is_empty():
        words = "Nobody has labelled this tape's plays, so there is nothing to compare with."
        return {"scores": dg.MetadataValue.md(words), **facts}
    in_force = table.filter("is_in_force")
    columns = ["iou", "true_count", "found_count", "matched_count", "precision", "recall", "f1"]
    matches = read_table(tape.path("matches.parquet"))
    wrong = matches.filter(pl.col("kind") != "matched")
    return {
        "scores": dg.MetadataValue.md(markdown_table(in_force.select(columns))),
        "f1": dg.MetadataValue.float(float(in_force.filter(pl.col("iou") == 0.5)["f1"][0])),
        "timeline": Picture(tape.path("evaluation.png").read_bytes(), alt="truth and found"),
        "missed_and_extra": dg.MetadataValue.md(markdown_table(wrong.head(50))),
        **facts,
    }


def _headlines(figures: pl.DataFrame) -> str:
    """The headline of each protocol with its ties, baselines and truth; or why there is none."""
    rows = []
    for protocol, figure in HEADLINES.items():
        here = (pl.col("protocol") == protocol) & (pl.col("figure") == figure)
        row = figures.filter(here & pl.col("is_in_force")).row(0, named=True)
        rows.append(
            {
                "protocol": protocol,
                "figure": figure,
                "value": row["value"],
                "ties": _ties(row),
                **{name: row[name] for name in ("chance", "cadence", "always", "true_count")},
                "reason": row["reason"] or "",
            }
        )
    return markdown_table(rows)


def _ties(row: Mapping[str, Any]) -> str:
    if row["value"] is None:
        return ""
    worst, best = row["ties_worst"], row["ties_best"]
    return "no order moves it" if worst is None else f"{worst:.3f} to {best:.3f}"
