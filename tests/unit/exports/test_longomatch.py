"""LongoMatch's CSV, read back and as its own program writes it."""

import csv
from fractions import Fraction
from io import StringIO

import pytest

from gametape.errors import InputError
from gametape.exports.csvlist import is_csv
from gametape.exports.longomatch import is_longomatch, longomatch_text, read_longomatch
from gametape.exports.timeline import UNKNOWN_TAPE, TapeFacts, Timeline

EXPORTED = """CATEGORY: Attack, left
Name;Start;Stop;Team;Good;Bad
Attack 001;0:05,500;0:12,250;LOCAL;1;0
Attack 002;1:00:01,000;1:00:03,000;NONE;1;1

CATEGORY: Defence
Name;Start;Stop;Team

"""


def test_each_label_is_a_block_with_times_to_the_millisecond(timeline: Timeline) -> None:
    rows = list(csv.reader(StringIO(longomatch_text(timeline)), delimiter=";"))
    assert [row[0] for row in rows if len(row) == 1] == ["CATEGORY: play", "CATEGORY: rally"]
    assert rows[2][1] == "0:00,000"
    assert [len(row) for row in rows if len(row) > 1] == [4] * 7


def test_what_is_written_is_read_back_to_the_millisecond(
    timeline: Timeline, facts: TapeFacts
) -> None:
    text = longomatch_text(timeline)
    assert is_longomatch(text)
    assert not is_csv(text)
    read = read_longomatch(text, name="a.csv", tape=facts)
    asked = sorted(timeline.plays, key=lambda play: play.label)
    for got, play in zip(read, asked, strict=True):
        assert abs(got.start_s - play.start_s) <= Fraction(1, 2000)
        assert abs(got.end_s - play.end_s) <= Fraction(1, 2000)
        assert (got.label, got.title) == (play.label, " ".join(play.title.split()))


def test_an_export_of_longomatch_is_read_with_its_tags() -> None:
    plays = read_longomatch(EXPORTED, name="a.csv", tape=UNKNOWN_TAPE)
    assert not is_csv(EXPORTED)
    assert [(p.start_s, p.end_s, p.label, p.title) for p in plays] == [
        (Fraction("5.5"), Fraction("12.25"), "Attack, left", "Attack 001"),
        (Fraction(3601), Fraction(3603), "Attack, left", "Attack 002"),
    ]
    assert plays[0].notes == {"team": "LOCAL", "Good": "1"}
    assert plays[1].notes == {"team": "NONE", "Good": "1", "Bad": "1"}


def test_a_bad_line_is_named() -> None:
    with pytest.raises(InputError, match=r"a\.csv, line 3: '0:xx' is no time"):
        read_longomatch(EXPORTED.replace("0:05,500", "0:xx"), name="a.csv", tape=UNKNOWN_TAPE)
    with pytest.raises(InputError, match=r"a\.csv, line 2: 1 columns are too few"):
        read_longomatch("CATEGORY: a\nb\n", name="a.csv", tape=UNKNOWN_TAPE)
