"""The first page: what the library holds, how far it is, and where to look next."""

from collections.abc import Mapping, Sequence

import polars as pl

from gametape.report.pages.grid import Cell, Head, table, words
from gametape.report.pages.layout import note, page, section, tiles
from gametape.report.pages.markup import Html, html, link, tag
from gametape.report.pages.trouble import Trouble, troubles_table
from gametape.report.pages.units import (
    bytes_text,
    count_text,
    hours_text,
    length_text,
    percent_text,
    ratio_text,
    score_text,
    share_text,
    things,
)

SHOWN_IOU = 0.5
LATEST = 6


def library_page(
    *,
    library: pl.DataFrame,
    evaluation: pl.DataFrame,
    clips: pl.DataFrame,
    troubles: Sequence[Trouble],
    finished: Mapping[str, str],
    mark: str,
) -> str:
    """`finished` is when each tape's clips were done: date and time, by the tape's id."""
    if library.is_empty() and not troubles:
        body: object = _empty()
    else:
        body = html(
            tiles(_facts(library, clips, troubles)),
            _unlabelled(library),
            _latest(library, finished),
            _troubles(troubles),
            _tapes(library, evaluation, clips, finished),
        )
    return page(
        "index",
        title="Library",
        says="Every tape, what was found on it, and how well that agrees with people's labels.",
        body=body,
        mark=mark,
    )


def _empty() -> Html:
    return html(
        note("This library is empty. ", tag("code", "gametape cut FILE"), " cuts one video;"),
        note(
            tag("code", "gametape demo"), " makes a match, cuts it, and compares it with its known "
            "truth. Then ", tag("code", "gametape open"), " shows it here.",
        ),
    )  # fmt: skip


def _facts(
    library: pl.DataFrame, clips: pl.DataFrame, troubles: Sequence[Trouble]
) -> list[tuple[str, object, object]]:
    exact = int(clips["is_exact"].sum()) if len(clips) else 0
    labelled = library.filter("is_labelled")
    failed = sum(t.has_failed for t in troubles)
    waiting = len(troubles) - failed
    inexact = len(clips) - exact
    return [
        ("Tapes", count_text(len(library)), hours_text(_sum(library, "duration_s"))),
        (
            "Plays found",
            count_text(int(_sum(library, "segments"))),
            f"{length_text(_sum(library, 'clip_s'))} of clips",
        ),
        (
            "Exact clips",
            f"{count_text(exact)} of {count_text(len(clips))}",
            f"{things(inexact, 'clip')} not exact"
            if inexact
            else "every frame asked for, no other",
        ),
        (
            "Labelled tapes",
            f"{count_text(len(labelled))} of {count_text(len(library))}",
            things(int(_sum(library, "labels")), "labelled play"),
        ),
        ("Failed", count_text(failed), f"{things(waiting, 'tape')} not run yet" if waiting else ""),
        (
            "On disk",
            bytes_text(_sum(library, "artifact_bytes")),
            f"from {bytes_text(_sum(library, 'source_bytes'))} of tape",
        ),
    ]


def _unlabelled(library: pl.DataFrame) -> Html | None:
    if library.is_empty() or library["is_labelled"].any():
        return None
    return note(
        "No tape is labelled, so nobody knows how good the result is. Mark the plays of a tape in "
        "any editor and hand them in: ", tag("code", "gametape label TAPE FILE"),
    )  # fmt: skip


def _latest(library: pl.DataFrame, finished: Mapping[str, str]) -> Html | None:
    if len(library) <= LATEST:
        return None
    rows = {row["tape"]: row for row in library.iter_rows(named=True)}
    newest = sorted((t for t in rows if t in finished), key=lambda t: (finished[t], t))[-LATEST:]
    shown = [
        tag("li", tape_link(t, rows[t]["name"]), tag("small", f" {t} · {finished[t]}"))
        for t in reversed(newest)
    ]
    return section("Latest", tag("ul", shown))


