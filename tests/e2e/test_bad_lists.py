"""Lists that cannot be cut: exit code 2, a sentence with place and value, and nothing left."""

from fractions import Fraction
from pathlib import Path

import pytest

from gametape.exports.formats import write_format
from gametape.exports.timeline import Play, Timeline

EDL = "TITLE: x\nFCM: NON-DROP FRAME\n\n001  AX  V  C  {} {} 01:00:00:00 01:00:02:00\n"
CSV = "start_s,end_s,label\n1.0,2.0,serve\n"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", CSV + "5.0,4.0,ace\n", ["a.csv, line 3", "4.0", "5.0"]),
        ("a.csv", CSV + "3.0,nan,ace\n", ["a.csv, line 3", "nan"]),
        ("a.csv", CSV + "3.0,3.0,ace\n", ["a.csv, line 3", "3.0"]),
        ("a.csv", CSV + "-1,3.0,ace\n", ["a.csv, line 3", "-1"]),
        ("a.csv", CSV + "80,95.5,ace\n", ["a.csv, line 3", "95.5", "90.0"]),
        ("a.json", '{"segments": [{"start_s": NaN, "end_s": 2}]}', ["a.json", "NaN"]),
        ("a.json", '{"segments": [\n{"start_s": 1 "end_s": 2}]}', ["a.json, line 2"]),
        ("a.json", '{"segments": [{"start_s": 4, "end_s": 2}]}', ["a.json: segments[0]", "4", "2"]),
        (
            "a.edl",
            EDL.format("00:00:05:00", "00:00:04:00"),
            ["a.edl, line 4", "00:00:05:00", "00:00:04:00"],
        ),
        ("a.edl", EDL.format("00:00:05:00", "00:09:04:00"), ["a.edl, line 4", "544.0", "90.0"]),
        ("a.edl", EDL.format("00:00:05:27", "00:00:09:00"), ["a.edl, line 4", "00:00:05:27"]),
        ("a.edl", EDL.format("00:00:05;00", "00:00:09;00"), ["a.edl, line 4"]),
        ("a.xml", "<file><unclosed>", ["a.xml"]),
        ("a.otio", '{"OTIO_SCHEMA": "Timeline.1"', ["a.otio"]),
        ("a.docx", "words", ["a.docx"]),
        ("a.csv", b"\x00\x01\x02\xff\xfe", ["a.csv"]),
        ("a.csv", b"", ["a.csv"]),
    ],
)
def test_a_list_that_cannot_be_cut_is_refused(
    type_in, match, tmp_path, name, content, said
) -> None:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    refused(type_in, match.video, path, tmp_path, said)


@pytest.mark.parametrize("name", ["plays.otio", "plays.xml"])
def test_a_list_for_a_tape_of_another_rate_is_refused(type_in, match, tmp_path, name) -> None:
    play = Play(Fraction(1), Fraction(2))
    made = Timeline("match", "match.mp4", Fraction(90), Fraction(30), (play,))
    write_format(tmp_path / name, made)
    refused(type_in, match.video, tmp_path / name, tmp_path, [name, "30", "25"])


def refused(type_in, video: Path, listed: Path, folder: Path, said: list[str]) -> None:
    words = ("--library", folder / "library", "--out", folder / "out")
    result = type_in("cut", video, "--segments", listed, *words)
    assert result.code == 2
    assert [word for word in said if word not in result.err] == []
    assert [path.name for path in folder.iterdir()] == [listed.name]


def test_overlapping_and_equal_segments_in_any_order_are_all_cut_exactly(
    type_in, match, tmp_path
) -> None:
    listed = tmp_path / "list.csv"
    listed.write_text("start_s,end_s,label\n6,8,a\n1,4,b\n3,7,c\n1,4,d\n0,0.04,e\n")
    words = ("--segments", listed, "--library", tmp_path / "library", "--json")
    clips = type_in("cut", match.video, *words).value["clips"]
    assert [(c["label"], c["start_s"], c["end_s"]) for c in clips] == [
        ("a", 6.0, 8.0),
        ("b", 1.0, 4.0),
        ("c", 3.0, 7.0),
        ("d", 1.0, 4.0),
        ("e", 0.0, 0.04),
    ]
    assert all(c["cut"]["is_exact"] for c in clips)
    assert [c["cut"]["frame_count"] for c in clips] == [50, 75, 100, 75, 1]
