"""Promotion by evidence: what lets a model take over, and each thing that stops it."""

from gametape.promotion import Cost, Decision, HeldOut, Side, decide
from gametape.schema import Span

NEW, OLD = Side(label="gametape-rally/2 b", version="2"), Side(label="gametape-rally/1 a")
PLAYS = tuple(Span(10.0 * i, 10.0 * i + 6) for i in range(1, 11))


def tape(number: int, *, ours: int, theirs: int, **strata: str) -> HeldOut:
    """A tape with ten plays, of which each side finds so many."""
    return HeldOut(
        tape=f"tape-{number}",
        game=f"game-{number}",
        strata=strata,
        truth=PLAYS,
        challenger=PLAYS[:ours],
        incumbent=PLAYS[:theirs],
    )


def judge(tapes: list[HeldOut], *, cost: float | None = 0.1, **more: list[str]) -> Decision:
    return decide(
        tapes,
        profile="rally",
        challenger=NEW,
        incumbent=OLD,
        cost=Cost(challenger=cost, allowed=1.0),
        **more,  # type: ignore[arg-type]
    )


BETTER = [tape(number, ours=9, theirs=6) for number in range(5)]


def test_a_model_that_is_better_on_every_tape_takes_over() -> None:
    decision = judge(BETTER)
    assert decision.is_better and decision.reasons == ()
    headline = decision.figures[0]
    assert headline.what == "F1@0.50" and headline.difference > 0
    assert headline.low is not None and headline.low > 0


def test_a_model_that_is_better_on_the_mean_and_worse_on_some_tapes_does_not() -> None:
    mixed = [tape(0, ours=10, theirs=3), *(tape(n, ours=5, theirs=6) for n in range(1, 5))]
    decision = judge(mixed)
    assert decision.figures[0].difference > 0
    assert decision.reasons[0].endswith("the interval includes that it is worse")


def test_an_equal_model_does_not_take_over() -> None:
    assert "it is not better" in judge([tape(n, ours=7, theirs=7) for n in range(5)]).reasons[0]


def test_a_stratum_that_gets_clearly_worse_stops_it() -> None:
    day = [tape(n, ours=10, theirs=3, light="day") for n in range(9)]
    night = [tape(n, ours=5, theirs=7, light="night") for n in range(9, 12)]
    [reason] = judge(day + night).reasons
    assert reason.startswith("light: night gets clearly worse")


def test_a_stratum_of_one_tape_stops_it_only_when_it_loses_much() -> None:
    many = [tape(n, ours=9, theirs=5, light="day") for n in range(6)]
    assert judge([*many, tape(7, ours=7, theirs=8, light="dusk")]).is_better
    assert not judge([*many, tape(7, ours=4, theirs=8, light="dusk")]).is_better


def test_a_stratum_that_all_tapes_share_is_the_headline_and_no_reason_of_its_own() -> None:
    worse = [tape(n, ours=5, theirs=8, court="clay") for n in range(4)]
    [reason] = judge(worse).reasons
    assert reason.endswith("it is worse")


def test_leaks_a_failed_load_and_slowness_each_stop_it() -> None:
    decision = judge(BETTER, cost=1.5, leaks=["a, b: the same file"], load=["another output"])
    assert [reason.split(":")[0] for reason in decision.reasons] == [
        "leak",
        "load check",
        "slower than allowed",
    ]


def test_two_tapes_are_too_few_to_judge_and_those_left_out_are_told() -> None:
    [reason] = judge(BETTER[:2], left_out=["x", "y"]).reasons
    assert reason.startswith("2 held-out tapes with 20 plays, and it takes 3")
    assert "2 more were learned from" in reason


def test_without_any_tape_there_is_a_decision_all_the_same() -> None:
    assert not judge([]).is_better