def _troubles(troubles: Sequence[Trouble]) -> Html | None:
    if not troubles:
        return None
    failed = [t for t in troubles if t.has_failed]
    waiting = [t for t in troubles if not t.has_failed]
    return section(
        "Not finished",
        troubles_table([*failed, *waiting], caption="tapes that are not finished"),
        says=html(
            "What is finished is kept: ", tag("code", "gametape run"), " goes on where it stopped.",
        ),
    )  # fmt: skip


def _tapes(
    library: pl.DataFrame,
    evaluation: pl.DataFrame,
    clips: pl.DataFrame,
    finished: Mapping[str, str],
) -> Html:
    scores = {
        row["tape"]: row
        for row in evaluation.filter(pl.col("iou") == SHOWN_IOU).iter_rows(named=True)
    }
    cut = {
        row["tape"]: row
        for row in clips.group_by("tape")
        .agg(pl.len().alias("clips"), pl.col("is_exact").sum())
        .iter_rows(named=True)
    }
    heads = [
        words("tape"),
        words("sport", "sport pack"),
        Head("length", "of the tape"),
        Head("plays", "stretches of play that were found"),
        Head("score", "mean of its plays, 0 to 100"),
        Head("exact", "clips that hold exactly the frames asked for"),
        Head("labels", "plays as people marked them"),
        Head(f"F1 at IoU {SHOWN_IOU:g}", "protocol segments-f1, thresholds in force"),
        Head("work", "milliseconds by the clock for each second of tape"),
        Head("on disk", "all artifacts"),
        words("finished", "when its clips were done"),
    ]
    rows = [
        _row(row, scores.get(row["tape"]), cut.get(row["tape"], {}), finished)
        for row in library.iter_rows(named=True)
    ]
    return section("Tapes", table(heads, rows, caption="all tapes"))


def _row(
    tape: Mapping[str, object],
    score: Mapping[str, object] | None,
    cut: Mapping[str, object],
    finished: Mapping[str, str],
) -> list[Cell]:
    name, tape_id = str(tape["name"]), str(tape["tape"])
    duration_s, work_s = number(tape["duration_s"]) or 0.0, number(tape["work_s"])
    work = work_s / duration_s if work_s is not None and duration_s else None
    labels, f1 = int(number(tape["labels"]) or 0), number(score["f1"]) if score else None
    exact, made = number(cut.get("is_exact")), number(cut.get("clips"))
    sport = str(tape["profile"] or "")
    when = finished.get(tape_id, "")
    return [
        Cell((tape_link(tape_id, name), tag("small", tape_id)), f"{name} {tape_id}"),
        Cell(sport, sport or None),
        Cell(length_text(duration_s), duration_s),
        Cell(count_text(int(number(tape["segments"]) or 0)), number(tape["segments"])),
        Cell(score_text(number(tape["mean_score"])), number(tape["mean_score"])),
        Cell(percent_text(exact / made if made and exact is not None else None), exact),
        Cell(count_text(labels) if tape["is_labelled"] else "none", labels),
        Cell(share_text(f1), f1),
        Cell(ratio_text(work), work),
        Cell(bytes_text(number(tape["artifact_bytes"])), number(tape["artifact_bytes"])),
        Cell(when.replace(" ", "\u00a0"), when or None),
    ]


def tape_link(
    tape_id: str, *shown: object, at_s: float | None = None, class_: str | None = None
) -> Html:
    """A link to a tape's page, and to a time on it."""
    place = "" if at_s is None else f"#t={max(0.0, at_s):.2f}"
    return link(f"tapes/{tape_id}.html{place}", *shown, class_=class_)


def number(value: object) -> float | None:
    """A value of a table as a number; None where it is missing."""
    return None if value is None else float(str(value))


def _sum(table: pl.DataFrame, column: str) -> float:
    return float(table[column].sum() or 0) if len(table) else 0.0
