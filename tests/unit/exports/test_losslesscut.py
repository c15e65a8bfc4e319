"""LosslessCut projects, and the JSON5 they are written in."""

import json
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gametape.errors import InputError
from gametape.exports.json5 import parse_json5
from gametape.exports.losslesscut import is_llc, llc_text, read_llc
from gametape.exports.timecode import frames_of
from gametape.exports.timeline import UNKNOWN_TAPE, TapeFacts, Timeline

# As LosslessCut itself saves it: JSON5 with bare keys, single quotes and trailing commas.
SAVED = """{
  version: 2, // since 3.65
  mediaFileName: 'tape\\'s one.mp4',
  cutSegments: [
    {
      start: .5,
      end: 12.25,
      name: '3rd & "5"',
      tags: {
        down: '3',
      },
      selected: true,
    },
    { start: 20, end: 30, name: '', selected: false, },
    /* a marker */
    { start: 40, name: 'here', selected: true, },
    { start: +50.0, end: 6e1, name: 'last \\u00e9', selected: true, },
  ],
}
"""


def test_the_project_is_one_that_the_schema_of_version_1_takes(timeline: Timeline) -> None:
    project = json.loads(llc_text(timeline), parse_float=Fraction, parse_int=Fraction)
    assert set(project) == {"version", "mediaFileName", "cutSegments"}
    assert (project["version"], project["mediaFileName"]) == (1, "tape one.mp4")
    for row, play in zip(project["cutSegments"], timeline.plays, strict=True):
        assert abs(row["start"] - play.start_s) <= Fraction(1, 10**9)
        assert frames_of(row["end"], timeline.rate) == frames_of(play.end_s, timeline.rate)
        assert row["name"] == " ".join(play.text.split())
        assert all(isinstance(value, str) for value in row["tags"].values())


def test_what_is_written_is_read_back_whole(timeline: Timeline, facts: TapeFacts) -> None:
    read = read_llc(llc_text(timeline), name="a.llc", tape=facts)
    for got, asked in zip(read, timeline.plays, strict=True):
        assert frames_of(got.start_s, timeline.rate) == frames_of(asked.start_s, timeline.rate)
        assert frames_of(got.end_s, timeline.rate) == frames_of(asked.end_s, timeline.rate)
        assert (got.label, got.score, got.notes) == (asked.label, asked.score, asked.notes)
        assert got.title == " ".join(asked.title.split())


def test_a_saved_project_is_read_without_what_was_deselected_and_without_markers() -> None:
    assert is_llc(SAVED)
    plays = read_llc(SAVED, name="a.llc", tape=UNKNOWN_TAPE)
    assert [(p.start_s, p.end_s, p.label, p.notes) for p in plays] == [
        (Fraction("0.5"), Fraction("12.25"), '3rd & "5"', {"down": "3"}),
        (Fraction(50), Fraction(60), "last é", {}),
    ]


def test_an_old_segment_without_ends_is_the_whole_tape() -> None:
    text = "{version: 1, cutSegments: [{name: 'all'}]}"
    tape = TapeFacts(duration_s=Fraction(90))
    assert [(p.start_s, p.end_s) for p in read_llc(text, name="a", tape=tape)] == [(0, 90)]
    with pytest.raises(InputError, match="whose length is not known"):
        read_llc(text, name="a", tape=UNKNOWN_TAPE)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{version: 4, cutSegments: []}", "version 4"),
        ("{version: 1}", '"cutSegments" is missing'),
        ("{version: 1, cutSegments: {}}", "is no list"),
        ("{version: 1, cutSegments: [{start: '1', end: 2}]}", "cutSegments[0]: its start is no"),
        (
            "{version: 1, cutSegments: [{start: 5, end: 2, name: ''}]}",
            "[0]: the end 2.0 s comes",
        ),
        ("{version: 1,\n cutSegments: [{start: NaN}]}", "line 2: not JSON5 (NaN is no value"),
        ("{version: 1,\n cutSegments: [{start: 1 end: 2}]}", "line 2: not JSON5 (a comma or }"),
        ("{version: 1, version: 2}", "the key 'version' stands twice"),
        ("{version: 1, name: 'open", "a quote is missing"),
        ("[" * 5000, "too deep"),
        ("{a: 1e99999999}", "a number is too long"),
        ("", "a value is missing"),
        ("{} x", "something follows"),
    ],
)
def test_a_fault_is_named_with_its_place(text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read_llc(text, name="a.llc", tape=UNKNOWN_TAPE)
    assert said in str(caught.value)
    assert str(caught.value).startswith("a.llc")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_all_json_is_json5(value: object) -> None:
    assert parse_json5(json.dumps(value), name="a") == value
    assert parse_json5(json.dumps(value, ensure_ascii=False, indent=1), name="a") == value


def test_json5_beyond_json_is_read() -> None:
    text = (
        "// of all\n{a_$1: [0x1F, -.5, +2., 1e2,], 'b\"': 'x\\\ny\\x41\\'', \"c'\": null, /* d */}"
    )
    assert parse_json5(text, name="a") == {
        "a_$1": [31, Fraction(-1, 2), 2, 100],
        'b"': "xyA'",
        "c'": None,
    }
