"""Timecode counts as tape machines do, and comes back to the same frame, whatever the rate."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentimelineio.opentime import RationalTime, from_timecode, to_timecode

from gametape.errors import InputError
from gametape.exports.timecode import (
    Timecode,
    check_rate,
    clock_text,
    countable_rate,
    frames_of,
    nominal_rate,
    time_of,
    time_of_clock,
)
from gametape.exports.timeline import TapeFacts

FILM, NTSC, FAST = (Fraction(rate, 1001) for rate in (24000, 30000, 60000))
CODES = [
    *(Timecode(rate) for rate in (FILM, Fraction(25), NTSC, Fraction(30), Fraction(50), FAST)),
    Timecode(NTSC, is_drop_frame=True),
    Timecode(FAST, is_drop_frame=True),
]


@pytest.mark.parametrize(
    ("rate", "frame", "text"),
    [
        (NTSC, 1799, "00:00:59;29"),
        (NTSC, 1800, "00:01:00;02"),
        (NTSC, 17981, "00:09:59;29"),
        (NTSC, 17982, "00:10:00;00"),
        (NTSC, 17982 * 6 - 1, "00:59:59;29"),
        (NTSC, 17982 * 6, "01:00:00;00"),
        (NTSC, 17982 * 6 + 1800, "01:01:00;02"),
        (FAST, 3599, "00:00:59;59"),
        (FAST, 3600, "00:01:00;04"),
        (FAST, 35964, "00:10:00;00"),
        (FAST, 35964 * 6, "01:00:00;00"),
    ],
)
def test_drop_frame_leaves_out_numbers_but_never_frames(
    rate: Fraction, frame: int, text: str
) -> None:
    code = Timecode(rate, is_drop_frame=True)
    assert code.text(frame) == text
    assert code.frame(text, where="list") == frame


def test_an_hour_of_drop_frame_is_an_hour_but_for_four_milliseconds() -> None:
    for rate in (NTSC, FAST):
        frame = Timecode(rate, is_drop_frame=True).frame("01:00:00;00", where="list")
        assert 0 < 3600 - time_of(frame, rate) < Fraction(4, 1000)


@given(st.sampled_from(CODES), st.integers(0, 24 * 3600 * 23))
def test_text_and_frame_number_say_the_same_both_ways(code: Timecode, frame: int) -> None:
    assert code.frame(code.text(frame), where="list") == frame
    assert code.text(frame + 1) > code.text(frame)


@given(st.sampled_from(CODES), st.integers(0, 24 * 3600 * 23))
def test_another_library_counts_the_same(code: Timecode, frame: int) -> None:
    rate = float(code.rate)
    # The library writes a drop frame at these rates whether asked or not, if not told otherwise.
    assert to_timecode(RationalTime(frame, rate), rate, code.is_drop_frame) == code.text(frame)
    assert from_timecode(code.text(frame), rate).value == frame


@pytest.mark.parametrize("code", CODES, ids=str)
def test_every_number_of_the_first_eleven_minutes_is_there_once(code: Timecode) -> None:
    texts = [code.text(frame) for frame in range(11 * 60 * code.base)]
    assert len(set(texts)) == len(texts)
    assert [code.frame(text, where="list") for text in texts] == list(range(len(texts)))


@pytest.mark.parametrize(
    ("code", "text", "reason"),
    [
        (Timecode(Fraction(25)), "00:00:00:25", "00:00:00:25 counts frame 25, but at 25 frames"),
        (Timecode(NTSC), "00:00:00:30", "at 29.97 frames a second the last is 29"),
        (Timecode(NTSC, True), "00:01:00;00", "00:01:00;00 does not exist in drop-frame"),
        (Timecode(NTSC, True), "01:59:00;01", "leaves out the first 2 numbers"),
        (Timecode(FAST, True), "00:01:00;03", "leaves out the first 4 numbers"),
        (Timecode(Fraction(25)), "00:60:00:00", "00:60:00:00 is no time of a day"),
        (Timecode(Fraction(25)), "24:00:00:00", "24:00:00:00 is no time of a day"),
        (Timecode(Fraction(25)), "nan", "'nan' is no timecode"),
        (Timecode(Fraction(25)), "-1:00:00:00", "'-1:00:00:00' is no timecode"),
        (Timecode(Fraction(25)), "٠١:00:00:00", "is no timecode"),
    ],
)
def test_a_number_that_no_tape_counts_is_named(code: Timecode, text: str, reason: str) -> None:
    with pytest.raises(InputError, match=r"^plays\.edl, line 7: ") as caught:
        code.frame(text, where="plays.edl, line 7")
    assert reason in str(caught.value)


def test_only_29_97_and_59_94_can_drop() -> None:
    for rate in (FILM, Fraction(25), Fraction(30), Fraction(60)):
        with pytest.raises(ValueError, match="no drop-frame timecode"):
            Timecode(rate, is_drop_frame=True)


def test_timecode_that_passes_midnight_goes_on_and_comes_back() -> None:
    code = Timecode(NTSC, is_drop_frame=True)
    start = code.frame("23:59:50;00", where="list")
    tape = TapeFacts(rate=NTSC, start_frame=start)
    text = code.text(start + 3000)
    assert text.startswith("00:01:3")
    assert code.frame_on_tape(text, tape, where="list") == 3000


def test_timecode_before_the_tape_is_refused() -> None:
    tape = TapeFacts(rate=Fraction(25), start_frame=90_000)
    with pytest.raises(InputError, match=r"00:59:59:24 lies before the tape's first frame, 01:00"):
        Timecode(Fraction(25)).frame_on_tape("00:59:59:24", tape, where="plays.edl, line 3")


@given(st.integers(0, 10**6), st.sampled_from([code.rate for code in CODES]))
def test_a_frames_time_as_a_float_is_still_that_frame(frame: int, rate: Fraction) -> None:
    assert frames_of(Fraction(float(time_of(frame, rate))), rate) == frame
    assert frames_of(Fraction(round(float(time_of(frame, rate)), 3)), rate) == frame


@pytest.mark.parametrize(
    ("text", "time_s"),
    [
        ("12.5", Fraction(25, 2)),
        ("1:02", Fraction(62)),
        ("01:02:03.500", Fraction(7447, 2)),
        ("01:02:03,25", Fraction(14893, 4)),
        ("100:00:00", Fraction(360_000)),
        ("00:00:01:05", Fraction(6, 5)),
    ],
)
def test_a_clock_time_is_read_exactly(text: str, time_s: Fraction) -> None:
    assert time_of_clock(text, where="list", rate=Fraction(25)) == time_s


@pytest.mark.parametrize("text", ["nan", "inf", "", "1:60", "1:60:00", "1e5", "--", "1:2:3:4:5"])
def test_what_is_no_clock_time_is_named(text: str) -> None:
    with pytest.raises(InputError, match=r"^plays\.csv, line 2: .* is no time"):
        time_of_clock(text, where="plays.csv, line 2")


@given(st.integers(0, 10**8))
def test_clock_text_comes_back_to_the_millisecond(thousandths: int) -> None:
    time_s = Fraction(thousandths, 1000)
    assert time_of_clock(clock_text(time_s), where="list") == time_s


def test_a_measured_or_rounded_rate_stands_for_the_usual_one() -> None:
    assert nominal_rate(Fraction(29.97)) == nominal_rate(Fraction(float(NTSC))) == NTSC
    assert nominal_rate(Fraction("23.976")) == FILM
    assert nominal_rate(Fraction("59.94")) == FAST
    assert nominal_rate(Fraction(30)) == 30
    assert nominal_rate(Fraction(25, 2)) == Fraction(25, 2)


def test_another_rate_than_the_tapes_is_refused_with_both() -> None:
    with pytest.raises(InputError, match=r"counts 30 frames a second, but the tape has 29\.97"):
        check_rate(Fraction(30), TapeFacts(rate=NTSC), where="plays.xml, line 4")
    check_rate(Fraction("29.97"), TapeFacts(rate=NTSC), where="plays.xml, line 4")


def test_a_rate_that_timecode_cannot_count_is_refused_with_the_way_out() -> None:
    assert countable_rate(NTSC, where="tape") == NTSC
    with pytest.raises(InputError, match="csv, json or fcpxml"):
        countable_rate(Fraction(25, 2), where="tape")
    with pytest.raises(InputError, match="the tape's rate is not known"):
        countable_rate(None, where="plays.edl")
