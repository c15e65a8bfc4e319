"""The catalog: a file's format is found, read within limits, and written whole or not at all."""

from fractions import Fraction
from pathlib import Path

import pytest

from gametape.errors import InputError
from gametape.exports.cutlist import MAX_SEGMENTS
from gametape.exports.formats import (
    FORMATS,
    MAX_BYTES,
    format_for,
    format_named,
    read_plays,
    write_format,
)
from gametape.exports.plays import segments_from
from gametape.exports.timecode import frames_of
from gametape.exports.timeline import Play, TapeFacts, Timeline
from gametape.schema import Segment

NTSC = Fraction(30000, 1001)
SPANS = [(30, 90), (300, 450), (107_892, 108_000)]
BOTH_WAYS = [form for form in FORMATS if form.write and form.read]


def made(rate: Fraction = NTSC) -> Timeline:
    plays = [Play(a / rate, b / rate, "rally", "Kim serves") for a, b in SPANS]
    length_s = 200_000 / rate
    return Timeline("match", "match.mp4", length_s, rate, tuple(plays), width=1280, height=720)


def facts(timeline: Timeline) -> TapeFacts:
    return TapeFacts(rate=timeline.rate, duration_s=timeline.duration_s, media=timeline.media)


@pytest.mark.parametrize("form", BOTH_WAYS, ids=lambda form: form.name)
def test_a_written_list_is_known_by_its_content_and_cuts_the_same_frames(
    tmp_path: Path, form: object
) -> None:
    assert isinstance(form, type(FORMATS[0]))
    timeline, path = made(), tmp_path / f"plays{form.suffix.upper()}"
    write_format(path, timeline, form.name)
    assert format_for(path, text=path.read_text(encoding="utf-8")) is form
    plays = read_plays(path, tape=facts(timeline))
    segments = segments_from(plays, rate=NTSC)
    assert [(s.start_s, s.end_s) for s in segments] == [
        (float(a / NTSC), float(b / NTSC)) for a, b in SPANS
    ]


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_every_format_that_is_written_names_no_place_on_this_machine(form: object) -> None:
    assert isinstance(form, type(FORMATS[0]))
    if form.write is not None:
        text = form.write(made())
        assert "/tmp" not in text
        assert "/home" not in text


def test_names_are_unique_and_unknown_ones_are_told_the_choice() -> None:
    names = [form.name for form in FORMATS]
    assert len(set(names)) == len(names)
    assert format_named("edl").suffix == ".edl"
    with pytest.raises(InputError, match=r"avi: no such format. There are csv, json, otio"):
        format_named("avi")


def test_an_unknown_ending_or_content_is_told_the_choice(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"plays\.docx: no list with this ending is read"):
        format_for(Path("plays.docx"))
    path = tmp_path / "plays.xml"
    path.write_text("<html/>", encoding="utf-8")
    with pytest.raises(InputError, match=r"plays\.xml: its content is none of xmeml, sportscode"):
        read_plays(path)


def test_a_format_that_goes_one_way_only_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="datavolley: this format is only read"):
        write_format(tmp_path / "x.dvw", made(), "datavolley")
    path = tmp_path / "x.txt"
    path.write_text("0:00 x", encoding="utf-8")
    with pytest.raises(InputError, match="youtube: this format is only written"):
        read_plays(path, name="youtube")
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "content",
    [
        "start_s,end_s\n1,2\n".encode("utf-8-sig"),
        "start_s,end_s\r\n1,2\r\n".encode("utf-16"),
    ],
    ids=["utf-8 with its mark", "utf-16"],
)
def test_marks_of_an_encoding_are_no_fault(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "plays.csv"
    path.write_bytes(content)
    assert [(play.start_s, play.end_s) for play in read_plays(path)] == [(1, 2)]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"start_s,end_s\n1,2,\xff\xfe\n", "not text in UTF-8"),
        (b"\xff\xfes", "not text"),
        (b"\x00\x00\x00\x20ftypisom" * 9, "zero bytes"),
        (b"", "no play is in it"),
        (b"start_s,end_s\n", "no play is in it"),
        (b"start_s,end_s\n" + b"1,2\n" * (MAX_SEGMENTS + 1), "20001 plays are more than 20000"),
    ],
)
def test_a_file_that_is_no_list_is_named(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "plays.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"^plays\.csv") as caught:
        read_plays(path, name="csv")
    assert reason in str(caught.value)


@pytest.mark.parametrize("suffix", sorted({form.suffix for form in FORMATS if form.read}))
def test_a_huge_file_is_refused_by_its_size(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"plays{suffix}"
    with path.open("wb") as stream:
        stream.truncate(100 << 20)
    assert MAX_BYTES < 100 << 20
    with pytest.raises(InputError, match="100 MB are too many for a list"):
        read_plays(path)


def test_a_list_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"plays\.edl: cannot be read \(no such file"):
        read_plays(tmp_path / "plays.edl")
    with pytest.raises(InputError, match=r"cannot be read"):
        read_plays(tmp_path)


def test_a_list_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "plays.edl"
    path.write_text("old", encoding="utf-8")
    odd = Timeline("match", "match.mp4", Fraction(9), Fraction(25, 2), made().plays)
    with pytest.raises(InputError, match=r"timecode cannot count 12\.5"):
        write_format(path, odd)
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_segments_keep_score_label_and_evidence_through_a_list(tmp_path: Path) -> None:
    notes = {"evidence.play_mean": "0.93", "evidence.core_start_s": "1.25", "player": "Kim"}
    play = Play(Fraction(1), Fraction(2), "rally", "ace", 88.5, notes)
    timeline = Timeline("match", "match.mp4", Fraction(600), Fraction(25), (play,))
    wanted = Segment(1.0, 2.0, "rally", 88.5, {"play_mean": 0.93, "core_start_s": 1.25})
    for name in ("csv", "json", "otio", "edl", "fcpxml", "xmeml"):
        path = tmp_path / f"plays.{name}"
        write_format(path, timeline, name)
        (found,) = read_plays(path, tape=facts(timeline), name=name)
        assert segments_from([found]) == [wanted]
        assert found.title == "ace"


def test_milliseconds_become_frames_again_only_where_the_rate_is_constant() -> None:
    play = Play(Fraction("66.733"), Fraction("100.1"))
    (on_frames,) = segments_from([play], rate=NTSC)
    assert on_frames.start_s == float(frames_of(Fraction("66.733"), NTSC) / NTSC)
    assert segments_from([play]) == [Segment(66.733, 100.1)]
    between = Play(Fraction("0.05"), Fraction("0.08"))
    assert segments_from([between], rate=Fraction(25)) == [Segment(0.05, 0.08)]
