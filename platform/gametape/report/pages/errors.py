"""The gallery of errors: plays that were missed, and those found where there is none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from gametape.report.pages.layout import note, page
from gametape.report.pages.library import tape_link
from gametape.report.pages.markup import Html, html, picture_data, tag
from gametape.report.pages.units import count_text, length_text, share_text, things
from gametape.report.summary import tape_time

MOST_SHOWN = 400  # cards; the table `errors` has all of them
AHEAD_S = 1.0  # the tape's page opens so much before the error


@dataclass(frozen=True)
class Mistake:
    """One play that was missed, or found besides."""

    tape: str
    kind: str  # missed or extra
    start_s: float
    end_s: float
    score: float | None = None  # of an extra one, 0 to 100
    raw: float | None = None  # mean raw play score within it, 0 to 1
    picture: bytes | None = None  # from its middle

    @property
    def weight(self) -> float:
        """How wrong the scores were of it, 0 to 1: sure of what is no play, blind to what is."""
        if self.kind == "extra":
            return (self.score or 0.0) / 100
        return 1 - (self.raw if self.raw is not None else 0.5)

    def pictured(self, picture: bytes | None) -> "Mistake":
        """The same with a frame from its middle."""
        return replace(self, picture=picture)


def worst_of(mistakes: Sequence[Mistake], *, most: int = MOST_SHOWN) -> list[Mistake]:
    """Those to show: the worst of each kind, in like parts, by weight."""
    ordered = sorted(mistakes, key=lambda m: (-m.weight, m.tape, m.start_s))
    missed = [m for m in ordered if m.kind == "missed"]
    extra = [m for m in ordered if m.kind != "missed"]
    for_missed = max(most // 2, most - len(extra))
    for_extra = most - min(len(missed), for_missed)
    return [*missed[:for_missed], *extra[:for_extra]]


def errors_page(
    *,
    mistakes: Sequence[Mistake],
    counts: Mapping[str, int],
    names: Mapping[str, str],
    labelled: int,
    mark: str,
) -> str:
    """`counts` are all errors by kind, shown or not; `names` the tapes' file names."""
    return page(
        "errors",
        title="Errors",
        says="Plays without a partner at IoU 0.5, with the thresholds in force: missed ones are "
        "labelled and were not found, extra ones were found and are not labelled. Beside a missed "
        "one stands its mean raw play score, from 0 to 1.",
        body=_body(mistakes, counts, names, labelled),
        mark=mark,
        scripts=("gallery",),
    )


def _body(
    mistakes: Sequence[Mistake], counts: Mapping[str, int], names: Mapping[str, str], labelled: int
) -> Html:
    if not labelled:
        return note("No tape is labelled, so no error is known. Mark the plays of a tape and hand "
                    "them in: ", tag("code", "gametape label TAPE FILE"))  # fmt: skip
    if not mistakes:
        return note(f"None: on {things(labelled, 'labelled tape')} every play was found, and no "
                    "other.")  # fmt: skip
    everything = sum(counts.values())
    left = everything - len(mistakes)
    words = f"{things(counts.get('missed', 0), 'play')} missed and " \
            f"{count_text(counts.get('extra', 0))} extra " \
            f"on {things(labelled, 'labelled tape')}."  # fmt: skip
    if left:
        words += f" The {count_text(len(mistakes))} worst are shown; the table errors has all: "
    by_tape: dict[str, list[Mistake]] = {}
    for mistake in mistakes:
        by_tape.setdefault(mistake.tape, []).append(mistake)
    order = sorted(by_tape, key=lambda tape: (-len(by_tape[tape]), tape))
    return html(
        tag("p", words, tag("code", 'gametape sql "from errors"') if left else None),
        _controls(),
        tag("p", id="shown", class_="says", aria_live="polite"),
        [_group(tape, by_tape[tape], names.get(tape, tape)) for tape in order],
    )


def _controls() -> Html:
    kinds = [
        tag("button", shown, type="button", class_="plain", data_kind=kind,
            aria_pressed="true" if not kind else "false")
        for kind, shown in (("", "all"), ("missed", "▼ missed"), ("extra", "▲ extra"))
    ]  # fmt: skip
    orders = [
        tag("option", shown, value=value)
        for value, shown in (("weight", "worst first"), ("start", "time"), ("length", "longest"))
    ]
    tapes = tag("input", type="search", class_="filter", id="tape", placeholder="Tape")
    return tag(
        "div",
        tag("span", kinds, role="group", aria_label="kind"),
        tag("label", "Order ", tag("select", orders, id="order")),
        tag("label", "Tape ", tapes),
        class_="controls",
    )


def _group(tape: str, mistakes: Sequence[Mistake], name: str) -> Html:
    heading = tag("h2", tape_link(tape, name), " ", tag("small", tag("code", tape)))
    cards = [tag("li", _card(m), **_marks(m)) for m in sorted(mistakes, key=lambda m: -m.weight)]
    return tag(
        "section",
        heading,
        tag("ul", cards, class_="cards"),
        class_="group",
        data_tape=f"{name} {tape}".lower(),
    )


def _marks(mistake: Mistake) -> dict[str, object]:
    return {
        "data_kind": mistake.kind,
        "data_weight": f"{mistake.weight:.4f}",
        "data_start": f"{mistake.start_s:.2f}",
        "data_length": f"{mistake.end_s - mistake.start_s:.2f}",
    }


def _card(mistake: Mistake) -> Html:
    if mistake.picture is not None:
        shown = tag("img", src=picture_data(mistake.picture), alt="", decoding="async",
                    width="168", height="95")  # fmt: skip
    else:
        shown = tag("span", "no picture", class_="blank")
    sign = "▼" if mistake.kind == "missed" else "▲"
    said = f"score {mistake.score:.0f}" if mistake.score is not None else None
    said = said or f"raw {share_text(mistake.raw)}"
    words = (
        tag("b", f"{sign} {mistake.kind}", class_=f"kind {mistake.kind}"),
        tag(
            "span",
            f"{tape_time(mistake.start_s)} · {length_text(mistake.end_s - mistake.start_s)}",
            tag("span", said),
        ),
    )
    start_s = max(0.0, mistake.start_s - AHEAD_S)
    return html(tape_link(mistake.tape, shown, words, at_s=start_s, class_="card"))
