"""Asset `dashboards`: the library's pages, each one file that opens without a server."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import dagster as dg
import polars as pl

from assets.tapeviews import bare_view, tape_view
from gametape.errors import GametapeError
from gametape.fingerprint import fingerprint
from gametape.report.pages.costs import costs_page
from gametape.report.pages.errors import Mistake, errors_page, worst_of
from gametape.report.pages.frames import frames_at
from gametape.report.pages.library import library_page
from gametape.report.pages.models import models_page
from gametape.report.pages.tape import tape_page
from gametape.report.pages.trouble import Trouble
from gametape.tables import read_table
from resources.arrivals.failures import troubles_of
from resources.learning.views import learned_from, sport_views
from resources.pages import FOLDER, READS, TAPES, put_page, stale_pages, sweep_pages, wanted_pages
from resources.planning.pageplans import KINDS, kind_of, put_notes
from resources.publishing import sidecar_path
from resources.store import Store

OF_TAPES = ("sources", "signals", "predictions", "segments", "clips", "labels", "evaluation")
TABLES = sorted({name for reads in READS.values() for name in reads})
Tables = Mapping[str, pl.DataFrame]


@dg.asset(
    group_name="pages",
    owners=["team:analysis"],
    kinds={"html"},
    code_version="1",
    deps=[
        *TABLES,
        *(
            dg.AssetDep(name, partition_mapping=dg.AllPartitionMapping())
            for name in (*OF_TAPES, "models")
        ),
    ],
)
def dashboards(
    context: dg.AssetExecutionContext, store: dg.ResourceParam[Store]
) -> dg.MaterializeResult[None]:
    """Pages on the library, its evaluation, models, errors and costs, and one for each tape.

    `gametape open` shows them.
    """
    started = time.monotonic()
    try:
        troubles = troubles_of(store, context.instance)
        wanted = wanted_pages(store, troubles)
        stale = stale_pages(store, wanted)
        made, spent = dict[str, int](), dict[str, float]()
        for kind in KINDS:
            since, names = time.monotonic(), [page for page in stale if kind_of(page) == kind]
            made |= make_pages(store, names, wanted, troubles, tell=context.log.warning)
            spent[kind] = time.monotonic() - since
        counts = Counter(kind_of(page) for page in made)
        put_notes(store, made=counts, seconds=spent, troubles=troubles)
    except GametapeError as error:
        raise dg.Failure(str(error)) from error
    gone = sweep_pages(store, wanted)
    seconds = time.monotonic() - started
    context.log.info("%d of %d pages made, %d removed", len(made), len(wanted), gone)
    return dg.MaterializeResult(
        data_version=dg.DataVersion(fingerprint(inputs=wanted, parameters={}, code="dashboards")),
        metadata={
            "pages": dg.MetadataValue.int(len(wanted)),
            "made_now": dg.MetadataValue.int(len(made)),
            "bytes_made": dg.MetadataValue.int(sum(made.values())),
            "seconds": dg.MetadataValue.float(round(seconds, 3)),
            "open": dg.MetadataValue.path(store.root / FOLDER / "index.html"),
        },
    )


def make_pages(
    store: Store,
    names: Sequence[str],
    marks: Mapping[str, str],
    troubles: Sequence[Trouble],
    *,
    tell: Callable[[str], None],
) -> dict[str, int]:
    """Make these pages; name to bytes. A tape that cannot be shown gets a page that says why."""
    sizes = {}
    tables = {
        name: read_table(store.root / "tables" / f"{name}.parquet")
        for name in {t for page in names for t in READS.get(page, ())}
    }
    for name in names:
        mark = marks[name]
        if name.startswith(f"{TAPES}/"):
            text = _tape(store, name.removeprefix(f"{TAPES}/"), mark, tell)
        elif name == "index":
            text = _index(store, tables, troubles, mark)
        elif name == "evaluation":
            text = _evaluation(store, tables, mark)
        elif name == "models":
            text = _models(store, tables, mark)
        elif name == "errors":
            text = _errors(store, tables, mark)
        else:
            picked = {key: tables[key] for key in ("library", "costs", "cuts")}
            text = costs_page(**picked, steps=tables["stg_steps"], troubles=troubles, mark=mark)
        sizes[name] = put_page(store, name, text).stat().st_size
    return sizes


def _tape(store: Store, tape_id: str, mark: str, tell: Callable[[str], None]) -> str:
    tape = store.tape(tape_id)
    try:
        view = tape_view(tape)
    except (GametapeError, pl.exceptions.PolarsError, OSError, ValueError, KeyError) as error:
        told = f"{type(error).__name__}: {error}"
        tell(f"{tape_id}: cannot be shown ({told})")
        view = bare_view(tape, f"What this tape has published cannot be read ({told}).")
    return tape_page(view, mark=mark)


def _index(store: Store, tables: Tables, troubles: Sequence[Trouble], mark: str) -> str:
    finished = {}
    for tape_id in tables["library"]["tape"]:
        sidecar = sidecar_path(store.root / "videos" / tape_id, "clips")
        if sidecar.is_file():
            when = datetime.fromtimestamp(sidecar.stat().st_mtime, UTC)
            finished[tape_id] = when.strftime("%Y-%m-%d %H:%M")
    return library_page(
        library=tables["library"],
        evaluation=tables["segment_evaluation"],
        clips=tables["stg_clips"],
        troubles=troubles,
        finished=finished,
        mark=mark,
    )


def _models(store: Store, tables: Tables, mark: str) -> str:
    return models_page(
        sports=sport_views(store),
        names=_names(tables["library"]),
        labelled=tables["library"].filter("is_labelled").height,
        mark=mark,
    )


def _evaluation(store: Store, tables: Tables, mark: str) -> str:
    # The measures take a while to import, and whoever only defines assets needs none of them.
    from gametape.report.pages.agreement import Marked
    from gametape.report.pages.evaluation import evaluation_page

    marked = Marked(
        evaluations=tables["stg_evaluations"],
        boundary_errors=tables["boundary_errors"],
        calibration=tables["calibration"],
        labels=tables["stg_labels"],
        segments=tables["stg_segments"],
        lengths_s=dict(tables["library"].select("tape", "duration_s").iter_rows()),
        scenes=tables["stg_scenes"],
        strata=tables["strata"],
        calibration_error=tables["calibration_error"],
        learned_from=learned_from(sport_views(store)),
    )
    names = _names(tables["library"])
    return evaluation_page(
        marked=marked, in_force=tables["segment_evaluation"], names=names, mark=mark
    )


def _errors(store: Store, tables: Tables, mark: str) -> str:
    found = []
    for (tape_id,), rows in tables["errors"].group_by("tape", maintain_order=True):
        path = store.tape(str(tape_id)).path("predictions.parquet")
        scores = read_table(path) if path.is_file() else None
        for row in rows.drop("profile", "model").iter_rows(named=True):
            raw = _mean_score(scores, row["start_s"], row["end_s"])
            found.append(Mistake(**row, raw=raw))
    shown = worst_of(found)
    counts = {kind: sum(m.kind == kind for m in found) for kind in ("missed", "extra")}
    return errors_page(
        mistakes=_with_pictures(store, shown),
        counts=counts,
        names=_names(tables["label_coverage"]),
        labelled=tables["label_coverage"].filter("is_labelled").height,
        mark=mark,
    )


def _mean_score(scores: pl.DataFrame | None, start_s: float, end_s: float) -> float | None:
    """Mean raw play score of the windows whose middles lie in a stretch."""
    if scores is None:
        return None
    middle = (pl.col("start_s") + pl.col("end_s")) / 2
    mean = scores.filter((middle >= start_s) & (middle < end_s))["play"].mean()
    return None if mean is None else float(str(mean))


def _with_pictures(store: Store, mistakes: Sequence[Mistake]) -> list[Mistake]:
    """The same with a frame from the middle of each."""
    found = []
    for tape_id in dict.fromkeys(m.tape for m in mistakes):
        mine = [m for m in mistakes if m.tape == tape_id]
        middles = [(m.start_s + m.end_s) / 2 for m in mine]
        frames = frames_at(store.tape(tape_id).path("signals/thumbs.parquet"), middles)
        found += [m.pictured(frame) for m, frame in zip(mine, frames, strict=True)]
    return found


def _names(table: pl.DataFrame) -> dict[str, str]:
    """File names of tapes by id."""
    return dict(table.select("tape", "name").iter_rows())
