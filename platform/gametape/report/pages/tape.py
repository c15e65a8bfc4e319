"""The page of one tape: its timeline, its plays with their clips, and where it went wrong."""

from collections.abc import Sequence

import polars as pl

from gametape.exports.manifest import Clip
from gametape.report.pages.grid import Cell, Head, table, words
from gametape.report.pages.layout import note, page, section, tiles
from gametape.report.pages.markup import Html, html, picture_data, tag
from gametape.report.pages.tapeview import TapeView, beside, script_data
from gametape.report.pages.units import (
    DASH,
    bytes_text,
    count_text,
    length_text,
    score_text,
    things,
)
from gametape.report.summary import tape_time
from gametape.schema import Finding

PICTURE_BYTES = 600_000  # of a page for thumbnails; further plays show the files beside the clips
MOST_FINDINGS = 200


def tape_page(view: TapeView, *, mark: str) -> str:
    """The whole page; a link to it may end in `#t=SECONDS`."""
    body = html(
        note(view.trouble, kind="warn") if view.trouble else None,
        tiles(_facts(view)),
        _timeline(view),
        _stage(),
        _plays(view),
        _mistakes(view),
        _findings(view.findings),
    )
    game = " · ".join(f"{key} {value}" for key, value in sorted(view.game.items()))
    return page(
        "tape",
        title=view.name,
        says=html(tag("code", view.id), f" · {view.profile}", f" · {game}" if game else None),
        body=body,
        mark=mark,
        scripts=("spans", "canvas", "timeline", "tape"),
        data={"tape": script_data(view)},
        is_deep=True,
    )


def _facts(view: TapeView) -> list[tuple[str, object, object]]:
    played_s = sum(segment.core.length_s for segment in view.segments)
    share = played_s / view.duration_s if view.duration_s else 0.0
    exact = sum(clip.cut.is_exact for clip in view.clips)
    facts: list[tuple[str, object, object]] = [
        ("Length", length_text(view.duration_s), bytes_text(view.source_bytes)),
        (
            "Plays found",
            count_text(len(view.segments)),
            f"{length_text(played_s)}, {100 * share:.0f} % of the tape",
        ),
        (
            "Exact clips",
            f"{count_text(exact)} of {count_text(len(view.clips))}",
            bytes_text(sum(clip.cut.bytes for clip in view.clips)),
        ),
    ]
    if view.labels is None or view.matches is None:
        return [*facts, ("Labels", "none", "gametape label TAPE FILE")]
    kinds = view.matches["kind"].to_list()
    missed, extra = kinds.count("missed"), kinds.count("extra")
    matched = kinds.count("matched")
    total = 2 * matched + missed + extra
    f1 = f"{2 * matched / total:.2f}" if total else DASH
    return [
        *facts,
        ("Labels", count_text(len(view.labels)), f"{missed} missed, {extra} extra"),
        ("F1 at IoU 0.5", f1, "segments-f1, in force; one tape"),
    ]


def _timeline(view: TapeView) -> Html:
    entry = view.settings.enter if view.settings else None
    slider = tag(
        "div",
        tag(
            "label",
            "Try a threshold ",
            tag("input", type="range", id="threshold", min="0", max="1", step="0.01",
                value=f"{entry:.2f}"),
            tag("output", f"{entry:.2f}", id="threshold-value", for_="threshold"),
        ),
        tag("button", "in force", type="button", class_="plain", id="back"),
        tag("span", id="tried", aria_live="polite"),
        class_="controls",
    ) if entry is not None and view.predictions is not None else None  # fmt: skip
    buttons = [
        tag("button", shown, type="button", class_="plain", data_key=key, aria_label=says,
            title=says)
        for shown, key, says in (
            ("+", "+", "closer"), ("−", "-", "further"), ("all", "0", "the whole tape"),
            ("‹ play", "p", "play before"), ("play ›", "n", "next play"),
            ("next mistake", "m", "next missed or extra play"),
        )
        if key != "m" or view.matches is not None
    ]  # fmt: skip
    keys = [
        tag("span", tag("kbd", key), f" {says}")
        for key, says in (
            ("← →", "move"), ("+ −", "zoom"), ("0", "all"), ("n p", "plays"), ("m", "mistakes"),
            ("Enter", "watch here"), ("Space", "pause"),
        )
    ]  # fmt: skip
    says = None
    if slider is not None:
        says = (
            "The slider shows what a plain threshold on the raw score would give. What is in force "
            "also smooths, joins and drops, by the rules of the sport pack."
        )
    return section(
        "Timeline",
        slider,
        tag("div", buttons, class_="controls"),
        tag(
            "div",
            tag("canvas", id="overview", aria_hidden="true"),
            tag("canvas", id="timeline", tabindex="0", role="application",
                aria_label="Timeline. Arrow keys move, plus and minus zoom, n and p go from play "
                "to play.", aria_describedby="readout"),
            tag("div", "Point at the timeline to read it; click to watch.", id="readout",
                class_="readout"),
            class_="screen",
        ),
        tag("div", id="legend", class_="legend"),
        tag("p", keys, class_="keys"),
        tag("noscript", note("The timeline needs scripts; the tables below do not.")),
        says=says,
    )  # fmt: skip


