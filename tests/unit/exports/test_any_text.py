"""No text, however broken, brings a reader down: it gives plays or an error that can be shown."""

from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gametape.errors import InputError
from gametape.exports.formats import FORMATS, Format
from gametape.exports.timeline import Play, TapeFacts, Timeline

READABLE = [form for form in FORMATS if form.read is not None]
TAPE = TapeFacts(rate=Fraction(25), duration_s=Fraction(100))
PLAYS = (
    Play(Fraction(1), Fraction(5), title="a & b", score=50.0, notes={"down": "3"}),
    Play(Fraction(8), Fraction(9), label="timeout"),
)
SCOUT = "[3SCOUT]\n*04SM+;;;;;;;20.15;1;1;6;1;12;;\nap00:01;;;;;;;20.15;1;1;6;1;15;;\n"
PIECES = st.sampled_from([*"0-.,:;<>&{}[]'\"\n\\/", "", "-->", "NaN", "1e999", "null", "\0", "é"])
EDITS = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), PIECES), min_size=1, max_size=5)


def written(form: Format) -> str:
    tape = Timeline("t", "t.mp4", Fraction(100), Fraction(25), PLAYS)
    return form.write(tape) if form.write is not None else SCOUT


@pytest.mark.parametrize("form", READABLE, ids=lambda form: form.name)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(edits=EDITS)
def test_a_damaged_list_is_read_or_refused_with_a_reason(
    form: Format, edits: list[tuple[float, int, str]]
) -> None:
    text = written(form)
    for place, removed, piece in edits:
        at = int(place * len(text))
        text = text[:at] + piece + text[at + removed :]
    check(form, text)


@pytest.mark.parametrize("form", READABLE, ids=lambda form: form.name)
@settings(max_examples=30, deadline=None)
@given(text=st.text(max_size=200))
def test_any_text_is_read_or_refused_with_a_reason(form: Format, text: str) -> None:
    check(form, text)


def check(form: Format, text: str) -> None:
    assert form.read is not None
    try:
        plays = form.read(text, name="list", tape=TAPE)
    except InputError as error:
        assert str(error).startswith("list")
        assert len(str(error)) < 500
        return
    assert all(0 <= p.start_s < p.end_s <= Fraction("100.1") and p.label for p in plays)
