"""CSV lists come from spreadsheets, cutting programs and hands; each fault is named by its line."""

from fractions import Fraction

import pytest

from gametape.errors import InputError
from gametape.exports.csvlist import csv_text, is_csv, read_csv
from gametape.exports.timeline import Play, TapeFacts, Timeline

TAPE = TapeFacts(rate=Fraction(25), duration_s=Fraction(600))


def read(text: str, tape: TapeFacts = TAPE) -> list[Play]:
    return read_csv(text, name="plays.csv", tape=tape)


def seconds(text: str, tape: TapeFacts = TAPE) -> list[tuple[float, float]]:
    return [(float(play.start_s), float(play.end_s)) for play in read(text, tape)]


def test_the_text_is_one_play_a_line_with_notes_as_columns() -> None:
    plays = (
        Play(Fraction(1001, 30), Fraction(40), "rally", 'Kim, "K"', 88.5, {"set": "2"}),
        Play(Fraction(50), Fraction(125, 2), "serve", notes={"player": "José"}),
    )
    timeline = Timeline("t", "t.mp4", Fraction(600), Fraction(25), plays)
    assert csv_text(timeline) == (
        "start_s,end_s,label,title,score,set,player\n"
        '33.366666667,40.0,rally,"Kim, ""K""",88.5,2,\n'
        "50.0,62.5,serve,,,,José\n"
    )


def test_a_text_that_a_spreadsheet_would_run_is_made_harmless_and_comes_back() -> None:
    for title in ("=1+1", "@SUM(A1)", "+49 30", "-", "'quoted", "'=1"):
        play = Play(Fraction(1), Fraction(2), "play", title)
        text = csv_text(Timeline("t", "t.mp4", Fraction(600), Fraction(25), (play,)))
        assert not any(cell.startswith(("=", "@", "+", "-")) for cell in text.split(","))
        assert read(text)[0].title == title


@pytest.mark.parametrize(
    "text",
    [
        "start_s,end_s\n1.5,9\n",
        "\nStart,End\n1.5,9\n\n",
        "Start Time;End Time;Name\n1,5;9,0;x\n",
        "start\tend\n00:00:01.500\t0:09\n",
        "name,end,start\nx,9,1.5\n",
        "in,out\n1.5e0,00:00:09:00\n",
        "1.5,9,rally\n",
        "1.5;9;rally\n",
        '"1.5","9","rally"\r\n',
    ],
)
def test_lists_of_many_hands_say_the_same(text: str) -> None:
    assert seconds(text) == [(1.5, 9.0)]
    assert is_csv(text.lstrip())


def test_a_list_without_header_is_start_end_name_and_may_be_open_at_both_ends() -> None:
    first, last = read(",12.5,warm-up\n590.25,,cheers\n")
    assert (first.start_s, first.end_s, first.label) == (0, Fraction(25, 2), "warm-up")
    assert (last.start_s, last.end_s, last.label) == (Fraction(2361, 4), 600, "cheers")


def test_other_columns_become_notes() -> None:
    (play,) = read("start,end,code,Player,score\n1,2,rally,José,50\n")
    assert (play.label, play.score, play.notes) == ("rally", 50.0, {"Player": "José"})


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("5,2,x", "the end 2.0 s comes before the start 5.0 s"),
        ("5,5,x", "nothing is in between"),
        ("-1,5,x", "the start -1.0 s lies before the tape"),
        ("nan,5,x", "the start 'nan' is not a number"),
        ("1,inf,x", "the end 'inf' is not a number"),
        ("1,1e999999,x", "the end '1e999999' is not a number"),
        ("one,5,x", "the start 'one' is not a number"),
        ("1:99,200,x", "'1:99' is no time"),
        ("00:00:01:25,200,x", "counts frame 25, but at 25 frames"),
        ("1,,x", "the end is empty"),
        (",1,x", "the start is empty"),
        ("1", "the end is empty"),
        ("1,601,x", "passes the end of the tape at 600.0 s"),
        ("1,5,x,101", "the score 101.0 is not between 0 and 100"),
        ("1,5,x,high", "the score 'high' is not a number"),
        ('1,5,"x', "not CSV (unexpected end of data)"),
    ],
)
def test_a_fault_is_named_with_line_and_value(row: str, reason: str) -> None:
    tape = TAPE if "601" in row or ":" in row else TapeFacts()
    with pytest.raises(InputError, match=r"^plays\.csv, line 3: ") as caught:
        read(f"start_s,end_s,label,score\n1,2,ok,3\n{row}\n", tape)
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("hello world\n", "line 1: 'hello world' is no time and no known column"),
        ("start,label\n1,x\n", "line 1: 'start' is no time and no known column"),
        ("start,end,end\n1,2,3\n", "line 1: the column 'end' stands twice"),
        ("00:00:01:05,5,x\n", "the tape's rate is not known"),
    ],
)
def test_a_list_of_another_shape_is_named(text: str, reason: str) -> None:
    with pytest.raises(InputError, match=r"^plays\.csv, line 1: ") as caught:
        read(text, TapeFacts())
    assert reason in str(caught.value)