def _stage() -> Html:
    video = tag("video", controls=True, preload="metadata", id="video")
    close = tag("button", "close", type="button", class_="plain", id="close")
    words = tag("div", tag("div", id="watching"), tag("p", close))
    return tag("div", video, words, class_="stage", id="stage")


def _plays(view: TapeView) -> Html:
    if not view.segments:
        return section("Plays", note(
            "No play was found on this tape. Is its sport right? ",
            tag("code", "gametape profiles"),
            " lists the sport packs; ", tag("code", "gametape cut FILE --sport SPORT"),
            " judges it by another.",
        ))  # fmt: skip
    if not view.clips:
        return section("Plays", note("Its clips are not there: ", tag("code", "gametape cut FILE"),
                                     " cuts them."))  # fmt: skip
    left = PICTURE_BYTES
    cards = []
    for clip in view.clips:
        picture = view.pictures.get(clip.number)
        left -= len(picture or b"")
        held = picture_data(picture) if picture and left > 0 else beside(view.id, clip.thumbnail)
        cards.append(tag("li", _card(view, clip, held)))
    return section(
        "Plays",
        tag("ul", cards, class_="cards"),
        says="A click opens the clip; the tape's page must lie in its library for that.",
    )


def _card(view: TapeView, clip: Clip, picture: str) -> Html:
    exact = None if clip.cut.is_exact else tag("b", "not exact", class_="kind missed")
    return tag(
        "a",
        tag("img", src=picture, alt="", loading="lazy", width="168", height="95"),
        tag("b", f"{clip.number} · {clip.label}"),
        exact,
        tag("span", tape_time(clip.play_start_s), f" · {length_text(clip.duration_s)}",
            tag("span", f"score {score_text(clip.score)}")),
        class_="card",
        href=beside(view.id, clip.file),
        data_number=clip.number,
        title=clip.label,
    )  # fmt: skip


def _mistakes(view: TapeView) -> Html | None:
    if view.matches is None:
        return None
    wrong = view.matches.filter(pl.col("kind") != "matched")
    heads = [words("what"), Head("start"), Head("end"), Head("length"), Head("score", "0 to 100")]
    rows = []
    for row in wrong.iter_rows(named=True):
        side = "true" if row["kind"] == "missed" else "found"
        start_s, end_s = row[f"{side}_start_s"], row[f"{side}_end_s"]
        rows.append(
            [
                Cell(tag("span", row["kind"], class_=f"kind {row['kind']}"), row["kind"]),
                Cell(tag("a", tape_time(start_s), href=f"#t={start_s:.2f}"), start_s),
                Cell(tape_time(end_s), end_s),
                Cell(length_text(end_s - start_s), end_s - start_s),
                Cell(score_text(row["score"]), row["score"]),
            ]
        )
    if not rows:
        return section("Missed and extra", tag("p", "None: every labelled play was found."))
    return section(
        "Missed and extra",
        table(heads, rows, caption="missed and extra plays"),
        says="Without a partner at IoU 0.5.",
    )


def _findings(findings: Sequence[Finding]) -> Html | None:
    if not findings:
        return None
    heads = [words("finding"), words("what"), Head("from"), Head("to")]
    rows = [
        [
            Cell(f.code, f.code),
            Cell(f.message, f.message[:40]),
            *(Cell(DASH if t is None else tape_time(t), t) for t in (f.start_s, f.end_s)),
        ]
        for f in findings[:MOST_FINDINGS]
    ]
    more = len(findings) - len(rows)
    return section(
        "Worth knowing",
        table(heads, rows, caption="findings about the tape"),
        tag("p", f"and {things(more, 'more finding')}") if more else None,
    )
