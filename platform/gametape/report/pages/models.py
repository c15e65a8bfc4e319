"""The page on models: who is in force for each sport, who would be, and the evidence for both."""

from collections.abc import Iterator, Mapping, Sequence

from gametape.models.base import Interval
from gametape.promotion import HEADLINE, Decision, Row
from gametape.report.pages.decisions import between, decisions_table
from gametape.report.pages.grid import Cell, Head, table, words
from gametape.report.pages.layout import note, page, section, tiles
from gametape.report.pages.library import tape_link
from gametape.report.pages.markup import Html, html, tag
from gametape.report.pages.modelview import (
    CHALLENGER,
    CHAMPION,
    ModelView,
    SportView,
    script_data,
)
from gametape.report.pages.units import share_text, things

MOST_STRATA = 40  # values: of a fact that differs from tape to tape a chart says nothing


def models_page(
    *, sports: Sequence[SportView], names: Mapping[str, str], labelled: int, mark: str
) -> str:
    """`names` are file names of the library's tapes by id; `labelled` tapes can be learned from."""
    return page(
        "models",
        title="Models",
        says="What was learned for each sport, which model is in force, and whether another would "
        "do better on tapes that neither has learned from. Ranges hold 95 % of what the figures "
        "come to when tapes are drawn anew.",
        body=_body(sports, names, labelled),
        mark=mark,
        scripts=("chart", "ranges", "models"),
        data={"models": [script_data(sport) for sport in sports]},
    )


def _body(sports: Sequence[SportView], names: Mapping[str, str], labelled: int) -> Html:
    options = [tag("option", one.profile, value=place) for place, one in enumerate(sports)]
    choice = tag("label", "Sport pack ", tag("select", options, id="sport"))
    return html(
        None if any(sport.is_learned for sport in sports) else _empty(labelled),
        tag("div", choice, class_="controls") if len(sports) > 1 else None,
        tag("noscript", note("The charts need scripts; the tables do not.")),
        [_sport(place, sport, names) for place, sport in enumerate(sports)],
    )


def _empty(labelled: int) -> Html:
    return html(
        note(
            "No model was trained in this library. With labelled tapes of six games or more of "
            "one sport, ",
            tag("code", "gametape train PROFILE"),
            " trains one, judges it on games that it has not learned from, and shows it here. "
            "Nothing changes for any tape until ",
            tag("code", "gametape models promote PROFILE"),
            ".",
        ),
        note(f"{things(labelled, 'tape is', 'tapes are')} labelled so far. ",
             tag("code", "gametape queue"), " says where the next label would teach most."),
    )  # fmt: skip


def _sport(place: int, sport: SportView, names: Mapping[str, str]) -> Html:
    decision = sport.judgement()
    return tag(
        "div",
        tag("h2", sport.profile),
        [note(trouble, kind="warn") for trouble in sport.troubles],
        tiles(list(_facts(sport, decision))),
        _verdict(decision) if decision else None,
        _comparison(place, decision, names) if decision and decision.figures else None,
        _evidence(place) if sport.is_learned else None,
        _cards(sport),
        decisions_table(sport.decisions),
        class_="sport",
        data_sport=place,
    )


def _evidence(place: int) -> Html:
    return html(
        section(
            "Is the score what it says?",
            tag("div", id=f"reliability-{place}", class_="charts"),
            says="On tapes that judged the model and did not train it. On the diagonal, of rows "
            "that score 0.7 seven in ten are play.",
        ),
        section(
            "What more labels bring",
            tag("div", id=f"learning-{place}", class_="charts"),
            says="F1 at IoU 0.5 on the same held-out tapes, of models that learned from fewer "
            "games; the games of the fewer are among those of the more.",
        ),
    )


def _facts(sport: SportView, decision: Decision | None) -> Iterator[tuple[str, object, object]]:
    champion, challenger = sport.model_of(CHAMPION), sport.model_of(CHALLENGER)
    yield ("Champion", _version(champion), _told(champion) or "none was promoted")
    yield ("Challenger", _version(challenger), _told(challenger) or "none waits")
    yield ("Scored with today", tag("span", sport.scorer, class_="text"), "by the sport pack")
    headline = next((r for r in decision.figures if r.what == HEADLINE), None) if decision else None
    if decision is not None and headline is not None:
        yield (f"Difference in {headline.what}", f"{headline.difference:+.3f}", between(headline))
        yield ("Judged on", things(headline.tapes, "tape"),
               f"{len(decision.left_out)} left out: learned from")  # fmt: skip


def _version(model: ModelView | None) -> str:
    if model is None:
        return "–"
    return f"v{model.version}" if model.version.isdigit() else model.digest[:12]


def _told(model: ModelView | None) -> str:
    if model is None:
        return ""
    tapes = model.card.trained_on.get("tapes")
    of = f", of {things(tapes, 'tape')}" if isinstance(tapes, int) else ""
    return f"{model.card.kind}{of}"


