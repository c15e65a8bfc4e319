"""WebVTT and SRT, read by webvtt-py and by ourselves."""

import html
from collections.abc import Callable
from fractions import Fraction
from io import StringIO

import pytest
import webvtt

from gametape.errors import InputError
from gametape.exports.subtitles import read_srt, read_vtt, srt_text, vtt_text
from gametape.exports.timeline import UNKNOWN_TAPE, TapeFacts, Timeline

PAIRS = [(vtt_text, read_vtt, "vtt"), (srt_text, read_srt, "srt")]


@pytest.mark.parametrize(("write", "form"), [(vtt_text, "vtt"), (srt_text, "srt")])
def test_webvtt_py_reads_each_cue_to_the_millisecond(
    write: Callable[[Timeline], str], form: str, timeline: Timeline
) -> None:
    read = webvtt.from_buffer(StringIO(write(timeline)), format=form).captions
    assert len(read) == len(timeline.plays)
    for caption, play in zip(read, timeline.plays, strict=True):
        for time, asked in ((caption.start_time, play.start_s), (caption.end_time, play.end_s)):
            got = 3600 * time.hours + 60 * time.minutes + time.seconds
            assert abs(Fraction(got) + Fraction(time.milliseconds, 1000) - asked) <= Fraction(
                1, 2000
            )


def test_webvtt_py_reads_the_very_title_from_webvtt(timeline: Timeline) -> None:
    read = webvtt.from_buffer(StringIO(vtt_text(timeline)), format="vtt").captions
    texts = [html.unescape(c.text) for c in read]  # it leaves a cue's escapes as they are
    assert texts == [" ".join(play.text.split()) for play in timeline.plays]


@pytest.mark.parametrize(("write", "read", "form"), PAIRS)
def test_the_text_comes_back_and_no_player_sees_markup_in_it(
    write: Callable[[Timeline], str],
    read: Callable[..., list[object]],
    form: str,
    timeline: Timeline,
    facts: TapeFacts,
) -> None:
    text = write(timeline)
    assert "<b>" not in text
    assert "{\\" not in text or form == "vtt"
    assert text.count("-->") == len(timeline.plays)
    titles = [play.label for play in read(text, name="a", tape=facts)]  # type: ignore[attr-defined]
    asked = [" ".join(play.text.split()) for play in timeline.plays]
    assert [t.replace(" ", "") for t in titles] == [t.replace(" ", "") for t in asked]


def test_cues_stand_in_order_and_are_never_empty(with_plays: Callable[..., Timeline]) -> None:
    tape = with_plays((9, 9.0001, "late"), (0.00049, 0.0006, "first"), (0.0005, 5, "second"))
    for write, form in ((vtt_text, "vtt"), (srt_text, "srt")):
        read = webvtt.from_buffer(StringIO(write(tape)), format=form).captions
        assert [c.text for c in read] == ["first", "second", "late"]
        assert all(c.start < c.end for c in read)


def test_a_cue_of_more_lines_settings_and_comments_is_read() -> None:
    text = (
        "WEBVTT - of a match\n\nNOTE 00:01.000 --> 00:02.000\nnot this\n\n"
        "1\n00:01.500 --> 00:02.250 align:start position:0%\n<v Ann>Serve &amp; <i>volley</i>\n"
        "second line\n\n01:00:00.000 --> 01:00:01.000\nlast"
    )
    plays = read_vtt(text, name="a.vtt", tape=UNKNOWN_TAPE)
    assert [(p.start_s, p.end_s, p.label) for p in plays] == [
        (Fraction("1.5"), Fraction("2.25"), "Serve & volley second line"),
        (Fraction(3600), Fraction(3601), "last"),
    ]


def test_srt_cues_without_an_empty_line_between_are_read() -> None:
    text = "1\n00:00:01,000 --> 00:00:02,000\nA <i>b</i>\n2\n00:00:03,000 --> 00:00:04,000\n2019\n"
    plays = read_srt(text, name="a.srt", tape=UNKNOWN_TAPE)
    assert [p.label for p in plays] == ["A b", "2019"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("WEBVTT\n\n00:05.000 --> 00:04.000\nx", "a.vtt, line 3: the end 4.0 s comes before"),
        ("WEBVTT\n\n00:99.000 --> 00:04.000\nx", "a.vtt, line 3: '00:99.000' is no time"),
        ("WEBVTT\n\n00:05.000 -->\nx", "a.vtt, line 3: a time is missing"),
        ("00:05.000 --> 00:06.000\nx", "a.vtt, line 1: it does not begin with WEBVTT"),
    ],
)
def test_a_bad_cue_is_named_with_its_line(text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read_vtt(text, name="a.vtt", tape=UNKNOWN_TAPE)
    assert said in str(caught.value)
