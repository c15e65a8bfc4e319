"""Sportscode XML, read by kloppy and by ourselves."""

from fractions import Fraction
from io import BytesIO
from xml.etree import ElementTree

import pytest
from kloppy import sportscode

from gametape.errors import InputError
from gametape.exports.sportscode import is_sportscode, read_sportscode, sportscode_text
from gametape.exports.timecode import frames_of
from gametape.exports.timeline import UNKNOWN_TAPE, Play, TapeFacts, Timeline


def instance(inner: str) -> str:
    return f"<file>\n<ALL_INSTANCES>\n<instance>{inner}</instance>\n</ALL_INSTANCES>\n</file>"


def read_one(inner: str) -> Play:
    return read_sportscode(instance(inner), name="a.xml", tape=UNKNOWN_TAPE)[0]


def test_kloppy_reads_codes_and_the_very_frames(timeline: Timeline) -> None:
    read = sportscode.load(BytesIO(sportscode_text(timeline).encode()))
    frames = [
        tuple(
            frames_of(Fraction(t.total_seconds()).limit_denominator(10**6), timeline.rate)
            for t in (code.start_timestamp, code.end_timestamp)
        )
        for code in read.codes
    ]
    asked = [
        (frames_of(p.start_s, timeline.rate), frames_of(p.end_s, timeline.rate))
        for p in timeline.plays
    ]
    assert frames == asked
    assert [code.code for code in read.codes] == [play.label for play in timeline.plays]
    assert read.codes[2].labels["player"] == "José"


def test_what_is_written_is_read_back_whole(timeline: Timeline, facts: TapeFacts) -> None:
    read = read_sportscode(sportscode_text(timeline), name="a.xml", tape=facts)
    for got, asked in zip(read, timeline.plays, strict=True):
        assert abs(got.start_s - asked.start_s) <= Fraction(1, 10**6)
        assert abs(got.end_s - asked.end_s) <= Fraction(1, 10**6)
        assert (got.label, got.score, got.notes) == (asked.label, asked.score, asked.notes)
        assert got.title == " ".join(asked.title.split())


def test_every_code_has_a_row_with_a_colour_of_its_own_in_sixteen_bits(timeline: Timeline) -> None:
    root = ElementTree.fromstring(sportscode_text(timeline))
    rows = root.findall("ROWS/row")
    assert [row.findtext("code") for row in rows] == ["play", "rally"]
    colours = [tuple(int(row.findtext(c) or -1) for c in "RGB") for row in rows]
    assert len(set(colours)) == 2
    assert all(0 <= level <= 65535 for colour in colours for level in colour)
    assert root.findtext("SORT_INFO/sort_type") == "sort order"
    assert [i.findtext("ID") for i in root.findall("ALL_INSTANCES/instance")] == [*"12345"]


def test_a_group_that_comes_twice_is_kept_twice_and_007_stays_text() -> None:
    labels = "".join(
        f"<label><group>Player</group><text>{text}</text></label>" for text in ("007", "7", "11")
    )
    play = read_one(f"<ID>1</ID><start>1</start><end>2</end><code>Pass</code>{labels}")
    assert play.notes == {"Player": "007", "Player #2": "7", "Player #3": "11"}
    tape = Timeline("t", "t.mp4", Fraction(9), Fraction(25), (play,))
    again = ElementTree.fromstring(sportscode_text(tape)).findall(".//label")
    assert [(x.findtext("group"), x.findtext("text")) for x in again] == [
        ("Player", "007"),
        ("Player", "7"),
        ("Player", "11"),
    ]


def test_a_label_without_a_group_comes_back_without_one() -> None:
    play = read_one(
        "<ID>1</ID><start>1</start><end>2</end><code>Pass</code><label><text>long</text></label>"
    )
    assert play.notes == {"label": "long"}
    tape = Timeline("t", "t.mp4", Fraction(9), Fraction(25), (play,))
    assert "<group>" not in sportscode_text(tape)


def test_a_match_score_among_the_labels_is_a_note_and_no_score_of_ours() -> None:
    play = read_one(
        "<start>1</start><end>2</end><code>Set</code>"
        "<label><group>score</group><text>12:10</text></label>"
    )
    assert (play.score, play.notes) == (None, {"score": "12:10"})


@pytest.mark.parametrize(
    ("start", "end"), [("72,5", "80,25"), ("00:01:12.500", "00:01:20.250"), ("1:12,5", "1:20,25")]
)
def test_times_as_nacsport_and_longomatch_write_them_are_read(start: str, end: str) -> None:
    play = read_one(f"<START>{start}</START><End>{end}</End><Code> Ataque\n</Code>")
    assert (play.start_s, play.end_s, play.label) == (
        Fraction("72.5"),
        Fraction("80.25"),
        "Ataque",
    )


@pytest.mark.parametrize(
    ("inner", "said"),
    [
        ("<start>5</start><end>4</end><code>a</code>", "line 3: the end 4.0 s comes before"),
        ("<start>nan</start><end>4</end><code>a</code>", "line 3: the start 'nan' is not a num"),
        ("<start>1</start><code>a</code>", "line 3: <end> is missing"),
        ("<start>-1</start><end>4</end><code>a</code>", "line 3: the start -1.0 s lies before"),
    ],
)
def test_a_bad_instance_is_named_with_its_line_and_value(inner: str, said: str) -> None:
    with pytest.raises(InputError, match="line 3") as caught:
        read_one(inner)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE file [<!ENTITY a "x">]><file><ALL_INSTANCES/></file>',
        "<file><ALL_INSTANCES>&unknown;</ALL_INSTANCES></file>",
        "<file><ALL_INSTANCES>",
        "<file><other/></file>",
        "",
    ],
)
def test_hostile_or_broken_xml_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        read_sportscode(text, name="a.xml", tape=UNKNOWN_TAPE)


def test_its_xml_is_told_from_other_xml(timeline: Timeline) -> None:
    assert is_sportscode(sportscode_text(timeline))
    assert not is_sportscode("<fcpxml><library/></fcpxml>")