def _verdict(decision: Decision) -> Html:
    sides = html(
        tag("b", decision.challenger.label), " against ", tag("b", decision.incumbent.label)
    )
    if decision.is_better:
        done = "It took over." if decision.is_applied else html(
            "Nothing was moved: ", tag("code", f"gametape models promote {decision.profile}")
        )  # fmt: skip
        return note(sides, ": better, and nothing speaks against it. ", done)
    reasons = tag("ul", [tag("li", reason) for reason in decision.reasons])
    forced = (
        tag("p", f"Promoted all the same by {decision.forced_by}: {decision.forced_why}")
        if decision.forced_by
        else None
    )
    return tag("div", sides, ": what speaks against it", reasons, forced, class_="warn")


def _comparison(place: int, decision: Decision, names: Mapping[str, str]) -> Html:
    cost = decision.cost
    spent = None
    if cost is not None and cost.challenger is not None:
        before = "" if cost.incumbent is None else f", before {cost.incumbent:.3f}"
        spent = tag("p", f"Work for a second of tape: {cost.challenger:.3f} s{before}; "
                    f"{cost.allowed:g} s are allowed.", class_="says")  # fmt: skip
    strata = decision.strata[:MOST_STRATA]
    return section(
        "New against old",
        tag("div", tag("div", id=f"figures-{place}"), tag("div", id=f"strata-{place}"),
            class_="charts"),
        _rows("figure", decision.figures, decision),
        _rows("stratum", strata, decision) if strata else None,
        section("Tape by tape", _rows("tape", decision.tapes, decision, names))
        if decision.tapes else None,
        spent,
        says="The same tapes on both sides, drawn together; a difference above nothing says that "
        "the new one is better. Strata and tapes are of " + HEADLINE + ".",
    )  # fmt: skip


def _rows(
    what: str, rows: Sequence[Row], decision: Decision, names: Mapping[str, str] | None = None
) -> Html:
    heads = [
        words(what),
        *([Head("tapes")] if names is None else []),
        Head("new", decision.challenger.label),
        Head("old", decision.incumbent.label),
        Head("difference"),
        *([Head("range", "of the difference")] if names is None else []),
    ]
    cells = []
    for row in rows:
        first = Cell(row.what, row.what)
        if names is not None and row.what in names:
            name = names[row.what]
            first = Cell((tape_link(row.what, name), tag("small", row.what)), f"{name} {row.what}")
        worse = tag("span", " worse", class_="kind missed") if row.is_worse else None
        cells.append(
            [
                first,
                *([Cell(str(row.tapes), row.tapes)] if names is None else []),
                Cell(share_text(row.challenger, 3), row.challenger, bar=row.challenger),
                Cell(share_text(row.incumbent, 3), row.incumbent, bar=row.incumbent),
                Cell(html(f"{row.difference:+.3f}", worse), row.difference),
                *([Cell(between(row))] if names is None else []),
            ]
        )
    return table(heads, cells, caption=f"new against old by {what}")


def _cards(sport: SportView) -> Html | None:
    if not sport.models:
        return None
    heads = [
        words("model"),
        words("is"),
        words("kind"),
        Head("tapes", "that it was trained on"),
        Head("games"),
        Head("plays"),
        Head("hours"),
        Head(HEADLINE, "on tapes that it was not trained on"),
        Head("range"),
        Head("calibration error", "0: scores mean what they say"),
        words("features", "that it reads"),
        words("data", "hash of what it was trained on"),
    ]
    rows = [_card(model) for model in sport.models]
    return section(
        "Models", table(heads, rows, caption="models"), [_notes(model) for model in sport.models],
        says="What each model says of itself; figures are of the tapes that its own training held "
        "back, so they do not compare from row to row. Compare above, on the same tapes.",
    )  # fmt: skip


def _card(model: ModelView) -> list[Cell]:
    card = model.card
    f1 = card.figures.get(HEADLINE)
    error = model.calibration_error
    return [
        Cell((_version(model), tag("small", model.digest[:12])), model.version),
        Cell(model.role or "not in force", model.role),
        Cell(card.kind, card.kind),
        *(_count(card.trained_on.get(key)) for key in ("tapes", "games", "plays", "hours")),
        Cell(share_text(f1.value if f1 else None, 3), f1.value if f1 else None),
        Cell(_range(f1)),
        Cell(share_text(error, 3), error),
        Cell(", ".join(card.backbones)),
        Cell(tag("code", card.data_hash[:12]) if card.data_hash else "–"),
    ]


def _notes(model: ModelView) -> Html | None:
    """What whoever made the model wants people to know of it."""
    if not model.card.notes:
        return None
    told = tag("ul", [tag("li", text) for text in model.card.notes])
    return tag("details", tag("summary", f"What is to be known of {_version(model)}"), told)


def _count(value: object) -> Cell:
    if not isinstance(value, int | float):
        return Cell("–")
    return Cell(f"{value:g}", float(value))


def _range(interval: Interval | None) -> str:
    return "–" if interval is None else f"{interval.low:.2f} to {interval.high:.2f}"
