"""The page on models: who is in force, who would be, and the evidence for both."""

import json
import re

from gametape.models.base import Interval, LearningPoint, ModelCard
from gametape.promotion import Cost, Decision, Row, Side
from gametape.report.pages.models import models_page
from gametape.report.pages.modelview import CHALLENGER, CHAMPION, ModelView, SportView

HOSTILE = "<img src=x onerror=alert(1)>"
NEW = Side(label="gametape-tennis/2 bbbbbbbbbbbb", digest="b" * 64, version="2")
OLD = Side(label="gametape-tennis/1 aaaaaaaaaaaa", digest="a" * 64, version="1")


def row(what: str, gain: float, *, tapes: int = 5, is_worse: bool = False) -> Row:
    between = {"low": gain - 0.1, "high": gain + 0.1} if tapes > 1 else {}
    return Row(what=what, tapes=tapes, challenger=0.8, incumbent=0.8 - gain, difference=gain,
               is_worse=is_worse, **between)  # fmt: skip


def decision(**given: object) -> Decision:
    values: dict[str, object] = {
        "profile": "tennis",
        "at": "2026-05-01T12:30:00.000+00:00",
        "challenger": NEW,
        "incumbent": OLD,
        "is_better": False,
        "reasons": ("light: night gets clearly worse",),
        "figures": (row("F1@0.50", 0.05),),
        "strata": (
            row("light: day", 0.1, tapes=4),
            row("light: night", -0.2, tapes=1, is_worse=True),
        ),
        "tapes": (row("tape-1", 0.05, tapes=1),),
        "cost": Cost(challenger=0.4, incumbent=0.1, allowed=1.0),
    }  # fmt: skip
    return Decision.model_validate({**values, **given})


def model(version: str, role: str, **given: object) -> ModelView:
    side = NEW if version == "2" else OLD
    card = ModelCard(
        name="gametape-tennis", profile="tennis", kind="temporal", backbones=("cheap",),
        step_s=0.25, data_hash="d" * 64, notes=(HOSTILE,),
        trained_on={"tapes": 7, "games": 6, "plays": 80, "hours": 1.5},
        figures={"F1@0.50": Interval(value=0.81, low=0.7, high=0.9)},
    )  # fmt: skip
    return ModelView(side.digest, side.label, version, role, card, **given)  # type: ignore[arg-type]


def shown(*sports: SportView, labelled: int = 3) -> str:
    return models_page(sports=sports, names={"tape-1": HOSTILE}, labelled=labelled, mark="00")


def words_of(text: str) -> str:
    body = text[text.index("<body") : text.index('<script type="application/json"')]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def data_of(text: str) -> list[dict]:
    return json.loads(text.split('id="models">')[1].split("</script>")[0])


def test_a_library_in_which_nothing_was_trained_says_how_to_begin() -> None:
    text = shown(labelled=1)
    assert "gametape train PROFILE" in text
    assert "1 tape is labelled so far" in words_of(text)
    assert "<table" not in text
    assert data_of(text) == []


def test_champion_and_challenger_stand_beside_what_speaks_against_the_move() -> None:
    models = [model("1", CHAMPION), model("2", CHALLENGER)]
    text = shown(SportView("tennis", "the champion, version 1", models, [decision()]))
    seen = words_of(text)
    assert "Champion v1 temporal, of 7 tapes" in seen
    assert "Challenger v2" in seen
    assert "what speaks against it light: night gets clearly worse" in seen
    assert "Difference in F1@0.50 +0.050 -0.050 to +0.150" in seen
    assert "light: night 1 0.800 1.000 -0.200 worse one tape has no range" in seen
    assert "0.400 s, before 0.100; 1 s are allowed" in seen
    assert 'href="tapes/tape-1.html"' in text


def test_nothing_that_others_wrote_becomes_markup() -> None:
    odd = decision(reasons=(HOSTILE,), forced_by=HOSTILE, forced_why=HOSTILE)
    text = shown(SportView(HOSTILE, HOSTILE, [model("2", CHALLENGER)], [odd], [HOSTILE]))
    assert "<img" not in text


def test_every_decision_is_told_the_latest_first() -> None:
    promoted = decision(is_better=True, reasons=(), is_applied=True, at="2026-05-02T08:00:00")
    back = decision(kind="rollback", figures=(), strata=(), tapes=(), reasons=("asked for",),
                    is_applied=True, at="2026-05-03T08:00:00")  # fmt: skip
    forced = decision(
        is_applied=True, forced_by="ana", forced_why="the night tapes are mislabelled"
    )
    text = shown(SportView("tennis", "main-camera", [], [forced, promoted, back]))
    rows = re.findall(r"<tr[^>]*>(?:(?!</tr>).)*2026-05-0\d.*?</tr>", text)
    told = [re.sub(r"<[^>]+>", " ", row) for row in rows]
    assert [re.search(r"2026-05-0\d", one)[0] for one in told] == [  # type: ignore[index]
        "2026-05-03", "2026-05-02", "2026-05-01",
    ]  # fmt: skip
    assert "rollback" in told[0]
    assert "nothing speaks against it" in told[1]
    assert "forced by ana: the night tapes are mislabelled" in told[2]
    # What a rollback does not compare is still told of the latest comparison.
    assert "It took over." in text


def test_the_script_gets_reliability_and_learning_of_the_two_that_matter() -> None:
    points = [LearningPoint(games=n, tapes=n, f1=Interval(value=0.5, low=0.4, high=0.6))
              for n in (4, 6)]  # fmt: skip
    evidence = {"reliability": [(9, 0.25, 0.2)], "calibration_error": 0.05, "held_out": 3}
    models = [
        model("1", CHAMPION),
        model("2", CHALLENGER, learning=points, **evidence),
        model("2", ""),
    ]
    (sport,) = data_of(shown(SportView("tennis", "x", models, [decision()])))
    assert [one["name"] for one in sport["models"]] == [
        "champion, version 1", "challenger, version 2",
    ]  # fmt: skip
    second = sport["models"][1]
    assert second["reliability"] == [{"windows": 9, "score": 0.25, "share": 0.2}]
    assert [(p["games"], p["value"]) for p in second["learning"]] == [(4, 0.5), (6, 0.5)]
    assert [r["what"] for r in sport["strata"]] == ["light: day", "light: night"]
